"""A customer's message from the web: written down, and on its way to Slack where nothing waits before it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime

from bot import crashpoints
from bot.teams import Teams
from cases.messages import InboundMessage, Receipt
from cases.reader import Reader, use
from flows import intake
from storage.db import Database

_REMEMBERED = 10_000


class Reception:
    """Takes messages in one process, whose posters send them at once where they may."""

    def __init__(self, db: Database, teams: Teams, team: Reader, reopen_days: float) -> None:
        self._db = db
        self._teams = teams
        self._team = team
        self._reopen_days = reopen_days
        self._channels: OrderedDict[int, str] = OrderedDict()
        """Conversation → the Slack channel of its case when it was last seen."""

    async def receive(self, message: InboundMessage, now: datetime, may_open: Callable[[], None]) -> Receipt:
        """``flows.intake.receive``, and whoever must post it is told."""
        crashpoints.reach("intake.before_commit")
        with self._teams.turn(self._channels.get(message.conversation_id)) as turn:
            with use(self._team):
                receipt = await intake.receive(
                    self._db, message, now, may_open, reopen_days=self._reopen_days, stamp=turn.stamp
                )
            crashpoints.reach("intake.after_commit")
            turn.row = receipt.post
        if turn.row is None:
            self._teams.wake(receipt.slack_channel)
        self._remember(message.conversation_id, receipt.slack_channel)
        return receipt

    def _remember(self, conversation: int, channel: str) -> None:
        self._channels[conversation] = channel
        self._channels.move_to_end(conversation)
        if len(self._channels) > _REMEMBERED:
            self._channels.popitem(last=False)
