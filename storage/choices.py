"""What ``departments.yml`` and ``processes.yml`` have in common: things with a name and examples."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from cases.routing import Choice
from cases.settings import Change
from storage.roles import read_key
from storage.yaml_places import Place, by_key, nearest, read_fields

_SHARED = ("key", "name", "description", "examples")

Read = tuple[Choice, dict[str, Place]]
"""A thing, and all its fields."""


def read_choices(
    path: Path, section: str, kind: str, more: Sequence[str] = (), changes: Sequence[Change] = ()
) -> Sequence[Read]:
    """Each thing of ``section`` with its fields, of which ``more`` are known besides; none without a file.

    ``kind`` is what one is called, and ``changes`` stand before what the file says. Raises ConfigError
    that names the file and the line of the mistake.
    """

    def one(place: Place) -> Read:
        fields = place.fields((*_SHARED, *more))
        place.need(fields, ("key", "name", "examples"), f"this {kind}")
        return _choice(fields), fields

    places = read_fields(path, (section,), changes).get(section)
    return by_key(places, one, kind, lambda read: read[0].key)


def _choice(fields: dict[str, Place]) -> Choice:
    return Choice(
        key=read_key(fields["key"]),
        name=fields["name"].text(),
        description=fields["description"].text() if "description" in fields else "",
        examples=read_examples(fields["examples"]),
    )


def read_examples(place: Place) -> tuple[str, ...]:
    """What customers write who mean this; raises ConfigError for fewer than two."""
    examples = tuple(each.text() for each in place.items())
    if len(examples) < 2:
        raise place.wrong("two examples are needed to learn from; more are better.")
    return examples


def key_of(place: Place, known: Collection[str] | None, kind: str) -> str:
    """The key of a calendar or department; raises ConfigError for one that is not ``known``."""
    key = place.text()
    if known is not None and key not in known:
        hint = nearest(key, known) if known else f"there is no {kind}."
        raise place.wrong(f"`{key}` is the key of no {kind}; {hint}")
    return key
