"""What the copilot costs: the shipped strategy beside resending the whole history for everything.

Shipped: a summary when the case is handed over, here half-way; drafts when somebody asks for one; all on a
case file that only grows at its end. Asked for is here what the recorded agents wrote at length (40 words or
more); a second line asks in every turn. Beside it, as it is often done: after every
message a summary and in each turn a draft, each with the whole history and what to do behind it. All have the
same rules, tools and forms and get answers of the same size. A second such line has what to do before the
history, where it is cached, as the shipped way has it: what is left between the two is what is called how
often, on what. Billed tokens count cached input as a tenth. Without an
endpoint of your own (OPENAI_API_KEY, OPENAI_BASE_URL) the local model server answers; it counts tokens and
cached prefixes alike for all, and calls no tools.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import openai
from langchain_core.utils.function_calling import convert_to_openai_tool
from rich.progress import Progress

from benchmarks import postgres
from benchmarks.demo import NotReady
from benchmarks.eval.figures import BrokenTask, Figure
from benchmarks.model_server.serving import model_server
from benchmarks.replay.recording import Conversation, Turn, read_conversations
from cases.messages import InboundMessage
from copilot import draft, summary
from copilot.draft import Wish
from copilot.model import Endpoint
from copilot.outputs import Draft, Summary
from copilot.toolbox import wrapped
from copilot.work import Copilot
from flows import intake
from prompts.loader import load
from storage import conversations, migrate, workspaces
from storage.conversations import Visitor
from storage.db import Database

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
OURS, EAGER, RESENT = "shipped", "shipped, a draft each turn", "whole history each time"
RULES_FIRST = "whole history each time, all rules first"
SIZES = {24: 6, 50: 4, 100: 3, 250: 2}
"""Messages per case → cases of that length, made by joining conversations."""
_AT_MOST, _GROWTH = 0.2, 1.5
_LENGTHY = 40
"""Words from which on an agent would rather be given a draft than type."""
_REPLY, _SAID = " ".join(["word"] * 60), " ".join(["word"] * 12)
_ANSWERS = {
    "Draft": {"reply": _REPLY},
    "Summary": {
        "problem": {"text": _SAID},
        "facts": [{"text": _SAID}] * 3,
        "open": [{"text": _SAID, "on": "agent"}],
        "mood": "calm",
        "next_step": _SAID,
    },
}
"""What the local server answers to both ways."""


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


def measure(path: Path, given: str | None, sizes: Mapping[int, int] = SIZES) -> list[Figure]:
    """The figures; raises BrokenTask."""
    try:
        recorded = read_conversations(path)
    except NotReady as error:
        raise BrokenTask(str(error)) from None
    # Its own folder: PostgreSQL's socket needs a short path.
    with (
        tempfile.TemporaryDirectory(prefix="cx-eval-") as folder,
        postgres.server(Path(folder), given) as server,
        postgres.database(server) as url,
    ):
        migrate.upgrade(url)
        return asyncio.run(_measured(url, Path(folder) / "model", recorded, sizes))


@asynccontextmanager
async def _endpoint(folder: Path) -> AsyncIterator[Endpoint]:
    """The endpoint of the environment, else the local model server."""
    key, base = os.environ.get("OPENAI_API_KEY"), os.environ.get("OPENAI_BASE_URL")
    if key or base:
        yield Endpoint(os.environ.get("OPENAI_MODEL", "gpt-5-mini"), base, key or "none")
        return
    async with model_server(folder) as local:
        calls = {name: {"tool_calls": [{"name": name, "arguments": form}]} for name, form in _ANSWERS.items()}
        await local.rules(
            {"when": {"last_contains": "call `Summary`"}, "answer": calls["Summary"]},
            {"answer": calls["Draft"]},
        )
        yield Endpoint("local", local.url, "none")


def joined(recorded: Sequence[Conversation], length: int, count: int) -> list[list[Turn]]:
    """``count`` cases of ``length`` messages each: conversations one after the other, cut off.

    Each begins with a customer.
    """
    turns = [turn for each in recorded for turn in each.turns]
    cases, at = [], 0
    for _case in range(count):
        while turns[at].role != "customer":
            at = (at + 1) % len(turns)
        case = [turns[(at + place) % len(turns)] for place in range(length)]
        at = (at + length) % len(turns)
        cases.append(case)
    return cases


async def _measured(
    url: str, folder: Path, recorded: Sequence[Conversation], sizes: Mapping[int, int]
) -> list[Figure]:
    cases = {"as recorded": [list(each.turns) for each in recorded]}
    cases |= {f"{size} messages": joined(recorded, size, count) for size, count in sizes.items()}
    async with _endpoint(folder) as endpoint:
        figures, per_message = await _figured(url, endpoint, cases)
    longest, shortest = max(sizes), min(sizes)
    growth = per_message[f"{longest} messages"] / per_message[f"{shortest} messages"]
    what = f"billed per message, {longest} / {shortest}"
    return [*figures, Figure(OURS, what, growth, f"≤ {_GROWTH}", growth <= _GROWTH, must=True)]


async def _figured(
    url: str, endpoint: Endpoint, sets: Mapping[str, Sequence[Sequence[Turn]]]
) -> tuple[list[Figure], dict[str, float]]:
    """The figures of each set of cases, and what the shipped way bills per message in each."""
    figures: list[Figure] = []
    per_message: dict[str, float] = {}
    with Progress() as progress:
        shown = progress.add_task("cases", total=sum(len(cases) for cases in sets.values()))
        for name, cases in sets.items():
            bills = {way: Bill() for way in (OURS, EAGER, RESENT, RULES_FIRST)}
            for turns in cases:
                await _ours(url, endpoint, turns, bills[OURS], _LENGTHY)
                await _ours(url, endpoint, turns, bills[EAGER], 0)
                await _resent(endpoint, turns, bills[RESENT], rules_first=False)
                await _resent(endpoint, turns, bills[RULES_FIRST], rules_first=True)
                progress.advance(shown)
            messages = sum(len(turns) for turns in cases)
            per_message[name] = bills[OURS].billed / messages
            figures += _figures(name, bills, len(cases), messages)
    return figures, per_message


def _figures(name: str, bills: Mapping[str, Bill], cases: int, messages: int) -> list[Figure]:
    found = []
    for way, bill in bills.items():
        found += [
            Figure(way, f"{name}: calls per case", bill.calls / cases),
            Figure(way, f"{name}: tokens per case", bill.total / cases),
            Figure(way, f"{name}: billed per case", bill.billed / cases),
            Figure(way, f"{name}: billed per message", bill.billed / messages),
        ]
    ratio, eager = (bills[way].billed / bills[RESENT].billed for way in (OURS, EAGER))
    what = f"{name}: billed / {RESENT}"
    return [
        *found,
        Figure(OURS, what, ratio, f"≤ {_AT_MOST}", ratio <= _AT_MOST),
        Figure(EAGER, what, eager),
        Figure(OURS, f"{name}: billed / {RULES_FIRST}", bills[OURS].billed / bills[RULES_FIRST].billed),
    ]


async def _ours(url: str, endpoint: Endpoint, turns: Sequence[Turn], bill: Bill, words: int) -> None:
    """One case under the shipped strategy, with drafts for replies of so many ``words`` or more.

    What it used is what the product itself wrote down.
    """
    db = Database(url, pool_size=2)
    await db.open()
    try:
        copilot, case = Copilot(db, endpoint, company="the shop"), _Case(db)
        for place, turn in enumerate(turns):
            await case.say(turn)
            answer = _answer_to(turns, place)
            if place == len(turns) // 2:
                await summary.summarise(copilot, case.id, case.now)
            if answer is not None and len(answer.split()) >= words:
                await draft.make(copilot, case.id, "Anna", Wish(), case.now)
        (row,) = await db.fetch(
            """SELECT sum(calls)::int AS calls, sum(input_tokens)::int AS given,
                      sum(cached_tokens)::int AS cached, sum(output_tokens)::int AS written,
                      count(*) FILTER (WHERE outcome <> 'done') AS failed
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


