"""Which files may go from one side to the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

MAX_FILES = 10
"""Files of one message."""
REFUSED = frozenset(
    {
        *(
            "app",
            "bat",
            "cmd",
            "com",
            "cpl",
            "dll",
            "exe",
            "gadget",
            "hta",
            "jar",
            "jnlp",
            "js",
            "jse",
            "lnk",
        ),
        *("msc", "msi", "msix", "msp", "pif", "ps1", "reg", "scf", "scr", "sct", "sh", "url", "vb", "vbe"),
        *("vbs", "ws", "wsf", "wsh"),
    }
)
"""Endings of programs and scripts, which a click may start on the computer of whoever gets them."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A file that lies completely in our store."""

    uuid: UUID
    name: str
    mime: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Attached:
    """A file that lies in our store and belongs to a draft."""

    uuid: UUID
    name: str
    mime: str
    size: int
    sha256: str
    slack_file: str
    """Slack's id of it."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file that cannot go along, and why: ``large``, ``type``, ``many``, ``elsewhere`` or ``failed``."""

    name: str
    why: str


@dataclass(frozen=True, slots=True)
class Files:
    """The files of a message that is to be sent."""

    attached: Sequence[Attached] = ()
    left_out: Sequence[LeftOut] = ()


def is_refused(name: str) -> bool:
    """Whether a file of that name is a program or a script."""
    return name.rpartition(".")[2].strip().lower() in REFUSED
