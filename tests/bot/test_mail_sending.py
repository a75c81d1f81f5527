"""Replies go out over a real SMTP server: once, and it is said how sure that is."""

from __future__ import annotations

import email
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from email.message import Message
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from bot.delivering import Deliveries
from bot.mail.logins import Login
from bot.mail.sending import MailSender, Outgoing
from cases.clock import SystemClock
from cases.enums import Channel
from cases.hours import Hours
from cases.mailboxes import MailSecrets
from cases.promises import Plan
from cases.reader import Language
from cases.receipts import WAIT
from cases.undo import Undo
from channels.pages import case_link
from channels.tokens import Signer
from flows import receipt, reply
from flows.receipt import Receipting
from storage import receipts
from storage.db import Database, Row
from tests.bot.test_mail_reading import BOUNCE, mail, takes, told
from tests.support.mail import MailProvider, provider
from tests.support.office import ANNA, NOW, Office, open_office
from tests.support.postbox import SECRET, Postbox


@pytest.fixture(scope="module")
async def server() -> AsyncIterator[MailProvider]:
    """A mail provider for these tests."""
    async with provider() as running:
        yield running


@pytest.fixture
async def box(database: Database, server: MailProvider, tmp_path: Path) -> Postbox:
    """The mailbox, with one customer's case."""
    await server.empty()
    box = Postbox(await open_office(database), server, tmp_path)
    await takes(box, mail(more="References: <0@x.example>\n"))
    return box


async def approve(box: Postbox, body: str = "It is on its way.") -> None:
    """An agent sends a reply in the case."""
    office: Office = box.office
    row = await office.row("SELECT id FROM cases")
    draft = await office.preview(row["id"], body)
    _row, sent = await reply.approve_and_send(office.db, draft, ANNA, NOW)
    if sent is None:
        sent = await reply.send(office.db, draft, body, NOW)
    assert sent is not None


def deliveries(box: Postbox, sender: MailSender | None = None) -> Deliveries:
    """What hands replies over."""
    senders = {Channel.MAIL: sender or box.sender()}
    return Deliveries(box.office.db, senders, box.store.path, SystemClock())


async def hand_over(box: Postbox, sender: MailSender | None = None) -> Row:
    """Hand over what is due; how it stands then."""
    await deliveries(box, sender).work()
    return await box.office.row("SELECT state, reason, attempts, provider_id FROM deliveries")


def body(found: Message) -> str:
    """The plain words of a mail."""
    part = next(part for part in found.walk() if part.get_content_type() == "text/plain")
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content.decode()


async def test_a_reply_is_a_mail_that_answers_the_customers(box: Postbox) -> None:
    await approve(box)
    row = await hand_over(box)
    assert row["state"] == "sent"
    (handed,) = box.provider.handed
    assert (handed.sender, handed.recipients) == ("support@shop.example", ("mia@x.example",))
    found = email.message_from_bytes(handed.raw)
    assert found["From"] == "Harbour & Hill <support@shop.example>"
    assert found["To"] == "Mia Mayer <mia@x.example>"
    assert found["Subject"] == "Re: My parcel"
    assert found["In-Reply-To"] == "<1@x.example>"
    assert "+" in found["Reply-To"]
    assert found["Auto-Submitted"] is None
    message = await box.office.row("SELECT uuid FROM messages WHERE direction = 'out'")
    assert found["Message-ID"] == f"<{UUID(str(message['uuid'])).hex}.1001@shop.example>"
    assert body(found).startswith("It is on its way.")
    assert "> Where is my parcel?" in body(found)


async def test_answers_come_back_into_the_case(box: Postbox) -> None:
    await approve(box)
    await hand_over(box)
    sent = email.message_from_bytes(box.provider.handed[0].raw)
    await takes(
        box, mail("Thanks, when?", number="<2@x.example>", more=f"In-Reply-To: {sent['Message-ID']}\n")
    )
    bare = mail("And this?", number="<3@x.example>", to=sent["Reply-To"].split("<")[1].rstrip(">"))
    await takes(box, bare)
    assert [number for number, _ in await told(box)] == [1001, 1001, 1001]


async def test_a_refusal_for_good_has_failed(box: Postbox) -> None:
    box.provider.refusals["RCPT"] = ["550 5.1.1 no such user"]
    await approve(box)
    row = await hand_over(box)
    assert (row["state"], row["attempts"]) == ("failed", 1)
    assert "no such user" in row["reason"]
    assert box.provider.handed == []


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
async def test_a_refusal_for_now_is_tried_again(box: Postbox, command: str) -> None:
    box.provider.refusals[command] = ["451 4.3.0 later"]
    await approve(box)
    row = await hand_over(box)
    assert (row["state"], row["attempts"]) == ("queued", 1)
    await box.office.db.fetch("UPDATE deliveries SET next_at = clock_timestamp()")
    assert (await hand_over(box))["state"] == "sent"
    assert len(box.provider.handed) == 1


async def test_nobody_knows_whether_it_went_when_the_server_hangs_up_after_data(box: Postbox) -> None:
    box.provider.refusals["DATA"] = ["drop"]
    await approve(box)
    assert (await hand_over(box))["state"] == "unknown"
    assert (await hand_over(box))["state"] == "unknown", "it is not sent again by itself"
    assert len(box.provider.handed) == 1


async def test_a_server_that_hangs_up_before_data_gets_it_later(box: Postbox) -> None:
    box.provider.refusals["RCPT"] = ["drop"]
    await approve(box)
    assert (await hand_over(box))["state"] == "queued"
    assert box.provider.handed == []


