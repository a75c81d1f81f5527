"""Mentions of the app in front of a real database and the local Slack workspace."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.ending import end
from bot.team import Team
from copilot.thread import CaseQuestion
from storage.db import Database
from tests.support.office import Office
from tests.support.sandbox import SandboxProcess, until
from tests.support.wired import AGENT, GUEST, OTHER, hears, make_settings, wired
from views.thread import Rendered

CHANNEL, PARTNER = "C0SUPPORT", "T0PARTNER"
US = "<@U0COPILOT>"


@pytest.fixture
async def parts(
    slack: SandboxProcess, database_url: str, database: Database, tmp_path: Path
) -> AsyncIterator[Team]:
    """A bot that posts, and hears only what a test tells it."""
    await slack.reset()
    async with wired(make_settings(slack, database_url, tmp_path), database) as running:
        work = asyncio.create_task(running.bot.poster.run())
        yield running
        await end(work)


@pytest.fixture
async def root(parts: Team) -> str:
    """The thread of a case in which a customer asks for a lamp."""
    office = Office(parts.bot.db, parts.bot.workspace_id)
    case = await office.case("Where is my lamp?", channel=CHANNEL)

    async def posted() -> str | None:
        row = await parts.bot.db.one("SELECT thread_ts FROM cases WHERE id = %s", [case.case_id])
        return row["thread_ts"] if row else None

    found: str = await until(posted)
    return found


async def mentions(
    slack: SandboxProcess, text: str, thread: str | None = None, user: str = AGENT
) -> dict[str, Any]:
    """Somebody mentions the app: the event that Slack tells beside the message."""
    more = {"thread_ts": thread} if thread else {}
    said = await slack.act(user, "post", channel=CHANNEL, text=text, **more)
    return {
        "type": "app_mention",
        "channel": CHANNEL,
        "user": user,
        "ts": said["ts"],
        "event_ts": said["ts"],
        "text": text,
        **more,
    }


async def answers(parts: Team, slack: SandboxProcess, root: str) -> list[str]:
    """The answers in a thread, once all that waits is posted."""

    async def quiet() -> bool:
        rows = await parts.bot.db.fetch(
            "SELECT o.id FROM outbox o LEFT JOIN posts p ON p.id = o.post_id WHERE p.ts IS NULL"
        )
        return not rows

    await until(quiet)
    shown = [json.dumps(each, ensure_ascii=False) for each in await slack.messages(CHANNEL, root)]
    return [each for each in shown if "Internal answer" in each]


async def privately(slack: SandboxProcess, user: str) -> str:
    return json.dumps((await slack.person(user))["ephemerals"], ensure_ascii=False)


async def test_a_mention_is_answered_in_the_thread_once(
    parts: Team, slack: SandboxProcess, root: str
) -> None:
    event = await mentions(slack, f"{US} what is this about &lt;here&gt;?", root)
    for _ in range(2):
        # Each time under an event id of its own, as after an edit.
        assert await hears(parts, event)
    (shown,) = await answers(parts, slack, root)
    assert f"*Internal answer* · <@{AGENT}> asks: “what is this about &lt;here&gt;?”" in shown
    assert "Where is my lamp?" in shown
    assert "ithout a model" in shown
    assert await parts.bot.db.fetch("SELECT id FROM messages WHERE direction <> 'in'") == []
    second = await mentions(slack, f"{US} what is this about?", root)
    assert await hears(parts, second)
    assert len(await answers(parts, slack, root)) == 2


async def test_two_replicas_at_one_mention_answer_once(parts: Team, slack: SandboxProcess, root: str) -> None:
    event = await mentions(slack, f"{US} help", root)
    await asyncio.gather(*(hears(parts, event) for _ in range(4)))
    assert len(await answers(parts, slack, root)) == 1


async def test_an_answer_that_failed_comes_with_the_next_attempt(
    parts: Team, slack: SandboxProcess, root: str
) -> None:
    event = await mentions(slack, f"{US} help", root)
    known = parts.bot.mentions._answer

    async def broken(_question: CaseQuestion) -> Rendered:
        raise RuntimeError("a bug")

    parts.bot.mentions._answer = broken
    start = await parts.inbox.store({"event_id": "once", "event": event})
    assert start is not None
    start()

    async def failed() -> bool:
        return bool(await parts.bot.db.fetch("SELECT id FROM inbox WHERE attempts = 1"))

    await until(failed)
    parts.bot.mentions._answer = known
    await parts.bot.db.fetch(
        "UPDATE inbox SET retry_at = NULL, received_at = received_at - interval '5 seconds'"
    )
    await parts.inbox.sweep()
    assert len(await answers(parts, slack, root)) == 1


@pytest.mark.parametrize(
    ("user", "says"),
    [
        (OTHER, "Only agents, leads and supervisors can look at cases."),
        (GUEST, "Only full members of this workspace can work on cases."),
    ],
)
async def test_who_may_not_look_is_told_so_privately(
    parts: Team, slack: SandboxProcess, root: str, user: str, says: str
) -> None:
    assert await hears(parts, await mentions(slack, f"{US} summary", root, user))
    assert says in await privately(slack, user)
    assert await answers(parts, slack, root) == []
    (row,) = await parts.bot.db.fetch("SELECT actor FROM audit WHERE action = 'act.refused'")
    assert row["actor"] == user


async def test_outside_a_case_one_hears_privately_what_can_be_asked(
    parts: Team, slack: SandboxProcess, root: str
) -> None:
    assert await hears(parts, await mentions(slack, f"{US} hello"))
    thread = (await slack.act(OTHER, "post", channel=CHANNEL, text="Lunch?"))["ts"]
    assert await hears(parts, await mentions(slack, f"{US} summary", thread))
    assert (await privately(slack, AGENT)).count('"text": "Mention me in the thread of a case') >= 2
    assert await answers(parts, slack, root) == []
    assert len(await slack.messages(CHANNEL, thread)) == 2


async def test_nothing_is_said_where_others_can_read(parts: Team, slack: SandboxProcess, root: str) -> None:
    event = await mentions(slack, f"{US} summary", root)
    before = await privately(slack, AGENT)
    assert not await hears(parts, event, is_ext_shared_channel=True)
    await slack.do("share_channel", channel=CHANNEL, team=PARTNER)
    parts.bot.rooms.forget(CHANNEL)
    assert await hears(parts, event)
    assert await privately(slack, AGENT) == before
    assert await parts.bot.db.fetch("SELECT id FROM outbox WHERE kind = 'answer'") == []


async def test_programs_are_not_answered(parts: Team, slack: SandboxProcess, root: str) -> None:
    event = await mentions(slack, f"{US} summary", root)
    assert not await hears(parts, event | {"bot_id": "B0OTHER"})


@pytest.mark.parametrize("fault", [None, "error_500", "error_429"])
async def test_a_question_for_a_model_is_seen_to_be_heard(
    slack: SandboxProcess, database_url: str, database: Database, tmp_path: Path, fault: str | None
) -> None:
    await slack.reset()
    settings = make_settings(slack, database_url, tmp_path)
    settings = settings.model_copy(update={"openai_base_url": "http://127.0.0.1:9/v1"})
    async with wired(settings, database) as parts:
        thread = (await slack.act(AGENT, "post", channel=CHANNEL, text="A case"))["ts"]
        case = await Office(parts.bot.db, parts.bot.workspace_id).case("Where is my lamp?", channel=CHANNEL)
        await parts.bot.db.fetch("UPDATE cases SET thread_ts = %s WHERE id = %s", [thread, case.case_id])
        event = await mentions(slack, f"{US} how is the customer?", thread)
        if fault:
            await slack.faults({"kind": fault, "method": "reactions.add", "times": 1})
        for _ in range(2):
            assert await hears(parts, event)
        assert len(await parts.bot.db.fetch("SELECT id FROM questions")) == 1

    async def seen() -> list[str]:
        found = await slack.messages(CHANNEL, thread)
        (asked,) = [each for each in found if each["ts"] == event["ts"]]
        return [each["name"] for each in asked.get("reactions", [])]

    assert await seen() == ([] if fault else ["eyes"])
    await slack.faults()
