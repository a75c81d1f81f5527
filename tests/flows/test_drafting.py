"""Two people at once on one case."""

from __future__ import annotations

from datetime import timedelta

from cases.actor import Actor
from flows import mirror, reply
from flows.reply import Source
from storage import cases, drafting
from tests.support.office import ANNA, BORIS, NOW, Office


async def propose(office: Office, case: int, actor: Actor, ts: str, minutes: int = 0) -> None:
    row = await cases.by_id(office.db, case)
    assert row is not None
    async with office.db.transaction() as tx:
        source = Source("C1", ts, actor.id, f"Answer {ts}")
        await reply.propose(tx, row, source, actor, NOW + timedelta(minutes=minutes))


async def notes(office: Office) -> list[object]:
    return await office.column(
        """SELECT (payload->>'user') || ' ' || (payload->>'who') FROM slack_calls
           WHERE payload->>'note' = 'drafting' ORDER BY 1"""
    )


async def test_two_people_who_prepare_a_reply_are_told_of_each_other_once(office: Office) -> None:
    case = (await office.case()).case_id
    await propose(office, case, ANNA, "1.5")
    assert await notes(office) == []
    assert await drafting.others(office.db, case, ANNA.id, NOW) == []
    await propose(office, case, BORIS, "1.6")
    both = [f"{ANNA.id} {BORIS.id}", f"{BORIS.id} {ANNA.id}"]
    assert await notes(office) == both
    await propose(office, case, ANNA, "1.7")
    assert await notes(office) == both
    assert await drafting.others(office.db, case, ANNA.id, NOW) == [BORIS.id]
    shown = await mirror.note(office.db, case, {"note": "drafting", "who": BORIS.id})
    assert f"<@{BORIS.id}> is preparing" in shown.text


async def test_a_preview_left_alone_disturbs_nobody(office: Office) -> None:
    case = (await office.case()).case_id
    await propose(office, case, ANNA, "1.5")
    await propose(office, case, BORIS, "1.6", minutes=31)
    assert await notes(office) == []
