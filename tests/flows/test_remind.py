"""Reminders on rows: each once, and none about what is closed."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest

from cases.errors import AlreadyDone, CaseClosed, InvalidInput, NotAllowed, NotFound
from flows import close, join, mirror, remind, sort
from storage import cases, reminders
from storage.db import Connection, Row
from tests.support.office import ANNA, BORIS, NOW, WORKSPACE, Office, post_all

HOUR = timedelta(hours=1)


async def opened(office: Office) -> Row:
    row = await cases.by_token(office.db, await office.token((await office.case()).case_id))
    assert row is not None
    return row


async def set_one(
    office: Office, case: Row, due: datetime = NOW + HOUR, text: str = "Call <@U9>", key: str = ""
) -> UUID:
    return await remind.propose(office.db, case, ANNA.id, due, text, ANNA, key or uuid4().hex, NOW)


async def states(office: Office) -> list[tuple[str, str | None]]:
    rows = await office.db.fetch("SELECT state, gone_why FROM reminders ORDER BY id")
    return [(row["state"], row["gone_why"]) for row in rows]


async def test_when_it_is_due_and_not_before_the_person_is_mentioned_in_the_thread(
    office: Office, lease: Connection
) -> None:
    case = await opened(office)
    await post_all(office.db, lease)
    await set_one(office, case, key="form:1")
    await set_one(office, case, key="form:1")
    assert await remind.send_due(office.db, WORKSPACE, NOW) == []
    assert await remind.send_due(office.db, WORKSPACE + 1, NOW + HOUR) == []
    assert await remind.send_due(office.db, WORKSPACE, NOW + HOUR) == ["C1"]
    assert await remind.send_due(office.db, WORKSPACE, NOW + HOUR) == []
    (rows,) = await post_all(office.db, lease)
    assert (rows[0]["kind"], rows[0]["thread_ts"]) == ("reminder", "1.1")
    rendered = await mirror.render(office.db, rows)
    assert rendered.text == f"⏰ <@{ANNA.id}> reminder: Call &lt;@U9&gt;"
    assert await states(office) == [("sent", None)]


async def test_claimed_by_many_at_once_each_is_sent_once(office: Office) -> None:
    case = await opened(office)
    for _ in range(60):
        await set_one(office, case)
    claims = [reminders.claim(office.db, WORKSPACE, NOW + HOUR, 7) for _ in range(20)]
    taken = await asyncio.gather(*claims)
    while more := await reminders.claim(office.db, WORKSPACE, NOW + HOUR):
        taken.append(more)
    assert sum(map(len, taken)) == 60
    said = await office.column("SELECT payload ->> 'reminder' FROM outbox WHERE kind = 'reminder'")
    assert (len(said), len(set(said))) == (60, 60)


async def test_one_that_somebody_is_claiming_is_left_to_them(office: Office) -> None:
    await set_one(office, await opened(office))
    async with office.db.transaction() as tx:
        await tx.execute("SELECT FROM reminders FOR UPDATE")
        assert await reminders.claim(office.db, WORKSPACE, NOW + HOUR) == []
    assert await reminders.claim(office.db, WORKSPACE, NOW + HOUR) == ["C1"]


async def test_with_its_case_a_reminder_is_gone(office: Office) -> None:
    case, other = await opened(office), await opened(office)
    await set_one(office, case)
    await set_one(office, other)
    await close.silently(office.db, case["token"], "by phone", ANNA, NOW)
    assert await states(office) == [("gone", "closed"), ("waiting", None)]
    await sort.reopen(office.db, case, ANNA, NOW)
    assert len(await reminders.claim(office.db, WORKSPACE, NOW + HOUR)) == 1
    await close.silently(office.db, other["token"], "by phone", ANNA, NOW)
    with pytest.raises(CaseClosed):
        await set_one(office, other)


async def test_it_goes_on_with_the_case(office: Office) -> None:
    case = await opened(office)
    await set_one(office, case)
    await office.db.fetch("UPDATE conversations SET case_id = NULL")
    other = await office.says(case["conversation_id"], "Me again")
    await join.merge(office.db, case["id"], other.case_id, ANNA, NOW)
    await remind.send_due(office.db, WORKSPACE, NOW + HOUR)
    assert await office.column("SELECT case_id FROM outbox WHERE kind = 'reminder'") == [other.case_id]


async def test_put_off_it_comes_again_and_done_it_does_not(office: Office) -> None:
    token = await set_one(office, await opened(office))
    with pytest.raises(AlreadyDone):
        await remind.snooze(office.db, token, NOW + 2 * HOUR, ANNA)
    await remind.send_due(office.db, WORKSPACE, NOW + HOUR)
    with pytest.raises(NotAllowed):
        await remind.snooze(office.db, token, NOW + 2 * HOUR, BORIS)
    await remind.snooze(office.db, token, NOW + 2 * HOUR, ANNA)
    assert await reminders.claim(office.db, WORKSPACE, NOW + HOUR) == []
    assert await reminders.claim(office.db, WORKSPACE, NOW + 2 * HOUR) == ["C1"]
    await remind.done(office.db, token, ANNA)
    with pytest.raises(AlreadyDone):
        await remind.done(office.db, token, ANNA)
    assert await states(office) == [("gone", "done")]
    with pytest.raises(NotFound):
        await remind.done(office.db, uuid4(), ANNA)


@pytest.mark.parametrize("how", ["snooze", "done"])
async def test_the_post_follows_also_where_whoever_pressed_the_button_is_killed(
    office: Office, lease: Connection, how: str
) -> None:
    token = await set_one(office, await opened(office))
    await remind.send_due(office.db, WORKSPACE, NOW + HOUR)
    await post_all(office.db, lease)
    if how == "snooze":
        await remind.snooze(office.db, token, NOW + 2 * HOUR, ANNA)
    else:
        await remind.done(office.db, token, ANNA)
    outbox = "SELECT id FROM outbox WHERE kind = 'reminder'"
    waits = "SELECT (payload ->> 'outbox')::bigint FROM slack_calls WHERE kind = 'reminder'"
    assert await office.column(waits) == await office.column(outbox)


async def test_the_post_follows_also_when_its_case_was_merged_twice_since(
    office: Office, lease: Connection
) -> None:
    case = await opened(office)
    token = await set_one(office, case)
    await remind.send_due(office.db, WORKSPACE, NOW + HOUR)
    await post_all(office.db, lease)
    merged = case["id"]
    for _ in range(2):
        await office.db.fetch("UPDATE conversations SET case_id = NULL")
        into = (await office.says(case["conversation_id"], "Me again")).case_id
        await join.merge(office.db, merged, into, ANNA, NOW)
        merged = into
    await remind.done(office.db, token, ANNA)
    waits = "SELECT case_id, payload ->> 'outbox' AS outbox FROM slack_calls WHERE kind = 'reminder'"
    (call,) = await office.db.fetch(waits)
    (post,) = await office.column("SELECT id::text FROM outbox WHERE kind = 'reminder'")
    assert (call["case_id"], call["outbox"]) == (merged, post)


async def test_of_a_closed_case_nothing_is_put_off(office: Office) -> None:
    case = await opened(office)
    token = await set_one(office, case)
    await remind.send_due(office.db, WORKSPACE, NOW + HOUR)
    await close.silently(office.db, case["token"], "by phone", ANNA, NOW)
    with pytest.raises(CaseClosed):
        await remind.snooze(office.db, token, NOW + 2 * HOUR, ANNA)


@pytest.mark.parametrize(
    ("due", "text"),
    [(NOW, "x"), (NOW + timedelta(days=400), "x"), (NOW + HOUR, " "), (NOW + HOUR, "x" * 501)],
)
async def test_reminders_that_cannot_be(office: Office, due: datetime, text: str) -> None:
    with pytest.raises(InvalidInput):
        await set_one(office, await opened(office), due, text)
