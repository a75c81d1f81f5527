"""Whether Slack reaches us: what nobody heard is read from Slack afterwards (FAULTS 9)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import structlog

from bot.metrics import Metrics
from bot.pacing import now
from bot.pulse import Pulse
from storage import listening
from storage.db import Database

BEAT_SECONDS = 2.0
READ_AGAIN_SECONDS = 60.0
"""While no events come, all threads are read this often."""

Connected = Callable[[], Awaitable[bool]]

log = structlog.get_logger(__name__)


class Listening:
    """The heartbeat of one replica. All of them share a row: while one is connected, nothing is missed."""

    def __init__(self, db: Database, workspace_id: int, pulse: Pulse, metrics: Metrics) -> None:
        self._db = db
        self._workspace_id = workspace_id
        self._pulse = pulse
        self._metrics = metrics
        self._connected: bool | None = None
        self._silent_since: datetime | None = None
        self._read_again_at = 0.0

    async def beat(self, connected: bool) -> None:
        """Note that Slack reaches this replica now; after a gap have read what was missed."""
        if connected is not self._connected:
            log.log(30 if not connected else 20, "listening.connected" if connected else "listening.cut_off")
        self._connected = connected
        self._metrics.slack_connected.set(connected)
        if not connected:
            return
        row = await listening.beat(self._db, self._workspace_id, self._pulse.event_age, self._pulse.post_age)
        if row["event_at"] is not None:
            self._pulse.elsewhere((datetime.now(UTC) - row["event_at"]).total_seconds())
        if row["gap"] and row["gap"] > listening.GAP_SECONDS:
            log.warning("listening.was_cut_off", seconds=round(row["gap"]))
        await self._note_silence(silent=row["silent"])
        self._silent_since = row["silent_since"]
        self._metrics.slack_silent.set(self._silent_since is not None)
        if self._silent_since is not None and now() >= self._read_again_at:
            # Never one-way: what no event tells is read, again and again.
            self._read_again_at = now() + READ_AGAIN_SECONDS
            await listening.want(self._db, self._workspace_id, self._silent_since)

    async def _note_silence(self, *, silent: bool) -> None:
        if silent and await listening.silent(self._db, self._workspace_id):
            log.error("listening.no_events")
        elif not silent and self._silent_since and await listening.heard(self._db, self._workspace_id):
            log.warning("listening.events_again")

    async def limited(self, since: datetime) -> None:
        """Slack says that it holds events back."""
        log.error("listening.app_rate_limited", since=since.isoformat())
        self._metrics.slack_limited.inc()
        await listening.limited(self._db, self._workspace_id, since)

    def alarm(self) -> str | None:
        """One sentence for operators when events do not come although Slack is connected."""
        if self._silent_since is None:
            return None
        since = self._silent_since.isoformat(timespec="minutes")
        return f"Slack sends no events since {since}, but takes posts."  # not translated
