from __future__ import annotations

import asyncio
import hashlib
from typing import Any
from uuid import UUID, uuid4

import pytest

from cases.errors import AlreadyDone, CustomerWrote, NotAllowed, NotFound, TextMissing, TextTooLong
from cases.files import Attached, Files, LeftOut
from cases.messages import Receipt
from flows import close, reply
from flows.reply import OnItsWay, Source
from storage import cases, drafts
from tests.support.office import ANNA, BORIS, NOW, Office

UNDO = 60.0
A_CASE = "SELECT k.*, v.channel FROM cases k JOIN conversations v ON v.id = k.conversation_id"


@pytest.fixture
async def case(office: Office) -> Receipt:
    """A case that waits for an answer."""
    return await office.case()


async def propose(office: Office, case: int, words: str = "It is on its way.", ts: str = "1.5") -> UUID:
    """📤 on Anna's message ``ts``; the draft it makes or finds."""
    row = await cases.by_id(office.db, case)
    assert row is not None
    async with office.db.transaction() as tx:
        await reply.propose(tx, row, Source("C1", ts, ANNA.id, words), ANNA, NOW)
        draft = await drafts.by_source(tx, office.workspace, "C1", ts)
    assert draft is not None
    return draft


async def draft_row(office: Office, draft: UUID) -> dict[str, Any]:
    return await office.row("SELECT * FROM drafts WHERE uuid = %(uuid)s", uuid=draft)


async def send(office: Office, draft: UUID) -> reply.Sent | None:
    """What the sender does when the undo window should be over."""
    row = await draft_row(office, draft)
    return await reply.send(office.db, row["uuid"], row["body"], NOW)


async def sent_texts(office: Office) -> list[object]:
    return await office.column("SELECT text FROM messages WHERE direction = 'out' ORDER BY seq")


async def test_a_proposal_is_a_preview_for_its_author_only(office: Office, case: Receipt) -> None:
    draft = await propose(office, case.case_id)
    assert (await draft_row(office, draft))["state"] == "preview"
    call = await office.row("SELECT slack_channel, kind, payload FROM slack_calls")
    assert (call["slack_channel"], call["kind"]) == ("C1", "preview")
    assert call["payload"] == {"draft": str(draft), "user": ANNA.id, "thread_ts": None}
    assert await sent_texts(office) == []


async def test_only_the_author_of_a_message_can_send_it(office: Office, case: Receipt) -> None:
    row = await office.row(A_CASE)
    with pytest.raises(NotAllowed, match="author"):
        async with office.db.transaction() as tx:
            await reply.propose(tx, row, Source("C1", "1.5", ANNA.id, "Hi"), BORIS, NOW)
    assert await office.column("SELECT count(*) FROM drafts") == [0]


async def test_only_files_that_cannot_go_are_nothing_to_send(office: Office, case: Receipt) -> None:
    row = await office.row(A_CASE)
    source = Source("C1", "1.5", ANNA.id, "", Files(left_out=[LeftOut("a.exe", "type")]))
    with pytest.raises(TextMissing, match="cannot be sent"):
        async with office.db.transaction() as tx:
            await reply.propose(tx, row, source, ANNA, NOW)
    assert await office.column("SELECT count(*) FROM drafts") == [0]


def attached(name: str = "invoice.pdf", sha256: str = "ab") -> Attached:
    return Attached(uuid4(), name, "application/pdf", 5, sha256, f"F{name}")


async def propose_files(office: Office, case: int, *files: Attached, words: str = "") -> UUID:
    """📤 on Anna's message 1.5 with these files; the draft."""
    row = await office.row(A_CASE)
    async with office.db.transaction() as tx:
        source = Source("C1", "1.5", ANNA.id, words, Files(files, [LeftOut("a.exe", "type")]))
        await reply.propose(tx, row, source, ANNA, NOW)
        draft = await drafts.by_source(tx, office.workspace, "C1", "1.5")
    assert draft is not None
    return draft


async def test_a_message_with_only_a_file_can_be_sent(office: Office, case: Receipt) -> None:
    file = attached()
    draft = await propose_files(office, case.case_id, file)
    assert await propose_files(office, case.case_id, file) == draft, "asked again it is the same"
    await reply.approve(office.db, draft, ANNA, 0, NOW)
    sent = await send(office, draft)
    assert sent is not None
    assert sent.files
    row = await office.row(
        "SELECT m.text, m.direction FROM attachments a JOIN messages m ON m.id = a.message_id"
    )
    assert (row["text"], row["direction"]) == ("", "out")


