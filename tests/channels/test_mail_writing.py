"""Our mails as they go out, read again by Python's own parser."""

from __future__ import annotations

import email
import email.policy
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest

from cases.reader import Language, Reader, use
from channels.errors import BadHeader
from channels.mail import Address, OutboundMail, Own, Part, Quoted
from channels.mail_reading import read
from channels.mail_writing import MAX_REFERENCES, answer, write

MAIL = OutboundMail(
    message_id="<7d1.CX-1042@shop.example>",
    sender=Address("Shop, Zoë & Co", "Support@shop.example"),
    to=Address("Łukasz Żółć", "lukasz@example.com"),
    subject="Re: Gdzie jest moja paczka? " + "Zażółć gęślą jaźń. " * 8,
    text="Dear Łukasz,\n\nit left <on> Friday: https://shop.example/t?a=1&b=2.\nFrom us all\n.",
    date=datetime(2026, 3, 2, 9, 30, tzinfo=UTC),
    reply_to=Address("", "support+abc@shop.example"),
    references=("<first@x>", f"<{'l' * 200}@x>"),
    signature="Zoë\nShop",
    quoted=Quoted("Łukasz", datetime(2026, 3, 1, 9, 30, tzinfo=UTC), "Where is it?\n> It left.\n<b>"),
)


def parsed(mail: OutboundMail) -> EmailMessage:
    raw = write(mail)
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert raw.isascii()
    found = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(found, EmailMessage)
    assert not [defect for part in found.walk() for defect in part.defects]
    return found


def test_headers() -> None:
    found = parsed(MAIL)
    assert found["From"].addresses[0].display_name == "Shop, Zoë & Co"
    assert found["From"].addresses[0].addr_spec == "support@shop.example"
    assert str(found["To"]) == "Łukasz Żółć <lukasz@example.com>"
    assert found["Subject"] == MAIL.subject
    assert found["Message-ID"] == "<7d1.CX-1042@shop.example>"
    assert found["In-Reply-To"] == f"<{'l' * 200}@x>"
    assert found["References"].split() == ["<first@x>", f"<{'l' * 200}@x>"]
    assert found["Reply-To"] == "support+abc@shop.example"
    assert found["Date"].datetime == MAIL.date
    assert found["Auto-Submitted"] is None
    assert sorted(found.keys()) == sorted(set(found.keys()))


def test_words_in_both_forms() -> None:
    plain = parsed(MAIL).get_body(("plain",))
    page = parsed(MAIL).get_body(("html",))
    assert plain is not None
    assert page is not None
    assert plain.get_content().replace("\r\n", "\n") == (
        "Dear Łukasz,\n\nit left <on> Friday: https://shop.example/t?a=1&b=2.\nFrom us all\n.\n\n"
        "-- \nZoë\nShop\n\nOn 1 Mar 2026, 09:30, Łukasz wrote:\n> Where is it?\n>> It left.\n> <b>\n"
    )
    html = page.get_content().replace("\r\n", "\n")
    assert "it left &lt;on&gt; Friday: " in html
    assert '<a href="https://shop.example/t?a=1&amp;b=2">https://shop.example/t?a=1&amp;b=2</a>.<br>' in html
    assert "<b>" not in html
    assert "src=" not in html
    assert "url(" not in html


def test_the_same_mail_is_the_same_bytes() -> None:
    mail = replace(MAIL, attachments=(Part("a.pdf", "application/pdf", b"%PDF"),))
    assert write(mail) == write(mail)
    assert write(mail) != write(replace(mail, message_id="<8d2.CX-1042@shop.example>"))


def test_our_own_parser_finds_what_is_new() -> None:
    found = read(write(MAIL), Own(frozenset()))
    assert found.text == MAIL.text
    assert found.subject == MAIL.subject.strip()
    assert (found.message_id, found.references) == (MAIL.message_id, MAIL.references)