def _answer_to(turns: Sequence[Turn], place: int) -> str | None:
    """What the agent answers to the turn at ``place``; None where that is no customer's, or goes on."""
    following = turns[place + 1 : place + 2]
    if turns[place].role != "customer" or not following or following[0].role != "agent":
        return None
    return following[0].text


class _Case:
    """A case that grows message by message, two minutes apart."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._conversation = 0
        self.id = 0
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


async def _resent(endpoint: Endpoint, turns: Sequence[Turn], bill: Bill, *, rules_first: bool) -> None:
    """The same case with the whole history for a summary after each message and a draft in each turn.

    How a form is filled in is said behind the history, or with ``rules_first`` before it, for both forms.
    """
    client = openai.AsyncOpenAI(
        api_key=endpoint.api_key, base_url=endpoint.base_url, http_client=openai.DefaultAsyncHttpxClient()
    )
    how = {Summary: load("summarising").fill(), Draft: load("drafting").fill()}
    asked = {
        Summary: load("summary").fill(language="English"),
        Draft: load("draft").fill(agent="Anna", customer_language="English", language="English"),
    }
    before = "\n".join(how.values()) if rules_first else ""
    rules = load("system").fill(company="the shop", rules=before, tone=load("tone").words)
    offered: list[Any] = [*wrapped(), Summary, Draft]
    tools = [convert_to_openai_tool(each) for each in offered]
    history: list[str] = []
    async with client:
        for place, turn in enumerate(turns):
            history.append(f"{turn.role}: {turn.text}")
            for form in (Summary, Draft) if _answer_to(turns, place) is not None else (Summary,):
                task = asked[form] if rules_first else f"{how[form]}\n{asked[form]}"
                messages = [("system", rules), ("user", "\n".join(history)), ("user", task)]
                await _call(client, endpoint, tools, messages, bill)


async def _call(
    client: openai.AsyncOpenAI,
    endpoint: Endpoint,
    tools: list[dict[str, Any]],
    messages: list[tuple[str, str]],
    bill: Bill,
) -> None:
    said: list[Any] = [{"role": role, "content": words} for role, words in messages]
    given: Any = tools
    answer = await client.chat.completions.create(
        model=endpoint.model, messages=said, tools=given, tool_choice="required"
    )
    usage = answer.usage
    if usage is None:
        raise BrokenTask("the endpoint does not say how many tokens it used")
    details = usage.prompt_tokens_details
    bill.calls += 1
    bill.given += usage.prompt_tokens
    bill.cached += (details.cached_tokens or 0) if details else 0
    bill.written += usage.completion_tokens
