"""Files that are read again when they change, without a restart."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Generic, TypeVar

import structlog

from cases.errors import ConfigError

_What = TypeVar("_What")
_Key = TypeVar("_Key")
_Seen = tuple[object, tuple[tuple[int, int, int] | None, ...]]

log = structlog.get_logger(__name__)


class Watched(Generic[_What]):
    """What some files say now. While one of them is broken, what they said last."""

    def __init__(
        self, paths: Sequence[Path], read: Callable[[], _What], also: Callable[[], object] = lambda: None
    ) -> None:
        """Read them for the first time; raises what ``read`` raises.

        They are read again when what ``also`` returns changes, too.
        """
        self._paths = paths
        self._read = read
        self._also = also
        self._seen = self._look()
        self._value = read()
        self.trouble: str | None = None
        """What is wrong with them, if anything is."""

    def now(self) -> _What:
        """What they say; the same object until one of them changes. A few microseconds."""
        seen = self._look()
        if seen != self._seen:
            self._seen = seen
            self._again()
        return self._value

    def _again(self) -> None:
        names = ", ".join(path.name for path in self._paths) or "changed in Slack"
        try:
            self._value = self._read()
        except ConfigError as error:
            self.trouble = error.sentence
            log.error("config.broken", files=names, error=error.sentence, kept="what was read before")
            return
        self.trouble = None
        log.info("config.read_again", files=names)

    def _look(self) -> _Seen:
        return self._also(), tuple(map(_mark, self._paths))


class Live(Mapping[_Key, _What]):
    """A mapping of what some files say at the moment when it is asked."""

    def __init__(self, now: Callable[[], Mapping[_Key, _What]]) -> None:
        self._now = now

    def __getitem__(self, key: _Key) -> _What:
        return self._now()[key]

    def __iter__(self) -> Iterator[_Key]:
        return iter(self._now())

    def __len__(self) -> int:
        return len(self._now())


def _mark(path: Path) -> tuple[int, int, int] | None:
    """What differs once a file was written or replaced."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
