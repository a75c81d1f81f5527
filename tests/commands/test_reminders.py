"""``/cx remind``, ``/cx snooze``, and what somebody is reminded of today."""

from __future__ import annotations

from datetime import datetime

import pytest

from cases.actor import Actor
from cases.errors import AlreadyDone, CaseClosed, CxError, InvalidInput
from cases.promises import PlanAt
from commands.dispatch import dispatch
from commands.request import Hands, Request
from commands.times import NoTime
from flows import away, close, mirror, remind
from storage import agenda, calls
from storage.db import Connection, Row
from tests.flows.test_duties import HOUR, POLICY, ask, look, owned
from tests.support.office import ANNA, BORIS, NOW, WORKSPACE, Office, post_all
from views.thread import Rendered

JON = Actor("U3JON", "Jon")


async def say(
    office: Office, text: str, now: datetime = NOW, actor: Actor = ANNA, key: str = "1"
) -> Rendered:
    async def nobody(*_words: object) -> object:
        raise AssertionError

    hands = Hands(actor, now, nobody, nobody, nobody, nobody, key)  # type: ignore[arg-type]
    at = PlanAt(POLICY.plan, now)
    url = "https://shop.slack.com/"
    return await dispatch(Request(office.db, office.workspace, url, actor.id, text, hands, at=at))


async def today(office: Office, now: datetime = NOW, member: str = ANNA.id, limit: int = 9) -> list[Row]:
    return await agenda.today(office.db, office.workspace, member, now, NOW + 15 * HOUR, limit)


async def test_a_command_reminds_once_with_the_words_as_they_were_typed(office: Office) -> None:
    case = await owned(office)
    shown = await say(office, f"remind CX-{case['number']} tomorrow 8:00 call the  carrier, 9:00")
    assert "3 Mar 2026, 08:00" in shown.text
    await say(office, f"remind CX-{case['number']} tomorrow 8:00 call the  carrier, 9:00")
    rows = await office.db.fetch("SELECT text, due_at, member FROM reminders")
    assert [tuple(row.values()) for row in rows] == [("call the  carrier, 9:00", NOW + 23 * HOUR, ANNA.id)]


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ("remind CX-1001", NoTime),
        ("remind CX-1001 soon call", NoTime),
        ("remind CX-1001 2h", InvalidInput),
        ("remind CX-1001 2025-01-01 too late", InvalidInput),
        ("snooze CX-1001 soon", NoTime),
        ("snooze CX-1001 2h or so", InvalidInput),
        ("snooze CX-1001 2025-01-01", InvalidInput),
        ("snooze CX-1001", AlreadyDone),
    ],
)
async def test_what_cannot_be_is_said(office: Office, typed: str, error: type[CxError]) -> None:
    await owned(office)
    with pytest.raises(error):
        await say(office, typed)
    assert await office.db.fetch("SELECT id FROM reminders") == []


async def test_snoozed_by_a_command_all_that_was_posted_comes_again_then(
    office: Office, lease: Connection
) -> None:
    case = await owned(office)
    note = await remind.propose(office.db, case, ANNA.id, NOW + HOUR, "Call", ANNA, "form:1", NOW)
    theirs = await remind.propose(office.db, case, BORIS.id, NOW + HOUR, "Hm", BORIS, "form:2", NOW)
    await post_all(office.db, lease)
    late = NOW + 5 * HOUR
    assert await remind.send_due(office.db, WORKSPACE, late)
    assert await look(office, late)
    await post_all(office.db, lease)
    shown = await say(office, f"snooze CX-{case['number']} 16:00", late)
    assert "2 Mar 2026, 16:00" in shown.text
    assert await office.column(
        "SELECT count(*) FROM duties WHERE snoozed_until = %(at)s", at=NOW + 7 * HOUR
    ) == [1]
    states = {
        row["token"]: row["state"] for row in await office.db.fetch("SELECT token, state FROM reminders")
    }
    assert (states[note], states[theirs]) == ("waiting", "sent")
    assert await drawn(office) == ["put off until", "put off until"]
    with pytest.raises(AlreadyDone):
        await say(office, f"snooze CX-{case['number']}", late, JON)
    assert await look(office, NOW + 7 * HOUR) == [("first_response", [])]
    await close.silently(office.db, case["token"], "by phone", ANNA, late)
    with pytest.raises(CaseClosed):
        await say(office, f"remind CX-{case['number']} 2h x")


async def drawn(office: Office) -> list[str]:
    """What the posts that are to be changed will say."""
    rows = await calls.claim(office.db, WORKSPACE, {"reminder": 9})
    posts = [await mirror.due(office.db, row["payload"]["outbox"], "b") for row in rows]
    return [
        "put off until"
        for post in posts
        if "put off until" in str(post.blocks) and "actions" not in str(post.blocks)
    ]


async def test_today_is_what_was_posted_and_what_comes_before_the_night(
    office: Office, lease: Connection
) -> None:
    case, other = await owned(office), await owned(office)
    await ask(office, other)
    tomorrow = NOW + 24 * HOUR
    await remind.propose(office.db, case, ANNA.id, NOW + 2 * HOUR, "Call", ANNA, "form:1", NOW)
    await remind.propose(office.db, case, ANNA.id, tomorrow, "Later", ANNA, "form:2", NOW)
    await look(office, NOW)
    found = await today(office)
    assert [(row["kind"], row["number"], row["posted"]) for row in found] == [
        ("note", case["number"], False),
        ("first_response", case["number"], False),
        ("first_response", other["number"], False),
    ]
    assert [row["fitting"] for row in await today(office, limit=1)] == [3]
    await look(office, NOW + 3 * HOUR)
    assert (await today(office, NOW + 3 * HOUR))[0]["posted"]
    assert await today(office, member=BORIS.id) == []
    await away.leave(office.db, WORKSPACE, NOW + 90 * HOUR, BORIS, ANNA, NOW)
    assert {row["kind"] for row in await today(office, member=BORIS.id)} == {"first_response"}
    assert [row["number"] for row in await today(office, member=JON.id)] == []
    await office.db.fetch("UPDATE asks SET taken_by = %(jon)s", {"jon": JON.id})
    await look(office, NOW + 3 * HOUR)
    assert [
        row["kind"] for row in await agenda.today(office.db, WORKSPACE, JON.id, NOW, tomorrow + 9 * HOUR, 9)
    ] == ["department"]