async def test_other_files_are_another_draft(office: Office, case: Receipt) -> None:
    old = await propose_files(office, case.case_id, attached(), words="Here")
    new = await propose_files(office, case.case_id, attached("other.pdf"), words="Here")
    with pytest.raises(NotFound, match="out of date"):
        await reply.approve(office.db, old, ANNA, 0, NOW)
    await reply.approve(office.db, new, ANNA, 0, NOW)
    await send(office, new)
    assert await office.column("SELECT name FROM attachments") == ["other.pdf"]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE attachments SET sha256 = 'cd'",
        "UPDATE attachments SET name = 'virus.exe'",
        "DELETE FROM attachments",
    ],
)
async def test_files_that_changed_after_the_approval_void_it(
    office: Office, case: Receipt, change: str
) -> None:
    draft = await propose_files(office, case.case_id, attached(), words="Here")
    await reply.approve(office.db, draft, ANNA, 0, NOW)
    await office.db.fetch(change)
    assert await send(office, draft) is None
    assert await reply.send_due(office.db, office.workspace, 0, NOW) == []
    assert (await draft_row(office, draft))["state"] == "cancelled"


@pytest.mark.parametrize(("words", "error"), [(" \n", TextMissing), ("x" * 10_001, TextTooLong)])
async def test_what_cannot_be_sent(office: Office, case: Receipt, words: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        await propose(office, case.case_id, words)


async def test_proposed_again_unchanged_it_is_the_same_draft(office: Office, case: Receipt) -> None:
    first = await propose(office, case.case_id)
    assert await propose(office, case.case_id) == first
    assert await office.column("SELECT count(*) FROM drafts") == [1]


async def test_the_preview_of_other_words_cannot_send_the_new_ones(office: Office, case: Receipt) -> None:
    old = await propose(office, case.case_id, "A")
    new = await propose(office, case.case_id, "B")
    with pytest.raises(NotFound, match="out of date"):
        await reply.approve(office.db, old, ANNA, 0, NOW)
    with pytest.raises(NotFound, match="out of date"):
        await reply.take_back(office.db, old, ANNA, NOW)
    assert (await draft_row(office, new))["state"] == "preview"
    await reply.approve(office.db, new, ANNA, 0, NOW)
    assert await send(office, new) is not None
    assert await sent_texts(office) == ["B"]


@pytest.mark.parametrize("round_", range(10))
async def test_an_edit_and_a_click_at_once_never_send_what_was_not_shown(
    office: Office, case: Receipt, round_: int
) -> None:
    shown = await propose(office, case.case_id, "A")
    await asyncio.gather(
        propose(office, case.case_id, "B"),
        reply.approve(office.db, shown, ANNA, 0, NOW),
        return_exceptions=True,
    )
    await reply.send_due(office.db, office.workspace, 0, NOW)
    assert await sent_texts(office) in ([], ["A"])


async def test_what_was_approved_keeps_its_words(office: Office, case: Receipt) -> None:
    draft = await propose(office, case.case_id, "approved words")
    await reply.approve(office.db, draft, ANNA, UNDO, NOW)
    await propose(office, case.case_id, "edited later")
    assert (await draft_row(office, draft))["body"] == "approved words"


async def test_an_approved_text_goes_when_its_window_is_over(office: Office, case: Receipt) -> None:
    draft = await propose(office, case.case_id)
    await reply.approve(office.db, draft, ANNA, 0, NOW)
    sent = await send(office, draft)
    assert sent is not None
    assert (sent.seq, sent.text, sent.author_name, sent.closed) == (2, "It is on its way.", "Anna", False)
    assert await office.status(case.case_id) == "waiting_customer"
    calls = await office.db.fetch(
        "SELECT kind, payload FROM slack_calls WHERE kind <> 'preview' ORDER BY kind"
    )
    assert [(call["kind"], call["payload"]) for call in calls] == [
        ("card", {}),
        ("note", {"user": ANNA.id, "note": "owned"}),
        ("reaction", {"ts": "1.5", "name": "incoming_envelope"}),
    ]
    actions = await office.column("SELECT action FROM audit ORDER BY id")
    assert sorted(map(str, actions)) == ["case.opened", "case.taken", "draft.approved", "reply.sent"]


async def test_it_does_not_go_before(office: Office, case: Receipt) -> None:
    draft = await propose(office, case.case_id)
    await reply.approve(office.db, draft, ANNA, UNDO, NOW)
    assert await send(office, draft) is None
    assert await reply.send_due(office.db, office.workspace, 0, NOW) == []
    assert await sent_texts(office) == []


async def test_a_preview_does_not_go(office: Office, case: Receipt) -> None:
    assert await send(office, await propose(office, case.case_id)) is None


async def test_the_first_to_answer_owns_the_case(office: Office, case: Receipt) -> None:
    first, second = await propose(office, case.case_id), await propose(office, case.case_id, ts="1.6")
    assert (await reply.approve(office.db, first, ANNA, UNDO, NOW))["took"]
    assert not (await reply.approve(office.db, second, ANNA, UNDO, NOW))["took"]
    assert await office.column("SELECT owner FROM cases") == [ANNA.id]
    assert await office.column("SELECT payload FROM outbox WHERE kind = 'notice'") == [
        {"event": "taken", "by": ANNA.id}
    ]


async def test_the_card_shows_who_answered_even_when_it_is_undone(office: Office, case: Receipt) -> None:
    draft = await propose(office, case.case_id)
    await reply.approve(office.db, draft, ANNA, UNDO, NOW)
    await reply.take_back(office.db, draft, ANNA, NOW)
    assert await office.column("SELECT count(*) FROM slack_calls WHERE kind = 'card'") == [1]


async def test_ten_clicks_at_once_approve_once(office: Office, case: Receipt) -> None:
    """FAULTS 20."""
    draft = await propose(office, case.case_id)
    clicks = [reply.approve(office.db, draft, ANNA, UNDO, NOW) for _ in range(10)]
    outcomes = await asyncio.gather(*clicks, return_exceptions=True)
    assert sum(isinstance(outcome, OnItsWay) for outcome in outcomes) == 9
    assert await office.column("SELECT count(*) FROM audit WHERE action = 'draft.approved'") == [1]


async def test_ten_senders_at_once_send_once(office: Office, case: Receipt) -> None:
    draft = await propose(office, case.case_id)
    await reply.approve(office.db, draft, ANNA, 0, NOW)
    sent = await asyncio.gather(*(send(office, draft) for _ in range(10)))
    assert sum(one is not None for one in sent) == 1
    assert await sent_texts(office) == ["It is on its way."]


async def test_somebody_elses_draft_is_not_approved(office: Office, case: Receipt) -> None:
    draft = await propose(office, case.case_id)
    with pytest.raises(NotAllowed):
        await reply.approve(office.db, draft, BORIS, 0, NOW)
    assert (await draft_row(office, draft))["state"] == "preview"


async def test_somebody_elses_draft_is_not_taken_back(office: Office, case: Receipt) -> None:
    draft = await propose(office, case.case_id)
    await reply.approve(office.db, draft, ANNA, UNDO, NOW)
    with pytest.raises(NotAllowed):
        await reply.take_back(office.db, draft, BORIS, NOW)
    assert (await draft_row(office, draft))["state"] == "approved"


async def test_a_draft_that_is_not_there(office: Office) -> None:
    with pytest.raises(NotFound):
        await reply.approve(office.db, uuid4(), ANNA, 0, NOW)
    with pytest.raises(NotFound):
        await reply.take_back(office.db, uuid4(), ANNA, NOW)


async def test_when_the_customer_wrote_since_the_first_click_only_says_so(
    office: Office, case: Receipt
) -> None:
    draft = await propose(office, case.case_id)
    await office.says(await office.conversation_of(case.case_id), "Never mind!")
    with pytest.raises(CustomerWrote) as said:
        await reply.approve(office.db, draft, ANNA, 0, NOW)
    again = said.value.draft
    assert again is not None
    assert (await draft_row(office, again))["state"] == "preview"
    await reply.approve(office.db, again, ANNA, 0, NOW)
    assert await send(office, again) is not None


@pytest.mark.parametrize("clicks", [2, 5])
async def test_a_double_click_does_not_send_over_words_that_were_never_shown(
    office: Office, case: Receipt, clicks: int
) -> None:
    draft = await propose(office, case.case_id)
    await office.says(await office.conversation_of(case.case_id), "Never mind!")
    pressing = [reply.approve_and_send(office.db, draft, ANNA, NOW) for _ in range(clicks)]
    said = await asyncio.gather(*pressing, return_exceptions=True)
    (renewed,) = {each.draft if isinstance(each, CustomerWrote) else None for each in said}
    assert renewed not in {None, draft}
    assert await sent_texts(office) == []
    assert renewed is not None
    assert (await reply.approve(office.db, renewed, ANNA, 0, NOW))["uuid"] == renewed


async def test_each_new_message_of_the_customer_is_shown_before_the_send(
    office: Office, case: Receipt
) -> None:
    draft = await propose(office, case.case_id)
    for words in ("one", "two"):
        await office.says(await office.conversation_of(case.case_id), words)
        with pytest.raises(CustomerWrote) as said:
            await reply.approve(office.db, draft, ANNA, 0, NOW)
        assert said.value.draft is not None
        draft = said.value.draft


async def test_a_reply_that_the_customer_overtook_leaves_the_case_to_us(
    office: Office, case: Receipt
) -> None:
    draft = await propose(office, case.case_id)
    await reply.approve(office.db, draft, ANNA, 0, NOW)
    await office.says(await office.conversation_of(case.case_id), "One more thing")
    assert await send(office, draft) is not None
    assert await office.status(case.case_id) == "open"


@pytest.mark.parametrize("approved", [True, False])
async def test_what_is_taken_back_is_never_sent(office: Office, case: Receipt, approved: bool) -> None:
    draft = await propose(office, case.case_id)
    if approved:
        await reply.approve(office.db, draft, ANNA, 0, NOW)
    await reply.take_back(office.db, draft, ANNA, NOW)
    assert await send(office, draft) is None
    assert await reply.send_due(office.db, office.workspace, 0, NOW) == []
    with pytest.raises(AlreadyDone, match="taken back"):
        await reply.approve(office.db, draft, ANNA, 0, NOW)


async def test_it_can_be_proposed_and_sent_after_it_was_taken_back(office: Office, case: Receipt) -> None:
    draft = await propose(office, case.case_id, "first try")
    await reply.approve(office.db, draft, ANNA, 0, NOW)
    await reply.take_back(office.db, draft, ANNA, NOW)
    again = await propose(office, case.case_id, "second try")
    await reply.approve(office.db, again, ANNA, 0, NOW)
    assert await send(office, again) is not None
    assert await sent_texts(office) == ["second try"]


async def test_without_an_undo_window_many_clicks_send_once_and_own_the_case(
    office: Office, case: Receipt
) -> None:
    draft = await propose(office, case.case_id)
    clicks = [reply.approve_and_send(office.db, draft, ANNA, NOW) for _ in range(10)]
    done = await asyncio.gather(*clicks, return_exceptions=True)
    sent = [each for each in done if not isinstance(each, BaseException)]
    assert [(row["took"], gone.text) for row, gone in sent if gone] == [(True, "It is on its way.")]
    assert sum(isinstance(each, AlreadyDone) for each in done) == 9
    assert await sent_texts(office) == ["It is on its way."]


async def test_at_once_too_what_the_customer_wrote_meanwhile_is_shown_first(
    office: Office, case: Receipt
) -> None:
    draft = await propose(office, case.case_id)
    await office.says(await office.conversation_of(case.case_id), "Never mind!")
    with pytest.raises(CustomerWrote) as said:
        await reply.approve_and_send(office.db, draft, ANNA, NOW)
    assert await sent_texts(office) == []
    assert said.value.draft is not None
    _, sent = await reply.approve_and_send(office.db, said.value.draft, ANNA, NOW)
    assert sent is not None


async def test_at_once_too_only_its_author_sends(office: Office, case: Receipt) -> None:
    draft = await propose(office, case.case_id)
    with pytest.raises(NotAllowed):
        await reply.approve_and_send(office.db, draft, BORIS, NOW)
    assert await sent_texts(office) == []


async def test_a_text_whose_post_must_be_measured_is_approved_and_left_to_send(
    office: Office, case: Receipt
) -> None:
    draft = await propose(office, case.case_id)
    await office.db.fetch("UPDATE drafts SET source_channel = NULL, source_ts = NULL")
    row, sent = await reply.approve_and_send(office.db, draft, ANNA, NOW)
    assert sent is None
    assert await reply.send(office.db, row["uuid"], row["body"], NOW) is not None


async def test_a_button_from_before_the_undo_does_nothing_to_the_new_draft(
    office: Office, case: Receipt
) -> None:
    undone = await propose(office, case.case_id)
    await reply.take_back(office.db, undone, ANNA, NOW)
    again = await propose(office, case.case_id)
    assert again != undone
    with pytest.raises(NotFound, match="out of date"):
        await reply.approve(office.db, undone, ANNA, 0, NOW)
    assert (await draft_row(office, again))["state"] == "preview"


async def test_what_was_sent_cannot_be_taken_back_or_sent_again(office: Office, case: Receipt) -> None:
    draft = await propose(office, case.case_id)
    await reply.approve(office.db, draft, ANNA, 0, NOW)
    await send(office, draft)
    with pytest.raises(AlreadyDone, match="sent already"):
        await reply.take_back(office.db, draft, ANNA, NOW)
    await propose(office, case.case_id)
    with pytest.raises(AlreadyDone, match="sent already"):
        await reply.approve(office.db, draft, ANNA, 0, NOW)
    assert len(await sent_texts(office)) == 1


async def test_undo_and_send_at_once_do_only_one_of_both(office: Office, case: Receipt) -> None:
    for place in range(10):
        draft = await propose(office, case.case_id, ts=f"2.{place}")
        await reply.approve(office.db, draft, ANNA, 0, NOW)
        sent, undone = await asyncio.gather(
            send(office, draft), reply.take_back(office.db, draft, ANNA, NOW), return_exceptions=True
        )
        assert (sent is not None) == isinstance(undone, AlreadyDone)


async def test_the_approval_is_a_digest_over_words_channel_and_recipient(
    office: Office, case: Receipt
) -> None:
    body = "Zażółć gęślą 😀\n1:1"
    draft = await propose(office, case.case_id, body)
    await reply.approve(office.db, draft, ANNA, 0, NOW)
    recipient = await office.row("SELECT uuid FROM conversations")
    parts = [part.encode() for part in (body, "webchat", str(recipient["uuid"]))]
    expected = hashlib.sha256(b"\x1f".join(b"%d:%s" % (len(part), part) for part in parts)).hexdigest()
    assert await office.column("SELECT digest FROM approvals") == [expected]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE drafts SET body = 'Send your PIN to us'",
        "UPDATE conversations SET uuid = gen_random_uuid()",
        "UPDATE conversations SET channel = 'email'",
    ],
    ids=["words", "recipient", "channel"],
)
async def test_what_changed_after_the_approval_is_voided(office: Office, case: Receipt, change: str) -> None:
    draft = await propose(office, case.case_id)
    await reply.approve(office.db, draft, ANNA, 0, NOW)
    await office.db.fetch(change)
    assert await send(office, draft) is None
    assert await reply.send_due(office.db, office.workspace, 0, NOW) == []
    assert (await draft_row(office, draft))["state"] == "cancelled"
    assert "draft.voided" in await office.column("SELECT action FROM audit")
    assert await sent_texts(office) == []


