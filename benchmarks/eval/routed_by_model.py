"""The model's answers to the question whom a conversation needs, as the product asks it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from random import Random
from uuid import uuid4

from rich.progress import Progress

from benchmarks import postgres
from benchmarks.eval.figures import BrokenTask
from benchmarks.rig import workplace
from cases.messages import InboundMessage
from cases.routing import Desk, Routed, Suggestion
from cases.triage import Claim
from copilot.desks import Choices, Desks
from copilot.model import Endpoint, ModelFailed
from copilot.routing import SURE, Router
from copilot.triage import Triager, agreed
from copilot.work import Copilot
from flows import intake
from storage import conversations, migrate, workspaces
from storage.conversations import Visitor
from storage.db import Database

_AT_ONCE = 4
_EXAMPLES = 20
"""Of each department: they are not shown to the model, which reads names and descriptions."""


def endpoint() -> Endpoint | None:
    """The model that the environment names, as for `cx run`; None without one."""
    key, base = os.environ.get("OPENAI_API_KEY"), os.environ.get("OPENAI_BASE_URL")
    return (
        Endpoint(os.environ.get("OPENAI_MODEL", "gpt-5-mini"), base, key or "none") if key or base else None
    )


def sample(asked: Sequence[Routed], many: int) -> list[Routed]:
    """So many of the conversations, the same ones each time."""
    return Random(0).sample(list(asked), min(many, len(asked)))


def answers(
    model: Endpoint, router: Router, given: Sequence[Routed], asked: Sequence[Routed]
) -> tuple[list[Suggestion], list[Suggestion]]:
    """What the model says of each whole conversation; and what is made of that with what the words say.

    Where it fails, it says nothing, and the words stand alone. Raises BrokenTask when it fails always.
    """
    with workplace() as folder, postgres.server(folder, None) as server, postgres.database(server) as url:
        migrate.upgrade(url)
        return asyncio.run(_all(url, model, router, given, asked))


async def _all(
    url: str, model: Endpoint, router: Router, given: Sequence[Routed], asked: Sequence[Routed]
) -> tuple[list[Suggestion], list[Suggestion]]:
    db = Database(url, pool_size=_AT_ONCE)
    await db.open()
    try:
        now = datetime.now(UTC)
        workspace = await workspaces.register(
            db, team="T1", name="eval", url="", bot_user="U1", bot="B1", now=now
        )
        desks = _desks(given)
        triager = Triager(Copilot(db, model, desks), Desks(desks), Choices(()))
        limit = asyncio.Semaphore(_AT_ONCE)
        with Progress(transient=True) as progress:
            task = progress.add_task(model.model, total=len(asked))

            async def one(routed: Routed) -> Suggestion:
                async with limit:
                    case = await _case(db, workspace, routed.turns, now)
                    found = await _asked(triager, Claim(case, workspace, 1, 1, now), now)
                    progress.advance(task)
                    return found

            own = await asyncio.gather(*map(one, asked))
    finally:
        await db.close()
    if not any(each.label for each in own):
        raise BrokenTask(f"{model.model} answered none of {len(asked)} questions")
    words = router.suggest_all([each.turns for each in asked])
    both = [
        agreed(said.label, said.confidence, by_words) if said.label else by_words
        for said, by_words in zip(own, words, strict=True)
    ]
    return list(own), both


def _desks(given: Sequence[Routed]) -> list[Desk]:
    labels = sorted({each.label for each in given})
    found = []
    for label in labels:
        examples = [each.turns[0] for each in given if each.label == label][:_EXAMPLES]
        found.append(Desk(label, label.replace("_", " ").title(), "", examples))
    return found


async def _case(db: Database, workspace: int, turns: Sequence[str], now: datetime) -> int:
    visitor = Visitor("chat", f"shop:{uuid4()}", uuid4().hex, "Customer", None, verified=True)
    identity = await conversations.identity(db, workspace, visitor, now)
    conversation, _token = await conversations.start(db, workspace, identity, "shop", "C1", now)
    for turn in turns:
        receipt = await intake.receive(db, InboundMessage(conversation, uuid4().hex, turn or "…"), now)
    return receipt.case_id


async def _asked(triager: Triager, claim: Claim, now: datetime) -> Suggestion:
    try:
        done = await triager.ask(claim.case_id, None, now)
    except ModelFailed:
        return Suggestion("", 0.0, sure=False)
    form = done.form
    known = form.department if form.department in triager.desks.names else ""
    return Suggestion(known, form.confidence if known else 0.0, form.confidence >= SURE and bool(known))
