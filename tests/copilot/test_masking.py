from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cases.personal import Kind
from copilot.masking import Mask, personal

KEY = b"the key of one case, 32 bytes ok"
MEGABYTE = 1_000_000


def kinds(text: str) -> list[Kind]:
    return [span.kind for span in personal(text)]


def stood(text: str) -> list[str]:
    return [text[span.start : span.end] for span in personal(text)]


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("Write to anna@example.com.", Kind.EMAIL, "anna@example.com"),
        ("Anna <Anna.B+shop@mail.example.co.uk>", Kind.EMAIL, "Anna.B+shop@mail.example.co.uk"),
        ("mój adres to żółw@źródło.pl, proszę", Kind.EMAIL, "żółw@źródło.pl"),
        ("[anna@example.com](mailto:)", Kind.EMAIL, "anna@example.com"),
        ("ａｎｎａ＠ｅｘａｍｐｌｅ．ｃｏｍ", Kind.EMAIL, "ａｎｎａ＠ｅｘａｍｐｌｅ．ｃｏｍ"),
        ("anna\u200b@example.com", Kind.EMAIL, "anna\u200b@example.com"),
        ("an\U000e0041na@ex\u206aample.com", Kind.EMAIL, "an\U000e0041na@ex\u206aample.com"),
        ("xoxb-12345678", Kind.SECRET, "xoxb-12345678"),
        ("it is -xoxb-123456789-abc", Kind.SECRET, "xoxb-123456789-abc"),
        ("-----BEGIN RSA PRIVATE KEY\nMIIE", Kind.SECRET, "-----BEGIN RSA PRIVATE KEY\nMIIE"),
        ('"Anna B"@example.com', Kind.EMAIL, '"Anna B"@example.com'),
        ("Zadzwońcie: 501234567", Kind.PHONE, "501234567"),
        ("tel. 501 234 567", Kind.PHONE, "501 234 567"),
        ("we are 2 501 234 567", Kind.PHONE, "501 234 567"),
        ("call +48 501-234-567 please", Kind.PHONE, "+48 501-234-567"),
        ("volejte +420 601 123 456", Kind.PHONE, "+420 601 123 456"),
        ("hívjon: 06 20 123 4567", Kind.PHONE, "06 20 123 4567"),
        ("0171 1234567", Kind.PHONE, "0171 1234567"),
        ("07911 123456", Kind.PHONE, "07911 123456"),
        ("(202) 555-0143", Kind.PHONE, "(202) 555-0143"),
        ("my phone is 2025550143", Kind.PHONE, "2025550143"),
        ("+٤٨ ٥٠١ ٢٣٤ ٥٦٧", Kind.PHONE, "+٤٨ ٥٠١ ٢٣٤ ٥٦٧"),
        ("2026-11-27 501 234 567", Kind.PHONE, "501 234 567"),
        ("card 4111 1111 1111 1111 12/27", Kind.CARD, "4111 1111 1111 1111"),
        ("4111-1111-1111-1111", Kind.CARD, "4111-1111-1111-1111"),
        ("378282246310005", Kind.CARD, "378282246310005"),
        ("٤١١١ ١١١١ ١١١١ ١١١١", Kind.CARD, "٤١١١ ١١١١ ١١١١ ١١١١"),
        ("４１１１１１１１１１１１１１１１", Kind.CARD, "４１１１１１１１１１１１１１１１"),
        (
            "PL61 1090 1014 0000 0712 1981 2874 is mine",
            Kind.IBAN,
            "PL61 1090 1014 0000 0712 1981 2874",
        ),
        ("gb29nwbk60161331926819", Kind.IBAN, "gb29nwbk60161331926819"),
        ("konto 61 1090 1014 0000 0712 1981 2874", Kind.IBAN, "61 1090 1014 0000 0712 1981 2874"),
        ("na účet 19-2000145399/0800", Kind.IBAN, "19-2000145399/0800"),
        ("PESEL 44051401359", Kind.PERSON, "44051401359"),
        ("rodné číslo 710319/2745", Kind.PERSON, "710319/2745"),
        ("rodné číslo: 7103192745", Kind.PERSON, "7103192745"),
        ("IdNr 36 574 261 809", Kind.PERSON, "36 574 261 809"),
        ("536-22-8726", Kind.PERSON, "536-22-8726"),
        ("AB 12 34 56 C", Kind.PERSON, "AB 12 34 56 C"),
        ("NHS 9434765919", Kind.PERSON, "9434765919"),
        ("TAJ-számom: 123 456 788", Kind.PERSON, "123 456 788"),
        ("adóazonosító jel: 8071592153", Kind.PERSON, "8071592153"),
        ("password: hunter2.", Kind.SECRET, "hunter2"),
        ("my password is hunter2!", Kind.SECRET, "hunter2"),
        ("hasło: ąć%ę7", Kind.SECRET, "ąć%ę7"),
        ("Heslo = tajne", Kind.SECRET, "tajne"),
        ("jelszó: titok", Kind.SECRET, "titok"),
        ('password: "two words"', Kind.SECRET, '"two words"'),
        ("sk-proj-abcdefghijklmnop", Kind.SECRET, "sk-proj-abcdefghijklmnop"),
        ("xoxb-1234567890-abcdef", Kind.SECRET, "xoxb-1234567890-abcdef"),
        ("ghp_abcdefghijklmnop1234", Kind.SECRET, "ghp_abcdefghijklmnop1234"),
        ("AKIAIOSFODNN7EXAMPLE", Kind.SECRET, "AKIAIOSFODNN7EXAMPLE"),
        ("eyJhbGciOiJI.eyJzdWIiOiIx.SflKxwRJSM", Kind.SECRET, "eyJhbGciOiJI.eyJzdWIiOiIx.SflKxwRJSM"),
        ("Authorization: Bearer abc.def-123456", Kind.SECRET, "abc.def-123456"),
        ("your code is 123456", Kind.SECRET, "123456"),
        ("kod: 4821", Kind.SECRET, "4821"),
        ("CVV 123", Kind.SECRET, "123"),
        (
            "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nbye",
            Kind.SECRET,
            "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----",
        ),
        ("-----BEGIN PRIVATE KEY-----\nMIIE", Kind.SECRET, "-----BEGIN PRIVATE KEY-----\nMIIE"),
    ],
)
def test_what_is_found(text: str, kind: Kind, words: str) -> None:
    assert kinds(text) == [kind]
    assert stood(text) == [words]


