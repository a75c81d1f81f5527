"""FAULTS 9: what people did while nobody listened is read from Slack, and has one effect."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot import missed
from bot.edge import Edge
from bot.ending import end
from bot.missed import Known, Ours
from bot.team import Team
from storage import listening
from storage.db import Database, Row
from tests.support.office import Office
from tests.support.sandbox import SandboxProcess, until
from tests.support.wired import AGENT, OTHER, hears, make_settings, told, wired

CHANNEL = "C0SUPPORT"


@pytest.fixture
async def parts(
    slack: SandboxProcess, database: Database, database_url: str, tmp_path: Path
) -> AsyncIterator[Team]:
    """A bot that posts, and hears nothing."""
    await slack.reset()
    async with wired(make_settings(slack, database_url, tmp_path), database) as running:
        work = [asyncio.create_task(run()) for run in (running.bot.poster.run, running.bot.caller.run)]
        yield running
        await end(*work)


@pytest.fixture
async def root(slack: SandboxProcess, parts: Team) -> str:
    """The thread of an open case."""
    office = Office(parts.bot.db, parts.bot.workspace_id)
    case = await office.case("Where is it?", channel=CHANNEL)
    await parts.listening.beat(True)

    async def posted() -> str | None:
        rows = await parts.bot.db.fetch(
            """SELECT thread_ts FROM cases WHERE id = %(case)s AND thread_ts IS NOT NULL
               AND NOT EXISTS (SELECT FROM outbox o LEFT JOIN posts p ON p.id = o.post_id
                               WHERE o.case_id = cases.id AND p.ts IS NULL)""",
            {"case": case.case_id},
        )
        return rows[0]["thread_ts"] if rows else None

    found: str = await until(posted)
    return found


async def says(slack: SandboxProcess, root: str, text: str, ts: str | None = None) -> str:
    said = await slack.act(
        AGENT, "post", channel=CHANNEL, text=text, thread_ts=root, **({"ts": ts} if ts else {})
    )
    return str(said["ts"])


async def read(parts: Team) -> None:
    """Nobody listened for an hour; then all is read."""
    await parts.bot.db.fetch("UPDATE listening SET heard_at = heard_at - interval '1 hour'")
    await parts.listening.beat(True)
    for _ in range(20):
        row = await parts.bot.db.one("SELECT read_from FROM listening")
        if row is not None and row["read_from"] is None:
            return
        await parts.backfill.step()
    raise AssertionError("there is no end to the reading")


async def notes(parts: Team) -> list[Row]:
    return await parts.bot.db.fetch(
        "SELECT text, deleted_at IS NOT NULL AS gone FROM messages WHERE direction = 'internal' ORDER BY id"
    )


async def drafts(parts: Team) -> list[tuple[str, str]]:
    rows = await parts.bot.db.fetch("SELECT body, state FROM drafts ORDER BY id")
    return [(row["body"], row["state"]) for row in rows]


async def test_what_people_wrote_edited_and_marked_meanwhile_is_taken_in_once(
    slack: SandboxProcess, parts: Team, root: str
) -> None:
    first = await says(slack, root, "one")
    await says(slack, root, "two")
    await slack.act(AGENT, "edit", channel=CHANNEL, ts=first, text="uno")
    await slack.act(AGENT, "react", channel=CHANNEL, ts=first, name="outbox_tray")
    await slack.act(OTHER, "post", channel=CHANNEL, text="not in a thread")
    await slack.do("other_bot_post", channel=CHANNEL, thread_ts=root, text="a bot")
    for _ in range(2):
        await read(parts)
        assert [row["text"] for row in await notes(parts)] == ["uno", "two"]
        assert await drafts(parts) == [("uno", "preview")]
    event = {"type": "message", "channel": CHANNEL, "user": AGENT, "ts": first, "thread_ts": root}
    assert not await hears(parts, {**event, "text": "one", "event_ts": first})
    assert len(await notes(parts)) == 2


async def test_an_edit_and_a_removed_mark_of_what_was_known(
    slack: SandboxProcess, parts: Team, root: str
) -> None:
    ts = await says(slack, root, "draft")
    await slack.act(AGENT, "react", channel=CHANNEL, ts=ts, name="outbox_tray")
    await read(parts)
    assert await drafts(parts) == [("draft", "preview")]
    await slack.act(AGENT, "edit", channel=CHANNEL, ts=ts, text="better")
    await slack.act(AGENT, "unreact", channel=CHANNEL, ts=ts, name="outbox_tray")
    await read(parts)
    assert [row["text"] for row in await notes(parts)] == ["better"]
    assert {state for _, state in await drafts(parts)} == {"cancelled"}
    await read(parts)
    assert {state for _, state in await drafts(parts)} == {"cancelled"}


async def test_a_deletion_is_believed_once_slack_has_settled(
    slack: SandboxProcess, parts: Team, root: str
) -> None:
    old = f"{time.time() - 300:.6f}"
    for ts in (old, None):
        gone = await says(slack, root, "gone", ts)
        await read(parts)
        await slack.act(AGENT, "delete", channel=CHANNEL, ts=gone)
        await read(parts)
    assert [row["gone"] for row in await notes(parts)] == [True, False]


async def test_other_threads_are_none_of_our_business(slack: SandboxProcess, parts: Team, root: str) -> None:
    other = (await slack.act(OTHER, "post", channel=CHANNEL, text="lunch?"))["ts"]
    await slack.act(AGENT, "post", channel=CHANNEL, text="yes", thread_ts=other)
    await read(parts)
    assert await notes(parts) == []


def test_a_post_of_ours_whose_echo_was_lost_is_taken_in() -> None:
    known = Known(channel=CHANNEL, thread="1.0", notes=[], posts=["1.0"], now=9.0)
    thread = [{"ts": ts, "thread_ts": "1.0", "bot_id": "B1", "user": "U1"} for ts in ("1.0", "1.1")]
    (found,) = missed.written(known, thread, Ours("B1", "U1"))
    assert found[1] == {**thread[1], "type": "message", "channel": CHANNEL, "event_ts": "1.1"}


async def test_one_replica_reads_and_another_takes_over(
    slack: SandboxProcess, parts: Team, root: str
) -> None:
    db, workspace = parts.bot.db, parts.bot.workspace_id
    assert await listening.claim(db, workspace, "a")
    assert await listening.claim(db, workspace, "b") is None
    assert await listening.claim(db, workspace, "a")
    await db.fetch("UPDATE listening SET reader_until = clock_timestamp()")
    assert await listening.claim(db, workspace, "b")


async def test_while_any_replica_is_connected_nothing_is_missed(parts: Team) -> None:
    db, workspace = parts.bot.db, parts.bot.workspace_id
    assert (await listening.beat(db, workspace, None, None))["gap"] is None
    await parts.listening.beat(False)
    await db.fetch("UPDATE listening SET heard_at = heard_at - interval '7 seconds'")
    assert 7 < (await listening.beat(db, workspace, None, None))["gap"] < 8
    assert (await db.one("SELECT read_from FROM listening"))["read_from"] is None  # type: ignore[index]


async def test_after_a_long_outage_an_admin_is_told_once(
    slack: SandboxProcess, parts: Team, root: str
) -> None:
    await read(parts)
    await parts.listening.beat(True)
    for _ in range(2):
        await parts.bot.admins.tell()
    assert ["was cut off since" in text for text in await told(slack)] == [True]


async def test_posts_without_echo_are_an_alarm_until_an_event_comes(
    slack: SandboxProcess, parts: Team, root: str
) -> None:
    await parts.bot.db.fetch("UPDATE listening SET unheard_at = clock_timestamp() - interval '2 minutes'")
    for _ in range(2):
        await parts.listening.beat(True)
        await parts.bot.admins.tell()
    assert "sends no events" in (parts.listening.alarm() or "")
    assert [row["what"] for row in await listening.troubles(parts.bot.db)] == ["silent"]
    assert (await parts.bot.db.one("SELECT read_from FROM listening"))["read_from"]  # type: ignore[index]
    assert await hears(parts, {"type": "subteam_updated", "event_ts": "1.1"})
    await parts.listening.beat(True)
    await parts.listening.beat(True)
    await parts.bot.admins.tell()
    assert parts.listening.alarm() is None
    assert [text[0] for text in await told(slack)] == ["⚠", "✅"]


async def test_app_rate_limited_is_told_once_and_has_the_threads_read(
    slack: SandboxProcess, parts: Team, root: str
) -> None:
    acks = []

    async def ack(payload: object) -> None:
        acks.append(payload)

    await says(slack, root, "held back")
    minute = int((datetime.now(UTC) - timedelta(minutes=1)).timestamp())
    for _ in range(2):
        await Edge(lambda _: parts).event({"type": "app_rate_limited", "minute_rate_limited": minute}, ack)
    assert acks == [None, None]
    await parts.backfill.step()
    assert [row["text"] for row in await notes(parts)] == ["held back"]
    await parts.bot.admins.tell()
    assert ["holds events back" in text for text in await told(slack)] == [True]


async def test_a_refusal_by_rate_limit_is_waited_out(slack: SandboxProcess, parts: Team, root: str) -> None:
    await says(slack, root, "one")
    fault = {"kind": "error_429", "method": "conversations.replies", "retry_after": 1, "times": 1}
    await slack.faults(fault)
    await read(parts)
    assert [row["text"] for row in await notes(parts)] == ["one"]


async def test_a_question_that_nobody_heard_is_answered_once(
    slack: SandboxProcess, parts: Team, root: str
) -> None:
    await says(slack, root, "<@U0COPILOT> summary")

    async def answers() -> int:
        return sum("Internal answer" in str(each) for each in await slack.messages(CHANNEL, root))

    await read(parts)
    await until(answers)
    await read(parts)
    assert (await answers(), len(await notes(parts))) == (1, 1)
