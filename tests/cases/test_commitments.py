from __future__ import annotations

import unicodedata
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.commitments import CommitmentKind, amount, find

MONEY, DATE, POLICY = CommitmentKind.MONEY, CommitmentKind.DATE, CommitmentKind.POLICY


@pytest.mark.parametrize(
    ("language", "text", "words"),
    [
        ("en", "You get 50 EUR back.", {"50 EUR": MONEY}),
        ("en", "That is €50 or $20.", {"€50": MONEY, "$20": MONEY}),
        ("en", "We take 10% off.", {"10% off": MONEY}),
        ("en", "It arrives by Friday.", {"by Friday": DATE}),
        ("en", "It arrives within 3 days.", {"within 3 days": DATE}),
        ("en", "It takes effect in 5 business days.", {"in 5 business days": DATE}),
        ("en", "Tomorrow or next week.", {"Tomorrow": DATE, "next week": DATE}),
        ("en", "On 2026-11-27 or 11/27/2026.", {"2026-11-27": DATE, "11/27/2026": DATE}),
        ("en", "It comes 27 November 2026.", {"27 November 2026": DATE}),
        ("en", "It comes November 27th.", {"November 27th": DATE}),
        ("en", "We refunded it free of charge.", {"refunded": POLICY, "free of charge": POLICY}),
        ("en", "We promise: we will call.", {"promise": POLICY, "we will call": POLICY}),
        ("en", "The warranty covers a replacement.", {"warranty": POLICY, "replacement": POLICY}),
        ("en-GB", "You may cancel or exchange it.", {"cancel": POLICY, "exchange": POLICY}),
        ("pl", "Zwrócimy 1 299,00 zł.", {"Zwrócimy": POLICY, "1 299,00 zł": MONEY}),
        ("pl", "Zwrócimy 1\u00a0299\u00a0zł.", {"Zwrócimy": POLICY, "1\u00a0299\u00a0zł": MONEY}),
        ("pl", "Odpowiemy w ciągu 3 dni roboczych.", {"w ciągu 3 dni roboczych": DATE}),
        ("pl", "Paczka będzie w piątek.", {"w piątek": DATE}),
        ("pl", "Zadzwonimy jutro.", {"Zadzwonimy": POLICY, "jutro": DATE}),
        ("pl", "Będzie 27 listopada 2026.", {"27 listopada 2026": DATE}),
        ("pl", "Będzie 27.11.2026 r.", {"27.11.2026": DATE}),
        ("pl", "Damy rabat, wymianę i gwarancję.", {"rabat": POLICY, "wymianę": POLICY, "gwarancję": POLICY}),
        ("pl", "Otrzyma Pan refund.", {"refund": POLICY}),
        ("cs", "Vrátíme vám 500 Kč.", {"Vrátíme": POLICY, "500 Kč": MONEY}),
        ("cs", "Stojí 500,- Kč.", {"500,- Kč": MONEY}),
        ("cs", "Přijde do 3 pracovních dnů.", {"do 3 pracovních dnů": DATE}),
        ("cs", "Přijde v pátek nebo zítra.", {"v pátek": DATE, "zítra": DATE}),
        ("cs", "Přijde 27. 11. 2026 zdarma.", {"27. 11. 2026": DATE, "zdarma": POLICY}),
        ("cs", "Přijde 27. listopadu.", {"27. listopadu": DATE}),
        ("cs", "Dostanete slevu, zrušíme to.", {"slevu": POLICY, "zrušíme": POLICY}),
        ("hu", "Visszatérítünk 1.200 Ft-ot.", {"Visszatérítünk": POLICY, "1.200 Ft": MONEY}),
        ("hu", "Kap 5 000 forintot.", {"5 000 forintot": MONEY}),
        ("hu", "Megérkezik 3 munkanapon belül.", {"3 munkanapon belül": DATE}),
        ("hu", "Megérkezik pénteken vagy holnap.", {"pénteken": DATE, "holnap": DATE}),
        ("hu", "Megérkezik 2026. 11. 27.", {"2026. 11. 27": DATE}),
        ("hu", "Megérkezik november 27-én.", {"november 27-én": DATE}),
        ("hu", "Garanciát adunk, ingyen.", {"Garanciát": POLICY, "ingyen": POLICY}),
        ("hu", "Kicseréljük.", {"Kicseréljük": POLICY}),
        ("hu", "Felhívjuk a jövő héten.", {"Felhívjuk": POLICY, "a jövő héten": DATE}),
        ("de", "Sie bekommen 50 €.", {"50 €": MONEY}),
    ],
)
def test_what_commits(language: str, text: str, words: dict[str, CommitmentKind]) -> None:
    assert {each.words: each.kind for each in find(text, language)} == words


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Your order W2378156 is with us."),
        ("en", "This is version 2.0 of the manual."),
        ("en", "It is in room 12."),
        ("en", "Thank you for your message, we looked at it."),
        ("en", "CX-1042 concerns 3 chairs."),
        ("pl", "Dziękujemy za wiadomość w sprawie zamówienia W2378156."),
        ("pl", "Pokój 12, wersja 2.0."),
        ("cs", "Děkujeme za zprávu k objednávce W2378156."),
        ("cs", "Pokoj 12, verze 2.0."),
        ("hu", "Köszönjük az üzenetét a W2378156 rendelésről."),
        ("hu", "A 12. szoba, 2.0 verzió."),
    ],
)
def test_what_does_not_commit(language: str, text: str) -> None:
    assert find(text, language) == []


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("50 EUR", ("50", "EUR")),
        ("€50", ("50", "EUR")),
        ("EUR 49.99", ("49.99", "EUR")),
        ("50 euros", ("50", "EUR")),
        ("$1,299.50", ("1299.50", "USD")),
        ("US$ 20", ("20", "USD")),
        ("£5", ("5", "GBP")),
        ("1 299,00 zł", ("1299.00", "PLN")),
        ("1\u202f299 złotych", ("1299", "PLN")),
        ("500,- Kč", ("500", "CZK")),
        ("1.200 Ft", ("1200", "HUF")),
        ("1.200.000 Ft", ("1200000", "HUF")),
        ("1,5 EUR", ("1.5", "EUR")),
        ("EUR50", ("50", "EUR")),
        ("**50** EUR", ("50", "EUR")),
        ("5\u200b0 EUR", ("50", "EUR")),
        ("٥٠ EUR", ("50", "EUR")),
    ],
)
def test_sums(text: str, value: tuple[str, str]) -> None:
    (found,) = find(f"It is {text}.", "en")
    assert amount(found) == (Decimal(value[0]), value[1])


