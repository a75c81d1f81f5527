"""Reading ``departments.yml``: whom the copilot may suggest to ask, and where they are asked."""

from __future__ import annotations

from pathlib import Path

from cases.routing import Desk
from storage.roles import read_key
from storage.yaml_places import Place, read


def read_departments(path: Path) -> tuple[Desk, ...]:
    """The departments of the file; without one, or with an empty one, there are none.

    Raises ConfigError that names the file and the line of the mistake.
    """
    try:
        place = read(path)
    except FileNotFoundError:
        return ()
    if place is None:
        return ()
    fields = place.fields(("departments",))
    found: dict[str, Desk] = {}
    for each in fields["departments"].items() if "departments" in fields else ():
        desk = _desk(each)
        if desk.key in found:
            raise each.wrong(f"there is a department with the key `{desk.key}` already.")
        found[desk.key] = desk
    return tuple(found.values())


def _desk(place: Place) -> Desk:
    fields = place.fields(("key", "name", "description", "examples", "channel"))
    for needed in ("key", "name", "examples"):
        if needed not in fields:
            raise place.wrong(f"this department needs `{needed}`.")
    examples = tuple(each.text() for each in fields["examples"].items())
    if len(examples) < 2:
        raise fields["examples"].wrong("two examples are needed to learn from; ten are better.")
    return Desk(
        key=read_key(fields["key"]),
        name=fields["name"].text(),
        description=fields["description"].text() if "description" in fields else "",
        examples=examples,
        channel=_channel(fields["channel"]) if "channel" in fields else "",
    )


def _channel(place: Place) -> str:
    name = place.text().removeprefix("#")
    if not name or any(char.isspace() for char in name):
        raise place.wrong("here the name or id of a Slack channel is needed.")
    return name
