"""Mails read as their writers meant them, and within limits."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from channels.errors import Flaw, Quarantine
from channels.mail import MAX_PARTS, MAX_RAW, MAX_TEXT, InboundMail, Own
from channels.mail_reading import read

OWN = Own(frozenset({"support@shop.example"}), frozenset({"mx.shop.example"}))
FROM = "From: Jan <jan@example.com>\n"


def mail(rest: str | bytes) -> InboundMail:
    return read(FROM.encode() + (rest if isinstance(rest, bytes) else rest.encode()), OWN)


def said(mime: str, body: str | bytes, more: str = "") -> str:
    head = f"Content-Type: {mime}\n{more}\n".encode()
    return mail(head + (body if isinstance(body, bytes) else body.encode())).text


def flaw(raw: bytes) -> Flaw:
    with pytest.raises(Quarantine) as raised:
        read(raw, OWN)
    return raised.value.flaw


def test_a_whole_mail() -> None:
    found = mail(
        "To: Support <support+abc@shop.example>, ann@example.com\nCc: billing@shop.example\n"
        "Delivered-To: support+def@shop.example\nReply-To: eve@evil.example\n"
        "Authentication-Results: mx.shop.example; dkim=none\n"
        "Subject: Where is\n my =?iso-8859-2?q?pacz=B3a=3F?=\nMessage-ID: <1@x>\nIn-Reply-To: <0@x>\n"
        "Date: Mon, 3 Mar 2025 10:12:00 +0100 (CET)\nContent-Language: pl-PL\n\nHello\n"
    )
    assert found.subject == "Where is my paczła?"
    assert found.text == "Hello"
    assert (found.message_id, found.references) == ("<1@x>", ("<0@x>",))
    assert found.tokens == ("abc", "def")
    assert found.date == datetime(2025, 3, 3, 9, 12, tzinfo=UTC)
    assert found.language == "pl"
    assert [one.email for one in (*found.to, *found.cc)] == [
        "support+abc@shop.example",
        "ann@example.com",
        "billing@shop.example",
    ]
    assert found.authenticated is False
    assert found.warnings == (
        "Nothing proves that this mail comes from jan@example.com.",
        "The sender asks for answers to another address: eve@evil.example.",
    )


def test_fault_38_a_name_that_pretends_is_warned_of() -> None:
    raw = "From: \u202etroppuS <eve@evil.example>\n\nx".encode()
    assert read(raw, OWN).warnings == (
        "The sender's name holds letters that are easily taken for others: "
        "‹U+202E›troppuS (eve@evil.example).",
    )
    raw = b'From: "support@shop.example" <eve@evil.example>\n\nx'
    assert read(raw, OWN).warnings == (
        "The sender's name looks like another address; it came from eve@evil.example.",
    )


@pytest.mark.parametrize(
    "value", ["", "yesterday", "Mon, 99 Foo 2025", "Mon, 3 Mar 99999 10:00", "1" * 5_000, "\x00"]
)
def test_a_date_need_not_be_one(value: str) -> None:
    assert mail(f"Date: {value}\n\nx").date is None


# ── Words ────────────────────────────────────────────────────────────────────────────────────────────────

# The examples of RFC 2046, 5.1.1 and 5.1.4, and of RFC 2045, 6.7.
SIMPLE = """\
MIME-Version: 1.0
Content-type: multipart/mixed; boundary="simple boundary"

This is the preamble.  It is to be ignored.

--simple boundary

This is implicitly typed plain US-ASCII text.
It does NOT end with a linebreak.
--simple boundary
Content-type: text/plain; charset=us-ascii

This is explicitly typed plain US-ASCII text.
It DOES end with a linebreak.

--simple boundary--

