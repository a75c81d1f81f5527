"""Reading ``reminders.yml``: by when things have to be done, and how often people hear of it."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

from cases.duties import Rules
from cases.promises import Amount
from storage.processes import amount_of
from storage.yaml_places import Place, read_fields

_NAMES = tuple(each.name for each in fields(Rules))
_NEEDED = frozenset({"repeat", "longest"})
NEVER = "never"


def read_rules(path: Path) -> Rules:
    """What the file says; the usual rules where it, or a line of it, is not there.

    Raises ConfigError that names the file and the line of the mistake.
    """
    said: dict[str, Any] = {name: _rule(name, place) for name, place in read_fields(path, _NAMES).items()}
    return Rules(**said)


def _rule(name: str, place: Place) -> Amount | None:
    if name not in _NEEDED and place.text().strip() == NEVER:
        return None
    return amount_of(place)
