"""Values that stand before a YAML file's: put into what was parsed, so that the same readers check both."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import yaml

from cases.settings import Change, Setting


class Origin(yaml.Mark):
    """Where a value stands that no file says."""

    def __init__(self, setting: Setting) -> None:
        super().__init__("", 0, 0, 0, None, 0)
        self.setting = setting


class Gone(LookupError):
    """The file has no such calendar, process or step (any more)."""


def origin_of(node: yaml.Node) -> Setting | None:
    """The setting that a value comes from; None for what stands in the file."""
    return node.start_mark.setting if isinstance(node.start_mark, Origin) else None


def amended(node: yaml.Node | None, changes: Sequence[Change]) -> tuple[yaml.Node | None, list[Change]]:
    """The tree with the changes in it, and those for which it has no place; the given one stays as it is."""
    unfit = []
    for change in changes:
        try:
            node = _put(node, change.setting.path, change)
        except Gone:
            unfit.append(change)
    return node, unfit


def found(node: yaml.Node | None, path: Sequence[str]) -> object:
    """What stands at a path: texts, lists and mappings; None for nothing. Raises Gone."""
    return plain(inside(node, path))


def inside(node: yaml.Node | None, path: Sequence[str]) -> yaml.Node | None:
    """The value at a path; None for nothing. Raises Gone where a list on the way has no such item."""
    for name in path:
        node = _step(node, name)[1]
    return node


def plain(node: yaml.Node | None) -> object:
    """A value as texts, lists and mappings; None for no value."""
    if isinstance(node, yaml.MappingNode):
        return {str(key.value): plain(value) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [plain(each) for each in node.value]
    return str(node.value) if node is not None else None


def names(node: yaml.Node | None) -> Iterator[str]:
    """By what name paths lead to each item of a list: its key or name, counted where it comes again."""
    seen: list[str] = []
    for each in node.value if isinstance(node, yaml.SequenceNode) else ():
        name = _own_name(each)
        seen.append(name)
        yield name if seen.count(name) == 1 else f"{name} #{seen.count(name)}"


def _own_name(node: yaml.Node) -> str:
    fields = plain(node)
    return str(fields.get("key") or fields.get("name") or "") if isinstance(fields, dict) else ""


def _step(node: yaml.Node | None, name: str) -> tuple[int, yaml.Node | None]:
    """Where in ``node`` the value of a name stands, and the value; after the end of a mapping without it.

    Raises Gone where a list has no such item.
    """
    if isinstance(node, yaml.SequenceNode):
        for number, each in enumerate(names(node)):
            if each == name:
                return number, node.value[number]
        raise Gone(name)
    if not isinstance(node, yaml.MappingNode | None):
        raise Gone(name)
    pairs = node.value if node is not None else []
    for number, (key, value) in enumerate(pairs):
        if key.value == name:
            return number, value
    return len(pairs), None


def _put(node: yaml.Node | None, path: Sequence[str], change: Change) -> yaml.Node | None:
    """A copy of ``node`` in which the value at ``path`` is that of the change. Raises Gone."""
    if not path:
        return _made(change.value, change.setting) if change.value is not None else None
    if node is None and len(path) > 1:
        raise Gone(path[0])
    number, before = _step(node, path[0])
    made = _put(before, path[1:], change)
    if isinstance(node, yaml.SequenceNode):
        return _like(node, [*node.value[:number], made, *node.value[number + 1 :]])
    pairs = list(node.value) if isinstance(node, yaml.MappingNode) else []
    key = pairs[number][0] if number < len(pairs) else _made(path[0], change.setting)
    pairs[number : number + 1] = [(key, made)] if made is not None else []
    return _like(node, pairs) if node is not None else yaml.MappingNode(*_head("map", change.setting, pairs))


def _like(node: yaml.Node, value: list[object]) -> yaml.Node:
    return type(node)(node.tag, value, node.start_mark, node.end_mark)


def _made(value: object, setting: Setting) -> yaml.Node:
    if isinstance(value, dict):
        pairs = [(_made(key, setting), _made(each, setting)) for key, each in value.items()]
        return yaml.MappingNode(*_head("map", setting, pairs))
    if isinstance(value, list):
        return yaml.SequenceNode(*_head("seq", setting, [_made(each, setting) for each in value]))
    return yaml.ScalarNode(*_head("str", setting, str(value)))


def _head(kind: str, setting: Setting, value: object) -> tuple[str, object, Origin, Origin]:
    mark = Origin(setting)
    return f"tag:yaml.org,2002:{kind}", value, mark, mark
