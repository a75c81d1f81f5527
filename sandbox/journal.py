"""An append-only file of JSON lines, one per change, handed to the OS before the change is answered."""

import fcntl
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import orjson

from sandbox.errors import StartError


class Journal:
    """Keeps what must survive kill -9. Not for two processes at once: the folder is locked."""

    def __init__(self, folder: Path) -> None:
        """Raises StartError when the folder cannot be used or another sandbox uses it."""
        self._path = folder / "journal.jsonl"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as problem:
            raise StartError(f"The data folder {folder} cannot be used: {problem.strerror}.") from problem
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as problem:
            raise StartError(f"Another sandbox already uses the data folder {folder}.") from problem
        self._file: int | None = None

    def entries(self) -> Iterator[dict[str, Any]]:
        """What was written before, oldest first; a last line torn by a crash is left out.

        Raises StartError when a line that is not the last cannot be read.
        """
        lines = self._path.read_bytes().split(b"\n") if self._path.exists() else []
        for number, line in enumerate(lines, 1):
            if not line:
                continue
            try:
                yield orjson.loads(line)
            except orjson.JSONDecodeError as problem:
                if number == len(lines):
                    return
                raise StartError(
                    f"Line {number} of {self._path} is damaged; start over with a new folder."
                ) from problem

    def rewrite(self, entries: Iterable[dict[str, Any]], *, durable: bool = True) -> None:
        """Replaces the file by `entries` in one step, then appends to the new one.

        `durable`: also against a power cut; what a reset writes need not be.
        """
        fresh = self._path.with_suffix(".new")
        with fresh.open("wb") as file:
            for entry in entries:
                file.write(orjson.dumps(entry, option=orjson.OPT_APPEND_NEWLINE))
            file.flush()
            if durable:
                os.fsync(file.fileno())
        fresh.replace(self._path)
        if self._file is not None:
            os.close(self._file)
        self._file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)

    def append(self, entry: dict[str, Any]) -> None:
        assert self._file is not None
        os.write(self._file, orjson.dumps(entry, option=orjson.OPT_APPEND_NEWLINE))

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None
        os.close(self._lock)