@pytest.mark.parametrize(
    "text",
    [
        "#W2378156",
        "order W2378156 and CX-1042",
        "order 501234567",
        "nr zamówienia 501234567",
        "#501234567",
        "2026-11-27",
        "27.11.2026, 27. 11. 2026, 11/27/2026",
        "from 2026-11-27 14:30 to 2026-11-28",
        "1 299,00 zł",
        "1.299.000 Ft, 12 345 678 Kč, $1,299,000",
        "tracking 1Z999AA10123456784",
        "00359007738612345678",
        "620012345678901234567890",
        "item 1008292230 and 9612497925",
        "4111 1111 1111 1112",
        "at 62.121.130.40",
        "version 2.0.1 in room 12",
        "error code: 4041",
        "zip code 12345, kod pocztowy: 00-950",
        "my password is wrong",
        "sara_doe_496, credit_card_8697425",
        "a@b, @anna, me@home",
    ],
)
def test_what_stays_readable(text: str) -> None:
    assert stood(text) == []
    assert Mask(KEY).hide(text) == text


def test_the_regions_are_the_callers() -> None:
    assert [span.value for span in personal("(202) 555-0143", ("US",))] == ["+12025550143"]
    assert personal("(202) 555-0143", ("PL",)) == []
    assert [span.value for span in personal("+1 202 555 0143", ())] == ["+12025550143"]


def test_what_overlaps_is_hidden_whole() -> None:
    assert stood("password: anna@example.com") == ["anna@example.com"]
    assert kinds("password: anna@example.com") == [Kind.SECRET]
    assert stood("501234567@example.com") == ["501234567@example.com"]


def test_a_token_says_the_same_in_every_call() -> None:
    first, second = Mask(KEY), Mask(KEY)
    second.hide("bob@example.com +48 501 234 567")
    token = first.hide("anna@example.com")
    assert re.fullmatch(r"\[EMAIL-[0-9a-f]{6}\]", token)
    assert second.hide("From anna@example.com") == f"From {token}"
    assert Mask(b"another case").hide("anna@example.com") != token


def test_spellings_of_a_value_are_kin_and_come_back_as_they_were() -> None:
    mask = Mask(KEY)
    plain, loud = mask.hide("anna@example.com"), mask.hide("ANNA@example.com")
    assert loud.startswith(plain[:-1])
    assert mask.restore(f"{plain} {loud}") == "anna@example.com ANNA@example.com"


def test_values_with_the_same_digits_get_longer_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("copilot.masking.hmac.digest", lambda *_: bytes(32))
    mask = Mask(KEY)
    text = "a@example.com b@example.com c@example.com a@example.com"
    hidden = mask.hide(text)
    assert len(set(hidden.split())) == 3
    assert mask.restore(hidden) == text


