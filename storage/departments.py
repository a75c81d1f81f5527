"""Reading ``departments.yml``: whom the copilot may suggest to ask, and where they are asked."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from cases.routing import Desk
from storage.choices import key_of, read_choices
from storage.yaml_places import Place


def read_departments(path: Path, calendars: Collection[str] | None = None) -> tuple[Desk, ...]:
    """The departments of the file; without one, or with an empty one, there are none.

    Raises ConfigError that names the file and the line of the mistake; a calendar that is none of
    ``calendars``, where these are given, is one.
    """
    return tuple(
        Desk(
            choice.key,
            choice.name,
            choice.description,
            choice.examples,
            channel=_channel(fields["channel"]) if "channel" in fields else "",
            calendar=key_of(fields["calendar"], calendars, "calendar") if "calendar" in fields else "",
        )
        for choice, fields in read_choices(path, "departments", "department", ("channel", "calendar"))
    )


def _channel(place: Place) -> str:
    name = place.text().removeprefix("#")
    if not name or any(char.isspace() for char in name):
        raise place.wrong("here the name or id of a Slack channel is needed.")
    return name
