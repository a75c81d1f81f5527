"""The last step to the customer: waiting for the end of the undo window, sending, showing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from uuid import UUID

import structlog

from bot import crashpoints
from bot.caller import Caller
from bot.metrics import Metrics
from bot.poster import Poster
from bot.web.feed import show_reply
from bot.web.hub import Hub
from bot.workspace import Workspace
from cases.actor import Actor
from cases.clock import Clock
from cases.language import later
from cases.ledger import Rules, no_rules
from cases.undo import Undo, undo_of
from flows import reply
from storage.db import Database
from views.preview import outcome, sending

LATE_SECONDS = 1.0
"""An approved text is left to the process that approved it for this long after its time."""

_SENT = later("📨 Sent to the customer.")

log = structlog.get_logger(__name__)


class Sender:
    """Sends approved texts when their undo window ends; a sweep sends what a stopped process left."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        workspace_id: int,
        slack: Workspace,
        hub: Hub,
        poster: Poster,
        caller: Caller,
        metrics: Metrics,
        undo: float | Undo,
        rules: Callable[[], Rules | None] = no_rules,
    ) -> None:
        self._db = db
        self._clock = clock
        self._workspace_id = workspace_id
        self._slack = slack
        self._hub = hub
        self._poster = poster
        self._caller = caller
        self._metrics = metrics
        self.undo = undo_of(undo)
        self._rules = rules
        self._tasks: set[asyncio.Task[None]] = set()

    async def approve_and_send(
        self, draft: UUID, actor: Actor, response_url: str, *, keep: bool = False
    ) -> None:
        """Send on a preview: approve, offer Undo, send. Raises what ``flows.reply.approve`` raises.

        With ``keep`` what was clicked is for everybody and stays: Undo is offered beside it.
        """
        sent, now = None, self._clock.now()
        if self.undo:
            row = await reply.approve(self._db, draft, actor, self.undo, now)
        else:
            row, sent = await reply.approve_and_send(self._db, draft, actor, now, self._rules())
        crashpoints.reach("send.after_approve")
        if row["took"]:
            self._poster.wake()
            self._caller.wake()
        if sent is None and keep:
            shown = sending(str(draft), row["body"], row["undo"])
            await self._slack.answer(response_url, shown, replace=False)
            self.schedule(draft, row["body"], row["conversation_id"], None, row["undo"])
            return
        if sent is None:
            self.schedule(draft, row["body"], row["conversation_id"], response_url, row["undo"])
            return
        self._show(sent)
        await self._slack.answer(response_url, outcome(str(_SENT)), replace=True)

    def schedule(
        self,
        draft: UUID,
        body: str,
        conversation: int,
        response_url: str | None,
        seconds: float,
    ) -> None:
        """Send an approved draft at the end of its undo window of ``seconds``, in the background."""
        task = asyncio.create_task(self._after_undo(draft, body, conversation, response_url, seconds))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _after_undo(
        self, draft: UUID, body: str, conversation: int, response_url: str | None, seconds: float
    ) -> None:
        try:
            if seconds:
                await self._wait_out_undo(draft, body, conversation, response_url, seconds)
            sent = await self._send(draft, body)
        except Exception:
            log.exception("sender.left_to_the_sweep", draft=str(draft))
            return
        if sent and response_url:
            await self._slack.answer(response_url, outcome(str(_SENT)), replace=True)

    async def _wait_out_undo(
        self, draft: UUID, body: str, conversation: int, response_url: str | None, seconds: float
    ) -> None:
        ends = asyncio.get_running_loop().time() + seconds
        self._hub.typing(conversation, True)
        if response_url:
            shown = sending(str(draft), body, seconds)
            await self._slack.answer(response_url, shown, replace=True)
        # The window ends by the database's clock: a moment later is surely after its end.
        await asyncio.sleep(max(0.0, ends + 0.02 - asyncio.get_running_loop().time()))

    async def _send(self, draft: UUID, body: str) -> bool:
        sent = await reply.send(self._db, draft, body, self._clock.now(), self._rules())
        if sent is None:
            return False
        self._show(sent)
        return True

    def _show(self, sent: reply.Sent) -> None:
        crashpoints.reach("send.after_commit")
        show_reply(self._hub, sent)
        self._metrics.messages_out.labels(sent.channel).inc()
        self._poster.wake(sent.slack_channel)
        self._caller.wake()

    async def sweep(self) -> None:
        """Send what is overdue because the process that approved it is gone."""
        now, rules = self._clock.now(), self._rules()
        due = await reply.send_due(self._db, self._workspace_id, LATE_SECONDS, now, rules)
        for sent in due:
            log.info("sender.sent_late", case=sent.case_id)
            self._show(sent)
