"""FAULTS 16: a person deletes the app's posts. Nothing of the case is lost, and nothing fights forever."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from flows import mirror, own
from flows.restore import Gone, restore
from storage import cases, deletions, inbox, outbox
from storage.db import Connection, Row
from tests.support.office import ANNA, NOW, WORKSPACE, Office, post_all
from tests.support.waiting import until_blocked
from tests.views import limits


async def delete(office: Office, ts: str, *, tombstone: bool = False) -> None:
    """Slack says that the message at ``ts`` was deleted."""
    stored = await inbox.store(office.db, office.workspace, f"Ev{ts}{tombstone}", "m", None, None, {})
    assert stored is not None
    for _ in range(2):
        await restore(office.db, stored, Gone(office.workspace, "C1", ts, tombstone), NOW)


async def posted(office: Office, lease: Connection, first: int) -> list[tuple[Row, Any]]:
    """What the poster posts now, at 1.``first`` and so on: first row and rendering of each post."""
    posts: list[tuple[Row, Any]] = []
    while rows := await outbox.claim(lease, WORKSPACE, {"C1": 1}, merge=True, limit=3_500):
        rendered = await mirror.render(office.db, rows)
        limits.check(rendered)
        await outbox.complete(office.db, rows[0]["post_id"], f"1.{first + len(posts)}")
        posts.append((rows[0], rendered))
    return posts


async def test_what_the_customer_said_comes_back_once(office: Office, lease: Connection) -> None:
    await office.case("Where is it?")
    await post_all(office.db, lease)
    await delete(office, "1.2")
    ((row, rendered),) = await posted(office, lease, 3)
    assert row["thread_ts"] == "1.1"
    assert limits.words_of(rendered.blocks) == ["Where is it?"]
    assert "Somebody deleted this" in str(rendered.blocks)
    await delete(office, "1.3")
    ((_, rendered),) = await posted(office, lease, 4)
    assert "They stay on record" in rendered.text
    await delete(office, "1.4")
    assert await posted(office, lease, 5) == []
    assert await office.column("SELECT text FROM messages") == ["Where is it?"]
    assert await office.column("SELECT count(*) FROM audit WHERE action = 'post.deleted'") == [3]


async def in_new_thread(office: Office, case: int) -> None:
    async with office.db.transaction() as tx:
        await deletions.new_thread(tx, case)


async def post_card(office: Office, lease: Connection) -> None:
    (root,) = await outbox.claim(lease, WORKSPACE, {"C1": 1}, merge=True, limit=3_500)
    await outbox.complete(office.db, root["post_id"], "1.1")


async def test_a_claim_that_waits_for_a_cards_deletion_shuts_no_lane(
    office: Office, lease: Connection
) -> None:
    """It saw the waiting rows, and finds them gone when the deletion commits."""
    case = await office.case("Where is it?")
    await post_card(office, lease)
    async with office.db.transaction() as tx:
        await deletions.new_thread(tx, case.case_id)
        claiming = asyncio.create_task(outbox.claim(lease, WORKSPACE, {"C1": 1}, merge=True, limit=3_500))
        await until_blocked(office.db)
    assert await claiming == []
    posts = await posted(office, lease, 5)
    assert [(row["kind"], row["text"]) for row, _ in posts] == [("root", None), ("message", "Where is it?")]


async def test_a_cards_deletion_that_waits_for_a_claim_takes_its_post_back(
    office: Office, lease: Connection
) -> None:
    """Else the post would come outside of any thread, its card after it."""
    case = await office.case("Where is it?")
    await post_card(office, lease)
    async with lease.transaction():
        (row,) = await outbox.claim(lease, WORKSPACE, {"C1": 1}, merge=True, limit=3_500)
        assert row["thread_ts"] == "1.1"
        deleting = asyncio.create_task(in_new_thread(office, case.case_id))
        await until_blocked(office.db)
    await deleting
    assert await outbox.unfinished(office.db, WORKSPACE, ["C1"], []) == []
    posts = await posted(office, lease, 5)
    assert [(row["kind"], row["text"]) for row, _ in posts] == [("root", None), ("message", "Where is it?")]
    assert posts[1][0]["thread_ts"] == "1.5"


async def test_a_line_about_the_case_does_not_come_back(office: Office, lease: Connection) -> None:
    case = await office.case()
    await own.take(office.db, await office.token(case.case_id), ANNA, NOW)
    posts = await post_all(office.db, lease)
    await delete(office, f"1.{len(posts)}")
    assert await posted(office, lease, 9) == []


async def test_a_card_with_a_thread_comes_back_inside_it(office: Office, lease: Connection) -> None:
    case = await office.case()
    await post_all(office.db, lease)
    await delete(office, "1.1", tombstone=True)
    ((row, rendered),) = await posted(office, lease, 3)
    assert (row["thread_ts"], row["is_root"]) == ("1.1", False)
    assert rendered.broadcast
    assert "goes on here" in str(rendered.blocks)
    assert await cases.card_place(office.db, case.case_id) == ("C1", "1.3")
    assert await cases.thread_of(office.db, case.case_id) == ("C1", "1.1")
    await delete(office, "1.3")
    assert len(await posted(office, lease, 4)) == 1
    assert await cases.card_place(office.db, case.case_id) == ("C1", "1.4")


async def test_a_card_without_a_thread_opens_a_new_one_before_what_waits(
    office: Office, lease: Connection
) -> None:
    conversation = await office.conversation()
    case = await office.says(conversation, "One")
    (root,) = await outbox.claim(lease, WORKSPACE, {"C1": 1}, merge=True, limit=3_500)
    await outbox.complete(office.db, root["post_id"], "1.1")
    (stamped,) = await outbox.claim(lease, WORKSPACE, {"C1": 1}, merge=True, limit=3_500)
    await office.says(conversation, "Two")
    await delete(office, "1.1")
    assert await cases.thread_of(office.db, case.case_id) is None
    assert not await outbox.restamp(lease, stamped["post_id"], 1), "the old attempt is over"
    (first, _), (second, rendered) = await posted(office, lease, 5)
    assert first["is_root"]
    assert second["thread_ts"] == "1.5"
    assert limits.words_of(rendered.blocks) == ["One", "Two"]


@pytest.mark.parametrize("tombstone", [True, False])
async def test_what_is_not_ours_is_left_alone(office: Office, lease: Connection, tombstone: bool) -> None:
    await office.case()
    await post_all(office.db, lease)
    await delete(office, "9.9", tombstone=tombstone)
    assert await posted(office, lease, 3) == []
    assert await office.column("SELECT done_at IS NOT NULL FROM inbox") == [True]
