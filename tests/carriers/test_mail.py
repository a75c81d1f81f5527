"""The demo's mail provider: what it keeps, whom it serves, and what a customer's mail program writes."""

from __future__ import annotations

import asyncio
import imaplib
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import aiosmtplib
import pytest

from carriers import letters
from carriers.config import Options
from carriers.letters import Letter
from carriers.store import Store, mailbox_of
from tests.support.carriers import SHOP, carriers

PIOTR = "piotr@example.com"
LETTER = Letter("0123-abcd", "Piotr Zieliński", PIOTR, "A scratch", "Dzień dobry!")


@pytest.mark.parametrize(
    ("address", "mailbox"),
    [
        (PIOTR, PIOTR),
        ("Piotr@Example.COM", PIOTR),
        ("hello+x4k@harbour-hill.example", SHOP),
        ("a@example.org", "a@example.org"),
        ("a@example.com.evil.org", None),
        ("a@gmail.com", None),
        ("../../etc@example.com", None),
        ("a/b@example.com", None),
        ("a@b@example.com", None),
        ("", None),
    ],
)
def test_only_example_addresses_have_a_mailbox(address: str, mailbox: str | None) -> None:
    assert mailbox_of(address) == mailbox


def test_mails_are_numbered_on_and_on(tmp_path: Path) -> None:
    Store(tmp_path).keep(PIOTR, b"one", mine=True)
    Store(tmp_path).keep(PIOTR, b"two", mine=False)
    found = Store(tmp_path).of(PIOTR)
    assert [(each.number, each.mine, each.raw()) for each in found] == [(1, True, b"one"), (2, False, b"two")]
    assert Store(tmp_path).of("somebody@example.org") == []


def test_an_answer_is_written_as_mail_programs_do(tmp_path: Path) -> None:
    theirs = (
        b"From: Harbour & Hill <hello@harbour-hill.example>\r\nReply-To: hello+tok@harbour-hill.example\r\n"
        b"Message-ID: <2@shop>\r\nReferences: <1@shop>\r\nSubject: Re: A scratch\r\n\r\nWe are sorry.\r\n"
    )
    answered = Store(tmp_path).keep(PIOTR, theirs, mine=False)
    raw = letters.compose(LETTER, SHOP, answered)
    mail = message_from_bytes(raw, policy=policy.default)
    assert letters.recipient(raw) == "hello+tok@harbour-hill.example"
    assert (mail["In-Reply-To"], mail["References"]) == ("<2@shop>", "<1@shop> <2@shop>")
    assert "> We are sorry." in mail.get_content()
    kept = Store(tmp_path).keep(PIOTR, raw, mine=True)
    assert letters.was_sent([kept], LETTER)
    assert letters.summary(kept)["who"] == "Harbour & Hill"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\0\xff",
        b"From: @@@\r\nTo:\r\n\r\n",
        b"Content-Type: multipart/mixed\r\n\r\nx",
        b"Content-Type: text/plain; charset=nonsense\r\n\r\nx",
        b"Content-Type: text/html\r\n\r\n<script>alert(1)</script>",
    ],
)
def test_odd_mails_are_shown_as_far_as_they_can_be(tmp_path: Path, raw: bytes) -> None:
    kept = Store(tmp_path).keep(PIOTR, raw, mine=False)
    assert "<script>" not in letters.whole(kept)["text"]
    assert letters.compose(LETTER, SHOP, kept)


async def hand_in(options: Options, user: str, to: str, author: str, password: str = "control") -> Any:
    raw = f"From: {author}\r\nTo: {to}\r\nSubject: Hi\r\n\r\nHi\r\n".encode()
    return await aiosmtplib.send(
        raw,
        sender=user,
        recipients=[to],
        hostname="127.0.0.1",
        port=options.smtp_port,
        username=user,
        password=password,
        start_tls=False,
    )


def inbox(options: Options) -> list[tuple[int, str]]:
    """(number, provider's word about the author) of the shop's mails, read over IMAP."""
    with imaplib.IMAP4("127.0.0.1", options.imap_port) as server:
        server.login(SHOP, "mail secret")
        server.select("INBOX", readonly=True)
        found = []
        for number in server.uid("SEARCH", "ALL")[1][0].split():
            raw = server.uid("FETCH", number.decode(), "(BODY.PEEK[])")[1][0][1]
            said = message_from_bytes(raw, policy=policy.default)["Authentication-Results"]
            found.append((int(number), "pass" if "dmarc=pass" in said else "fail"))
        return found


async def test_it_delivers_says_who_wrote_and_keeps_mails_over_a_restart(tmp_path: Path) -> None:
    async with carriers(tmp_path) as options:
        await hand_in(options, PIOTR, f"{SHOP}", PIOTR)
        await hand_in(options, PIOTR, "hello+t@harbour-hill.example", "Somebody else <a@example.com>")
        before = await asyncio.to_thread(inbox, options)
        assert [said for _, said in before] == ["pass", "fail"]
    async with carriers(tmp_path) as options:
        assert await asyncio.to_thread(inbox, options) == before
        await hand_in(options, SHOP, PIOTR, SHOP, "mail secret")
        assert [mail.mine for mail in Store(options.data / "mail").of(PIOTR)] == [False]


async def test_nobody_sends_as_another_nor_to_the_world(tmp_path: Path) -> None:
    async with carriers(tmp_path) as options:
        with pytest.raises(aiosmtplib.SMTPAuthenticationError):
            await hand_in(options, SHOP, PIOTR, SHOP, "control")
        with pytest.raises(aiosmtplib.SMTPRecipientsRefused):
            await hand_in(options, PIOTR, "somebody@gmail.com", PIOTR)
        client = aiosmtplib.SMTP(hostname="127.0.0.1", port=options.smtp_port, start_tls=False)
        async with client:
            with pytest.raises(aiosmtplib.SMTPSenderRefused, match="Log in first"):
                await client.mail(PIOTR)
            await client.login(PIOTR, "control")
            with pytest.raises(aiosmtplib.SMTPSenderRefused, match="not your address"):
                await client.mail(SHOP)
        assert not (options.data / "mail").exists()
