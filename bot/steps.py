"""The slow steps that a worker takes, as one visible table, and how they are enqueued.

Arguments are ids only. A step may run twice when its worker is killed, so each is harmless to repeat.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import aiohttp
from procrastinate import (
    App,
    BaseRetryStrategy,
    JobContext,
    PsycopgConnector,
    RetryDecision,
    RetryStrategy,
)
from procrastinate.jobs import Job
from slack_sdk.errors import SlackClientError

from bot import crashpoints
from bot.answering import Answering
from bot.pane_answering import PaneAnswering
from bot.workspace import Posted, Workspace
from cases.brief import Brief
from cases.clock import Clock
from cases.errors import Unavailable
from cases.reader import language_of, reader, use
from copilot import draft as copilot_draft
from copilot import facts
from copilot import summary as copilot_summary
from copilot.desks import Desks
from copilot.draft import Wish
from copilot.work import Copilot
from flows import assist
from storage import cases, copilot_drafts, links, outbox, questions
from storage.db import Connection, Database
from storage.urls import libpq_url
from views.brief import brief_message


@dataclass(frozen=True, slots=True)
class Tools:
    """What steps work with; handed to the worker as its context."""

    db: Database
    slack_of: Callable[[int], Awaitable[Workspace]]
    """The workspace in which a case lives; raises Unavailable when the app is not installed there now."""
    slack_in: Callable[[int], Awaitable[Workspace]]
    """A workspace by our own id; raises as ``slack_of``."""
    desks: Desks
    copilot: Copilot
    clock: Clock

    async def brief(self, case: int) -> Brief:
        """What is known about a case."""
        given = self.copilot
        return await facts.brief(self.db, case, self.desks, embed=given.embed, customers=given.customers)


async def summary(tools: Tools, case: int, user: str) -> None:
    """Show ``user`` the brief of a case, privately in its thread."""
    thread = await cases.thread_of(tools.db, case)
    if thread is not None:
        slack = await tools.slack_of(case)
        with use(await slack.reader(user)):
            shown = await copilot_summary.show(tools.copilot, case, tools.desks, tools.clock.now())
        await slack.whisper(thread[0], user, shown, thread[1])


async def handed(tools: Tools, case: int, user: str) -> None:
    """Write to a case's new owner, who may be elsewhere or asleep, whose it is now and what is known."""
    slack = await tools.slack_of(case)
    with use(await slack.reader(user)):
        shown = brief_message(await tools.brief(case), (await links.place(tools.db, case)).url)
    if not isinstance(await slack.post(user, None, shown, uuid4()), Posted):
        raise Unavailable


async def draft(tools: Tools, case: int, user: str, key: str, wish: dict[str, str]) -> None:
    """Propose a reply to ``user``: its card comes in the thread, once for each ``key``.

    One on arrival is for nobody (``user`` is empty), and is made by a model or not at all.
    """
    if await copilot_drafts.known(tools.db, key):
        return
    slack, now = await tools.slack_of(case), tools.clock.now()
    before = await copilot_drafts.of_draft(tools.db, UUID(wish["of"])) if "of" in wish else None
    language = language_of(wish.get("language", ""))
    asked = Wish(before["cited"] if before else "", wish.get("tone", ""), language)
    agent = (await slack.member(user)).name if user else ""
    with use(await slack.reader(user) if user else reader()):
        proposal = await copilot_draft.make(tools.copilot, case, agent, asked, now)
    if not user and not proposal.model:
        return
    async with tools.db.transaction() as tx:
        await assist.keep(tx, case, key, user, proposal, now)
    thread = await cases.thread_of(tools.db, case)
    if thread is not None:
        await outbox.announce(tools.db, thread[0])


async def answer(tools: Tools, question: int) -> None:
    """Answer a question with the model, where it was asked: once, also when a predecessor died over it."""
    answering = await _answering(tools, question)
    if answering is not None:
        await answering.run()


async def _answering(tools: Tools, question: int) -> Answering | None:
    """What sees a question through; None when that is done."""
    row = await questions.unanswered(tools.db, question)
    if row is None:
        return None
    kind = PaneAnswering if row["case_id"] is None else Answering
    slack = await tools.slack_in(row["workspace_id"])
    return kind(tools.db, tools.copilot, tools.clock, slack, row)


async def no_answer(tools: Tools, question: int) -> None:
    """Who asked hears that there will be no answer; a job that fails is seen by nobody."""
    answering = await _answering(tools, question)
    if answering is not None:
        await answering.give_up()


class Patience(BaseRetryStrategy):
    """Slack's outages are waited for, a day at most; what we ourselves cannot do is tried a few times."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        """When to try again; None when there is no use in that."""
        passing = (Unavailable, SlackClientError, aiohttp.ClientError, TimeoutError, OSError)
        if job.attempts >= (_A_DAY if isinstance(exception, passing) else _A_FEW):
            return None
        return RetryDecision(retry_in={"seconds": min(60, 2 ** min(job.attempts + 1, 6))})


_A_DAY, _A_FEW = 1_440, 5
"""Tries, a minute apart in the end."""
_HASTY = RetryStrategy(max_attempts=_A_FEW, exponential_wait=2)


@dataclass(frozen=True, slots=True)
class Step:
    """A slow step."""

    run: Callable[..., Awaitable[None]]
    """Takes the tools, then what it was enqueued with."""
    retry: BaseRetryStrategy = field(default_factory=lambda: _HASTY)
    gives_up: Callable[..., Awaitable[None]] | None = None
    """What is done, with the same, once it is not tried again."""


STEPS = {
    "summary": Step(summary),
    "handed": Step(handed),
    "draft": Step(draft),
    "answer": Step(answer, Patience(), no_answer),
}


def make_app(url: str) -> App:
    """procrastinate's app with the steps above."""
    app = App(connector=PsycopgConnector(conninfo=libpq_url(url), min_size=1, max_size=4))
    for name, step in STEPS.items():
        _register(app, name, step)
    return app


def _register(app: App, name: str, step: Step) -> None:
    @app.task(name=name, pass_context=True, retry=step.retry)
    async def run(context: JobContext, /, **arguments: Any) -> None:
        crashpoints.reach("job.after_start")
        tools: Tools = context.additional_context["tools"]
        try:
            await step.run(tools, **arguments)
        except Exception as error:
            if step.gives_up and step.retry.get_retry_decision(exception=error, job=context.job) is None:
                await step.gives_up(tools, **arguments)
            raise
        crashpoints.reach("job.after_effect")


async def enqueue_answer(app: App, tx: Connection, *, question: int, line: str) -> None:
    """Ask for an answer in the caller's transaction; those of one ``line`` come one after the other."""
    task = app.configure_task("answer", connection=tx, lock=f"answer:{line}")
    await task.defer_async(question=question)


async def enqueue_draft(
    app: App, tx: Connection, *, case: int, user: str, key: str, wish: dict[str, str]
) -> None:
    """Ask for a proposal, as ``enqueue`` does."""
    task = app.configure_task("draft", connection=tx, lock=f"case:{case}")
    await task.defer_async(case=case, user=user, key=key, wish=dict[str, Any](wish))


async def enqueue(app: App, tx: Connection, name: str, *, case: int, user: str) -> None:
    """Ask for a step in the caller's transaction; steps of one case run one after the other."""
    task = app.configure_task(name, connection=tx, lock=f"case:{case}")
    await task.defer_async(case=case, user=user)
