"""A message whose post is stamped by the commit that writes it down."""

from __future__ import annotations

import asyncio
from collections import Counter
from uuid import UUID, uuid4

import pytest

from cases.enums import HoldReason
from cases.text import split
from flows import close
from storage import holds, outbox
from storage.db import Connection, Row
from storage.outbox import Stamp
from tests.support.office import ANNA, NOW, WORKSPACE, Office, post_all


def stamp(channel: str = "C1") -> Stamp:
    return Stamp(uuid4(), channel)


async def open_posts(office: Office) -> list[Row]:
    return await outbox.unfinished(office.db, WORKSPACE, ["C1"], [])


@pytest.fixture
async def conversation(office: Office, lease: Connection) -> int:
    """A customer whose case has its thread, in which nothing waits."""
    first = await office.case()
    await post_all(office.db, lease)
    return await office.conversation_of(first.case_id)


async def test_it_is_the_post_that_a_claim_would_have_made(
    office: Office, lease: Connection, conversation: int
) -> None:
    given = stamp()
    receipt = await office.says(conversation, "Hello?", stamp=given)
    (found,) = await open_posts(office)
    assert receipt.post is not None
    assert found | {"age": 0.0} == receipt.post | {"state": "stamped"}
    assert (receipt.post["post_id"], receipt.post["text"]) == (given.post, "Hello?")
    assert await post_all(office.db, lease) == []
    await outbox.complete(office.db, given.post, "7.1")
    assert await open_posts(office) == []
    again = await office.says(conversation, "Hello??", stamp=stamp())
    assert again.post is not None


async def test_what_calls_somebody_calls_them_also_then(office: Office, lease: Connection) -> None:
    first = await office.case()
    await post_all(office.db, lease)
    await office.db.fetch("UPDATE cases SET burst_at = burst_at - interval '1 hour'")
    conversation = await office.conversation_of(first.case_id)
    receipt = await office.says(conversation, "Hello?", stamp=stamp())
    assert receipt.post is not None
    assert receipt.post["payload"] == {"burst": True}


@pytest.mark.parametrize(
    "what", ["in flight", "put off", "row waits", "elsewhere", "held", "all held", "two parts", "closed"]
)
async def test_what_must_wait_is_claimed_in_its_turn(
    office: Office, lease: Connection, conversation: int, what: str
) -> None:
    text, given, before, held = "Hello?", stamp(), list[str](), None
    if what in {"in flight", "put off"}:
        first = await office.says(conversation, "first", stamp=stamp())
        assert first.post is not None
        if what == "put off":
            await outbox.hold(office.db, first.post["post_id"], 1, 60, "ratelimited")
    elif what == "row waits":
        await office.says(conversation, "first")
        before = ["first"]
    elif what == "elsewhere":
        given = stamp("C2")
    elif what in {"held", "all held"}:
        held = "C1" if what == "held" else holds.EVERYWHERE
        await holds.hold(office.db, office.workspace, held, HoldReason.REMOVED, NOW)
    elif what == "two parts":
        text = "word " * 2_000
    elif what == "closed":
        case = await office.row("SELECT token FROM cases")
        await close.silently(office.db, case["token"], "by phone", ANNA, NOW)
        await post_all(office.db, lease)
    receipt = await office.says(conversation, text, stamp=given)
    assert receipt.post is None
    for post in await office.column("SELECT id FROM posts WHERE state <> 'posted'"):
        assert isinstance(post, UUID)
        await outbox.complete(office.db, post, "8.1")
    if held is not None:
        await holds.release(office.db, office.workspace, held)
    posted = [row["text"] for rows in await post_all(office.db, lease) for row in rows if row["text"]]
    assert posted == [*before, *[text] * len(split(text))]


async def test_a_case_whose_card_is_not_posted_yet(office: Office, lease: Connection) -> None:
    first = await office.case()
    conversation = await office.conversation_of(first.case_id)
    assert (await office.says(conversation, "Hello?", stamp=stamp())).post is None
    assert len(await post_all(office.db, lease)) == 2


async def test_repeated_it_is_not_stamped_again(office: Office, conversation: int) -> None:
    first = await office.says(conversation, "Hello?", key="k", stamp=stamp())
    again = await office.says(conversation, "Hello?", key="k", stamp=stamp())
    assert first.post is not None
    assert (again.post, again.duplicate) == (None, True)
    assert len(await open_posts(office)) == 1


async def test_stamps_and_claims_at_once_post_everything_once_and_in_order(
    office: Office, lease: Connection
) -> None:
    cases = [(await office.case()).case_id for _ in range(4)]
    await post_all(office.db, lease)
    posted: dict[int, list[str]] = {case: [] for case in cases}
    done, straight, writing = Counter[int](), set[UUID](), 4

    async def finish(rows: list[Row]) -> None:
        await asyncio.sleep(0.002)
        posted[rows[0]["case_id"]] += [row["text"] for row in rows]
        await outbox.complete(office.db, rows[0]["post_id"], f"9.{rows[0]['outbox_id']}")
        done[rows[0]["case_id"]] += len(rows)

    async def write(case: int) -> None:
        nonlocal writing
        conversation = await office.conversation_of(case)
        for place in range(40):
            while place % 4 == 1 and done[case] < place:
                await asyncio.sleep(0.002)
            receipt = await office.says(conversation, f"m{place}", stamp=stamp() if place % 4 else None)
            if receipt.post is not None:
                straight.add(receipt.post["post_id"])
                await finish([receipt.post])
        writing -= 1

    async def claim() -> None:
        while writing or await office.column("SELECT id FROM outbox WHERE post_id IS NULL"):
            for row in await outbox.claim(lease, WORKSPACE, {"C1": 9}, merge=False, limit=3_500):
                await finish([row])

    await asyncio.gather(claim(), *map(write, cases))
    assert all(texts == [f"m{place}" for place in range(40)] for texts in posted.values())
    assert 40 <= len(straight) < 160
