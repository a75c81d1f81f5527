"""The App Home of each person: published when opened, and while it was opened lately when it changes."""

from __future__ import annotations

import hashlib
import json
from datetime import time, timedelta

import aiohttp
import structlog
from slack_sdk.errors import SlackClientError

from bot.gate import Gate
from bot.pacing import Bucket
from bot.rooms import Rooms
from bot.workspace import Refused, Workspace, outcome_of
from cases import reminding
from cases.clock import Clock
from cases.errors import CxError, GuestsMayNot
from cases.reader import reader, use
from cases.roles import Act, Standing, may, refusal
from commands.status import fitting, parse_filter
from storage import agenda, cases, desk, homes
from storage.db import Database
from views.blocks import Block
from views.home import (
    MOST_DRAFTS,
    MOST_ON_BOARD,
    MOST_OTHERS,
    MOST_TODAY,
    MOST_UNANSWERED,
    MOST_UNCLAIMED,
    Board,
    Desk,
    closed_home,
    home_view,
)

OPEN_SECONDS = 900.0
"""For so long after it was opened a Home is kept up to date; nobody tells us when it is left."""
EVERY_SECONDS = 3.0
"""A Home is looked at again after so long at the earliest, however much happens."""
_PER_MINUTE = 95  # Slack's tier 4 (views.publish), with a little left
_BURST = 10

log = structlog.get_logger(__name__)


class Homes:
    """Builds and publishes Homes; any replica may publish any."""

    def __init__(
        self,
        db: Database,
        workspace_id: int,
        url: str,
        slack: Workspace,
        gate: Gate,
        rooms: Rooms,
        *,
        clock: Clock,
        paced: bool,
    ) -> None:
        self._db = db
        self._workspace_id = workspace_id
        self._url = url
        self._slack = slack
        self._gate = gate
        self._rooms = rooms
        self._clock = clock
        self._bucket = Bucket(60 / _PER_MINUTE if paced else 0.0, _BURST)

    async def opened(self, user: str) -> None:
        """Somebody opened their Home."""
        await homes.opened(self._db, self._workspace_id, user)
        await self.show(user)

    async def choose(self, user: str, words: str) -> None:
        """Show other cases on the board: the words of ``/cx status``."""
        await homes.choose(self._db, self._workspace_id, user, words)
        await self.show(user)

    async def show(self, user: str, notice: str | None = None) -> None:
        """Publish somebody's Home as it is now; ``notice`` is a sentence on top, gone the next time."""
        await self._publish(user, await self._view(user, notice))

    async def look_around(self) -> None:
        """Publish the Homes that were opened lately and would show something else now."""
        room = self._bucket.room()
        if not room:
            return
        due = await homes.due(
            self._db, self._workspace_id, window=OPEN_SECONDS, every=EVERY_SECONDS, limit=room
        )
        for user in due:
            view = await self._view(user)
            known = await homes.of(self._db, self._workspace_id, user)
            if known is None or known["digest"] != _digest(view):
                await self._publish(user, view)

    async def _publish(self, user: str, view: Block) -> None:
        """What fails is made good the next time that Homes are looked at."""
        self._bucket.take()
        try:
            await self._slack.publish_home(user, view)
        except (SlackClientError, aiohttp.ClientError, TimeoutError) as error:
            outcome = outcome_of(error)
            if isinstance(outcome, Refused) and outcome.retry_after:
                self._bucket.empty(outcome.retry_after)
            log.warning("homes.not_published", error=outcome.error)
            return
        await homes.shown(self._db, self._workspace_id, user, _digest(view))

    async def _view(self, user: str, notice: str | None = None) -> Block:
        with use(await self._slack.reader(user)):
            try:
                standing = await self._gate.standing(user)
                if not may(standing, Act.LOOK):
                    return closed_home(str(refusal(Act.LOOK)))
                return home_view(await self._desk(user, standing), self._url, notice)
            except GuestsMayNot as error:
                return closed_home(error.sentence)

    async def _desk(self, user: str, standing: Standing) -> Desk:
        board = await self._board(user) if may(standing, Act.BOARD) else None
        if not may(standing, Act.TAKE):
            return Desk(standing, board=board)
        mine = (self._db, self._workspace_id, user)
        channels = await self._rooms.of(user)
        now = self._clock.now()
        night = reminding.at(now.astimezone(reader().zone).date() + timedelta(days=1), time(), reader().zone)
        return Desk(
            standing,
            drafts=await desk.drafts_waiting(*mine, limit=MOST_DRAFTS),
            unanswered=await desk.mine(*mine, unanswered=True, limit=MOST_UNANSWERED),
            unclaimed=await desk.unclaimed(self._db, self._workspace_id, channels, limit=MOST_UNCLAIMED),
            others=await desk.mine(*mine, unanswered=False, limit=MOST_OTHERS),
            today=await agenda.today(*mine, now, night, limit=MOST_TODAY),
            board=board,
        )

    async def _board(self, user: str) -> Board:
        known = await homes.of(self._db, self._workspace_id, user)
        words = known["filter"] if known else ""
        try:
            wanted = parse_filter(words.split(), user)
        except CxError:
            words, wanted = "", parse_filter([], user)
        rows = await fitting(self._db, self._workspace_id, wanted, limit=MOST_ON_BOARD)
        return Board(words, await cases.counts(self._db, self._workspace_id), rows)


def _digest(view: Block) -> str:
    return hashlib.sha256(json.dumps(view, sort_keys=True).encode()).hexdigest()
