"""YAML whose every value knows its line, so that a mistake in a file can be pointed at."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TypeVar

import yaml

from cases.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Place:
    """A value of a YAML file."""

    path: Path
    node: yaml.Node

    def wrong(self, what: str) -> ConfigError:
        """The error for something wrong with this value, with the file and its line."""
        return ConfigError(f"{self.path}, line {self.node.start_mark.line + 1}: {what}")

    def wrong_at(self, words: str, what: str) -> ConfigError:
        """The error for ``words`` inside of this value, with the line in which they stand."""
        first, last = self.node.start_mark.line, self.node.end_mark.line
        lines = self.path.read_text(encoding="utf-8").splitlines()[first : last + 1]
        inside = next((number for number, line in enumerate(lines) if words in line), 0)
        return ConfigError(f"{self.path}, line {first + inside + 1}: {what}")

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
            raise self.wrong("here a date such as 2026-12-24 is needed.") from None

    def whole(self) -> int:
        """A whole number from 1 to 9,999; raises ConfigError for anything else."""
        value = self.node.value if isinstance(self.node, yaml.ScalarNode) else ""
        if not re.fullmatch("[1-9][0-9]{0,3}", value):
            raise self.wrong("here a whole number from 1 on is needed.")
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


def nearest(name: str, known: Collection[str]) -> str:
    """What somebody who wrote ``name`` may have meant."""
    near = difflib.get_close_matches(name, known, n=1)
    return f"did you mean `{near[0]}`?" if near else f"known are {', '.join(known)}."


def read_fields(path: Path, allowed: Collection[str]) -> dict[str, Place]:
    """The values at the top of a file; none without one, or with an empty one. Raises ConfigError."""
    try:
        place = read(path)
    except FileNotFoundError:
        return {}
    return place.fields(allowed) if place is not None else {}


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
    return Place(path, node) if node is not None else None
