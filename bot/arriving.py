"""The way in for every outside channel: written down in one commit, then shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from bot import crashpoints
from bot.metrics import Metrics
from cases.arrivals import Arrival
from cases.clock import Clock
from cases.messages import Receipt
from cases.reader import Reader, use
from channels.pages import without_links
from channels.tokens import Signer
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
        signer: Signer,
    ) -> None:
        """``wake`` is told in which Slack channel something waits; ``signer`` knows our links."""
        self._db = db
        self._clock = clock
        self._metrics = metrics
        self._team = team
        self._accept = partial(intake.accept, reopen_days=reopen_days)
        self._wake = wake
        self._signer = signer

    async def __call__(self, arrival: Arrival) -> Receipt:
        """Write it down; repeated, it has one effect and the first receipt."""
        crashpoints.reach("intake.before_commit")
        with use(self._team):
            arrival = self._without_links(arrival)
            receipt = await arrive.receive(self._db, arrival, self._clock.now(), self._accept)
        crashpoints.reach("intake.after_commit")
        counter = self._metrics.repeats if receipt.duplicate else self._metrics.messages_in
        counter.labels(arrival.channel).inc()
        self._wake(receipt.slack_channel)
        return receipt

    def _without_links(self, arrival: Arrival) -> Arrival:
        subject = arrival.subject and without_links(arrival.subject, self._signer)
        return replace(arrival, text=without_links(arrival.text, self._signer), subject=subject)
