"""One person's work, and finding cases by words."""

from __future__ import annotations

from datetime import timedelta

import pytest

from flows import talk
from storage import cases, desk, owners, search
from storage.db import Connection, Row
from tests.support.office import ANNA, BORIS, NOW, Office, post_all
from views.desk import case_list


async def own(office: Office, text: str, *, who: str = ANNA.id, channel: str = "C1") -> int:
    """A case of ``who``: its id."""
    case = await office.case(text, channel=channel)
    await owners.take(office.db, case.case_id, who, NOW)
    return case.case_id


async def set_status(office: Office, case: int, status: str) -> None:
    await office.db.fetch("UPDATE cases SET status = %(s)s WHERE id = %(id)s", {"s": status, "id": case})


async def find(office: Office, words: str, user: str | None = None) -> list[Row]:
    """What is found once everything is indexed."""
    await search.index(office.db)
    return await search.find(office.db, office.workspace, words, user=user)


def ids(rows: list[Row]) -> list[int]:
    return [row["id"] for row in rows]


async def test_my_cases_those_that_wait_for_me_first(office: Office) -> None:
    answered, waiting, closed, open_ = [await own(office, str(number)) for number in range(4)]
    await own(office, "not mine", who=BORIS.id)
    for case, status in ((answered, "waiting_customer"), (waiting, "waiting_department"), (closed, "closed")):
        await set_status(office, case, status)
    mine = await desk.mine(office.db, office.workspace, ANNA.id)
    assert ids(mine) == [open_, waiting, answered]
    assert ids(await desk.mine(office.db, office.workspace, ANNA.id, unanswered=True)) == [open_]
    assert ids(await desk.mine(office.db, office.workspace, ANNA.id, unanswered=False)) == [waiting, answered]
    (first,) = await desk.mine(office.db, office.workspace, ANNA.id, limit=1)
    assert first["fitting"] == 3


async def test_unclaimed_cases_of_my_channels(office: Office) -> None:
    first = await office.case(channel="C1")
    await office.case(channel="C2")
    await own(office, "taken")
    assert ids(await desk.unclaimed(office.db, office.workspace, ["C1"])) == [first.case_id]
    assert await desk.unclaimed(office.db, office.workspace, []) == []


async def test_drafts_that_wait_for_their_author(office: Office) -> None:
    case = await own(office, "x")
    await office.preview(case, "It is on its way.")
    await office.preview(case, "Mine", actor=BORIS)
    (draft,) = await desk.drafts_waiting(office.db, office.workspace, ANNA.id)
    assert (draft["body"], draft["id"]) == ("It is on its way.", case)
    await set_status(office, case, "closed")
    assert await desk.drafts_waiting(office.db, office.workspace, ANNA.id) == []


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("lamp", ["lamp"]),
        ("LAM", ["lamp"]),
        ("broken lamp", ["lamp"]),
        ("lamp kettle", []),
        ("kowalska", ["kettle"]),
        ("maria@example.org", ["kettle"]),
        ("zażółć", ["kettle"]),
        ("h20391", ["kettle"]),
        ("it's & | ! <-> :* \\", []),
        ("& ! ( '", []),
        ("", []),
    ],
)
async def test_finding_by_words(office: Office, words: str, found: list[str]) -> None:
    named = {"lamp": (await office.case("My lamp arrived broken")).case_id}
    kettle = await office.conversation(name="Maria Kowalska")
    named["kettle"] = (await office.says(kettle, "Zażółć the kettle of order #H20391!")).case_id
    await office.db.fetch("UPDATE customers SET email = 'Maria@example.org' WHERE name LIKE 'Maria K%%'", {})
    rows = await find(office, words)
    assert ids(rows) == [named[each] for each in found]


async def test_open_and_newest_come_first_and_one_may_ask_for_ones_own(office: Office) -> None:
    old, closed, new = [await own(office, "lamp") for _ in range(3)]
    await set_status(office, closed, "closed")
    await office.db.fetch(
        "UPDATE cases SET last_customer_at = %(at)s WHERE id = %(id)s", {"at": NOW + timedelta(1), "id": new}
    )
    other = await own(office, "lamp", who=BORIS.id)
    assert ids(await find(office, "lamp")) == [new, other, old, closed]
    assert ids(await find(office, "lamp", user=ANNA.id)) == [new, old, closed]


async def test_talk_that_is_found_names_whom_it_mentions(office: Office, lease: Connection) -> None:
    case = await office.case("lamp")
    await post_all(office.db, lease)
    place = await cases.thread_of(office.db, case.case_id)
    assert place is not None
    async with office.db.transaction() as tx:
        words = "<@U2BORIS> packed it &amp; left <!here>"
        await talk.write(tx, talk.Said(office.workspace, *place, "9.9", ANNA.id, words), NOW)
    rows = await find(office, "packed")
    assert ids(rows) == [case.case_id]
    assert "“<@U2BORIS> packed it &amp; left here”" in str(
        case_list("Found", rows, "", "", ["packed"]).blocks
    )


async def test_what_was_deleted_is_not_found(office: Office) -> None:
    case = await office.case("lamp")
    await office.db.fetch(
        "UPDATE messages SET deleted_at = now() WHERE case_id = %(id)s", {"id": case.case_id}
    )
    assert await find(office, "lamp") == []


async def test_the_last_words_of_both_sides(office: Office) -> None:
    conversation = await office.conversation()
    case = await office.says(conversation, "First")
    await office.says(conversation, "Second")
    said = await desk.last_words(office.db, case.case_id)
    assert {direction: row["text"] for direction, row in said.items()} == {"in": "Second"}


async def test_an_edited_message_is_found_by_its_new_words(office: Office) -> None:
    case = await office.case("The lamp")
    assert ids(await find(office, "lamp")) == [case.case_id]
    await office.db.fetch(
        "UPDATE messages SET text = 'The vase' WHERE case_id = %(id)s", {"id": case.case_id}
    )
    assert await find(office, "lamp") == []
    assert ids(await find(office, "vase")) == [case.case_id]


async def test_a_message_that_was_committed_late_is_indexed_too(office: Office) -> None:
    case = await office.case("early")
    async with office.db.transaction() as slow:
        copy = """INSERT INTO messages (workspace_id, case_id, conversation_id, direction, author_name, text,
                                        created_at)
                  SELECT workspace_id, case_id, conversation_id, 'internal', 'x', 'late', created_at
                  FROM messages LIMIT 1"""
        await slow.execute(copy)
        await office.case("meanwhile")
        assert len(await find(office, "meanwhile")) == 1
    assert ids(await find(office, "late")) == [case.case_id]
