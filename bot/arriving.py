"""The way in for every outside channel: written down in one commit, then shown."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from bot import crashpoints
from bot.metrics import Metrics
from cases.arrivals import Arrival
from cases.clock import Clock
from cases.messages import Receipt
from cases.reader import Reader, use
from flows import arrive, intake
from storage.db import Database


class Arriving:
    """Takes what arrives over outside channels."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        metrics: Metrics,
        team: Reader,
        reopen_days: float,
        wake: Callable[[str], None],
    ) -> None:
        """``wake`` is told in which Slack channel something waits to be posted."""
        self._db = db
        self._clock = clock
        self._metrics = metrics
        self._team = team
        self._accept = partial(intake.accept, reopen_days=reopen_days)
        self._wake = wake

    async def __call__(self, arrival: Arrival) -> Receipt:
        """Write it down; repeated, it has one effect and the first receipt."""
        crashpoints.reach("intake.before_commit")
        with use(self._team):
            receipt = await arrive.receive(self._db, arrival, self._clock.now(), self._accept)
        crashpoints.reach("intake.after_commit")
        counter = self._metrics.repeats if receipt.duplicate else self._metrics.messages_in
        counter.labels(arrival.channel).inc()
        self._wake(receipt.slack_channel)
        return receipt
