from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from cases.errors import CustomerWrote, NotFound
from cases.messages import Change, Receipt
from channels.errors import ChangedElsewhere, EmptyMessage, FileTaken, TooLateToChange, TooManyChanges
from flows import close, mirror, reply
from flows.change import MAX_EARLY, Changed, change
from storage import calls, outbox
from storage.db import Connection
from tests.support.office import ANNA, BORIS, NOW, WORKSPACE, Office, post_all
from tests.views import limits
from views.thread import Rendered

WINDOW = timedelta(minutes=15)
LATER = NOW + timedelta(minutes=2)


@pytest.fixture
async def said(office: Office) -> Receipt:
    """A message ``m1`` of the customer in a case of its own."""
    return await office.says(await office.conversation(), "Where is my parcel?", key="m1")


async def amend(
    office: Office,
    text: str | None,
    edit: int = 1,
    *,
    key: str = "m1",
    conversation: int = 1,
    now: Any = LATER,
) -> Changed:
    """The customer edits (or, with None, takes back) a message."""
    return await change(office.db, Change(conversation, key, edit, text), WINDOW, now)


async def message(office: Office, key: str = "m1") -> Any:
    return await office.row("SELECT * FROM messages WHERE client_message_id = %(key)s", key=key)


async def versions(office: Office) -> list[object]:
    return await office.column("SELECT text FROM message_versions ORDER BY message_id, number")


async def posts(office: Office, key: str = "m1") -> list[Rendered]:
    """How the posts that show a message should look now."""
    row = await message(office, key)
    shown = [rendered for _, _, rendered in await mirror.posts_of(office.db, row["id"])]
    for rendered in shown:
        limits.check(rendered)
    return shown


async def test_an_edit_replaces_the_words_and_keeps_the_old_ones(office: Office, said: Receipt) -> None:
    assert (await amend(office, "Where is my *red* parcel?")).applied
    row = await message(office)
    assert (row["text"], row["edits"], row["edited_at"]) == ("Where is my *red* parcel?", 1, LATER)
    assert await versions(office) == ["Where is my parcel?"]
    assert await office.column("SELECT action FROM audit ORDER BY id") == ["case.opened", "message.edited"]


async def test_the_same_edit_again_has_one_effect(office: Office, said: Receipt) -> None:
    outcomes = await asyncio.gather(*(amend(office, "New words") for _ in range(8)))
    assert sum(outcome.applied for outcome in outcomes) == 1
    assert await versions(office) == ["Where is my parcel?"]


async def test_of_several_edits_the_highest_number_stays(office: Office, said: Receipt) -> None:
    await amend(office, "Third", 3)
    assert not (await amend(office, "Second", 2)).applied
    assert (await message(office))["text"] == "Third"


async def test_another_window_with_the_same_number_is_told(office: Office, said: Receipt) -> None:
    await amend(office, "Here")
    with pytest.raises(ChangedElsewhere):
        await amend(office, "There")


async def test_taken_back_stays_taken_back(office: Office, said: Receipt) -> None:
    assert (await amend(office, None)).applied
    assert not (await amend(office, None)).applied
    assert not (await amend(office, "No, wait", 5)).applied
    row = await message(office)
    assert (row["text"], row["deleted_at"]) == ("", LATER)
    assert await versions(office) == ["Where is my parcel?"]
    assert await office.column("SELECT subject FROM cases") == ["A deleted message"]


@pytest.mark.parametrize("text", ["Other words", None])
async def test_a_change_before_its_message_ends_as_one_after_it(
    office: Office, lease: Connection, text: str | None
) -> None:
    for key in ("before", "after"):
        conversation = await office.conversation()
        if key == "before":
            assert (await amend(office, text, key=key, conversation=conversation)).seq is None
        receipt = await office.says(conversation, "First words", key=key)
        assert receipt.changed is (key == "before")
        if key == "after":
            await amend(office, text, key=key, conversation=conversation)
    await post_all(office.db, lease)
    before, after = [await message(office, key) for key in ("before", "after")]
    for column in ("text", "edits", "seq"):
        assert before[column] == after[column]
    assert (before["deleted_at"] is None) == (after["deleted_at"] is None)
    shown = [[post.text for post in await posts(office, key)] for key in ("before", "after")]
    assert shown[0] == shown[1]
    assert await office.column("SELECT count(*) FROM early_changes") == [0]
    assert await office.column("SELECT DISTINCT early_changes FROM conversations") == [False]


