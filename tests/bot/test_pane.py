"""The agent pane in front of a real database and the local Slack workspace."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from bot.team import Team
from cases.reader import reader_of, use
from copilot import pane as questions
from copilot.pane import Question, prompts
from storage import answers, owners, search
from storage.db import Database
from tests.support.office import NOW, Office
from tests.support.sandbox import SandboxProcess, until
from tests.support.wired import AGENT, GUEST, OTHER, make_settings, wired
from views.thread import Rendered


@pytest.fixture
async def parts(
    slack: SandboxProcess, database_url: str, database: Database, tmp_path: Path
) -> AsyncIterator[Team]:
    async with wired(make_settings(slack, database_url, tmp_path), database) as running:
        yield running
    await slack.faults()


@pytest.fixture
def office(parts: Team) -> Office:
    return Office(parts.bot.db, parts.bot.workspace_id)


class Asked:
    """A question that somebody typed into the pane, and its event."""

    def __init__(
        self, parts: Team, slack: SandboxProcess, user: str, channel: str, ts: str, text: str
    ) -> None:
        self.parts, self.slack, self.channel, self.ts = parts, slack, channel, ts
        self.event = {
            "type": "message",
            "channel_type": "im",
            "channel": channel,
            "user": user,
            "ts": ts,
            "event_ts": ts,
            "text": text,
        }

    async def tell(self) -> None:
        """The event arrives, and is handled unless it was before."""
        start = await self.parts.inbox.store({"event_id": uuid4().hex, "event": self.event})
        if start is not None:
            start()

    async def again(self) -> None:
        """Time passes: claims and waits run out, and what is not handled is looked at."""
        await self.parts.bot.db.fetch("UPDATE answers SET claimed_at = claimed_at - interval '1 minute'")
        await self.parts.bot.db.fetch(
            "UPDATE inbox SET retry_at = NULL, received_at = received_at - interval '5 seconds'"
        )
        await self.parts.inbox.sweep()

    async def answers(self) -> list[dict[str, Any]]:
        """What stands under the question."""
        found = await self.slack.messages(self.channel, self.ts)
        return [message for message in found if message["ts"] != self.ts]

    async def answered(self) -> str:
        """The one answer."""

        async def there() -> bool:
            rows = await self.parts.bot.db.fetch("SELECT done_at FROM inbox ORDER BY id DESC LIMIT 1")
            return bool(rows and rows[0]["done_at"])

        await until(there)
        (answer,) = await self.answers()
        return json.dumps(answer["blocks"], ensure_ascii=False)


async def ask(parts: Team, slack: SandboxProcess, text: str, user: str = AGENT) -> Asked:
    channel = (await slack.act(user, "open_dm"))["channel"]
    ts = (await slack.act(user, "post", channel=channel, text=text))["ts"]
    return Asked(parts, slack, user, channel, ts, text)


async def own(office: Office, text: str, who: str = AGENT) -> str:
    """A case of somebody: its reference."""
    case = await office.case(text, channel="C0SUPPORT")
    await owners.take(office.db, case.case_id, who, NOW)
    return case.reference


async def test_opening_it_suggests_what_to_ask(parts: Team, slack: SandboxProcess) -> None:
    channel = (await slack.act(AGENT, "open_dm"))["channel"]
    await parts.bot.pane.opened(AGENT, channel)
    shown = (await slack.person(AGENT))["agent"]
    assert [each["title"] for each in shown["prompts"]] == [
        "Waiting on me",
        "My cases",
        "Find words",
        "What can you do?",
    ]


async def test_a_question_is_answered_in_its_thread(
    parts: Team, office: Office, slack: SandboxProcess
) -> None:
    mine = await own(office, "My lamp")
    other = await own(office, "A vase", OTHER)
    question = await ask(parts, slack, "What is waiting on me?")
    await question.tell()
    shown = await question.answered()
    assert mine in shown
    assert other not in shown
    assert "I answer without a model" in shown
    (thread,) = [
        each for each in (await slack.person(AGENT))["agent"]["threads"] if each["thread_ts"] == question.ts
    ]
    assert (thread["session"]["status"], thread["session"]["title"]) == ("active", "What is waiting on me?")
    await question.tell()
    await question.again()
    assert len(await question.answers()) == 1


@pytest.mark.parametrize(
    ("user", "says"),
    [
        (OTHER, "Only agents, leads and supervisors can look at cases."),
        (GUEST, "Only full members of this workspace can work on cases."),
    ],
)
async def test_who_may_not_look_is_told_so(parts: Team, slack: SandboxProcess, user: str, says: str) -> None:
    question = await ask(parts, slack, "my cases", user)
    await question.tell()
    assert says in await question.answered()


async def test_who_may_not_look_asks_no_model_and_is_refused_once(
    slack: SandboxProcess, database_url: str, database: Database, tmp_path: Path
) -> None:
    settings = make_settings(slack, database_url, tmp_path)
    settings = settings.model_copy(update={"openai_base_url": "http://127.0.0.1:9/v1"})
    async with wired(settings, database) as parts:
        question = await ask(parts, slack, "my cases", GUEST)
        await question.tell()
        assert "Only full members of this workspace can work on cases." in await question.answered()
        assert await database.fetch("SELECT id FROM questions") == []
        assert len(await database.fetch("SELECT id FROM audit WHERE action = 'act.refused'")) == 1


@pytest.mark.parametrize("fault", ["drop_reply", "error_500", "error_429"])
async def test_whatever_happens_to_the_answer_it_comes_once(
    parts: Team, slack: SandboxProcess, fault: str
) -> None:
    question = await ask(parts, slack, "help")
    await slack.faults({"kind": fault, "method": "chat.postMessage", "channel": question.channel, "times": 1})
    await question.tell()

    async def put_off() -> bool:
        rows = await parts.bot.db.fetch("SELECT last_error FROM inbox ORDER BY id DESC LIMIT 1")
        return bool(rows and rows[0]["last_error"])

    await until(put_off, 10)
    await question.again()
    assert "You can ask me:" in await question.answered()
    await question.again()
    assert len(await question.answers()) == 1
    threads = (await slack.person(AGENT))["agent"]["threads"]
    assert [each["session"]["status"] for each in threads if each["thread_ts"] == question.ts] == ["active"]


async def test_stop_before_the_answer_is_posted(parts: Team, slack: SandboxProcess) -> None:
    question = await ask(parts, slack, "my cases")

    async def slow(asked: Question) -> Rendered:
        """The person presses stop while the answer is being made."""
        event = {"type": "agent_session_stopped", "channel": question.channel, "thread_ts": question.ts}
        await slack.act(AGENT, "stop_agent", channel=question.channel, thread_ts=question.ts)
        start = await parts.inbox.store({"event_id": uuid4().hex, "event": event | {"user": asked.user}})
        assert start is not None
        start()

        async def noted() -> bool:
            rows = await parts.bot.db.fetch("SELECT stopped_at FROM answers")
            return rows[0]["stopped_at"] is not None

        await until(noted)
        return await questions.answer(asked)

    parts.bot.pane._answer = slow
    await question.tell()

    async def done() -> bool:
        return await answers.is_done(parts.bot.db, parts.bot.workspace_id, question.channel, question.ts)

    await until(done)
    assert await question.answers() == []


async def test_who_took_too_long_leaves_the_answer_to_who_took_the_question_over(
    parts: Team, slack: SandboxProcess
) -> None:
    question = await ask(parts, slack, "help")
    db, place = parts.bot.db, (parts.bot.workspace_id, question.channel, question.ts)

    async def slow(asked: Question) -> Rendered:
        """Slack takes its time; meanwhile another process has claimed the question."""
        await db.fetch("UPDATE answers SET claimed_at = claimed_at - interval '1 minute'")
        assert await answers.claim(db, *place, question.ts, uuid4()) is not None
        parts.bot.pane._answer = questions.answer
        taken_over.set()
        return await questions.answer(asked)

    taken_over = asyncio.Event()
    parts.bot.pane._answer = slow
    await question.tell()
    await taken_over.wait()

    async def given_up() -> bool:
        threads = (await slack.person(AGENT))["agent"]["threads"]
        return [t["session"]["status"] for t in threads if t["thread_ts"] == question.ts] == ["active"]

    await until(given_up)
    assert await question.answers() == []
    await question.again()
    assert "You can ask me:" in await question.answered()


async def answered(office: Office, text: str) -> str:
    """What is answered in the reader's language."""
    question = Question(office.db, office.workspace, "https://shop.slack.com/", AGENT, text)
    return str((await questions.answer(question)).blocks)