This is the epilogue.  It is also to be ignored.
"""


def test_the_standards_example_of_parts() -> None:
    assert mail(SIMPLE).text == (
        "This is implicitly typed plain US-ASCII text.\nIt does NOT end with a linebreak.\n\n"
        "This is explicitly typed plain US-ASCII text.\nIt DOES end with a linebreak."
    )


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_the_standards_example_of_printable_words(ends: str) -> None:
    words = ends.join(
        [
            "Now's the time =",
            "for all folk to come=",
            " to the aid of their country.",
        ]
    )
    text = said("text/plain", words, "Content-Transfer-Encoding: quoted-printable\n")
    assert text == "Now's the time for all folk to come to the aid of their country."


@pytest.mark.parametrize(
    ("charset", "content", "expected"),
    [
        ("iso-8859-2", "Zażółć".encode("iso-8859-2"), "Zażółć"),
        ("windows-1250", "Příliš".encode("cp1250"), "Příliš"),
        ('"utf-8"', "Árvíztűrő".encode(), "Árvíztűrő"),
        ("us-ascii", "Zażółć".encode(), "Zażółć"),
        ("utf-8", "Grüße".encode("cp1252"), "Grüße"),
        ("iso-2022-jp", "荷物".encode("iso-2022-jp"), "荷物"),
        ("utf-16", "Zażółć".encode("utf-16"), "Zażółć"),
        ("no-such-thing", "Zażółć".encode(), "Zażółć"),
        ("rot13", b"Hello", "Hello"),
        ("punycode", b"Hello-", "Hello-"),
        ("unicode_escape", rb"\x41", r"\x41"),
        ("undefined", b"Hello", "Hello"),
        ("\x00", b"Hello", "Hello"),
        ("utf-7", b"+AGE-bc", "abc"),
    ],
)
def test_charsets(charset: str, content: bytes, expected: str) -> None:
    assert said(f"text/plain; charset={charset}", content) == expected


def test_what_cannot_be_stored_is_left_out() -> None:
    assert said("text/plain", b"a\x00b\x08c\rd\te\xff") == "abc\nd\teÿ"


@pytest.mark.parametrize(
    "content", [b"SGVsbG8", b"SGVs\nbG8=\n", b"SGVsbG8=\n--\nfooter", b"SGVsbG8====", b"S%GVsbG8"]
)
def test_broken_base64_is_read_as_far_as_it_can(content: bytes) -> None:
    assert said("text/plain", content, "Content-Transfer-Encoding: base64\n").startswith("Hello")


def alternative(plain: str, page: str) -> str:
    return (
        "Content-Type: multipart/alternative; boundary=b\n\n"
        f"--b\nContent-Type: text/plain\n\n{plain}\n--b\nContent-Type: text/html\n\n{page}\n--b--\n"
    )


def test_plain_words_are_taken_where_there_are_some() -> None:
    assert mail(alternative("Hello *you*", "<p>Hello <b>you</b></p>")).text == "Hello *you*"
    assert mail(alternative(" \n", "<p>Hello <b>you</b></p>")).text == "Hello you"
    told = "This is an HTML message. Your mail client does not support HTML."
    assert mail(alternative("This message requires HTML.", "<p>Hello</p>")).text == "Hello"
    assert (
        mail(alternative(told.replace("is an HTML message", "e-mail contains HTML"), "<p>Hello</p>")).text
        == "Hello"
    )
    assert mail(alternative("Hello", "")).text == "Hello"
    assert mail(alternative("Hello", "<p>Hello</p>")).attachments == ()


def test_flowed_words_are_put_together_again() -> None:
    text = "One line that \nwas broken to fit.\nAnother \n> quoted \n> words\n\n-- \nJan"
    assert said("text/plain; format=flowed", text).startswith("One line that was broken to fit.\nAnother")
    assert said("text/plain; format=flowed; delsp=yes", "Donau \ndampf \nschiff") == "Donaudampfschiff"


def test_a_mail_without_parts_that_says_it_has_some() -> None:
    assert said("multipart/mixed", "Hello") == "Hello"
    assert said("multipart/mixed; boundary=b", "Hello") == "Hello"
    assert said("multipart/mixed; boundary=b", "--b\n\nHello\n") == "Hello"
    assert said("multipart/mixed; boundary=b", "--b\n\nHello\n--b2\n\nthere\n--b--") == "Hello\n--b2\n\nthere"


def test_a_long_mail_is_also_a_file() -> None:
    words = "word " * 10_000
    found = mail("\n" + words)
    assert len(found.text) <= MAX_TEXT
    assert found.text.endswith("(This is the beginning of a long mail; all of it is in message.txt.)")
    assert [(part.name, part.mime_type) for part in found.attachments] == [("message.txt", "text/plain")]
    assert found.attachments[0].content.decode().strip() == words.strip()


# ── Files ────────────────────────────────────────────────────────────────────────────────────────────────


def with_file(head: str, content: str = "UEsDBA==") -> InboundMail:
    return mail(
        "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nHello\n--b\n"
        f"{head}\nContent-Transfer-Encoding: base64\n\n{content}\n--b--\n"
    )


@pytest.mark.parametrize(
    ("head", "name"),
    [
        ('Content-Type: application/pdf; name="a b.pdf"', "a b.pdf"),
        ("Content-Disposition: attachment; filename=a.pdf", "a.pdf"),
        ("Content-Disposition: attachment; filename*=utf-8''%C5%BC%C3%B3%C5%82ty.pdf", "żółty.pdf"),
        (
            "Content-Disposition: attachment; filename*0*=utf-8''%C5%BC;\n filename*1=a;\n filename*2=.pdf",
            "ża.pdf",
        ),
        ('Content-Disposition: attachment; filename="=?utf-8?q?=C5=BCaba=2Epdf?="', "żaba.pdf"),
        ('Content-Disposition: attachment; filename="../../etc/passwd"', "passwd"),
        ('Content-Disposition: attachment; filename="C:\\\\dir\\\\a.pdf"', "a.pdf"),
        ('Content-Disposition: attachment; filename="a\u202efdp.exe"', "afdp.exe"),
        ('Content-Disposition: attachment; filename="a.pdf', "_a.pdf"),
        ("Content-Disposition: attachment\nContent-Type: application/pdf", "file-1.pdf"),
        ("Content-Disposition: attachment\nContent-Type: odd", "file-1.txt"),
        ("Content-Type: application/x-nobody-knows", "file-1.bin"),
    ],
)
def test_names_of_files_are_harmless(head: str, name: str) -> None:
    found = with_file(head)
    assert found.text == "Hello"
    assert [part.name for part in found.attachments] == [name]


def test_pictures_in_the_words() -> None:
    picture = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"0" * 20).decode()
    (part,) = with_file("Content-Type: image/png\nContent-ID: <logo@x>", picture).attachments
    assert (part.mime_type, part.content_id, part.inline) == ("image/png", "logo@x", True)
    (part,) = with_file("Content-Type: image/png", base64.b64encode(b"<svg onload=x>").decode()).attachments
    assert part.mime_type == "application/octet-stream"


def test_fault_35_archives_are_never_unpacked() -> None:
    bomb = base64.b64encode(b"PK\x03\x04" + b"\x00" * 60_000).decode()
    (part,) = with_file("Content-Type: application/zip; name=bomb.zip", bomb).attachments
    assert len(part.content) == 60_004


def test_a_mail_in_a_mail_is_a_file() -> None:
    (part,) = mail(
        "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nSee below\n--b\nContent-Type: message/rfc822\n\n"
        "From: x@y.example\nContent-Type: multipart/mixed; boundary=c\n\n--c\n\nInner\n--c--\n--b--\n"
    ).attachments
    assert part.name == "file-1.eml"
    assert b"Inner" in part.content


def test_signatures_of_programs_are_no_files() -> None:
    found = mail(
        "Content-Type: multipart/signed; boundary=b\n\n--b\n\nHello\n--b\n"
        "Content-Type: application/pgp-signature; name=signature.asc\n\nxyz\n--b--\n"
    )
    assert (found.text, found.attachments) == ("Hello", ())


# ── Limits ───────────────────────────────────────────────────────────────────────────────────────────────


def nested(depth: int) -> bytes:
    opened = (b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(depth))
    return FROM.encode() + b"".join(opened) + b"\nHello\n"


def test_fault_33_parts_in_parts_have_an_end() -> None:
    assert read(nested(20), OWN).text == "Hello"
    started = time.process_time()
    for depth in (21, 1_000, 100_000):
        assert flaw(nested(depth)) is Flaw.TOO_DEEP
    assert time.process_time() - started < 10


def test_fault_33_mails_in_mails_have_an_end() -> None:
    raw = FROM.encode() + b"Content-Type: message/rfc822\n\n" * 10_000 + b"Hello"
    assert len(read(raw, OWN).attachments) == 1


def test_fault_33_there_are_only_so_many_parts() -> None:
    head = FROM + "Content-Type: multipart/mixed; boundary=b\n\n"
    assert len(read((head + "--b\n\nx\n" * (MAX_PARTS - 1)).encode(), OWN).text) > MAX_PARTS
    assert flaw((head + "--b\n\nx\n" * MAX_PARTS).encode()) is Flaw.TOO_MANY_PARTS
    assert flaw((head + "--b\n" * 1_000_000).encode()) is Flaw.TOO_MANY_PARTS


def test_sizes_have_an_end() -> None:
    assert flaw(FROM.encode() + b"\n" + b"x" * MAX_RAW) is Flaw.TOO_LARGE
    assert flaw(FROM.encode() + b"Subject: " + b"x" * 70_000) is Flaw.LONG_HEADERS
    assert flaw(FROM.encode() + b"X: y\n" * 100_000) is Flaw.LONG_HEADERS
    assert read(FROM.encode() + b"\n" + b"x\n" * (MAX_RAW // 2 - 100), OWN).text


@pytest.mark.parametrize(
    "content",
    [
        lambda n: "<a " * n,
        lambda n: "<img " + "a" * 2 * n + ">",
        lambda n: "<div>" * n,
        lambda n: "<blockquote>x" * n,
        lambda n: "<!--" * n,
        lambda n: "<![CDATA[" * n,
        lambda n: "<![if x" * n,
        lambda n: '<a href="' * n,
        lambda n: "&#1" * n,
        lambda n: "<pre>\n" * n,
        lambda n: "<a href=x:y>" * n,
        lambda n: "<li><td>" * n,
    ],
)
def test_fault_34_no_page_takes_long(content: Callable[[int], str]) -> None:
    started = time.process_time()
    mail("Content-Type: text/html\n\n" + content(16_000))
    assert time.process_time() - started < 10


def test_fault_34_flowed_lines_take_no_longer_than_others() -> None:
    head = "Content-Type: text/plain; format=flowed; charset=utf-8\n\n🙂 \n"
    started = time.process_time()
    assert mail(head + "a \n" * 133_000).text.startswith("🙂 a a a ")
    assert time.process_time() - started < 3


def test_fault_34_the_bodies_of_a_mail_share_one_limit() -> None:
    part = "--b\nContent-Type: text/html\n\n" + "<p>" * 100_000 + "{}</p>\n"
    body = "".join(map(part.format, ("first", "second", "third")))
    text = said("multipart/mixed; boundary=b", body + "--b--\n")
    assert text.startswith("first")
    assert "second" not in text


@pytest.mark.parametrize(
    "head",
    [
        "Content-Type: text/plain" + ';a="' * 15_000,
        "Content-Type: text/plain; " + "\\" * 60_000,
        "To: " + '"\\' * 30_000,
        "To: " + "(" * 60_000,
        "To: " + "a@b.example," * 5_000,
        "Cc: " + "<" * 60_000,
        "Subject: " + "=?utf-8?b?" * 6_000,
        "Subject: " + "=?utf-8?q?=41?= " * 4_000,
        "References: " + "<a@x>" * 12_000,
        "References: " + "<" * 60_000,
        "Authentication-Results: mx.shop.example;" + "(" * 60_000,
        "Authentication-Results: mx.shop.example;" + '"\\' * 30_000,
        "Date: " + "(" * 60_000,
    ],
)
def test_fault_34_no_header_takes_long(head: str) -> None:
    started = time.process_time()
    mail(f"{head}\n\nHello")
    assert time.process_time() - started < 10
