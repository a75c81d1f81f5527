"""The agent pane: a person's questions in the direct message with the app, each answered once."""

from __future__ import annotations

from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import aiohttp
import structlog
from procrastinate import App
from slack_sdk.errors import SlackClientError

from bot import crashpoints, steps
from bot.gate import Gate
from bot.workspace import Posted, Refused, Workspace
from cases.clock import Clock
from cases.errors import NotAllowed, Unavailable
from cases.language import _
from cases.reader import use
from cases.roles import Act
from copilot.pane import Answerer, Question, prompts
from storage import answers, inbox, questions
from storage.db import Database
from views.pane import said
from views.thread import Rendered

Event = dict[str, Any]

_CLOCK_SKEW_SECONDS = 600.0
_MOST_TITLE = 60

log = structlog.get_logger(__name__)


class Pane:
    """Answers questions; ``answer`` is who knows the answers."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        workspace_id: int,
        url: str,
        slack: Workspace,
        gate: Gate,
        answer: Answerer,
        model: App | None = None,
    ) -> None:
        """``model`` is the queue of the workers that ask a model; None where there is no model."""
        self._db = db
        self._clock = clock
        self._workspace_id = workspace_id
        self._url = url
        self._slack = slack
        self._gate = gate
        self._answer = answer
        self._model = model

    async def opened(self, user: str, channel: str) -> None:
        """Somebody opened the pane: suggest what to ask."""
        with use(await self._slack.reader(user)):
            title, suggested = _("What would you like to know about your cases?"), prompts()
        try:
            await self._slack.client.assistant_threads_setSuggestedPrompts(
                channel_id=channel, title=title, prompts=suggested
            )
        except (SlackClientError, aiohttp.ClientError, TimeoutError) as error:
            log.info("pane.no_prompts", error=type(error).__name__)

    async def asked(self, inbox_id: int, event: Event) -> None:
        """Answer the question of a stored event, and mark it as handled.

        Raises Unavailable when Slack does not take the answer now: then the event is tried again,
        and an answer that Slack has taken after all is found there.
        """
        channel, ts = event["channel"], event["ts"]
        thread = event.get("thread_ts") or ts
        refused = await self._refused(event)
        if self._model is not None and refused is None and (event.get("text") or "").strip():
            await self._ask_model(self._model, inbox_id, event, thread)
            return
        post = uuid5(NAMESPACE_URL, f"cx-answer:{self._slack.team}:{channel}:{ts}")
        taken = await answers.claim(self._db, self._workspace_id, channel, ts, thread, post)
        if taken is None:
            await self._look_again(inbox_id, channel, ts)
            return
        crashpoints.reach("answer.after_claim")
        if taken["stopped"] or (taken["tried"] and await self._is_there(channel, thread, ts, post)):
            # Whoever was at it may have died before it could take the status away.
            await self._status(event, thread, "active")
            await self._done(inbox_id, channel, ts)
            return
        await self._status(event, thread, "processing")
        try:
            rendered = await self._rendered(event, refused)
            wanted = await answers.trying(self._db, self._workspace_id, channel, ts, taken["claimed_at"])
            if wanted:
                await self._post(channel, thread, ts, rendered, post)
                crashpoints.reach("answer.after_post")
        finally:
            await self._status(event, thread, "active")
        if wanted is None:
            await self._look_again(inbox_id, channel, ts)
        else:
            await self._done(inbox_id, channel, ts)

    async def _refused(self, event: Event) -> NotAllowed | None:
        try:
            await self._gate.admit_person(event["user"], Act.LOOK, event["channel"])
        except NotAllowed as error:
            return error
        return None

    async def _ask_model(self, jobs: App, inbox_id: int, event: Event, thread: str) -> None:
        """Have a worker answer with the model, unless the question was answered before."""
        words, now = (await self._slack.plain(event.get("text") or "")).strip(), self._clock.now()
        place, user = (event["channel"], event["ts"], thread), event["user"]
        await self._status(event, thread, "processing")
        async with self._db.transaction() as tx:
            if not await inbox.take(tx, inbox_id):
                return
            if await answers.once(tx, self._workspace_id, *place):
                asked = await questions.add(tx, self._workspace_id, None, user, place, words, now)
                if asked is not None:
                    line = f"pane:{self._workspace_id}:{user}"
                    await steps.enqueue_answer(jobs, tx, question=asked, line=line)
            await inbox.finish(tx, inbox_id)

    async def stopped(self, inbox_id: int, event: Event) -> None:
        """The person pressed stop: what is not posted yet is not posted any more."""
        channel, thread = event["channel"], event["thread_ts"]
        async with self._db.transaction() as tx:
            if not await inbox.take(tx, inbox_id):
                return
            await answers.stop(tx, self._workspace_id, channel, thread)
            await questions.stop(tx, self._workspace_id, channel, thread)
            await inbox.finish(tx, inbox_id)
        await self._status(event, thread, "active")

    async def _rendered(self, event: Event, refused: NotAllowed | None) -> Rendered:
        user = event["user"]
        with use(await self._slack.reader(user)):
            if refused is not None:
                return said(refused.sentence)
            text = event.get("text") or ""
            return await self._answer(Question(self._db, self._workspace_id, self._url, user, text))

    async def _post(self, channel: str, thread: str, ts: str, rendered: Rendered, post: UUID) -> None:
        outcome = await self._slack.post(channel, thread, rendered, post)
        if isinstance(outcome, Posted):
            return
        if isinstance(outcome, Refused):
            await answers.let_go(self._db, self._workspace_id, channel, ts)
        log.warning("pane.not_answered", error=outcome.error)
        raise Unavailable

    async def _is_there(self, channel: str, thread: str, ts: str, post: UUID) -> bool:
        return await self._slack.find(channel, thread, post, float(ts) - _CLOCK_SKEW_SECONDS) is not None

    async def _look_again(self, inbox_id: int, channel: str, ts: str) -> None:
        """Somebody else has the question: if they answered it, the event is done with; else it waits."""
        if await answers.is_done(self._db, self._workspace_id, channel, ts):
            await self._done(inbox_id, channel, ts)

    async def _done(self, inbox_id: int, channel: str, ts: str) -> None:
        async with self._db.transaction() as tx:
            await answers.finish(tx, self._workspace_id, channel, ts)
            await inbox.finish(tx, inbox_id)

    async def _status(self, event: Event, thread: str, status: str) -> None:
        title = " ".join((event.get("text") or "").split())[:_MOST_TITLE]
        await self._slack.show_status(
            event["channel"], thread, status, title if status == "processing" else ""
        )