@pytest.mark.parametrize("round_", range(5))
async def test_a_change_and_its_message_at_once_converge(office: Office, round_: int) -> None:
    conversation = await office.conversation()
    await office.says(conversation, "Before")
    works = [
        amend(office, "Changed", conversation=conversation),
        office.says(conversation, "First", key="m1"),
    ]
    if round_ % 2:
        works.reverse()
    await asyncio.gather(*works)
    assert (await message(office))["text"] == "Changed"
    assert await office.column("SELECT early_changes FROM conversations") == [False]


async def test_of_early_changes_taking_back_wins_then_the_highest_number(office: Office) -> None:
    conversation = await office.conversation()
    for number, text in ((2, "two"), (1, "one"), (3, "three")):
        await amend(office, text, number, conversation=conversation)
    await amend(office, None, 0, key="gone", conversation=conversation)
    await amend(office, "back", 9, key="gone", conversation=conversation)
    for key in ("m1", "gone", "other"):
        await office.says(conversation, "First", key=key)
    rows = [await message(office, key) for key in ("m1", "gone", "other")]
    assert [row["text"] for row in rows] == ["three", "", "First"]


async def test_changes_without_messages_are_limited(office: Office) -> None:
    conversation = await office.conversation()
    for number in range(MAX_EARLY):
        await amend(office, "x", key=str(number), conversation=conversation)
    with pytest.raises(TooManyChanges):
        await amend(office, "x", key="more", conversation=conversation)


@pytest.mark.parametrize(
    ("text", "window", "error"),
    [
        ("Too late", timedelta(minutes=1), TooLateToChange),
        (None, timedelta(minutes=1), TooLateToChange),
        ("Never", None, TooLateToChange),
        (" \n", WINDOW, EmptyMessage),
    ],
)
async def test_what_is_refused_changes_nothing(
    office: Office, said: Receipt, text: str | None, window: timedelta | None, error: type[Exception]
) -> None:
    with pytest.raises(error):
        await change(office.db, Change(1, "m1", 1, text), window, LATER)
    assert (await message(office))["revision"] == 0


async def test_a_conversation_that_is_not_there(office: Office) -> None:
    with pytest.raises(NotFound):
        await amend(office, "x", conversation=999)


@pytest.mark.parametrize("text", ["Never mind!", None])
async def test_a_change_counts_like_a_new_message_for_send(
    office: Office, said: Receipt, text: str | None
) -> None:
    draft = await office.preview(said.case_id)
    await office.preview(said.case_id, actor=BORIS)
    await office.preview(said.case_id, actor=BORIS)
    await amend(office, text)
    rows = await office.db.fetch("SELECT payload FROM slack_calls WHERE kind = 'note' ORDER BY id")
    notes = [row["payload"] for row in rows]
    assert [note["user"] for note in notes] == [ANNA.id, BORIS.id]
    note = await mirror.note(office.db, said.case_id, notes[0])
    limits.check(note)
    assert (text or "deleted a message") in str(note)
    with pytest.raises(CustomerWrote) as said_so:
        await reply.approve(office.db, draft, ANNA, 0, NOW)
    assert said_so.value.draft is not None
    await reply.approve(office.db, said_so.value.draft, ANNA, 0, NOW)


async def test_a_closing_text_that_a_change_overtakes_leaves_the_case_open(
    office: Office, said: Receipt
) -> None:
    draft = await close.tell(office.db, await office.token(said.case_id), "Bye.", "f", ANNA, 0, NOW)
    await amend(office, "Wait, another parcel!")
    await reply.send(office.db, draft["uuid"], draft["body"], NOW)
    assert await office.status(said.case_id) == "open"