async def test_the_sweep_sends_what_a_stopped_process_left_and_only_when_it_is_late(
    office: Office, case: Receipt
) -> None:
    draft = await propose(office, case.case_id)
    await reply.approve(office.db, draft, ANNA, 0, NOW)
    assert await reply.send_due(office.db, office.workspace, 60, NOW) == []
    (sent,) = await reply.send_due(office.db, office.workspace, 0, NOW)
    assert sent.text == "It is on its way."


async def test_a_reply_in_a_closed_case_leaves_it_closed(office: Office, case: Receipt) -> None:
    draft = await propose(office, case.case_id)
    await reply.approve(office.db, draft, ANNA, 0, NOW)
    await close.silently(office.db, await office.token(case.case_id), "by phone", ANNA, NOW)
    assert await send(office, draft) is not None
    row = await office.row("SELECT status, closed_at FROM cases")
    assert (row["status"], row["closed_at"]) == ("closed", NOW)


async def test_a_text_from_a_form_appears_in_the_thread_in_parts(office: Office, case: Receipt) -> None:
    words = "A sentence of words. " * 350
    draft = await close.tell(office.db, await office.token(case.case_id), words, "f", ANNA, 0, NOW)
    await reply.send(office.db, draft["uuid"], draft["body"], NOW)
    assert await office.column("SELECT part FROM outbox WHERE kind = 'sent' ORDER BY id") == [0, 1, 2]