@pytest.mark.parametrize("text", ["$20k", "€1,00,000", "50 tys. zł", "1.5.5 EUR"])
def test_odd_numbers_are_money_without_a_sum(text: str) -> None:
    (found,) = find(f"It is {text}", "pl")
    assert (found.kind, found.words, amount(found)) == (MONEY, text, None)


def test_what_is_no_sum() -> None:
    percent, day, deed = find("10% off on 2026-11-27: refund", "en")
    assert (percent.kind, amount(percent)) == (MONEY, None)
    assert (day.kind, amount(day)) == (DATE, None)
    assert (deed.kind, amount(deed)) == (POLICY, None)


def test_words_are_found_however_they_are_encoded() -> None:
    text = unicodedata.normalize("NFD", "Zwrócimy 50 zł w piątek.")
    found = find(text, "pl")
    assert [unicodedata.normalize("NFC", each.words) for each in found] == ["Zwrócimy", "50 zł", "w piątek"]
    assert [text[each.start : each.end] for each in found] == [each.words for each in found]


@given(
    st.lists(
        st.sampled_from(["50", " ", "EUR", "€", "1 299,00", "zł", "friday", "within", "o\u0301", "%"])
        | st.text(max_size=3)
    ),
    st.sampled_from(["en", "pl", "cs", "hu", "xx"]),
)
def test_places_are_exact_and_apart(pieces: list[str], language: str) -> None:
    text, last = "".join(pieces), 0
    for each in find(text, language):
        assert last <= each.start < each.end <= len(text)
        assert text[each.start : each.end] == each.words
        amount(each)
        last = each.end


@pytest.mark.parametrize("piece", ["1", "1 ", "1.", "1 000 ", "€", "within ", "a", "o\u0301", "20 "])
def test_hostile_texts_come_to_an_end(piece: str) -> None:
    find(piece * 30_000, "pl")