@pytest.mark.parametrize(("text", "status"), [("It is still lost", "open"), (None, "waiting_customer")])
async def test_new_words_after_our_answer_put_the_case_back_to_us(
    office: Office, said: Receipt, text: str | None, status: str
) -> None:
    draft = await office.preview(said.case_id)
    row = await reply.approve(office.db, draft, ANNA, 0, NOW)
    await reply.send(office.db, draft, row["body"], NOW)
    await amend(office, text)
    assert await office.status(said.case_id) == status


async def test_a_merged_post_changes_only_where_the_customer_changed(
    office: Office, lease: Connection
) -> None:
    conversation = await office.conversation(name="Maria")
    for number in range(3):
        await office.says(conversation, f"Line {number}", key=f"m{number}")
    await post_all(office.db, lease)
    await amend(office, "Line one")
    (post,) = await posts(office)
    assert limits.words_of(post.blocks) == ["Line 0", "Line one", "Line 2"]
    assert str(post.blocks).count("edited") == 1
    await amend(office, None, key="m0")
    (post,) = await posts(office)
    assert limits.words_of(post.blocks) == ["Line one", "Line 2"]
    assert "Deleted by the customer" in str(post.blocks[0])
    assert post.text == "🗑 A deleted message"


async def test_what_an_edit_adds_beyond_the_post_comes_in_further_ones(
    office: Office, lease: Connection
) -> None:
    conversation = await office.conversation()
    await office.says(conversation, "Short", key="m1")
    await office.says(conversation, "x" * 3_000, key="m2")
    await post_all(office.db, lease)
    words = "A sentence of words. " * 450
    await amend(office, words)
    assert len(await post_all(office.db, lease)) == 3
    shown = await posts(office)
    parts = [part for post in shown for part in limits.words_of(post.blocks)]
    assert "".join(part for part in parts if not part.startswith("xxx")) == words
    await amend(office, "Short again", 2)
    shown = await posts(office)
    assert [part for post in shown for part in limits.words_of(post.blocks)] == ["Short again", "x" * 3_000]
    assert str(shown).count("no words here any more") == 3
    assert str(shown).count("edited") == 1


async def test_an_edit_before_the_post_is_posted_as_it_says_now(office: Office, lease: Connection) -> None:
    await office.says(await office.conversation(), "One", key="m1")
    await amend(office, "Two " * 1_500)
    rows = [row for post in (await post_all(office.db, lease))[1:] for row in post]
    words = [part for post in await posts(office) for part in limits.words_of(post.blocks)]
    assert "".join(words) == "Two " * 1_500
    assert len(rows) == len(words) == 2


async def test_an_edit_during_the_first_post_is_shown_once_the_post_is_there(
    office: Office, lease: Connection, said: Receipt
) -> None:
    (root,) = await outbox.claim(lease, WORKSPACE, {"C1": 1}, merge=True, limit=3_500)
    await outbox.complete(office.db, root["post_id"], "1.1")
    (row,) = await outbox.claim(lease, WORKSPACE, {"C1": 1}, merge=True, limit=3_500)
    assert row["text"] == "Where is my parcel?"
    await amend(office, "Where is it?")
    await amend(office, "Where is it now?", 2)
    assert await calls.claim(office.db, WORKSPACE, {"revise": 5}) == []
    await outbox.complete(office.db, row["post_id"], "1.2")
    (call,) = await calls.claim(office.db, WORKSPACE, {"revise": 5})
    assert call["message_id"] == said.message_id
    (post,) = await posts(office)
    assert limits.words_of(post.blocks) == ["Where is it now?"]


async def test_two_messages_at_once_cannot_take_the_same_file(office: Office) -> None:
    conversation = await office.conversation()
    row = await office.row(
        """INSERT INTO attachments (uuid, workspace_id, conversation_id, name, mime, size, sha256, created_at)
           SELECT gen_random_uuid(), workspace_id, id, 'a.jpg', 'image/jpeg', 5, '00', now()
           FROM conversations RETURNING uuid"""
    )
    both = [office.says(conversation, words, files=[row["uuid"]]) for words in ("one", "two")]
    outcomes = await asyncio.gather(*both, return_exceptions=True)
    assert sum(isinstance(outcome, FileTaken) for outcome in outcomes) == 1
    assert await office.column("SELECT count(*) FROM messages") == [1]