@pytest.mark.parametrize(
    "spelling",
    [
        "[{kind}-{digits}]",
        "\\[{kind}-{digits}\\]",
        "\\[{kind}\\-{digits}\\]",
        "[{small}-{digits}]",
        "[ {kind} - {digits} ]",
        "[{kind}\u2011{digits}]",
        "[{kind}_{digits}]",
        "[**{kind}-{digits}**]",
        "【{kind}-{digits}】",
        "{kind}-{digits}",
        "{small}-{digits}",
        "[{kind}-{big}]",
    ],
)
def test_models_may_misspell_tokens(spelling: str) -> None:
    mask = Mask(KEY)
    kind, _, digits = mask.hide("anna@example.com").strip("[]").partition("-")
    written = spelling.format(kind=kind, small=kind.lower(), digits=digits, big=digits.upper())
    assert mask.restore(f"We wrote to {written}, (see {written})") == (
        "We wrote to anna@example.com, (see anna@example.com)"
    )
    assert mask.unknown(written) == []


def test_markup_around_a_token_stays() -> None:
    mask = Mask(KEY)
    token = mask.hide("anna@example.com")
    assert mask.restore(f"**{token}** `{token}` ({token})") == (
        "**anna@example.com** `anna@example.com` (anna@example.com)"
    )


def test_invented_tokens_stay_and_are_named() -> None:
    mask = Mask(KEY)
    text = f"{mask.hide('anna@example.com')} [PHONE-abcdef] CARD-123456 [phone-abcdef] [PHONE-abcdef]"
    assert mask.restore(text).endswith("[PHONE-abcdef] CARD-123456 [phone-abcdef] [PHONE-abcdef]")
    assert mask.unknown(text) == ["[PHONE-abcdef]", "CARD-123456", "[phone-abcdef]"]
    assert mask.unknown("my email: deadbeef, phone 5012345") == []


def test_a_typed_token_is_nobodys_value() -> None:
    token = Mask(KEY).hide("anna@example.com")
    for typed in (token, token.lower(), "\\" + token, token.strip("[]"), token.replace("-", " ")):
        mask = Mask(KEY)
        first, second = mask.hide(f"I am {typed}"), mask.hide("anna@example.com")
        assert mask.restore(first) == f"I am {typed}"
        assert mask.restore(second) == "anna@example.com"
        assert mask.restore(mask.hide(f"again {typed}")) == f"again {typed}"


def test_off_means_off() -> None:
    mask = Mask(KEY, on=False)
    assert mask.hide("anna@example.com") == "anna@example.com"
    assert mask.restore("[EMAIL-3f9c2a]") == "[EMAIL-3f9c2a]"
    assert mask.unknown("[EMAIL-3f9c2a]") == []


ISSUED = Mask(KEY).hide("anna@example.com")
PIECES = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        [
            "anna@example.com",
            "Anna@Example.com",
            ISSUED,
            ISSUED[1:-1],
            ISSUED[:-1],
            ISSUED[1:],
            ISSUED.lower(),
            f"\\{ISSUED[:-1]}\\]",
            "EMAIL",
            "-",
            "[",
            "]",
            "\\",
            " ",
            "\u200b",
            "501 234 567",
            "4111 1111 1111 1111",
            "password: x1y2",
            "sk-",
            "-----BEGIN PRIVATE KEY-----",
            "abcdef",
            "١٢٣",
            "1",
        ]
    ),
)


@given(st.lists(PIECES, max_size=12).map("".join))
@example(f"x{ISSUED}anna@example.com{ISSUED[1:-1]}")
@example(f"[EMAIL-anna@example.com {ISSUED[7:]}")
def test_what_was_hidden_comes_back_to_the_letter(text: str) -> None:
    mask = Mask(KEY)
    assert mask.restore(mask.hide(text)) == text


@given(st.lists(st.lists(PIECES, max_size=6).map("".join), max_size=4))
def test_several_texts_come_back_each(texts: list[str]) -> None:
    mask = Mask(KEY)
    hidden = [mask.hide(text) for text in texts]
    assert [mask.restore(text) for text in hidden] == texts
    assert [Mask(KEY).hide(text) for text in texts[:1]] == hidden[:1]


@pytest.mark.parametrize(
    "piece",
    [
        "a@",
        "@1.",
        "1234567890",
        "4 4 1 ",
        "<a ",
        "[",
        "\\[",
        "[EMAIL-3f9c2a",
        "GB12 ",
        "1\u200b",
        '"@a.pl ',
        "-",
    ],
)
def test_hostile_texts_come_to_an_end(piece: str) -> None:
    text = (piece * MEGABYTE)[: MEGABYTE // 4]
    mask = Mask(KEY)
    assert mask.restore(mask.hide(text)) == text


def test_too_many_numbers_are_hidden_unchecked() -> None:
    text = "\n".join(f"4111 1111 1111 {number:04d}" for number in range(5_000))
    assert stood(text)[-1] == "4111 1111 1111 4999"
