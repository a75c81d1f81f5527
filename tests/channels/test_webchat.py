"""What browsers send: read strictly, cleaned, refused with a sentence."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.errors import BadRequest, BadText, EmptyMessage, LongText
from channels.webchat import (
    clean_email,
    clean_file_name,
    clean_name,
    clean_text,
    file_type,
    parse_message,
    parse_session,
)


def body(**data: Any) -> bytes:
    return json.dumps({"client_message_id": "a-1", "text": "Hello", **data}).encode()


def test_a_message_is_read() -> None:
    file = uuid4()
    message = parse_message(body(text="Hello\tthere\nAnna 👩‍👩‍👧", file_ids=[file.hex, str(file)]))
    assert message.text == "Hello\tthere\nAnna 👩‍👩‍👧"
    assert message.client_message_id == "a-1"
    assert message.files == (file,), "the same file counts once"


def test_line_ends_become_newlines_and_other_control_characters_go() -> None:
    assert clean_text("a\r\nb\rc\x07\x1b[31m\x7f\x85\x9fd") == "a\nb\nc[31md"


@pytest.mark.parametrize("text", ["a\x00b", "\x00", "a\ud800b", "\udfff"])
def test_what_no_database_can_hold_is_refused(text: str) -> None:
    with pytest.raises(BadText):
        clean_text(text)
    with pytest.raises(BadText):
        parse_message(body(text=text))


def test_ten_thousand_characters_fit_and_one_more_does_not() -> None:
    assert len(clean_text("ż" * 10_000)) == 10_000
    with pytest.raises(LongText, match="10,001 characters, and 10,000 fit"):
        clean_text("ż" * 10_001)


@pytest.mark.parametrize("text", ["", " \n\t ", "\x07"])
def test_an_empty_message_is_refused_unless_it_brings_a_file(text: str) -> None:
    with pytest.raises(EmptyMessage):
        parse_message(body(text=text))
    assert parse_message(body(text=text, file_ids=[uuid4().hex])).files


@pytest.mark.parametrize(
    "wrong",
    [
        b"",
        b"null",
        b"[]",
        b'"text"',
        b"{",
        b"\xff\xfe",
        b"[" * 60_000,
        b'{"a":' * 10_000,
        body(text=1),
        body(text=None),
        body(client_message_id=""),
        body(client_message_id=None),
        body(client_message_id=7),
        body(client_message_id="x" * 65),
        body(file_ids="x"),
        body(file_ids=["x"]),
        body(file_ids=[None]),
        body(file_ids=[1]),
        body(file_ids=[uuid4().hex for _ in range(11)]),
    ],
)
def test_a_malformed_message_is_refused(wrong: bytes) -> None:
    with pytest.raises(BadRequest):
        parse_message(wrong)


def test_a_client_message_id_may_not_hold_a_nul() -> None:
    with pytest.raises(BadText):
        parse_message(body(client_message_id="a\x00"))


@given(st.binary(max_size=300))
def test_no_bytes_make_the_parser_fail_otherwise(data: bytes) -> None:
    for parse in (parse_message, parse_session):
        try:
            parse(data)
        except (BadRequest, BadText, EmptyMessage):
            continue


@given(st.text(max_size=300))
def test_cleaned_text_is_storable_and_stays_clean(text: str) -> None:
    try:
        clean = clean_text(text)
    except BadText:
        return
    assert clean_text(clean) == clean
    assert "\x00" not in clean
    assert clean.encode().decode() == clean


def test_a_session_request_without_words_is_an_anonymous_visitor() -> None:
    for empty in (b"", b"{}", b'{"visitor":null,"visitor_token":null,"new":null}'):
        request = parse_session(empty)
        assert (request.visitor, request.visitor_token, request.new) == (None, None, False)


def test_a_signed_visitor_is_read() -> None:
    visitor = {
        "user_id": "7",
        "signature": "ab",
        "name": " Anna\u202e \x07 Nowak ",
        "email": "anna@example.org",
    }
    signed = parse_session(json.dumps({"visitor": visitor, "new": True}).encode()).visitor
    assert signed is not None
    assert (signed.user_id, signed.name, signed.email) == ("7", "Anna Nowak", "anna@example.org")


@pytest.mark.parametrize(
    "wrong",
    [
        {"visitor": "anna"},
        {"visitor": {}},
        {"visitor": {"user_id": ""}},
        {"new": "yes"},
        {"visitor_token": 1},
    ],
)
def test_a_malformed_session_request_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(BadRequest):
        parse_session(json.dumps(wrong).encode())


@pytest.mark.parametrize(
    ("given_name", "shown"),
    [
        ("  Anna \n Nowak ", "Anna Nowak"),
        ("A\u202enna\u200b", "Anna"),
        ("\u200b\u202e", None),
        ("x" * 200, "x" * 80),
        ("Zoë 👋", "Zoë 👋"),
    ],
)
def test_names_are_one_visible_line(given_name: str, shown: str | None) -> None:
    assert clean_name(given_name) == shown


@pytest.mark.parametrize("address", ["anna", "a@b@c", "a b@c.org", "<a@b.org>", "a@b.org\nBcc: x", "@", ""])
def test_what_is_no_address_is_dropped(address: str) -> None:
    assert clean_email(address) is None


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("photo.png", "photo.png"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\anna\\photo.png", "photo.png"),
        ("/", "file"),
        ("..", "file"),
        ("", "file"),
        (".htaccess", "htaccess"),
        ("invoice\u202egnp.exe", "invoicegnp.exe"),
        ("a\x00b\r\nc.txt", "abc.txt"),
        ('we"ird<name>?.txt', "we_ird_name__.txt"),
        ("żółw.pdf", "żółw.pdf"),
        ("x" * 300 + ".pdf", "x" * 116 + ".pdf"),
    ],
)
def test_file_names_lose_what_could_do_harm(sent: str, kept: str) -> None:
    assert clean_file_name(sent) == kept


@pytest.mark.parametrize(
    ("head", "claimed", "believed"),
    [
        (b"\x89PNG\r\n\x1a\n0000", "text/html", "image/png"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", None, "image/webp"),
        (b"<script>alert(1)", "image/png", "application/octet-stream"),
        (b"<svg onload=1>", "image/svg+xml", "image/svg+xml"),
        (b"%PDF-1.7", "application/pdf; x=1", "application/pdf"),
        (b"", "nonsense\r\nX: y", "application/octet-stream"),
    ],
)
def test_a_picture_is_what_its_bytes_say(head: bytes, claimed: str | None, believed: str) -> None:
    assert file_type(head, claimed) == believed
