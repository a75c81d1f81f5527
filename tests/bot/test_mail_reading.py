"""Mailboxes are read from a real IMAP server: each mail has one effect, and none is lost."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.mail.patience import Patience
from bot.mail.reading import MOST_TRIES
from bot.mail.taking import MOST_AUTOMATIC
from bot.mail.taking import MOST_TRIES as MOST_TAKING_TRIES
from bot.metrics import Metrics
from storage import mailbox_rows, mails
from storage.db import Database
from tests.support.mail import MailProvider, provider
from tests.support.office import Office, open_office
from tests.support.postbox import Postbox, read_on
from tests.support.sandbox import until


@pytest.fixture(scope="module")
async def server() -> AsyncIterator[MailProvider]:
    """A mail provider for these tests."""
    async with provider() as running:
        yield running


@pytest.fixture
async def office(database: Database) -> Office:
    """A workspace in which nothing has happened yet."""
    return await open_office(database)


@pytest.fixture
async def box(office: Office, server: MailProvider, tmp_path: Path) -> Postbox:
    """The mailbox, empty."""
    await server.empty()
    return Postbox(office, server, tmp_path)


def mail(
    text: str = "Where is my parcel?",
    *,
    sender: str = "Mia Mayer <mia@x.example>",
    subject: str = "My parcel",
    number: str | None = "<1@x.example>",
    to: str = "support@shop.example",
    proven: bool = True,
    more: str = "",
) -> bytes:
    """A mail as a customer's server hands it over."""
    result = "pass" if proven else "fail"
    heads = f"Authentication-Results: mx.shop.example; dmarc={result} header.from=x.example\n"
    heads += f"From: {sender}\nTo: {to}\nSubject: {subject}\n{more}"
    heads += f"Message-ID: {number}\n" if number else ""
    return f"{heads}Date: Mon, 02 Mar 2026 10:00:00 +0000\n\n{text}\n".replace("\n", "\r\n").encode()


async def told(box: Postbox) -> list[tuple[int, str]]:
    """The case and the words of all that customers said."""
    rows = await box.office.db.fetch(
        """SELECT k.number, m.text FROM messages m JOIN cases k ON k.id = m.case_id
           WHERE m.direction = 'in' ORDER BY m.id"""
    )
    return [(row["number"], row["text"]) for row in rows]


async def warned(box: Postbox) -> list[list[str]]:
    """What the team is warned of, arrival by arrival."""
    return [row["warnings"] for row in await box.office.db.fetch("SELECT warnings FROM arrivals ORDER BY id")]


async def states(box: Postbox) -> list[str]:
    """What became of each mail."""
    return [str(row["state"]) for row in await box.mails()]


async def settled(box: Postbox, many: int, seconds: float = 20) -> None:
    """Wait until so many mails came and nothing waits."""

    async def done() -> bool:
        found = await states(box)
        return len(found) == many and "waiting" not in found

    await until(done, seconds)


async def takes(box: Postbox, *raws: bytes) -> None:
    """Mails come, and are taken in."""
    before = len(await box.mails())
    for raw in raws:
        await box.provider.deliver(raw)
    async with read_on(box.reader()):
        await settled(box, before + len(raws))


async def test_a_mail_opens_a_case_and_is_marked_as_read(box: Postbox) -> None:
    async with read_on(box.reader()):
        uid = await box.provider.deliver(mail())
        await settled(box, 1)
        await until(lambda: _reads(box, [uid]), 10)
        second = await box.provider.deliver(mail("Are you there?", number="<2@x.example>"))
        await settled(box, 2)
    assert await told(box) == [(1001, "Where is my parcel?"), (1002, "Are you there?")]
    row = await box.office.row("SELECT subject FROM cases WHERE number = 1001")
    assert row["subject"] == "My parcel"
    assert await box.provider.everything() == [uid, second], "nothing is deleted"
    metrics = Metrics()
    metrics.note_mailboxes(await mailbox_rows.listed(box.office.db))
    assert b'cx_mail_read{mailbox="support"} 2.0' in metrics.render()


