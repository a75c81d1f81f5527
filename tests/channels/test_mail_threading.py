"""What a mail answers, and the token in the address that it was sent to."""

from __future__ import annotations

import pytest

from channels.errors import BadReplyToken
from channels.mail_parts import headers
from channels.mail_threading import MAX_REFERENCES, ids, message_id, references
from channels.mail_tokens import LENGTH, ReplyTokens, without_token


def test_the_most_telling_reference_comes_last() -> None:
    said = headers(b"References: <a@x> <b@x>\n <c@x>\nIn-Reply-To: <b@x>")
    assert references(said) == ("<a@x>", "<c@x>", "<b@x>")


@pytest.mark.parametrize(
    "value",
    [
        "",
        "<>",
        "< >",
        "null",
        "<null>",
        "NULL",
        "<@>",
        "<null@null>",
        "undefined",
        "(null)",
        "None",
        "<a>",
        "@",
        "<@x>",
        "<a@>",
    ],
)
def test_fault_22_nothing_never_matches(value: str) -> None:
    assert references(headers(f"In-Reply-To: {value}\nReferences: {value}".encode())) == ()
    assert message_id(headers(f"Message-ID: {value}".encode())) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("<a@x> <b@x>", ["<a@x>", "<b@x>"]),
        ("<a@x><b@x>", ["<a@x>", "<b@x>"]),
        ("<a@x>, <b@x>", ["<a@x>", "<b@x>"]),
        ("Your message of Monday <a@x>", ["<a@x>"]),
        ("a@x", ["<a@x>"]),
        ("a@x b@x,", ["<a@x>", "<b@x>"]),
        ("<a@x", ["<a@x>"]),
        ("<a b@x>", ["<b@x>"]),
        ("<<a@x>>", ["<a@x>"]),
        ("<" + "a" * 300 + "@x>", []),
        ("<a\x07@x>", []),
    ],
)
def test_fault_30_odd_references_are_read_as_far_as_they_can(value: str, expected: list[str]) -> None:
    assert ids(value) == expected


def test_fault_30_several_headers_count_and_several_names_do_not() -> None:
    said = headers(b"In-Reply-To: <a@x>\nIn-Reply-To: <b@x>\nMessage-ID: <c@x>\nMessage-ID: <d@x>")
    assert references(said) == ("<a@x>", "<b@x>")
    assert message_id(said) is None
    assert message_id(headers(b"Message-ID: <c@x> <d@x>")) is None
    assert message_id(headers(b"message-id : <C@x>")) == "<C@x>"


def test_only_the_newest_of_many_count() -> None:
    said = headers(("References: " + " ".join(f"<{n}@x>" for n in range(2_000))).encode())
    assert references(said)[-1] == "<1999@x>"
    assert len(references(said)) == MAX_REFERENCES


def test_a_token_names_its_conversation() -> None:
    tokens = ReplyTokens("secret")
    written = tokens.address("support@shop.example", 1042)
    mailbox, token = without_token(written.upper())
    assert mailbox == "support@shop.example"
    assert len(token) == LENGTH
    assert tokens.read("Support@Shop.example", token) == 1042


def test_fault_23_no_other_token_is_taken() -> None:
    tokens, mailbox = ReplyTokens("secret"), "support@shop.example"
    token = tokens.token(mailbox, 1042)
    changed = [token[:n] + ("b" if token[n] == "a" else "a") + token[n + 1 :] for n in range(LENGTH)]
    for other in [*changed, "", "x", "1" * LENGTH, "ż" * LENGTH, token + "a", f" {token}"]:
        with pytest.raises(BadReplyToken):
            tokens.read(mailbox, other)
    with pytest.raises(BadReplyToken):
        tokens.read("billing@shop.example", token)
    with pytest.raises(BadReplyToken):
        ReplyTokens("another").read(mailbox, token)