def test_files_go_along() -> None:
    files = (
        Part("żółty plik.pdf", "application/pdf", b"%PDF" * 1_000),
        Part('a "b".txt', "text/plain", "Zażółć\r\n".encode()),
        Part("old.eml", "message/rfc822", b"From: x"),
        Part("odd", "text/x\r\nBcc: eve@evil.example", b""),
    )
    found = list(parsed(replace(MAIL, attachments=files)).iter_attachments())
    assert [part.get_filename() for part in found] == ["żółty plik.pdf", 'a "b".txt', "old.eml", "odd"]
    assert [part.get_payload(decode=True) for part in found] == [file.content for file in files]
    assert [part.get_content_type() for part in found[2:]] == ["application/octet-stream"] * 2


def test_fault_27_what_no_person_sent_says_so() -> None:
    answered = parsed(replace(MAIL, automatic=True))
    assert answered["Auto-Submitted"] == "auto-replied"
    assert answered["X-Auto-Response-Suppress"] == "All"
    assert parsed(replace(MAIL, automatic=True, references=()))["Auto-Submitted"] == "auto-generated"


@pytest.mark.parametrize("bad", ["\n", "\r", "\r\n", "\x00", "\x7f", "\x85", "\u2028", "\ud800"])
def test_fault_31_no_header_breaks_its_line(bad: str) -> None:
    evil = f"x{bad}Bcc: eve@evil.example"
    for mail in (
        replace(MAIL, subject=evil),
        replace(MAIL, sender=Address(evil, "support@shop.example")),
        replace(MAIL, to=Address(evil, "lukasz@example.com")),
        replace(MAIL, to=Address("", f"lukasz@example.com{bad}")),
        replace(MAIL, reply_to=Address(evil, "support@shop.example")),
        replace(MAIL, message_id=f"<a{bad}@x>"),
        replace(MAIL, attachments=(Part(evil, "text/plain", b""),)),
    ):
        with pytest.raises(BadHeader):
            write(mail)
    assert parsed(replace(MAIL, references=(f"<a{bad}@x>", "<b@x>")))["References"] == "<b@x>"


@pytest.mark.parametrize(
    "email", ["", "x", "a@b, c@d", "a)b@evil.example", "<a@b.example>", "żółć@b.example"]
)
def test_an_address_must_be_one(email: str) -> None:
    with pytest.raises(BadHeader):
        write(replace(MAIL, to=Address("", email)))


@pytest.mark.parametrize("value", ["", "x", "<>", "<a@b> <c@d>", "a@b", "<ż@x>"])
def test_a_message_id_must_be_one(value: str) -> None:
    with pytest.raises(BadHeader):
        write(replace(MAIL, message_id=value))


@pytest.mark.parametrize(
    "name",
    ['Jan "J" Nowak', "Nowak, Jan", "=?utf-8?q?x?=", "a\\b", "(x)", "J" * 150, "Ż" * 100, "<x@y.example>"],
)
def test_names_come_back_as_they_were(name: str) -> None:
    mail = replace(MAIL, to=Address(name, "lukasz@example.com"))
    assert [one.addr_spec for one in parsed(mail)["To"].addresses] == ["lukasz@example.com"]
    assert read(write(mail), Own(frozenset())).to == (mail.to,)


def test_a_long_exchange_keeps_its_beginning_and_its_end() -> None:
    found = parsed(replace(MAIL, references=tuple(f"<{n}@x>" for n in range(100))))["References"].split()
    assert len(found) == MAX_REFERENCES
    assert (found[0], found[1], found[-1]) == ("<0@x>", "<81@x>", "<99@x>")


def test_the_customers_language() -> None:
    with use(Reader(Language.PL, "pl_PL")):
        assert parsed(MAIL)["Content-Language"] == "pl"


@pytest.mark.parametrize(
    "subject", ["Parcel", "Re: Parcel", "RE: re: Aw: Odp: Vá: Re[2]: Parcel", "  Re:\nParcel "]
)
def test_an_answer_says_so_once(subject: str) -> None:
    assert answer(subject) == "Re: Parcel"
