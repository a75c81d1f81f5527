"""Mails on disk: a folder per address, a file per mail, written whole before anybody is told that it came."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

_ADDRESS = re.compile(r"([a-z0-9][a-z0-9._-]{0,63})(\+[a-z0-9._=-]{1,80})?@([a-z0-9-]+(?:\.[a-z0-9-]+)+)")
_RESERVED = re.compile(r"(.+\.)?example(\.com|\.net|\.org)?")
_NAME = re.compile(r"([0-9]{8})-(in|out)\.eml")


@dataclass(frozen=True, slots=True)
class Kept:
    """One mail of a mailbox."""

    number: int
    mine: bool
    """Whether the mailbox's owner wrote it."""
    path: Path

    @property
    def at(self) -> datetime:
        """When it came, or was sent."""
        return datetime.fromtimestamp(self.path.stat().st_mtime, UTC)

    def raw(self) -> bytes:
        """The mail as it came."""
        return self.path.read_bytes()


def mailbox_of(address: str) -> str | None:
    """Whose mailbox an address leads to, without what follows a plus sign; None = there is none here.

    Every address below the example domains of RFC 2606 has one; nothing is ever sent to anybody else.
    """
    found = _ADDRESS.fullmatch(address.lower())
    if found is None or not _RESERVED.fullmatch(found[3]):
        return None
    return f"{found[1]}@{found[3]}"


class Store:
    """All mailboxes. Whoever asks names them as ``mailbox_of`` does."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def of(self, mailbox: str) -> list[Kept]:
        """The mails of a mailbox, oldest first."""
        found = [(_NAME.fullmatch(path.name), path) for path in self._place(mailbox).glob("*.eml")]
        kept = [Kept(int(name[1]), name[2] == "out", path) for name, path in found if name]
        return sorted(kept, key=lambda each: each.number)

    def one(self, mailbox: str, number: int) -> Kept | None:
        """The mail of that number."""
        return next((each for each in self.of(mailbox) if each.number == number), None)

    def keep(self, mailbox: str, raw: bytes, *, mine: bool) -> Kept:
        """Write a mail down for good."""
        place = self._place(mailbox)
        place.mkdir(parents=True, exist_ok=True)
        number = max((each.number for each in self.of(mailbox)), default=0) + 1
        path = place / f"{number:08}-{'out' if mine else 'in'}.eml"
        new = path.with_suffix(".new")
        with new.open("wb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
        return Kept(number, mine, path)

    def _place(self, mailbox: str) -> Path:
        return self._folder / mailbox
