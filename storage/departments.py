"""Reading ``departments.yml``: whom the copilot may suggest to ask, and where they are asked."""

from __future__ import annotations

from pathlib import Path

from cases.routing import Desk
from storage.roles import read_key
from storage.yaml_places import Place, by_key, read_fields


def read_departments(path: Path) -> tuple[Desk, ...]:
    """The departments of the file; without one, or with an empty one, there are none.

    Raises ConfigError that names the file and the line of the mistake.
    """
    return by_key(read_fields(path, ("departments",)).get("departments"), _desk, "department")


def _desk(place: Place) -> Desk:
    fields = place.fields(("key", "name", "description", "examples", "channel"))
    place.need(fields, ("key", "name", "examples"), "this department")
    return Desk(
        key=read_key(fields["key"]),
        name=fields["name"].text(),
        description=fields["description"].text() if "description" in fields else "",
        examples=read_examples(fields["examples"]),
        channel=_channel(fields["channel"]) if "channel" in fields else "",
    )


def read_examples(place: Place) -> tuple[str, ...]:
    """What customers write who mean this; raises ConfigError for fewer than two."""
    examples = tuple(each.text() for each in place.items())
    if len(examples) < 2:
        raise place.wrong("two examples are needed to learn from; ten are better.")
    return examples


def _channel(place: Place) -> str:
    name = place.text().removeprefix("#")
    if not name or any(char.isspace() for char in name):
        raise place.wrong("here the name or id of a Slack channel is needed.")
    return name
