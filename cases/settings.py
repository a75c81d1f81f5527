"""What supervisors change of the company's files, in one workspace: values that stand before a file's."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

HOURS_FILE, PROCESSES_FILE, ROLES_FILE = "hours.yml", "processes.yml", "roles.yml"
TEXTS = ("promise_text",)
"""The fields of a process that say something to customers, by language."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A value in a file of the company: through mappings by name, through lists by key or name."""

    file: str
    path: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.file}: {' → '.join(self.path)}"


@dataclass(frozen=True, slots=True)
class Change:
    """What counts instead of what the file says."""

    setting: Setting
    value: object
    """As YAML has it, of texts, lists and mappings; None leaves it out."""
    by: str = ""
    at: datetime | None = None
    version: int = 0
    """How many changes of this setting there were, this one included."""


class Kind(StrEnum):
    """What one form changes."""

    HOURS = "hours"
    DAYS = "days"
    TIMES = "times"
    TEXTS = "texts"
    ROLES = "roles"


@dataclass(frozen=True, slots=True)
class Part:
    """A calendar or process, or who is what, as far as one form changes it."""

    kind: Kind
    key: str
    name: str = field(default="", compare=False)

    @property
    def word(self) -> str:
        """How forms name it; ``part_of`` reads that."""
        return f"{self.kind}:{self.key}"


def part_of(word: str) -> Part:
    """The part of a ``word``; raises ValueError."""
    kind, _, key = word.partition(":")
    return Part(Kind(kind), key)


@dataclass(frozen=True, slots=True)
class Value:
    """One setting as it is now."""

    setting: Setting
    now: object
    """What counts; None where nothing does."""
    file: object
    """What the file says."""
    change: Change | None = None
    """The change in force."""
    version: int = 0
    """Of the newest change, be it in force or not."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """Everything that one form changes, as it is now."""

    part: Part
    values: Sequence[Value]

    @property
    def seen(self) -> str:
        """Another one as soon as anything of it has changed, in the file or by a person."""
        facts = [(value.setting.path, value.version, value.now) for value in self.values]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]
