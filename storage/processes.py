"""Reading ``processes.yml``: what cases can be about."""

from __future__ import annotations

from pathlib import Path

from cases.routing import Process
from storage.choices import read_choices


def read_processes(path: Path) -> tuple[Process, ...]:
    """The processes of the file; without one, or with an empty one, there are none.

    Raises ConfigError that names the file and the line of the mistake.
    """
    return tuple(
        Process(choice.key, choice.name, choice.description, choice.examples)
        for choice, _fields in read_choices(path, "processes", "process")
    )
