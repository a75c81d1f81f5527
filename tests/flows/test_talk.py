from __future__ import annotations

from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest

from flows import talk
from flows.talk import Said
from storage import cases, inbox
from storage.db import Connection
from tests.support.office import ANNA, NOW, Office, post_all

SAID = Said(workspace=1, channel="C1", thread="1.1", ts="2.1", author=ANNA.id, text="Ask logistics?")


@pytest.fixture(autouse=True)
async def thread(office: Office, lease: Connection) -> None:
    """A case whose thread is 1.1 in C1."""
    await office.case()
    await post_all(office.db, lease)


async def event(office: Office, name: str) -> int:
    """A stored event."""
    stored = await inbox.store(office.db, office.workspace, name, "message", None, None, {})
    assert stored is not None
    return stored


async def happen(office: Office, what: str) -> None:
    """One of the things that happen to a message."""
    if what == "write":
        await talk.keep(office.db, await event(office, what), SAID, NOW)
        return
    async with office.db.transaction() as tx:
        if what == "typo":
            await talk.follow_edit(tx, replace(SAID, text="Ask biling?", edited="9.5"), NOW)
        elif what == "edit":
            await talk.follow_edit(tx, replace(SAID, text="Ask billing?", edited="10.0"), NOW)
        else:
            await talk.follow_delete(tx, SAID, NOW)


async def test_what_is_said_in_the_thread_is_kept_inside(office: Office) -> None:
    await happen(office, "write")
    note = await cases.note(office.db, office.workspace, "C1", "2.1")
    assert note is not None
    assert (note["text"], note["author_slack"], note["deleted_at"]) == (SAID.text, ANNA.id, None)
    row = await office.row("SELECT direction, seq FROM messages WHERE slack_ts IS NOT NULL")
    assert (row["direction"], row["seq"]) == ("internal", None)


async def test_the_customer_sees_nothing_of_it(office: Office) -> None:
    """FAULTS 18."""
    await happen(office, "write")
    assert await office.column("SELECT last_seq FROM conversations") == [1]
    assert await office.column("SELECT count(*) FROM outbox WHERE post_id IS NULL") == [0]


async def test_how_many_files_came_along_is_kept_and_follows_edits(office: Office) -> None:
    await talk.keep(office.db, await event(office, "write"), replace(SAID, files=2), NOW)
    assert await office.column("SELECT files FROM messages ORDER BY id") == [0, 2]
    async with office.db.transaction() as tx:
        await talk.follow_edit(tx, replace(SAID, files=1), NOW)
    note = await cases.note(office.db, office.workspace, "C1", "2.1")
    assert note is not None
    assert note["files"] == 1


async def test_an_edit_that_is_told_twice_is_followed_once(office: Office) -> None:
    """By its event, and by reading the thread; two edits may lie in one second, all that Slack tells."""
    edits = [replace(SAID, text=words, edited="10.0") for words in ("Ask biling?", "Ask biling?", "Ask Tom?")]
    followed = []
    for edit in (edits[0], *edits):
        async with office.db.transaction() as tx:
            followed.append(await talk.follow_edit(tx, edit, NOW))
    assert followed == [True, False, False, True]


@pytest.mark.parametrize("place", [{"thread": "9.9"}, {"channel": "C2"}, {"workspace": 2}], ids=str)
async def test_other_threads_are_none_of_our_business(office: Office, place: dict[str, Any]) -> None:
    stored = await event(office, "write")
    await talk.keep(office.db, stored, replace(SAID, **place), NOW)
    assert await office.column("SELECT count(*) FROM messages WHERE direction = 'internal'") == [0]
    assert await office.column("SELECT done_at IS NOT NULL FROM inbox") == [True]


async def test_threads_of_two_channels_may_have_the_same_ts(office: Office, lease: Connection) -> None:
    """FAULTS 10."""
    other = await office.case(channel="C2")
    await post_all(office.db, lease, "C2")
    assert await office.column("SELECT DISTINCT thread_ts FROM cases") == ["1.1"]
    for name, channel in (("here", "C1"), ("there", "C2")):
        await talk.keep(office.db, await event(office, name), replace(SAID, channel=channel, text=name), NOW)
    assert await office.column(
        "SELECT case_id FROM messages WHERE direction = 'internal' AND text = 'there'"
    ) == [other.case_id]
    assert await office.column("SELECT count(*) FROM messages WHERE direction = 'internal'") == [2]


async def test_handled_twice_it_is_kept_once(office: Office) -> None:
    stored = await event(office, "write")
    await talk.keep(office.db, stored, SAID, NOW)
    await talk.keep(office.db, stored, replace(SAID, ts="2.2"), NOW)
    assert await office.column("SELECT count(*) FROM messages WHERE direction = 'internal'") == [1]


@pytest.mark.parametrize("order", list(permutations(["write", "typo", "edit", "delete"])), ids=" ".join)
async def test_in_whatever_order_events_come_they_end_the_same(
    office: Office, order: tuple[str, ...]
) -> None:
    """FAULTS 15, for all orders."""
    for what in order:
        await happen(office, what)
    note = await cases.note(office.db, office.workspace, "C1", "2.1")
    assert note is not None
    assert (note["text"], note["deleted_at"]) == ("Ask billing?", NOW)
    assert await office.column("SELECT count(*) FROM messages WHERE direction = 'internal'") == [1]


async def test_what_went_to_the_customer_stays_as_it_went(office: Office) -> None:
    await office.db.fetch(
        """UPDATE messages SET direction = 'out', slack_channel = 'C1', slack_ts = '2.1', text = 'sent'"""
    )
    await happen(office, "edit")
    await happen(office, "delete")
    row = await office.row("SELECT text, deleted_at FROM messages")
    assert (row["text"], row["deleted_at"]) == ("sent", None)


async def test_an_event_without_an_effect_is_done(office: Office) -> None:
    await talk.ignore(office.db, await event(office, "other"))
    assert await office.column("SELECT done_at IS NOT NULL FROM inbox") == [True]
