"""Who wrote a mail: one clear address, or the mail is set aside."""

from __future__ import annotations

import pytest

from channels.errors import Flaw, Quarantine
from channels.mail import Address
from channels.mail_parts import headers
from channels.mail_senders import (
    address,
    everybody,
    is_strange,
    names_another,
    reply_to,
    sender,
    spelled,
)


def from_(*values: str) -> Address:
    return sender(headers("".join(f"From: {value}\n" for value in values).encode()))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("jan@example.com", Address("", "jan@example.com")),
        ("<Jan@Example.COM>", Address("", "jan@example.com")),
        ("Jan Nowak <jan@example.com>", Address("Jan Nowak", "jan@example.com")),
        ('"Nowak, Jan" <jan@example.com>', Address("Nowak, Jan", "jan@example.com")),
        ("Nowak, Jan <jan@example.com>", Address("Nowak, Jan", "jan@example.com")),
        ("Shop: Jan <jan@example.com>", Address("Shop: Jan", "jan@example.com")),
        ("jan@example.com (Jan Nowak)", Address("Jan Nowak", "jan@example.com")),
        (r'"Jan \"J\" Nowak" <jan@example.com>', Address('Jan "J" Nowak', "jan@example.com")),
        ("=?UTF-8?Q?=C5=81ukasz?= <l@example.com>", Address("Łukasz", "l@example.com")),
        ("=?utf-8?b?xYF1?=\n =?utf-8?b?a2Fzeg==?= <l@example.com>", Address("Łukasz", "l@example.com")),
        ("=?utf-8?q?evil=40x.example=3E?= <l@example.com>", Address("evil@x.example>", "l@example.com")),
        ("=?utf-8?q?a=0D=0ABcc:_b?= <l@example.com>", Address("a Bcc: b", "l@example.com")),
        ("Łukasz <l@example.com>", Address("Łukasz", "l@example.com")),
        ("Jan <jan@zażółć.example>", Address("Jan", "jan@xn--za-bja2ab42c.example")),
        ("o'neil+x=1@example.com", Address("", "o'neil+x=1@example.com")),
        ("jan@example.com <jan@example.com>", Address("jan@example.com", "jan@example.com")),
        ("root@localhost", Address("", "root@localhost")),
    ],
)
def test_clear_forms(value: str, expected: Address) -> None:
    if "xn--" in expected.email:
        expected = Address("Jan", "jan@" + "zażółć.example".encode("idna").decode())
    assert from_(value) == expected


@pytest.mark.parametrize(
    "value",
    [
        "a)b@evil.example",
        "alice@example.org)bob@evil.example",
        "alice@example.org(<bob@evil.example>",
        'a@x.example (") <b@y.example> (")',
        '"alice@example.org',
        '"alice@example.org"',
        '"alice@example.org" bob@evil.example',
        "alice@example.org <bob@evil.example> x",
        "<alice@example.org",
        "alice@example.org>",
        "<>",
        "Jan",
        "jan@",
        "@example.com",
        "jan@example..com",
        "jan@-example.com",
        ".jan@example.com",
        "jan @example.com",
        "jan@@example.com",
        "jan@[127.0.0.1]",
        "=?utf-8?q?jan=40example.com?=",
        "=?utf-8?b?SmFuIDxqYW5AZXhhbXBsZS5jb20+?=",
        "=?utf-8?q?a?=@example.com",
        "żan@example.com",
        "jan@\u200bexample.com",
        "jan@ｅxample.com",
        "jan@straße.example",
        "jan\x00@example.com",
        "jan@example.com\rBcc: eve@evil.example",
        r"jan\ <jan@example.com> ",
        "j" * 65 + "@example.com",
        "jan@" + "e" * 64 + ".com",
        "Jan <" + "j" * 5_000 + "@example.com>",
        "((((jan@example.com",
        "Friends: jan@example.com;",
    ],
)
def test_fault_32_odd_forms_are_set_aside(value: str) -> None:
    with pytest.raises(Quarantine) as raised:
        from_(value)
    assert raised.value.flaw in {Flaw.ODD_SENDER, Flaw.SEVERAL_SENDERS}


@pytest.mark.parametrize(
    "values",
    [
        ["alice@example.org", "bob@evil.example"],
        ["alice@example.org, bob@evil.example"],
        ["<alice@example.org>, <bob@evil.example>"],
        ["<alice@example.org> <bob@evil.example>"],
        ["alice@example.org, <bob@evil.example>"],
        ["Alice <alice@example.org>, Bob <bob@evil.example>"],
    ],
)
def test_fault_32_several_senders_are_none(values: list[str]) -> None:
    with pytest.raises(Quarantine) as raised:
        from_(*values)
    assert raised.value.flaw is Flaw.SEVERAL_SENDERS


def test_there_must_be_a_sender() -> None:
    for values in ([], [""]):
        with pytest.raises(Quarantine) as raised:
            from_(*values)
        assert raised.value.flaw is Flaw.NO_SENDER


def test_fault_25_where_answers_are_wanted_is_told_apart() -> None:
    writer = Address("Jan", "jan@example.com")
    assert reply_to(headers(b"Reply-To: Eve <eve@evil.example>"), writer) == Address(
        "Eve", "eve@evil.example"
    )
    assert reply_to(headers(b"Reply-To: JAN@example.com"), writer) is None
    assert reply_to(headers(b"Reply-To: a@x.example, b@y.example"), writer) is None
    assert reply_to(headers(b"Subject: x"), writer) is None


def test_recipients_are_read_as_far_as_they_can() -> None:
    said = headers(
        b'To: "Nowak, Jan" <jan@example.com>, (a, b) ann@example.com,\n odd)@x,'
        b" Friends: a@x.example, b@x.example;,"
        b" undisclosed-recipients:;, JAN@example.com\nTo: last@example.com\nCc: cc@example.com"
    )
    assert [one.email for one in everybody(said, "to")] == [
        "jan@example.com",
        "ann@example.com",
        "a@x.example",
        "b@x.example",
        "last@example.com",
    ]
    assert everybody(said, "cc") == (Address("", "cc@example.com"),)


@pytest.mark.parametrize("text", ["a@b.example ", "A@B.example"])
def test_one_address_has_one_spelling(text: str) -> None:
    assert address(text) == "a@b.example"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("\u202egnihton", "‹U+202E›gnihton"),
        ("Sup\u200bport", "Sup‹U+200B›port"),
        ("Аlice", "‹U+0410›lice"),
        ("Αlice", "‹U+0391›lice"),
    ],
)
def test_fault_38_names_that_pretend_are_spelled_out(name: str, expected: str) -> None:
    assert is_strange(name)
    assert spelled(name) == expected


@pytest.mark.parametrize(
    "name", ["Łukasz Żółć", "Анна Каренина", "Αθηνά", "山田太郎", "Zoë 🌻", "Anna Анна", "O'Neil"]
)
def test_honest_names_stay(name: str) -> None:
    assert not is_strange(name)
    assert spelled(name) == name


def test_a_name_that_is_another_address() -> None:
    assert names_another(Address("support@shop.example", "eve@evil.example"))
    assert names_another(Address("Support ＜support＠shop.example＞", "eve@evil.example"))
    assert not names_another(Address("Eve@evil.example", "eve@evil.example"))
    assert not names_another(Address("Eve @ work", "eve@evil.example"))


def test_fault_38_names_are_shown_with_the_address() -> None:
    assert Address("\u202eJan", "jan@example.com").shown == "‹U+202E›Jan <jan@example.com>"
