from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest

from cases.errors import AlreadyDone, CustomerWrote, NotAllowed, NotFound
from flows import correct, mirror, reply, switch
from storage import corrections
from tests.support.office import ANNA, BORIS, NOW, Office
from tests.views import limits


@pytest.fixture
async def sent(office: Office) -> UUID:
    """A reply of Anna's, made from the Slack message 1.5, that the customer has got."""
    draft = await office.preview((await office.case()).case_id, "It is on its wey.")
    row = await reply.approve(office.db, draft, ANNA, 0, NOW)
    assert await reply.send(office.db, draft, row["body"], NOW)
    return draft


async def edited(office: Office, words: str | None, at: str = "10.0") -> UUID | None:
    """Anna edits her Slack message; the newest offer that waits for her click."""
    async with office.db.transaction() as tx:
        about = await corrections.original(tx, office.workspace, "C1", "1.5")
        assert about is not None
        await correct.follow_edit(tx, about, words, at, NOW)
    rows: Any = await office.column(
        "SELECT uuid FROM drafts WHERE kind = 'correction' AND state = 'preview' ORDER BY id"
    )
    return rows[-1] if rows else None


async def screen(office: Office) -> list[tuple[object, ...]]:
    rows = await office.db.fetch("SELECT * FROM messages WHERE direction = 'out' ORDER BY seq")
    return [(row["text"], row["edited_at"] is not None, row["deleted_at"] is not None) for row in rows]


async def notes(office: Office) -> list[object]:
    return await office.column("SELECT payload ->> 'note' FROM slack_calls WHERE kind = 'note' ORDER BY id")


async def test_an_edit_after_sending_sends_nothing_but_offers_a_correction(
    office: Office, sent: UUID
) -> None:
    offer = await edited(office, "It is on its way.")
    assert offer is not None
    assert await screen(office) == [("It is on its wey.", False, False)]
    assert await notes(office) == ["owned", "correction"]
    shown = await mirror.correction(office.db, offer)
    limits.check(shown)
    assert limits.words_of(shown.blocks) == ["It is on its wey.", "It is on its way."]
    await correct.send(office.db, offer, ANNA, NOW)
    assert await screen(office) == [("It is on its way.", True, False)]
    assert await office.column("SELECT text FROM message_versions") == ["It is on its wey."]
    notices: Any = await office.column("SELECT payload FROM outbox WHERE kind = 'notice' ORDER BY id")
    assert (notices[-1]["event"], notices[-1]["by"]) == ("corrected", ANNA.id)
    actions = await office.column("SELECT action FROM audit ORDER BY id")
    assert actions[-2:] == ["message.edited", "correction.sent"]
    assert await office.column("SELECT count(*) FROM approvals") == [2]


async def test_ten_clicks_at_once_correct_once(office: Office, sent: UUID) -> None:
    offer = await edited(office, "New")
    assert offer is not None
    outcomes = await asyncio.gather(
        *(correct.send(office.db, offer, ANNA, NOW) for _ in range(10)), return_exceptions=True
    )
    assert sum(isinstance(outcome, AlreadyDone) for outcome in outcomes) == 9
    assert await office.column("SELECT count(*) FROM message_versions") == [1]


async def test_a_correction_cannot_be_sent_as_a_message_of_its_own(office: Office, sent: UUID) -> None:
    offer = await edited(office, "New")
    assert offer is not None
    with pytest.raises(CustomerWrote):
        await reply.approve(office.db, offer, ANNA, 0, NOW)
    assert await reply.send_due(office.db, office.workspace, 0, NOW) == []
    assert len(await screen(office)) == 1


@pytest.mark.parametrize("words", ["It is on its wey.", None])
async def test_edited_back_there_is_nothing_to_correct(office: Office, sent: UUID, words: str | None) -> None:
    first = await edited(office, "New")
    assert first is not None
    assert await edited(office, words, "11.0") is None
    with pytest.raises(AlreadyDone, match="dropped"):
        await correct.send(office.db, first, ANNA, NOW)