async def test_a_wrong_password_is_no_customers_fault(box: Postbox) -> None:
    outgoing = Outgoing(box.mailbox, Login(box.mailbox, MailSecrets("wrong")))
    sender = MailSender(box.office.db, {"support": outgoing}, box.tokens, lambda *_: None)
    await approve(box)
    row = await hand_over(box, sender)
    assert row["state"] == "queued"
    assert "refuses the login" in row["reason"]


async def test_a_mailbox_that_is_gone_sends_nothing(box: Postbox) -> None:
    await approve(box)
    row = await hand_over(box, MailSender(box.office.db, {}, box.tokens, lambda *_: None))
    assert row["state"] == "failed"


async def test_fault_31_line_breaks_of_others_make_no_headers(box: Postbox) -> None:
    office = box.office
    await office.db.fetch("UPDATE customers SET name = E'Mia\\r\\nBcc: eve@evil.example'")
    await office.db.fetch("UPDATE mails SET subject = E'My\\r\\nBcc: eve@evil.example'")
    await approve(box)
    assert (await hand_over(box))["state"] == "sent"
    found = email.message_from_bytes(box.provider.handed[0].raw)
    assert found["Bcc"] is None
    assert box.provider.handed[0].recipients == ("mia@x.example",)


async def test_fault_27_a_bounce_marks_its_reply_as_failed(box: Postbox) -> None:
    await approve(box)
    await hand_over(box)
    sent = email.message_from_bytes(box.provider.handed[0].raw)
    report = BOUNCE.replace("<reply@shop.example>", sent["Message-ID"])
    await takes(box, report.replace("\n", "\r\n").encode())
    row = await box.office.row("SELECT state, reason FROM deliveries")
    assert row["state"] == "failed"
    assert "550 no such user" in row["reason"]
    assert [number for number, _ in await told(box)] == [1001]


async def test_a_bounce_of_somebody_else_marks_nothing(box: Postbox) -> None:
    await approve(box)
    await hand_over(box)
    sent = email.message_from_bytes(box.provider.handed[0].raw)
    report = BOUNCE.replace("<reply@shop.example>", sent["Message-ID"]).replace(
        "rfc822; mia@x.example", "rfc822; tom@y.example"
    )
    await takes(box, report.replace("\n", "\r\n").encode())
    assert (await box.office.row("SELECT state FROM deliveries"))["state"] == "sent"


async def test_a_mail_can_be_taken_back_longer_than_words_in_the_chat(box: Postbox) -> None:
    office, undo = box.office, Undo(chat=0.0, mail=30.0)
    row = await office.row("SELECT id FROM cases")
    draft = await office.preview(row["id"])
    approved = await reply.approve(office.db, draft, ANNA, undo, NOW)
    assert approved["undo"] == 30
    assert await reply.send(office.db, draft, "It is on its way.", NOW) is None, "its time is not over"
    chat = await office.case()
    draft = await office.preview(chat.case_id)
    assert (await reply.approve(office.db, draft, ANNA, undo, NOW))["undo"] == 0
    assert await reply.send(office.db, draft, "It is on its way.", NOW) is not None


async def confirm(box: Postbox) -> int:
    """Receipts go where they are due; how many."""
    plan = Plan({"team": Hours(UTC, {})})
    receipting = Receipting({("mail", "support")}, plan, str, Language.EN)
    now = datetime.now(UTC) + WAIT
    return len(await receipt.send_due(box.office.db, box.office.workspace, receipting, now))


async def test_a_receipt_is_an_automatic_mail_with_its_link(box: Postbox) -> None:
    assert await confirm(box) == 1
    assert (await hand_over(box))["state"] == "sent"
    (handed,) = box.provider.handed
    found = email.message_from_bytes(handed.raw)
    assert found["Auto-Submitted"] is not None
    row = await box.office.row("SELECT token FROM receipts")
    assert f"to write to us: https://x/c/{row['token']}" in body(found)


async def test_the_link_is_not_kept_where_a_mail_quotes_it(box: Postbox) -> None:
    link = case_link("https://x", Signer(SECRET), uuid4())
    await takes(box, mail(f"I read {link} and wait.", number="<5@x.example>"))
    kept = await box.office.column("SELECT text FROM messages ORDER BY id DESC LIMIT 1")
    assert kept == ["I read [link to the page] and wait."]


async def test_a_link_that_was_withdrawn_is_not_mailed_any_more(box: Postbox) -> None:
    assert await confirm(box) == 1
    case = await box.office.row("SELECT id FROM cases")
    assert await receipts.withdraw(box.office.db, case["id"], ANNA.id, NOW)
    assert (await hand_over(box))["state"] == "sent"
    found = email.message_from_bytes(box.provider.handed[0].raw)
    assert "/c/" not in body(found)
    assert found["Auto-Submitted"] is not None


async def test_what_a_process_says_by_itself_is_an_automatic_mail(box: Postbox) -> None:
    await approve(box)
    await box.office.db.fetch("UPDATE messages SET author_slack = 'app' WHERE direction = 'out'")
    await hand_over(box)
    assert email.message_from_bytes(box.provider.handed[0].raw)["Auto-Submitted"] == "auto-replied"


async def test_fault_28_who_asks_for_no_answer_has_a_case_and_no_receipt(box: Postbox) -> None:
    """FAULTS 28: a person's mail with X-Auto-Response-Suppress."""
    await takes(box, mail("And my lamp?", number="<9@x.example>", more="X-Auto-Response-Suppress: All\n"))
    assert len(await told(box)) == 2
    assert await confirm(box) == 1, "only the first mail's"
    assert await box.office.column("SELECT why FROM receipts ORDER BY id") == [None, "automatic"]
