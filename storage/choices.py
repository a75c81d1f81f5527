"""What ``departments.yml`` and ``processes.yml`` have in common: things with a name and examples."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from cases.routing import Choice
from storage.roles import read_key
from storage.yaml_places import Place, read

_SHARED = ("key", "name", "description", "examples")


def read_choices(
    path: Path, section: str, kind: str, more: Sequence[str] = ()
) -> Iterator[tuple[Choice, dict[str, Place]]]:
    """Each thing of ``section`` with its other fields, of which ``more`` are known; none without a file.

    ``kind`` is what one is called. Raises ConfigError that names the file and the line of the mistake.
    """
    try:
        place = read(path)
    except FileNotFoundError:
        return
    if place is None:
        return
    fields = place.fields((section,))
    known: set[str] = set()
    for each in fields[section].items() if section in fields else ():
        theirs = each.fields((*_SHARED, *more))
        choice = _choice(each, theirs, kind)
        if choice.key in known:
            raise each.wrong(f"there is a {kind} with the key `{choice.key}` already.")
        known.add(choice.key)
        yield choice, theirs


def _choice(place: Place, fields: dict[str, Place], kind: str) -> Choice:
    for needed in ("key", "name", "examples"):
        if needed not in fields:
            raise place.wrong(f"this {kind} needs `{needed}`.")
    examples = tuple(each.text() for each in fields["examples"].items())
    if len(examples) < 2:
        raise fields["examples"].wrong("two examples are needed to learn from; ten are better.")
    return Choice(
        key=read_key(fields["key"]),
        name=fields["name"].text(),
        description=fields["description"].text() if "description" in fields else "",
        examples=examples,
    )