async def _reads(box: Postbox, uids: list[int]) -> bool:
    return await box.provider.read() == uids


async def test_a_new_mailbox_brings_what_is_unread_and_new(box: Postbox) -> None:
    old = datetime.now(UTC) - timedelta(days=30)
    await box.provider.deliver(mail("Ages ago"), at=old)
    await box.provider.deliver(mail("Answered by hand", number="<2@x.example>"), seen=True)
    await box.provider.deliver(mail("Still open", number="<3@x.example>"))
    async with read_on(box.reader()):
        await settled(box, 1)
        await box.provider.deliver(mail("New", number="<4@x.example>"), seen=True)
        await settled(box, 2)
    assert [text for _, text in await told(box)] == ["Still open", "New"]


async def test_a_full_mailbox_is_read_in_turns(box: Postbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.mail.reading.AT_ONCE", 2)
    old = [mail(f"Old {each}", number=f"<o{each}@x.example>") for each in range(3)]
    await takes(box, *old)
    await takes(box, *[mail(f"New {each}", number=f"<n{each}@x.example>") for each in range(3)])
    assert [text for _, text in await told(box)] == ["Old 0", "Old 1", "Old 2", "New 0", "New 1", "New 2"]


async def test_what_came_while_nobody_read_is_read_later(box: Postbox) -> None:
    await takes(box, mail())
    await takes(box, mail("Two", number="<2@x.example>"), mail("Three", number="<3@x.example>"))
    assert [text for _, text in await told(box)] == ["Where is my parcel?", "Two", "Three"]


async def test_a_server_that_numbers_anew_doubles_nothing(box: Postbox) -> None:
    await takes(box, mail())
    await box.provider.renumber()
    await box.provider.deliver(mail("Two", number="<2@x.example>"))
    async with read_on(box.reader()):
        await settled(box, 3)
    assert [text for _, text in await told(box)] == ["Where is my parcel?", "Two"]
    assert await states(box) == ["done", "ignored", "done"]


async def test_a_broken_connection_is_opened_again(box: Postbox) -> None:
    async with read_on(box.reader()):
        await box.provider.deliver(mail())
        await settled(box, 1)
        box.provider.hang_up()
        await box.provider.deliver(mail("Two", number="<2@x.example>"))
        await settled(box, 2)
    assert len(await told(box)) == 2


async def test_a_server_that_is_back_is_read_at_once_however_often_it_was_away(box: Postbox) -> None:
    async with read_on(box.reader()):
        for number in range(1, 5):
            box.provider.hang_up()
            await box.provider.deliver(mail(number=f"<{number}@x.example>"))
            await settled(box, number, 5)
    assert len(await told(box)) == 4


def test_a_server_is_left_alone_for_seconds_and_after_a_refusal_for_minutes() -> None:
    patience = Patience()
    assert [patience.seconds(refused=False) for _ in range(6)] == [1, 2, 4, 8, 10, 10]
    assert [patience.seconds(refused=True) for _ in range(4)] == [60, 120, 240, 300]
    patience.begin_anew()
    assert (patience.seconds(refused=False), patience.seconds(refused=True)) == (1, 60)


async def test_a_refused_login_is_said(box: Postbox) -> None:
    box.provider.change_password("another")
    try:
        async with read_on(box.reader()):

            async def said() -> bool:
                return any(row["trouble"] for row in await mailbox_rows.listed(box.office.db))

            await until(said, 10)
    finally:
        box.provider.change_password("correct horse")
    (row,) = await mailbox_rows.listed(box.office.db)
    assert "refuses the login of support@shop.example" in row["trouble"]


async def test_two_copies_of_a_mail_are_one(box: Postbox) -> None:
    await takes(box, mail(), mail())
    assert len(await told(box)) == 1
    assert await states(box) == ["done", "ignored"]


async def test_a_mail_without_an_id_is_taken(box: Postbox) -> None:
    await takes(box, mail(number=None), mail("Another", number=None))
    assert len(await told(box)) == 2


async def answered(box: Postbox, number: str = "<reply@shop.example>") -> int:
    """A mail of ours went to the only customer; their conversation."""
    row = await box.office.row("SELECT id FROM conversations WHERE channel = 'mail'")
    await mails.sent(
        box.office.db,
        box.office.workspace,
        "support",
        number,
        "mia@x.example",
        datetime.now(UTC),
        conversation=row["id"],
        message=None,
        subject="Re: My parcel",
    )
    return int(row["id"])


async def test_an_answer_joins_its_case_and_later_references_do(box: Postbox) -> None:
    await takes(box, mail())
    await answered(box)
    refers = "In-Reply-To: <reply@shop.example>\n"
    await takes(box, mail("Thank you for that!", number="<2@x.example>", more=refers))
    again = "References: <unknown@y.example> <2@x.example>\n"
    await takes(box, mail("One more thing", number="<3@x.example>", more=again))
    assert [number for number, _ in await told(box)] == [1001, 1001, 1001]


@pytest.mark.parametrize(
    "odd", ["In-Reply-To: <>\n", "In-Reply-To:\n", "In-Reply-To: nonsense\nReferences: <>\n"]
)
async def test_fault_22_nothing_is_joined_by_nothing(box: Postbox, odd: str) -> None:
    await takes(box, mail(number=None))
    await takes(box, mail("Another", number="<>", more=odd))
    await takes(box, mail("A third", number="<3@x.example>", more="In-Reply-To: <gone@nowhere.example>\n"))
    assert [number for number, _ in await told(box)] == [1001, 1002, 1003]


async def test_fault_23_a_token_counts_only_with_its_sender(box: Postbox) -> None:
    await takes(box, mail())
    address = box.tokens.address("support@shop.example", await answered(box))
    await takes(box, mail("It is me", number="<2@x.example>", to=address))
    stranger = "Eve <eve@evil.example>"
    await takes(box, mail("Let me in", number="<e@evil.example>", to=address, sender=stranger))
    refers = "In-Reply-To: <reply@shop.example>\n"
    await takes(box, mail("Or so", number="<f@evil.example>", sender=stranger, more=refers))
    forged = address.replace("+", "+a", 1)[:-1] + "e"
    await takes(box, mail("Or by luck", number="<3@x.example>", to=forged))
    assert [number for number, _ in await told(box)] == [1001, 1001, 1002, 1003, 1004]
    assert any("somebody else" in warning for warning in (await warned(box))[2])
    owners = await box.office.db.fetch("SELECT number, customer_id FROM cases ORDER BY number")
    assert owners[0]["customer_id"] != owners[1]["customer_id"]


async def test_fault_24_a_copy_grants_nothing(box: Postbox) -> None:
    await takes(box, mail(more="Cc: Tom <tom@y.example>\n"))
    await answered(box)
    refers = "In-Reply-To: <reply@shop.example>\nCc: mia@x.example\n"
    await takes(box, mail("I was copied", number="<t@y.example>", sender="tom@y.example", more=refers))
    assert [number for number, _ in await told(box)] == [1001, 1002]
    rows = await box.office.db.fetch("SELECT value FROM identities WHERE kind = 'email' ORDER BY id")
    assert [row["value"] for row in rows] == ["mia@x.example", "tom@y.example"]


async def test_fault_25_another_reply_address_is_said_and_not_used(box: Postbox) -> None:
    await takes(box, mail(more="Reply-To: eve@evil.example\n"))
    assert "eve@evil.example" in (await warned(box))[0][0]
    rows = await box.office.db.fetch("SELECT value FROM identities WHERE kind = 'email'")
    assert [row["value"] for row in rows] == ["mia@x.example"]


async def test_fault_26_only_our_own_server_proves_a_sender(box: Postbox) -> None:
    await takes(box, mail())
    forged = mail(sender="joe@z.example", number="<j@z.example>", proven=False).replace(
        b"mx.shop.example; dmarc=fail", b"mx.evil.example; dmarc=pass"
    )
    failed = mail(sender="ann@x.example", number="<a@x.example>", proven=False)
    await takes(box, forged, failed)
    rows = await box.office.db.fetch(
        "SELECT value, verified FROM identities WHERE kind = 'email' ORDER BY id"
    )
    assert [(row["value"], row["verified"]) for row in rows] == [
        ("mia@x.example", True),
        ("joe@z.example", False),
        ("ann@x.example", False),
    ]
    assert "Nothing proves" in (await warned(box))[2][0]


BOUNCE = """From: Mail Delivery System <MAILER-DAEMON@mx.y.example>
To: support@shop.example
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
Message-ID: <b@mx.y.example>
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: text/plain

It did not go.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.y.example

Final-Recipient: rfc822; mia@x.example
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 no such user

--b
Content-Type: text/rfc822-headers

From: support@shop.example
To: mia@x.example
Message-ID: <reply@shop.example>

--b--
"""


async def test_fault_27_a_bounce_opens_no_case(box: Postbox) -> None:
    await takes(box, BOUNCE.replace("\n", "\r\n").encode())
    assert await told(box) == []
    assert await states(box) == ["ignored"]


async def test_fault_27_programs_are_heard_within_bounds(box: Postbox) -> None:
    robot, list_id = "Robot <robot@y.example>", "Precedence: bulk\n"
    many = [
        mail(f"News {each}", sender=robot, number=f"<{each}@y.example>", more=list_id)
        for each in range(MOST_AUTOMATIC + 2)
    ]
    await takes(box, *many)
    assert await states(box) == [*["done"] * MOST_AUTOMATIC, "quarantined", "quarantined"]
    assert all("program" in each[0] for each in await warned(box))
    (first, _) = await mails.quarantined(box.office.db)
    assert await mails.release(box.office.db, first["id"])
    async with read_on(box.reader()):
        await settled(box, MOST_AUTOMATIC + 2)
    assert len(await told(box)) == MOST_AUTOMATIC + 1


async def test_fault_27_an_automatic_reply_opens_nothing(box: Postbox) -> None:
    await takes(box, mail("I am away", more="Auto-Submitted: auto-replied\n"))
    assert (await told(box), await states(box)) == ([], ["ignored"])


async def test_fault_27_an_automatic_reply_does_not_open_a_closed_case_again(box: Postbox) -> None:
    await takes(box, mail())
    await answered(box)
    await box.office.db.fetch(
        "UPDATE cases SET status = 'closed', closed_at = clock_timestamp(), close_reason = 'x'"
    )
    away = "Auto-Submitted: auto-replied\nIn-Reply-To: <reply@shop.example>\n"
    await takes(box, mail("I am away", number="<2@x.example>", more=away))
    assert await states(box) == ["done", "sent", "ignored"]
    assert len(await told(box)) == 1


async def test_fault_27_a_strangers_automatic_reply_opens_nothing(box: Postbox) -> None:
    await takes(box, mail())
    await answered(box)
    away = "Auto-Submitted: auto-replied\nIn-Reply-To: <reply@shop.example>\n"
    await takes(box, mail("I am away", sender="tom@y.example", number="<2@y.example>", more=away))
    assert await states(box) == ["done", "sent", "ignored"]
    await takes(box, mail("So am I", number="<2@x.example>", more=away))
    assert [number for number, _ in await told(box)] == [1001, 1001]


async def test_fault_28_what_only_a_subject_tells_is_for_people(box: Postbox) -> None:
    suppressed = "X-Auto-Response-Suppress: All\n"
    await takes(
        box,
        mail("Away", subject="Automatic reply: Order 5", more=suppressed),
        mail("Help", subject="Undeliverable parcel", sender="postmaster@y.example", number="<2@y.example>"),
    )
    assert await states(box) == ["quarantined", "quarantined"]
    for row in await mails.quarantined(box.office.db):
        assert await mails.release(box.office.db, row["id"])
    await box.taking().take_all()
    assert await told(box) == [(1001, "Away"), (1002, "Help")]


async def test_fault_27_what_we_sent_ourselves_is_left(box: Postbox) -> None:
    await takes(box, mail(sender="Shop <support@shop.example>"))
    assert (await told(box), await states(box)) == ([], ["ignored"])


async def test_fault_28_a_person_who_wants_no_automatic_answer_has_a_case(box: Postbox) -> None:
    await takes(box, mail(more="X-Auto-Response-Suppress: All\n"))
    assert len(await told(box)) == 1


async def test_fault_30_the_same_id_of_another_sender_takes_nothing_over(box: Postbox) -> None:
    await takes(box, mail())
    eve = "Eve <eve@evil.example>"
    await takes(box, mail("Mine now", sender=eve))
    refers = "In-Reply-To: <1@x.example> <other@x.example> broken\nReferences: <1@x.example>\n"
    await takes(box, mail("And this", sender=eve, number="<e@evil.example>", more=refers))
    await takes(box, mail("It is me again", number="<2@x.example>", more=refers))
    assert await told(box) == [
        (1001, "Where is my parcel?"),
        (1002, "Mine now"),
        (1002, "And this"),
        (1001, "It is me again"),
    ]


async def test_fault_32_an_odd_sender_is_put_aside_and_kept(box: Postbox) -> None:
    uid = await box.provider.deliver(mail(sender="alice@x.example)bob@evil.example"))
    async with read_on(box.reader()):
        await settled(box, 1)
        await box.provider.deliver(mail())
        await settled(box, 2)
    assert await states(box) == ["quarantined", "done"]
    (row,) = await mails.quarantined(box.office.db)
    assert b"bob@evil.example" in box.store.path(row["raw"]).read_bytes()
    assert uid not in await box.provider.read(), "people see it as unread"


async def test_fault_35_archives_and_programs_are_not_opened(box: Postbox) -> None:
    parts = "\n".join(
        f'--b\nContent-Type: application/x\nContent-Disposition: attachment; filename="{name}"\n\nPK\n'
        for name in ("bomb.zip", "run.exe", "list.txt")
    )
    body = f"--b\nContent-Type: text/plain\n\nSee these\n{parts}--b--"
    await takes(box, mail(body, more="Content-Type: multipart/mixed; boundary=b\n"))
    rows = await box.office.db.fetch("SELECT name, uuid, message_id FROM attachments ORDER BY id")
    assert [row["name"] for row in rows] == ["bomb.zip", "list.txt"]
    assert all(row["message_id"] and box.store.path(row["uuid"]).exists() for row in rows)
    assert "run.exe" in (await warned(box))[0][0]


async def test_fault_41_a_poisoned_mail_is_put_aside_and_others_go_on(
    box: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.mail.taking.RETRY_SECONDS", 0.01)
    monkeypatch.setattr("bot.mail.reading.SOON_SECONDS", 0.05)
    # The database refuses what this one says, as it would a bug of ours.
    await box.office.db.fetch("ALTER TABLE messages ADD CONSTRAINT poison CHECK (text <> 'Poison')")
    try:
        await takes(box, mail("Poison", number="<p@x.example>"), mail())
    finally:
        await box.office.db.fetch("ALTER TABLE messages DROP CONSTRAINT poison")
    assert await states(box) == ["quarantined", "done"]
    (row,) = await mails.quarantined(box.office.db)
    assert row["tries"] == MOST_TAKING_TRIES + 1


async def test_fault_34_a_slow_mail_is_put_aside_at_once(
    box: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.mail.timed.READ_SECONDS", 0.01)
    slow = mail("<p>" * 130_000, more="Content-Type: text/html\n")
    await box.write_down(slow)
    await box.taking().take_all()
    (row,) = await box.mails()
    assert (row["state"], row["why"], row["tries"]) == ("quarantined", "Reading it takes too long.", 1)


async def test_fault_41_a_mail_that_the_server_keeps_back_is_given_up(box: Postbox) -> None:
    async with read_on(box.reader()):
        await box.provider.deliver(mail())
        await settled(box, 1)
    (row,) = await box.office.db.fetch("SELECT id, uid_validity, last_uid FROM mailboxes")
    for _ in range(MOST_TRIES):
        await mailbox_rows.try_uid(box.office.db, row["id"], row["last_uid"] + 1)
    await takes(box, mail("Kept back", number="<2@x.example>"), mail("Three", number="<3@x.example>"))
    assert await states(box) == ["done", "quarantined", "done"]
    (aside,) = await mails.quarantined(box.office.db)
    assert await mails.release(box.office.db, aside["id"])
    async with read_on(box.reader()):
        await settled(box, 3)
    assert [text for _, text in await told(box)] == ["Where is my parcel?", "Three", "Kept back"]


async def test_fault_41_a_mail_over_which_the_server_hangs_up_is_given_up(
    box: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.mail.patience._FIRST", 0.1)
    monkeypatch.setattr("bot.mail.patience._LONGEST", 0.1)
    uid = await box.provider.deliver(mail("Too much for it"))
    await box.provider.deliver(mail("Two", number="<2@x.example>"))
    box.provider.hangs_up_over.add(uid)
    async with read_on(box.reader()):
        await settled(box, 2)
    assert await states(box) == ["quarantined", "done"]
    for expected in ("quarantined", "done"):
        (aside,) = await mails.quarantined(box.office.db)
        assert await mails.release(box.office.db, aside["id"])
        async with read_on(box.reader()):
            await settled(box, 2)
        assert await states(box) == [expected, "done"]
        box.provider.hangs_up_over.clear()
    assert [text for _, text in await told(box)] == ["Two", "Too much for it"]


async def test_a_server_that_hands_out_nothing_has_no_mail_given_up(
    box: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.mail.patience._FIRST", 0.01)
    monkeypatch.setattr("bot.mail.patience._LONGEST", 0.01)
    await takes(box, mail())
    before = box.provider.logins
    for number in (2, 3):
        await box.provider.deliver(mail(f"Mail {number}", number=f"<{number}@x.example>"))
    box.provider.store_broken = True
    async with read_on(box.reader()):
        await until(lambda: box.provider.logins > before + 2 * MOST_TRIES, 20)
        assert await states(box) == ["done"]
        box.provider.store_broken = False
        await settled(box, 3)
    assert await states(box) == ["done"] * 3


async def test_mails_in_a_row_that_the_server_cannot_bear_are_given_up(
    box: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.mail.patience._FIRST", 0.01)
    monkeypatch.setattr("bot.mail.patience._LONGEST", 0.01)
    monkeypatch.setattr("bot.mail.imap.ANSWER_SECONDS", 0.4)
    await takes(box, mail())
    for number in (2, 3):
        uid = await box.provider.deliver(mail(f"Mail {number}", number=f"<{number}@x.example>"))
        (box.provider.hangs_up_over if number == 2 else box.provider.silent_over).add(uid)
    await box.provider.deliver(mail("Four", number="<4@x.example>"))
    async with read_on(box.reader()):
        await settled(box, 4)
    assert await states(box) == ["done", "quarantined", "quarantined", "done"]


async def test_a_full_disk_is_not_the_mails_fault(box: Postbox, monkeypatch: pytest.MonkeyPatch) -> None:
    await box.provider.deliver(mail())
    reader = box.reader()
    with monkeypatch.context() as full:
        full.setattr("bot.web.uploads.MIN_FREE_BYTES", 1 << 62)
        for _ in range(MOST_TRIES + 1):
            await reader._try()
    assert await box.mails() == []
    async with read_on(reader):
        await settled(box, 1)
    assert await states(box) == ["done"]


async def test_a_mailbox_that_moved_is_read_from_its_beginning(box: Postbox) -> None:
    await takes(box, mail())
    # Another server, whose numbers happen to be those of the first.
    await box.provider.start_over()
    box.mailbox = replace(box.mailbox, imap=replace(box.mailbox.imap, host="localhost"))
    await takes(box, mail("Two", number="<2@x.example>"), mail())
    assert [text for _, text in await told(box)] == ["Where is my parcel?", "Two"]
    assert await states(box) == ["done", "done", "ignored"]


async def test_an_outage_of_the_database_is_not_the_mails_fault(box: Postbox) -> None:
    await takes(box, mail())
    (row,) = await box.mails()
    assert row["tries"] == 1
