"""Questions in the agent pane that a worker answers with a model, in a direct message."""

from __future__ import annotations

from dataclasses import dataclass

from bot.answering import Answering
from bot.workspace import Posted
from cases.errors import Unavailable
from cases.reader import use
from copilot import pane, speaking
from copilot.pane import Question
from copilot.speaking import Answer, Say
from storage import questions
from views.answers import no_answer, over_own_cases, trouble
from views.blocks import Block
from views.thread import Rendered


@dataclass(slots=True)
class PaneAnswering(Answering):
    """One question that somebody asked over all their own cases."""

    async def run(self) -> None:
        """``Answering.run`` in the language of who asked; afterwards we are seen to be at rest."""
        question = self.question
        with use(await self.slack.reader(question["asker"])):
            try:
                await Answering.run(self)
            finally:
                await self.slack.show_status(question["channel"], question["thread_ts"], "active")

    def _reader(self) -> None:
        """In a direct message nobody else reads."""
        return

    def _head(self) -> Block:
        assert self.copilot.endpoint is not None
        return self._marked(over_own_cases(self.copilot.endpoint.model))

    def _excuse(self, why: str) -> list[Block]:
        return [self._marked(trouble(why, mine=True))]

    def _marked(self, block: Block) -> Block:
        return block | {"block_id": f"p:{self.question['post_id']}"}

    async def _foot(self, _answer: Answer | None) -> list[Block]:
        return []

    async def _spoken(self, say: Say, agent: str) -> Answer:
        asked, now = self.question, self.clock.now()
        place = asked["workspace_id"], asked["url"]
        return await speaking.in_pane(self.copilot, place, asked["asker"], agent, asked["words"], say, now)

    async def _without_model(self) -> Rendered:
        asked = self.question
        return await pane.answer(
            Question(self.db, asked["workspace_id"], asked["url"], asked["asker"], asked["words"])
        )

    async def _see_through(self, ts: str | None, whole: Rendered) -> None:
        """There is no outbox for direct messages: what is not there yet is posted, and looked for first."""
        question = self.question
        if ts is None and self.begun_at is not None:
            ts = await self._found()
        if ts is not None:
            await Answering._see_through(self, ts, whole)
            return
        if not await self._begin(kept=True):
            await self._stop()
            return
        outcome = await self.slack.post(
            question["channel"], question["thread_ts"], whole, question["post_id"]
        )
        if not isinstance(outcome, Posted):
            raise Unavailable
        await questions.finish(self.db, question["id"])

    async def give_up(self) -> None:
        """``Answering.give_up``, once and without looking back: there is no outbox for direct messages."""
        question, said = self.question, no_answer()
        shown = Rendered(said.text, [self._marked(*said.blocks)])
        await questions.finish(self.db, question["id"])
        await self.slack.post(question["channel"], question["thread_ts"], shown, question["post_id"])