async def test_only_the_newest_edit_can_be_sent_and_several_can_follow_each_other(
    office: Office, sent: UUID
) -> None:
    first, second = await edited(office, "One"), await edited(office, "Two", "11.0")
    assert first is not None
    assert second is not None
    with pytest.raises(AlreadyDone, match="dropped"):
        await correct.send(office.db, first, ANNA, NOW)
    await correct.send(office.db, second, ANNA, NOW)
    third = await edited(office, "Three", "12.0")
    assert third is not None
    await correct.send(office.db, third, ANNA, NOW)
    assert await screen(office) == [("Three", True, False)]
    assert await office.column("SELECT edits FROM messages WHERE direction = 'out'") == [2]


async def test_what_the_customer_wrote_since_is_shown_first(office: Office, sent: UUID) -> None:
    offer = await edited(office, "New")
    assert offer is not None
    await office.says(1, "Thanks")
    for _ in range(2):
        with pytest.raises(CustomerWrote) as said:
            await correct.send(office.db, offer, ANNA, NOW)
    assert said.value.draft is not None
    shown = await mirror.correction(office.db, said.value.draft, newer=True)
    assert "in the meantime" in str(shown.blocks)
    assert await screen(office) == [("It is on its wey.", False, False)]
    await correct.send(office.db, said.value.draft, ANNA, NOW)
    assert await screen(office) == [("New", True, False)]


async def test_a_correction_goes_where_its_message_went(office: Office, sent: UUID) -> None:
    case = await office.row("SELECT id, conversation_id FROM cases")
    other = await office.row(
        """INSERT INTO conversations (uuid, workspace_id, channel, site, slack_channel, identity_id,
                                      created_at)
           SELECT gen_random_uuid(), workspace_id, channel, 'other', slack_channel, identity_id, now()
           FROM conversations RETURNING id"""
    )
    await switch.switch(office.db, case["id"], other["id"], ANNA, NOW)
    offer = await edited(office, "New")
    assert offer is not None
    assert await office.column("SELECT conversation_id FROM drafts WHERE kind = 'correction'") == [
        case["conversation_id"]
    ]
    # What the customer wrote where the message stands is read first.
    await office.says(case["conversation_id"], "Thanks")
    with pytest.raises(CustomerWrote) as said:
        await correct.send(office.db, offer, ANNA, NOW)
    assert said.value.draft is not None
    await correct.send(office.db, said.value.draft, ANNA, NOW)
    assert await office.column(
        """SELECT a.digest = cx_approval_digest('New', v.channel, v.uuid::text)
           FROM approvals a JOIN drafts d ON d.id = a.draft_id AND d.kind = 'correction'
           JOIN conversations v ON v.site = 'shop'"""
    ) == [True]


async def test_nobody_else_corrects_or_takes_back(office: Office, sent: UUID) -> None:
    offer = await edited(office, "New")
    assert offer is not None
    with pytest.raises(NotAllowed):
        await correct.send(office.db, offer, BORIS, NOW)
    with pytest.raises(NotFound):
        await correct.leave(office.db, offer, BORIS, NOW)
    with pytest.raises(NotAllowed):
        await correct.take_back(office.db, sent, BORIS, NOW)
    for gone in (correct.send, correct.take_back):
        with pytest.raises(NotFound):
            await gone(office.db, uuid4(), ANNA, NOW)
    assert await screen(office) == [("It is on its wey.", False, False)]


async def test_left_as_it_was(office: Office, sent: UUID) -> None:
    offer = await edited(office, "New")
    assert offer is not None
    await correct.leave(office.db, offer, ANNA, NOW)
    with pytest.raises(AlreadyDone, match="dropped"):
        await correct.send(office.db, offer, ANNA, NOW)
    assert "out of date" in (await mirror.correction(office.db, offer)).text


