"""What the copilot costs: the shipped strategy beside resending the whole history for everything.

Shipped: a draft when the customer has said what they had to say, a summary when somebody first looks and
one when the case is handed over; all on a case file that only grows at its end. Beside it, as it is often
done: after every message a summary and in each turn a draft, each with the whole history. Billed tokens
count cached input as a tenth. Without an endpoint of your own (OPENAI_API_KEY, OPENAI_BASE_URL) the local
model server answers; it counts tokens and cached prefixes alike for both, and calls no tools.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen
from uuid import uuid4

import openai
from rich.progress import Progress

from benchmarks import postgres
from benchmarks.demo import NotReady
from benchmarks.eval.figures import BrokenTask, Figure
from benchmarks.replay.recording import Conversation, Turn, read_conversations
from cases.messages import InboundMessage
from copilot import draft, summary
from copilot.draft import Wish
from copilot.model import Endpoint
from copilot.work import Copilot
from flows import intake
from storage import conversations, migrate, workspaces
from storage.conversations import Visitor
from storage.db import Database

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
OURS, RESENT = "shipped", "whole history each time"
_SIZES = {24: 6, 50: 4, 100: 3, 250: 2}
"""Messages per case → cases of that length, made by joining conversations."""
_AT_MOST, _GROWTH = 0.2, 1.5
_SUMMARISE = (
    "You summarise a conversation of customer service for the agent who takes it over: the problem, what \
was promised, what is open, the mood, the next step."
)
_DRAFT = "You draft the next reply of customer service in this conversation, friendly and plain."


@dataclass(slots=True)
class Bill:
    """The tokens of one way."""

    calls: int = 0
    given: int = 0
    cached: int = 0
    written: int = 0

    @property
    def total(self) -> int:
        """All tokens."""
        return self.given + self.written

    @property
    def billed(self) -> float:
        """Tokens as they are paid for: cached input at a tenth."""
        return self.given - 0.9 * self.cached + self.written


def measure(path: Path, given: str | None) -> list[Figure]:
    """The figures; raises BrokenTask."""
    try:
        recorded = read_conversations(path)
    except NotReady as error:
        raise BrokenTask(str(error)) from None
    with tempfile.TemporaryDirectory(prefix="cx-eval-") as folder, _endpoint(Path(folder)) as endpoint:
        # Its own folder: PostgreSQL's socket needs a short path.
        with postgres.server(Path(folder), given) as server, postgres.database(server) as url:
            migrate.upgrade(url)
            return asyncio.run(_measured(url, endpoint, recorded))


@contextmanager
def _endpoint(folder: Path) -> Iterator[Endpoint]:
    """The endpoint of the environment, else the local model server."""
    key, base = os.environ.get("OPENAI_API_KEY"), os.environ.get("OPENAI_BASE_URL")
    if key or base:
        yield Endpoint(os.environ.get("OPENAI_MODEL", "gpt-5-mini"), base, key or "none")
        return
    ready = folder / "ready"
    command = [sys.executable, "-m", "benchmarks.model_server", "--port", "0", "--ready-file", str(ready)]
    process = subprocess.Popen(command)
    try:
        deadline = time.monotonic() + 60
        while not ready.exists():
            if process.poll() is not None or time.monotonic() > deadline:
                raise BrokenTask("the local model server does not start")
            time.sleep(0.05)
        url = ready.read_text().strip()
        _answers_in_forms(url)
        yield Endpoint("local", url, "none")
    finally:
        process.terminate()
        process.wait(10)


def _answers_in_forms(url: str) -> None:
    """Tell the local server which of the offered tools are answers."""
    wanted = Request(
        url.removesuffix("/v1") + "/control/outputs",
        data=json.dumps(["Summary", "Draft"]).encode(),
        headers={"Content-Type": "application/json"},
        method="PUT",
    )
    urlopen(wanted, timeout=10).close()


def joined(recorded: Sequence[Conversation], length: int, count: int) -> list[list[Turn]]:
    """``count`` cases of ``length`` messages each: conversations one after the other, cut off."""
    turns = [turn for each in recorded for turn in each.turns]
    cases, at = [], 0
    for _case in range(count):
        case = [turns[(at + place) % len(turns)] for place in range(length)]
        at = (at + length) % len(turns)
        cases.append(case)
    return cases


async def _measured(url: str, endpoint: Endpoint, recorded: Sequence[Conversation]) -> list[Figure]:
    sets = {"as recorded": [list(each.turns) for each in recorded]}
    sets |= {f"{size} messages": joined(recorded, size, count) for size, count in _SIZES.items()}
    figures, per_message = [], {}
    with Progress() as progress:
        shown = progress.add_task("cases", total=2 * sum(len(cases) for cases in sets.values()))
        for name, cases in sets.items():
            ours, resent = Bill(), Bill()
            for turns in cases:
                await _ours(url, endpoint, turns, ours)
                progress.advance(shown)
                await _resent(endpoint, turns, resent)
                progress.advance(shown)
            messages = sum(len(turns) for turns in cases)
            per_message[name] = ours.billed / messages
            figures += _figures(name, ours, resent, len(cases), messages)
    growth = per_message["250 messages"] / per_message["24 messages"]
    figures.append(
        Figure(OURS, "billed per message, 250 / 24", growth, f"≤ {_GROWTH}", growth <= _GROWTH, must=True)
    )
    return figures


def _figures(name: str, ours: Bill, resent: Bill, cases: int, messages: int) -> list[Figure]:
    found = []
    for way, bill in ((OURS, ours), (RESENT, resent)):
        found += [
            Figure(way, f"{name}: calls per case", bill.calls / cases),
            Figure(way, f"{name}: tokens per case", bill.total / cases),
            Figure(way, f"{name}: billed per case", bill.billed / cases),
            Figure(way, f"{name}: billed per message", bill.billed / messages),
        ]
    ratio = ours.billed / resent.billed
    return [
        *found,
        Figure(f"{OURS} / {RESENT}", f"{name}: billed", ratio, f"≤ {_AT_MOST}", ratio <= _AT_MOST, must=True),
    ]


async def _ours(url: str, endpoint: Endpoint, turns: Sequence[Turn], bill: Bill) -> None:
    """One case under the shipped strategy; what it used is what the product itself wrote down."""
    db = Database(url, pool_size=2)
    await db.open()
    try:
        copilot, case = Copilot(db, endpoint, company="the shop"), _Case(db)
        for place, turn in enumerate(turns):
            await case.say(turn)
            answered = place + 1 < len(turns) and turns[place + 1].role == "agent"
            if turn.role == "customer" and answered:
                if case.looks == 0:
                    await summary.summarise(copilot, case.id, case.now)
                    case.looks += 1
                await draft.make(copilot, case.id, "Anna", Wish(), case.now)
        await summary.summarise(copilot, case.id, case.now)
        (row,) = await db.fetch(
            """SELECT sum(calls)::int AS calls, sum(input_tokens)::int AS given,
                      sum(cached_tokens)::int AS cached, sum(output_tokens)::int AS written, count(*) FILTER (WHERE outcome <> 'done') AS failed
               FROM copilot_runs WHERE case_id = %s""",
            [case.id],
        )
    finally:
        await db.close()
    if row["failed"]:
        raise BrokenTask(f"the model failed {row['failed']} times")
    bill.calls += row["calls"]
    bill.given += row["given"]
    bill.cached += row["cached"]
    bill.written += row["written"]


class _Case:
    """A case that grows message by message, two minutes apart."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._conversation = 0
        self.id = 0
        self.looks = 0
        self.now = NOW

    async def say(self, turn: Turn) -> None:
        """Somebody says something."""
        self.now += timedelta(minutes=2)
        if not self._conversation:
            await self._open()
        if turn.role == "customer":
            message = InboundMessage(self._conversation, uuid4().hex, turn.text)
            self.id = (await intake.receive(self._db, message, self.now)).case_id
            return
        await self._db.fetch(
            """WITH v AS (UPDATE conversations SET last_seq = last_seq + 1 WHERE id = %(conversation)s
                          RETURNING id, workspace_id, last_seq)
               INSERT INTO messages (workspace_id, case_id, conversation_id, seq, direction, author_name,
                                     text, created_at)
               SELECT workspace_id, %(case)s, id, last_seq, 'out', 'Anna', %(text)s, %(now)s FROM v""",
            {"conversation": self._conversation, "case": self.id, "text": turn.text, "now": self.now},
        )

    async def _open(self) -> None:
        workspace = await workspaces.register(
            self._db, team="T1", name="Shop", url="https://shop.example/", bot_user="U", bot="B", now=NOW
        )
        who = uuid4().hex
        visitor = Visitor("chat", f"shop:{who}", who, "Maria", None, verified=True)
        identity = await conversations.identity(self._db, workspace, visitor, NOW)
        self._conversation = (await conversations.start(self._db, workspace, identity, "shop", "C1", NOW))[0]


async def _resent(endpoint: Endpoint, turns: Sequence[Turn], bill: Bill) -> None:
    """The same case with the whole history for a summary after each message and a draft in each turn."""
    client = openai.AsyncOpenAI(
        api_key=endpoint.api_key, base_url=endpoint.base_url, http_client=openai.DefaultAsyncHttpxClient()
    )
    history: list[str] = []
    async with client:
        for place, turn in enumerate(turns):
            history.append(f"{turn.role}: {turn.text}")
            await _call(client, endpoint, _SUMMARISE, history, bill)
            if turn.role == "customer" and place + 1 < len(turns) and turns[place + 1].role == "agent":
                await _call(client, endpoint, _DRAFT, history, bill)


async def _call(client: Any, endpoint: Endpoint, system: str, history: Sequence[str], bill: Bill) -> None:
    answer = await client.chat.completions.create(
        model=endpoint.model,
        messages=[{"role": "system", "content": system}, {"role": "user", "content": "\n".join(history)}],
    )
    usage = answer.usage
    details = usage.prompt_tokens_details
    bill.calls += 1
    bill.given += usage.prompt_tokens
    bill.cached += (details.cached_tokens or 0) if details else 0
    bill.written += usage.completion_tokens
