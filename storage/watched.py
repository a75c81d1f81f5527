"""Files that are read again when they change, without a restart."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from time import monotonic, time
from typing import Generic, TypeVar

import structlog

from cases.errors import ConfigError

SETTLE_SECONDS = 1.0
_What = TypeVar("_What")
_Key = TypeVar("_Key")
_Seen = tuple[object, tuple[tuple[int, int, int] | None, ...]]

log = structlog.get_logger(__name__)


class Watched(Generic[_What]):
    """What some files say now. While one of them is broken, what they said last."""

    def __init__(
        self,
        paths: Sequence[Path],
        read: Callable[[], _What],
        also: Callable[[], object] = lambda: None,
        *,
        settled: bool = False,
    ) -> None:
        """Read them for the first time; raises what ``read`` raises.

        They are read again when what ``also`` returns changes, too. ``settled`` = only once nobody has
        written for SETTLE_SECONDS: where half a file, or none for a moment, would do harm.
        """
        self._paths = paths
        self._read = read
        self._also = also
        self._settled = settled
        self._moving: tuple[_Seen, float] | None = None
        self._seen = self._look()
        self._value = read()
        self.trouble: str | None = None
        """What is wrong with them, if anything is."""

    def now(self) -> _What:
        """What they say; the same object until one of them changes. A few microseconds."""
        seen = self._look()
        if seen != self._seen and not (self._settled and self._is_moving(seen)):
            self._seen = seen
            self._again()
        return self._value

    def _is_moving(self, seen: _Seen) -> bool:
        """Whether somebody may be writing still: a file has just been written, or has just gone."""
        if self._moving is None or self._moving[0] != seen:
            self._moving = (seen, monotonic())
        gone = any(
            mark is None and before is not None for mark, before in zip(seen[1], self._seen[1], strict=True)
        )
        ages = [time() - mark[0] / 1e9 for mark in seen[1] if mark is not None]
        young = any(0 <= age < SETTLE_SECONDS for age in ages)
        return (gone or young) and monotonic() - self._moving[1] < SETTLE_SECONDS

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
