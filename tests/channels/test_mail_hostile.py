"""Odd and hostile mails: the right verdict, never a crash; and a fuzz run.

``CX_FUZZ_MAILS=100000`` makes hypothesis try so many mails instead of 40.
"""

from __future__ import annotations

import os
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from channels.errors import Flaw, Quarantine
from channels.mail import MAX_FOLDED, MAX_SUBJECT, MAX_TEXT, InboundMail, Own
from channels.mail_reading import read
from tests.support.hostile_mail import HostileMail, Target, Verdict, hostile_mails, library_mails

TARGET = Target()
OWN = Own(frozenset({TARGET.mailbox}), frozenset({"mx.shop.example"}))
MANY = int(os.environ.get("CX_FUZZ_MAILS", "40"))


def let_in(raw: bytes) -> InboundMail | None:
    """A mail that was read, and checked; None for one that was set aside for a reason."""
    try:
        found = read(raw, OWN)
    except Quarantine as error:
        if error.flaw is Flaw.UNREADABLE:
            raise
        return None
    check(found)
    return found


def check(found: InboundMail) -> None:
    """What holds for every mail that is let in."""
    assert found.sender.email.count("@") == 1
    assert found.sender.email.isascii()
    assert len(found.text) <= MAX_TEXT
    assert len(found.folded) <= MAX_FOLDED
    assert len(found.subject) <= MAX_SUBJECT
    for line in (found.subject, found.sender.name, *(part.name for part in found.attachments)):
        assert not set(line) & set("\r\n\0")
    for text in (found.text, found.folded, found.subject, found.sender.name, *found.warnings):
        assert "\0" not in text
        text.encode()
    assert all(one.startswith("<") and "@" in one for one in found.references)


def judged(mail: HostileMail) -> Verdict:
    """What becomes of a mail by its sender and references, as the intake decides it."""
    found = let_in(mail.raw)
    if found is None:
        return Verdict.QUARANTINE
    assert found.sender.email == mail.sender
    if found.automatic:
        return Verdict.AUTOMATIC
    known = found.sender.email == TARGET.customer
    named = TARGET.sent in found.references or any(
        TARGET.reply_to.startswith(f"support+{t}@") for t in found.tokens
    )
    return Verdict.JOINS if known and named else Verdict.OTHER


def test_every_mail_gets_its_verdict() -> None:
    verdicts = Counter[Verdict]()
    for mail in hostile_mails(TARGET):
        assert judged(mail) is mail.verdict, mail.name
        verdicts[mail.verdict] += 1
    assert sum(verdicts.values()) == 500
    assert set(verdicts) == set(Verdict)


def test_the_same_seed_makes_the_same_mails() -> None:
    assert hostile_mails(TARGET, 40) == hostile_mails(TARGET, 40)
    assert hostile_mails(TARGET, 40) != hostile_mails(TARGET, 40, seed=7)


@pytest.mark.parametrize("name", [name for name, _raw in library_mails()])
def test_mails_of_the_standard_library(name: str) -> None:
    let_in(dict(library_mails())[name])


_TOKENS = st.sampled_from(
    [
        *(
            b"From: ",
            b"a@b.example",
            b"\n",
            b"\r\n",
            b"\n\n",
            b" ",
            b"\t",
            b";",
            b":",
            b",",
            b'"',
            b"\\",
            b"(",
            b")",
        ),
        *(
            b"<",
            b">",
            b"@",
            b"--b",
            b"--b--",
            b"boundary=b",
            b"Content-Type: ",
            b"multipart/mixed",
            b"text/html",
        ),
        *(b"multipart/report; report-type=delivery-status", b"message/delivery-status", b"Action: failed\n"),
        *(
            b"Content-Transfer-Encoding: base64\n",
            b"quoted-printable",
            b"=?utf-8?b?",
            b"?=",
            b"=?x?q?=41?=",
            b"=0D",
        ),
        *(b"filename*0*=utf-8''%", b"name=", b"charset=", b"utf-16", b"To: ", b"In-Reply-To: ", b"Subject: "),
        *(
            b"Authentication-Results: mx.shop.example;",
            b"dkim=pass header.d=",
            b"On 1/1/25, 10:12 a@b wrote:\n> x\n",
        ),
        *(b"<a href='", b"<blockquote>", b"<!--", b"&#", b"format=flowed\n", b"\xff", b"\x00", b"Date: "),
    ]
)
_MAILS = st.lists(st.one_of(_TOKENS, st.binary(max_size=8)), max_size=120).map(b"".join)


@settings(max_examples=MANY, deadline=None, suppress_health_check=list(HealthCheck))
@given(mail=_MAILS, sound=st.booleans())
def test_no_mail_is_too_odd(mail: bytes, sound: bool) -> None:
    raw = b"From: a@b.example\nContent-Type: multipart/mixed; boundary=b\n" + mail if sound else mail
    let_in(raw)