async def test_an_edit_in_the_undo_window_waits_for_the_first_words(office: Office) -> None:
    draft = await office.preview((await office.case()).case_id, "First")
    await reply.approve(office.db, draft, ANNA, 0, NOW)
    offer = await edited(office, "Second")
    assert offer is not None
    with pytest.raises(AlreadyDone, match="on their way"):
        await correct.send(office.db, offer, ANNA, NOW)
    await reply.send_due(office.db, office.workspace, 0, NOW)
    await correct.send(office.db, offer, ANNA, NOW)
    assert await screen(office) == [("Second", True, False)]


async def test_a_preview_follows_the_edit(office: Office) -> None:
    old = await office.preview((await office.case()).case_id, "First")
    assert await edited(office, "Second") is None
    row = await office.row("SELECT uuid, body, state FROM drafts")
    assert (row["body"], row["state"]) == ("Second", "preview")
    assert row["uuid"] != old
    shown: Any = await office.column("SELECT payload FROM slack_calls WHERE kind = 'preview'")
    assert shown == [{"draft": str(row["uuid"]), "user": ANNA.id, "thread_ts": None}]
    await edited(office, None, "11.0")
    assert await office.column("SELECT state FROM drafts") == ["cancelled"]


async def test_a_deleted_message_can_be_taken_back_from_the_customer(office: Office, sent: UUID) -> None:
    offer = await edited(office, "New")
    async with office.db.transaction() as tx:
        about = await corrections.original(tx, office.workspace, "C1", "1.5")
        assert about is not None
        await correct.follow_delete(tx, about)
    assert (await notes(office))[-1] == "retraction"
    note = await mirror.note(office.db, about["case_id"], {"note": "retraction", "draft": str(sent)})
    limits.check(note)
    assert limits.words_of(note.blocks) == ["It is on its wey."]
    assert offer is not None
    with pytest.raises(AlreadyDone):
        await correct.send(office.db, offer, ANNA, NOW)
    await correct.take_back(office.db, sent, ANNA, NOW)
    assert await screen(office) == [("", False, True)]
    with pytest.raises(AlreadyDone):
        await correct.take_back(office.db, sent, ANNA, NOW)
    assert await edited(office, "Newer", "12.0") is None


async def test_where_a_channel_cannot_take_back_the_author_is_told(office: Office, sent: UUID) -> None:
    await office.db.fetch("UPDATE conversations SET channel = 'sms'")
    with pytest.raises(NotAllowed, match="cannot be taken back"):
        await correct.take_back(office.db, sent, ANNA, NOW)
    assert await screen(office) == [("It is on its wey.", False, False)]


async def test_where_a_channel_can_change_nothing_the_correction_is_another_reply(
    office: Office, sent: UUID
) -> None:
    await office.db.fetch("UPDATE conversations SET channel = 'mail'")
    offer = await edited(office, "It is on its way.")
    assert offer is not None
    shown = await mirror.correction(office.db, offer)
    limits.check(shown)
    pressed = [each["action_id"] for each in shown.blocks[-1]["elements"]]
    assert pressed == ["correction_write", "correction_leave"]
    with pytest.raises(NotAllowed, match="write a new reply"):
        await correct.send(office.db, offer, ANNA, NOW)
    with pytest.raises(NotAllowed):
        await correct.anew(office.db, offer, "Of Boris's", BORIS, NOW)
    for words in ("Sorry: on its way.", "Correction: on its way."):
        await correct.anew(office.db, offer, words, ANNA, NOW)
    assert await screen(office) == [("It is on its wey.", False, False)], "only Send sends it"
    found: Any = await office.column("SELECT payload FROM slack_calls WHERE kind = 'preview' ORDER BY id")
    older, newer = (UUID(each["draft"]) for each in found)
    with pytest.raises(NotFound):
        await reply.approve(office.db, older, ANNA, 0, NOW)
    row = await reply.approve(office.db, newer, ANNA, 0, NOW)
    assert await reply.send(office.db, newer, row["body"], NOW)
    assert [text for text, *_ in await screen(office)] == ["It is on its wey.", "Correction: on its way."]
    with pytest.raises(AlreadyDone):
        await correct.anew(office.db, offer, "Once more", ANNA, NOW)
