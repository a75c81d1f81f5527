"""Questions that a worker answers with a model: the answer grows in Slack, and is there once in the end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import aiohttp
from slack_sdk.errors import SlackClientError

from bot import crashpoints
from bot.streaming import How, Place, Stream, put_in_place
from bot.workspace import Workspace
from cases.clock import Clock
from cases.deeds import AskWish, DeedKind, RemindWish, StatusWish, Wish
from cases.errors import NotFound, Unavailable
from cases.language import _
from cases.roles import Act
from copilot import speaking, thread
from copilot.model import ModelFailed
from copilot.speaking import Answer, Say
from copilot.thread import CaseQuestion
from copilot.work import Copilot
from flows import assist
from storage import answers, deeds, feedback, holds, locks, outbox, questions
from storage.db import Connection, Database, Row
from storage.feedback import Card
from views.answers import internal_head, made_by_model, no_answer, spoken, trouble
from views.blocks import Block
from views.feedback import feedback_block
from views.thread import Rendered

_CLOCK_SKEW_SECONDS = 600.0


@dataclass(slots=True)
class Answering:
    """One question that somebody asked in the thread of a case."""

    db: Database
    copilot: Copilot
    clock: Clock
    slack: Workspace
    question: Row
    begun_at: datetime | None = None
    """When words were last about to go to Slack, as this process knows it."""

    async def run(self) -> None:
        """Answer it, or see through what somebody began who died over it.

        Raises Unavailable when Slack does not take the answer now: then it is to be tried again.
        """
        self.begun_at = self.question["begun_at"]
        if self.question["stopped_at"] is not None:
            await self._stop()
            return
        kept = self.question["answer"]
        if kept is not None:
            ts = self.question["post_ts"] or await self._found()
            await self._see_through(ts, Rendered(kept["text"], kept["blocks"]))
            return
        stream = self._stream()
        begun = self.begun_at is not None
        held = await holds.is_held(self.db, self.question["workspace_id"], self.question["channel"])
        try:
            whole, answer, foot = await self._made(_silently if begun or held else stream.say)
        except NotFound:
            await questions.finish(self.db, self.question["id"])
            return
        if stream.how is How.STOPPED:
            await stream.finish([])
            await self._stop(begun=stream.ts is not None)
            return
        ts = stream.ts or self.question["post_ts"]
        unclear = ts is None and (begun or stream.how is How.UNCLEAR)
        if not await self._keep(whole, answer, ts, unclear=unclear):
            await self._stop()
            return
        crashpoints.reach("stream.after_answer")
        await outbox.announce(self.db, self.question["channel"])
        if unclear:
            await stream.settle()
            ts = await self._found()
        if ts is not None and answer is not None and await stream.finish(foot):
            await questions.finish(self.db, self.question["id"])
        else:
            await self._see_through(ts, whole)

    async def _stop(self, *, begun: bool = False) -> None:
        """End with what nobody wants any more; what somebody else is at is left to them."""
        row = await questions.unanswered(self.db, self.question["id"])
        if row is None or not (begun or row["stopped_at"] is not None):
            return
        if row["post_ts"] is not None:
            await self.slack.stop_stream(row["channel"], row["post_ts"], "", [])
        await questions.finish(self.db, row["id"])

    async def _begin(self, *, kept: bool = False) -> bool:
        """Note that words are about to go to Slack; False when they must not."""
        at = await questions.begin(self.db, self.question["id"], self.begun_at, kept=kept)
        self.begun_at = at or self.begun_at
        return at is not None

    def _stream(self) -> Stream:
        question = self.question
        return Stream(
            self.slack,
            Place(question["channel"], question["thread_ts"], self._reader()),
            self._head(),
            self._begin,
            lambda ts: questions.stands(self.db, question["id"], ts),
        )

    def _reader(self) -> str | None:
        asker: str = self.question["asker"]
        return asker

    def _head(self) -> Block:
        head = internal_head(self.question["asker"], self.question["words"])
        return head | {"block_id": f"p:{self.question['post_id']}"}

    async def _foot(self, answer: Answer | None) -> list[Block]:
        """Who made the answer, and buttons for whether it was of use."""
        question, made = self.question, ("", "") if answer is None else (answer.prompt, answer.model)
        card = Card("answer", f"{question['channel']}:{question['ts']}", *made)
        rated = feedback_block(await feedback.card(self.db, question["case_id"], card, self.clock.now()))
        return [made_by_model(answer.model), rated] if answer else [rated]

    def _excuse(self, why: str) -> list[Block]:
        """What stands above an answer that the model should have given."""
        return [self._head(), trouble(why)]

    async def _made(self, say: Say) -> tuple[Rendered, Answer | None, list[Block]]:
        """The whole answer as it is shown, by the model or, where that fails, without it; and its foot."""
        try:
            answer = await self._spoken(say, (await self.slack.member(self.question["asker"])).name)
        except ModelFailed as failed:
            without = await self._without_model()
            foot = await self._foot(None)
            blocks = [*self._excuse(failed.why.value), *without.blocks, *foot]
            return Rendered(without.text, blocks), None, foot
        words = answer.words or _("Here is what I propose.")
        foot = await self._foot(answer)
        return spoken(words, [self._head()], foot), answer, foot

    async def _spoken(self, say: Say, agent: str) -> Answer:
        asked, now = self.question, self.clock.now()
        case, asker = asked["case_id"], asked["asker"]
        may = frozenset(map(Act, asked["may"]))
        return await speaking.in_thread(self.copilot, case, asker, agent, asked["words"], say, now, may)

    async def _without_model(self) -> Rendered:
        question = self.question
        return await thread.answer(
            CaseQuestion(
                db=self.db,
                workspace_id=question["workspace_id"],
                workspace_url=question["url"],
                case=question["case_id"],
                text=question["words"],
                asker=await self.slack.reader(question["asker"]),
                now=self.clock.now(),
                embed=self.copilot.embed,
                asker_id=question["asker"],
                customers=self.copilot.customers,
            )
        )

    async def _found(self) -> str | None:
        """Where the first words stand that somebody began to show; None when they are nowhere."""
        question = self.question
        oldest = float(question["ts"]) - _CLOCK_SKEW_SECONDS
        try:
            return await self.slack.find(
                question["channel"], question["thread_ts"], question["post_id"], oldest
            )
        except (SlackClientError, aiohttp.ClientError, TimeoutError) as error:
            raise Unavailable from error

    async def _keep(self, whole: Rendered, answer: Answer | None, ts: str | None, *, unclear: bool) -> bool:
        """Keep the answer with what it proposes; where it surely is not in Slack yet, have it posted in the
        same commit. False when another answer is kept, or nobody wants one any more."""
        question, body = self.question, {"text": whole.text, "blocks": whole.blocks}
        made = (answer.prompt, answer.model) if answer else ("", "")
        done = ts is None and not unclear and question["case_id"] is not None
        async with self.db.transaction() as tx:
            if not await questions.answered(tx, question["id"], body, *made, ts, done=done):
                return False
            if answer is not None and answer.reply is not None:
                # What it proposes belongs to the conversation, which is locked before the case.
                await locks.lock_cases(tx, [question["case_id"]])
            if done:
                await answers.show(tx, question["case_id"], whole.text, whole.blocks)
            if answer is not None:
                await self._propose(tx, answer)
        return True

    async def _propose(self, tx: Connection, answer: Answer) -> None:
        """Show what the model proposes, each below the answer; a person decides."""
        question, now = self.question, self.clock.now()
        if answer.reply is not None:
            key = f"question:{question['id']}"
            await assist.keep(tx, question["case_id"], key, question["asker"], answer.reply, now)
        for place, wish in enumerate(answer.wishes):
            kind, facts = _deed(wish, answer)
            await deeds.propose(tx, question["id"], place, kind, facts, answer.model, now)

    async def _see_through(self, ts: str | None, whole: Rendered) -> None:
        """Have Slack show the kept answer, all of it, once; the outbox posts what is not there yet."""
        if ts is not None:
            await put_in_place(self.slack, self.question["channel"], ts, whole)
            await questions.finish(self.db, self.question["id"])
            return
        async with self.db.transaction() as tx:
            if await questions.finish_in(tx, self.question["id"]):
                await answers.show(tx, self.question["case_id"], whole.text, whole.blocks)
        await outbox.announce(self.db, self.question["channel"])

    async def give_up(self) -> None:
        """Say that there will be no answer, so that somebody may ask once more."""
        await self._see_through(None, no_answer())


def _deed(wish: Wish, answer: Answer) -> tuple[DeedKind, dict[str, str]]:
    """A wish as its card shows it, and as it is done once somebody confirms it."""
    match wish:
        case AskWish(department, name, question):
            return DeedKind.ASK, {"department": department, "name": name, "question": question}
        case RemindWish(at, words):
            return DeedKind.REMIND, {"at": at.isoformat(), "words": words}
        case StatusWish(status):
            return DeedKind.STATUS, {"status": status.value, "was": answer.status}
        case _:
            raise ValueError(wish)


async def _silently(_words: str) -> bool:
    """Nobody sees it grow: what was begun is replaced in the end, or it is posted when it is whole."""
    return True
