"""Who mentions the app in a case's thread is answered there, once, for the whole team to see."""

from __future__ import annotations

import re
from typing import Any

import aiohttp
import structlog
from procrastinate import App
from slack_sdk.errors import SlackClientError

from bot import crashpoints, steps
from bot.gate import Gate
from bot.poster import Poster
from bot.workspace import Workspace
from cases.articles import Embed
from cases.clock import Clock
from cases.customer_data import CustomerData
from cases.errors import NotAllowed, SharedChannel
from cases.reader import use
from cases.roles import Act, may
from copilot.thread import Answerer, CaseQuestion
from storage import answers, cases, feedback, inbox, questions
from storage.db import Database, Row
from storage.feedback import Card
from views.answers import internal, outside_case
from views.feedback import with_feedback
from views.preview import outcome
from views.thread import Rendered

Event = dict[str, Any]

log = structlog.get_logger(__name__)


class Mentions:
    """Answers mentions; ``answer`` is who knows the answers."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        workspace_id: int,
        url: str,
        slack: Workspace,
        gate: Gate,
        poster: Poster,
        answer: Answerer,
        embed: Embed | None = None,
        customers: CustomerData | None = None,
        model: App | None = None,
    ) -> None:
        """``model`` is the queue of the workers that ask a model; None where there is no model."""
        self._db = db
        self._clock = clock
        self._workspace_id = workspace_id
        self._url = url
        self._slack = slack
        self._gate = gate
        self._poster = poster
        self._answer = answer
        self._embed = embed
        self._customers = customers
        self._model = model

    async def heard(self, inbox_id: int, event: Event) -> None:
        """Answer a stored mention: in the thread of its case, elsewhere privately with what can be asked.

        In channels that others can read nothing is said. The message itself is kept by its own event.
        """
        try:
            await self._gate.admit_person(event["user"], Act.LOOK, event["channel"])
        except SharedChannel:
            await self._done(inbox_id)
            return
        except NotAllowed as error:
            await self._whisper(inbox_id, event, error)
            return
        case = await self._case_of(event)
        if case is None:
            await self._whisper(inbox_id, event)
            return
        words = await self._words(event)
        if self._model is not None and words:
            await self._ask_model(self._model, inbox_id, event, case, words)
            return
        await self._show(inbox_id, event, case, await self._made(event, case, words))

    async def _case_of(self, event: Event) -> Row | None:
        if "thread_ts" not in event:
            return None
        return await cases.by_thread(self._db, self._workspace_id, event["channel"], event["thread_ts"])

    async def _made(self, event: Event, case: Row, question: str) -> Rendered:
        asker = event["user"]
        answer = await self._answer(
            CaseQuestion(
                db=self._db,
                workspace_id=self._workspace_id,
                workspace_url=self._url,
                case=case["id"],
                text=question,
                asker=await self._slack.reader(asker),
                now=self._clock.now(),
                asker_id=asker,
                embed=self._embed,
                customers=self._customers,
            )
        )
        return internal(answer, asker, question)

    async def _words(self, event: Event) -> str:
        return (await self._slack.plain(self._without_us(event.get("text") or ""))).strip()

    def _without_us(self, markup: str) -> str:
        return re.sub(rf"<@{self._slack.bot_user}(\|[^>]*)?>", " ", markup)

    async def _show(self, inbox_id: int, event: Event, case: Row, answer: Rendered) -> None:
        """Have the answer posted, unless the mention was answered before: also under another event."""
        async with self._db.transaction() as tx:
            if not await inbox.take(tx, inbox_id):
                return
            place = event["channel"], event["ts"], event["thread_ts"]
            if await answers.once(tx, self._workspace_id, *place):
                card = Card("answer", f"{event['channel']}:{event['ts']}")
                rated = with_feedback(answer, await feedback.card_in(tx, case["id"], card, self._clock.now()))
                await answers.show(tx, case["id"], rated.text, rated.blocks)
            await inbox.finish(tx, inbox_id)
        crashpoints.reach("mention.after_commit")
        self._poster.wake(event["channel"])

    async def _ask_model(self, jobs: App, inbox_id: int, event: Event, case: Row, words: str) -> None:
        """Have a worker answer with the model, unless the mention was answered before."""
        asked, now, standing = None, self._clock.now(), await self._gate.standing(event["user"])
        acts = [act.value for act in (Act.SEND, Act.ASK, Act.ARRANGE) if may(standing, act)]
        async with self._db.transaction() as tx:
            if not await inbox.take(tx, inbox_id):
                return
            place = event["channel"], event["ts"], event["thread_ts"]
            if await answers.once(tx, self._workspace_id, *place):
                asked = await questions.add(
                    tx, self._workspace_id, case["id"], event["user"], place, words, now, acts
                )
                if asked is not None:
                    await steps.enqueue_answer(jobs, tx, question=asked, line=f"case:{case['id']}")
            await inbox.finish(tx, inbox_id)
        crashpoints.reach("mention.after_commit")
        if asked is not None:
            await self._show_heard(event)

    async def _show_heard(self, event: Event) -> None:
        """👀 on a question that a worker answers in a moment; a courtesy that may fail."""
        try:
            await self._slack.react(event["channel"], event["ts"], "eyes")
        except (SlackClientError, aiohttp.ClientError, TimeoutError) as error:
            log.info("mention.no_eyes", error=type(error).__name__)

    async def _whisper(self, inbox_id: int, event: Event, refused: NotAllowed | None = None) -> None:
        with use(await self._slack.reader(event["user"])):
            shown = outcome(refused.sentence) if refused else outside_case()
        await self._slack.whisper(event["channel"], event["user"], shown, event.get("thread_ts"))
        await self._done(inbox_id)

    async def _done(self, inbox_id: int) -> None:
        async with self._db.transaction() as tx:
            await inbox.finish(tx, inbox_id)
