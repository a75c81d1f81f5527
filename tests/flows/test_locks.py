"""Everybody at once on one case: nobody waits for PostgreSQL to find a deadlock."""

from __future__ import annotations

import asyncio

from cases.errors import CxError
from flows import close, own, reply, talk
from storage import calls
from storage.db import Database
from tests.support.contention import deadlocks
from tests.support.office import ANNA, BORIS, NOW, WORKSPACE, open_office, post_all


async def test_customer_notes_and_previews_do_not_deadlock(database: Database) -> None:
    office = await open_office(database)
    lease = await database.dedicated()
    case = await office.case()
    conversation = await office.conversation_of(case.case_id)
    await post_all(database, lease)
    await lease.close()

    async def note(ts: str) -> None:
        async with database.transaction() as tx:
            await talk.write(tx, talk.Said(office.workspace, "C1", "1.1", ts, "U1", "hi"), NOW)

    for batch in range(8):
        customer = [office.says(conversation, f"{batch} {place}") for place in range(20)]
        notes = [note(f"2.{batch}{place}") for place in range(5)]
        previews = [office.preview(case.case_id) for _ in range(5)]
        await asyncio.gather(*customer, *notes, *previews)
    assert await deadlocks(database) == 0


async def test_everything_that_changes_the_card_and_its_making_do_not_deadlock(database: Database) -> None:
    office = await open_office(database)
    lease = await database.dedicated()
    case = await office.case()
    conversation, token = await office.conversation_of(case.case_id), await office.token(case.case_id)
    await post_all(database, lease)
    await lease.close()

    async def answer() -> None:
        draft = await office.preview(case.case_id)
        row = await reply.approve(database, draft, ANNA, 0, NOW)
        await reply.send(database, row["uuid"], row["body"], NOW)

    async def answer_at_once() -> None:
        await reply.approve_and_send(database, await office.preview(case.case_id), ANNA, NOW)

    async def make() -> None:
        for call in await calls.claim(database, WORKSPACE, {"card": 10, "reaction": 10}):
            await calls.done(database, call["id"])

    for batch in range(8):
        together = [office.says(conversation, f"{batch} {place}") for place in range(5)]
        people = [own.take(database, token, actor, NOW) for actor in (ANNA, BORIS) * 2]
        answers = [answer() for _ in range(5)] + [answer_at_once() for _ in range(5)]
        closing = [close.silently(database, token, "done", ANNA, NOW)]
        makers = [make() for _ in range(5)]
        outcomes = await asyncio.gather(
            *together, *people, *answers, *closing, *makers, return_exceptions=True
        )
        assert [one for one in outcomes if isinstance(one, Exception) and not isinstance(one, CxError)] == []
    assert await deadlocks(database) == 0