async def test_what_is_understood(office: Office) -> None:
    mine, other = await own(office, "My <lamp>"), await own(office, "Broken vase", OTHER)

    async def answer(text: str, language: str = "en") -> str:
        await search.index(office.db)
        with use(reader_of(language)):
            return await answered(office, text)

    assert "&lt;lamp&gt;" in await answer(f"How is {mine.lower()} doing?")
    assert "is yours" in await answer(f"who owns {mine}?")
    of_another = await answer(f"status of {other}")
    assert f"<@{OTHER}>" in of_another
    assert "vase" not in of_another
    assert "There is no CX-9." in await answer("CX-9")
    assert mine in await answer("find lamp")
    assert "None of your cases" in await answer("find vase")
    assert mine in await answer("whose is: lamp?")
    assert mine in await answer("my cases")
    assert "I do not understand “sing a &lt;song&gt;”" in await answer("sing a <song>")
    assert "You can ask me:" in await answer("find ???")


@pytest.mark.parametrize("language", ["en", "pl", "cs", "hu"])
async def test_each_suggested_prompt_is_understood_in_its_language(office: Office, language: str) -> None:
    mine = await own(office, "Lampa lámpa lamp lampu lampy lampę")
    await search.index(office.db)
    with use(reader_of(language)):
        asked = [each["message"] for each in prompts()]
        shown = [await answered(office, text) for text in asked]
    assert [mine in each for each in shown] == [True, True, True, False]
    assert "`/cx case`" not in shown[3]
    assert "CX-1042" in shown[3]
