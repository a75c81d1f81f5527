"""YAML whose every value knows its line, so that a mistake in a file can be pointed at."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TypeVar

import yaml

from cases.errors import ConfigError, SettingRefused
from cases.language import _, later
from cases.reader import Reader, use
from cases.settings import Change
from storage.amending import amended, origin_of


@dataclass(frozen=True, slots=True)
class Place:
    """A value of a YAML file."""

    path: Path
    node: yaml.Node

    def wrong(self, what: str | later, **values: object) -> ConfigError:
        """The error for something wrong with this value, with the file and its line, for operators.

        Of one that somebody changed in Slack it is what they read, with the setting that it is about.
        """
        return self._wrong(self.node.start_mark.line, what, values)

    def wrong_at(self, words: str, what: str | later, **values: object) -> ConfigError:
        """The error for ``words`` inside of this value, with the line in which they stand."""
        first, last = self.node.start_mark.line, self.node.end_mark.line
        if origin_of(self.node) is not None:
            return self._wrong(first, what, values)
        lines = self.path.read_text(encoding="utf-8").splitlines()[first : last + 1]
        inside = next((number for number, line in enumerate(lines) if words in line), 0)
        return self._wrong(first + inside, what, values)

    def _wrong(self, line: int, what: str | later, values: dict[str, object]) -> ConfigError:
        setting = origin_of(self.node)
        if setting is not None:
            return SettingRefused(setting, what, **values)
        if isinstance(what, later):
            with use(Reader()):
                said = _(what.message, **values)
            what = said[:1].lower() + said[1:]
        return ConfigError(f"{self.path}, line {line + 1}: {what}")

    def fields(self, allowed: Collection[str]) -> dict[str, Place]:
        """The values of a mapping by their keys; raises ConfigError for unknown and repeated keys."""
        if not isinstance(self.node, yaml.MappingNode):
            raise self.wrong(f"here a mapping with {', '.join(f'`{key}`' for key in allowed)} is needed.")
        found: dict[str, Place] = {}
        for key_node, value in self.node.value:
            key = Place(self.path, key_node)
            name = key.text()
            if name not in allowed:
                raise key.wrong(f"`{name}` means nothing here; {nearest(name, allowed)}")
            if name in found:
                raise key.wrong(f"`{name}` stands here twice.")
            found[name] = Place(self.path, value)
        return found

    def entries(self) -> dict[str, Place]:
        """The values of a mapping by their keys, whatever these are; raises ConfigError for repeated ones."""
        keys = self.node.value if isinstance(self.node, yaml.MappingNode) else []
        return self.fields([Place(self.path, key).text() for key, _value in keys])

    def pairs(self) -> Iterator[tuple[Place, Place]]:
        """The keys and values of a mapping, in order, whatever the keys are; raises ConfigError."""
        if not isinstance(self.node, yaml.MappingNode):
            raise self.wrong("here a mapping is needed.")
        return ((Place(self.path, key), Place(self.path, value)) for key, value in self.node.value)

    def is_list(self) -> bool:
        """Whether this is a list."""
        return isinstance(self.node, yaml.SequenceNode)

    def items(self) -> Iterator[Place]:
        """The values of a list; raises ConfigError for anything else."""
        if not isinstance(self.node, yaml.SequenceNode):
            raise self.wrong("here a list is needed.")
        return (Place(self.path, node) for node in self.node.value)

    def need(self, fields: Mapping[str, Place], names: Collection[str], what: str) -> None:
        """Return when this mapping has all ``names`` among its fields; raises ConfigError."""
        for name in names:
            if name not in fields:
                raise self.wrong(f"{what} needs `{name}`.")

    def text(self) -> str:
        """A text that is not empty; raises ConfigError for anything else, such as a number."""
        node = self.node
        if not isinstance(node, yaml.ScalarNode) or node.tag != "tag:yaml.org,2002:str" or not node.value:
            raise self.wrong("here a text is needed.")
        return str(node.value)

    def day(self) -> date:
        """A date such as 2026-12-24; raises ConfigError for anything else."""
        try:
            return date.fromisoformat(self.node.value)
        except (TypeError, ValueError):
            raise self.wrong(later("Here a date such as 2026-12-24 is needed.")) from None

    def whole(self) -> int:
        """A whole number from 1 to 9,999; raises ConfigError for anything else."""
        value = self.node.value if isinstance(self.node, yaml.ScalarNode) else ""
        if not re.fullmatch("[1-9][0-9]{0,3}", value):
            raise self.wrong(later("Here a whole number from 1 on is needed."))
        return int(value)


_Each = TypeVar("_Each")


def by_key(
    place: Place | None, read_one: Callable[[Place], _Each], what: str, key: Callable[[_Each], str]
) -> tuple[_Each, ...]:
    """The items of a list, none without one; raises ConfigError for a key that stands there twice."""
    found: dict[str, _Each] = {}
    for each in place.items() if place is not None else ():
        one = read_one(each)
        if key(one) in found:
            raise each.wrong(f"there is a {what} with the key `{key(one)}` already.")
        found[key(one)] = one
    return tuple(found.values())


@dataclass(frozen=True, slots=True)
class Hint:
    """What somebody who wrote ``name`` may have meant, in the language of whoever reads it."""

    name: str
    known: Collection[str]

    def __str__(self) -> str:
        near = difflib.get_close_matches(self.name, self.known, n=1)
        if near:
            return _("did you mean `{name}`?", name=near[0])
        return _("known are {names}.", names=", ".join(self.known))


def nearest(name: str, known: Collection[str]) -> str:
    """``Hint`` for operators."""
    with use(Reader()):
        return str(Hint(name, known))


def read_fields(
    path: Path, allowed: Collection[str], changes: Sequence[Change] = (), usual: str = ""
) -> dict[str, Place]:
    """The values at the top of a file, with the changes of it that fit in their places.

    ``usual`` is what counts without a file, or with an empty one. Raises ConfigError.
    """
    place = load(path, usual)
    if place is None:
        return {}
    node, _unfit = amended(place.node, [each for each in changes if each.setting.file == path.name])
    return Place(path, node).fields(allowed) if node is not None else {}


def load(path: Path, usual: str = "") -> Place | None:
    """``read``, or what ``usual`` says without a file or with an empty one; None for nothing."""
    try:
        place = read(path)
    except FileNotFoundError:
        place = None
    if place is not None or not usual:
        return place
    node = yaml.compose(usual, Loader=yaml.SafeLoader)
    assert node is not None
    return Place(path, node)


def read(path: Path) -> Place | None:
    """The content of a YAML file, None when it is empty.

    Raises FileNotFoundError, or ConfigError naming the file, and the line where it is no YAML.
    """
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except FileNotFoundError:
        raise
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f", line {mark.line + 1}" if mark else ""
        raise ConfigError(f"{path}{line}: this is no YAML: {error.problem or error.context}.") from None
    except (yaml.YAMLError, OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}") from None
    if node is None:
        return None
    _refuse_loops(Place(path, node), {})
    return Place(path, node)


def _refuse_loops(place: Place, seen: dict[int, bool]) -> None:
    """Raises ConfigError for what contains itself, by an alias; ``seen`` says of nodes if they are over."""
    if seen.get(id(place.node)) is False:
        raise place.wrong("this contains itself: write it out instead of the alias (`*…`) inside of it.")
    if id(place.node) in seen or isinstance(place.node, yaml.ScalarNode):
        return
    seen[id(place.node)] = False
    pairs = (
        place.node.value
        if isinstance(place.node, yaml.MappingNode)
        else [(each,) for each in place.node.value]
    )
    for each in pairs:
        for node in each:
            _refuse_loops(Place(place.path, node), seen)
    seen[id(place.node)] = True
