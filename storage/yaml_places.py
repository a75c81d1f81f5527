"""YAML whose every value knows its line, so that a mistake in a file can be pointed at."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

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

    def fields(self, allowed: Collection[str]) -> dict[str, Place]:
        """The values of a mapping by their keys; raises ConfigError for unknown and repeated keys."""
        if not isinstance(self.node, yaml.MappingNode):
            raise self.wrong(f"here a mapping with {', '.join(f'`{key}`' for key in allowed)} is needed.")
        found: dict[str, Place] = {}
        for key_node, value in self.node.value:
            key = Place(self.path, key_node)
            name = key.text()
            if name not in allowed:
                near = difflib.get_close_matches(name, allowed, n=1)
                hint = f"did you mean `{near[0]}`?" if near else f"known are {', '.join(allowed)}."
                raise key.wrong(f"`{name}` means nothing here; {hint}")
            if name in found:
                raise key.wrong(f"`{name}` stands here twice.")
            found[name] = Place(self.path, value)
        return found

    def entries(self) -> dict[str, Place]:
        """The values of a mapping by their keys, whatever these are; raises ConfigError for repeated ones."""
        keys = self.node.value if isinstance(self.node, yaml.MappingNode) else []
        return self.fields([Place(self.path, key).text() for key, _value in keys])

    def items(self) -> Iterator[Place]:
        """The values of a list; raises ConfigError for anything else."""
        if not isinstance(self.node, yaml.SequenceNode):
            raise self.wrong("here a list is needed.")
        return (Place(self.path, node) for node in self.node.value)

    def text(self) -> str:
        """A text that is not empty; raises ConfigError for anything else, such as a number."""
        node = self.node
        if not isinstance(node, yaml.ScalarNode) or node.tag != "tag:yaml.org,2002:str" or not node.value:
            raise self.wrong("here a text is needed.")
        return str(node.value)


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
