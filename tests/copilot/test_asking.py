"""What is wanted by who mentions the app in a case's thread."""

from __future__ import annotations

import re
from datetime import date

import pytest

from cases.reader import reader_of, use
from copilot.asking import Asked, Want, names_order, other_case, understand
from copilot.wishes import tidy
from views.answers import help_in_thread

TODAY = date(2026, 3, 2)


def asked(text: str, language: str = "en") -> Asked:
    with use(reader_of(language)):
        return understand(tidy(text), TODAY)


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("what did she order in May?", Want.ORDERS),
        ("Has he bought a lamp", Want.ORDERS),
        ("summary", Want.BRIEF),
        ("Please summarise this", Want.BRIEF),
        ("what’s this about?", Want.BRIEF),
        ("catch me up", Want.BRIEF),
        ("how do returns work?", Want.HOW),
        ("how does ordering from Norway work?", Want.HOW),
        ("knowledge: return label", Want.ARTICLES),
        ("any article on bulbs?", Want.ARTICLES),
        ("earlier cases", Want.EARLIER),
        ("has she written before?", Want.EARLIER),
        ("who owns it?", Want.STATE),
        ("what is open here", Want.STATE),
        ("whose is this", Want.STATE),
        ("ask logistics where the order is", Want.ASK),
        ("Hey, could you please ask billing about it?", Want.ASK),
        ("what did he ask for in his last order?", Want.ORDERS),
        ("make it friendlier and in Polish", Want.WRITE),
        ("translate the summary", Want.WRITE),
        ("close the case", Want.ACT),
        ("please assign this to Tom", Want.ACT),
        ("is it closed? who owns it?", Want.STATE),
        ("what can you do?", Want.HELP),
        ("sing a song", None),
        ("border control", None),
        ("", None),
    ],
)
def test_what_is_wanted(text: str, want: Want | None) -> None:
    assert asked(text).want == want


@pytest.mark.parametrize(
    ("language", "text", "want"),
    [
        ("pl", "Co zamówiła w maju?", Want.ORDERS),
        ("pl", "Proszę, podsumuj sprawę", Want.BRIEF),
        ("pl", "Jak działają zwroty?", Want.HOW),
        ("pl", "Pokaż wcześniejsze sprawy", Want.EARLIER),
        ("pl", "Kto prowadzi i co jest otwarte?", Want.STATE),
        ("pl", "zapytaj logistykę, gdzie jest paczka", Want.ASK),
        ("pl", "przetłumacz na polski", Want.WRITE),
        ("pl", "zamknij sprawę", Want.ACT),
        ("cs", "Co si objednala v květnu?", Want.ORDERS),
        ("cs", "Prosím, shrň to", Want.BRIEF),
        ("cs", "Jak funguje vrácení?", Want.HOW),
        ("cs", "předchozí případy", Want.EARLIER),
        ("cs", "Kdo má případ a co je otevřené?", Want.STATE),
        ("cs", "zeptej se logistiky, kde je balík", Want.ASK),
        ("cs", "přelož to do polštiny", Want.WRITE),
        ("cs", "uzavři případ", Want.ACT),
        ("hu", "Mit rendelt májusban?", Want.ORDERS),
        ("hu", "Kérlek, foglald össze", Want.BRIEF),
        ("hu", "Hogyan működik a visszaküldés?", Want.HOW),
        ("hu", "korábbi ügyek", Want.EARLIER),
        ("hu", "Ki viszi, és mi van nyitva?", Want.STATE),
        ("hu", "kérdezd meg a logisztikát, hol a csomag", Want.ASK),
        ("hu", "fordítsd le lengyelre", Want.WRITE),
        ("hu", "zárd le az ügyet", Want.ACT),
        ("hu", "summary", Want.BRIEF),
    ],
)
def test_what_is_wanted_in_other_languages(language: str, text: str, want: Want) -> None:
    assert asked(text, language).want == want


@pytest.mark.parametrize("language", ["en", "pl", "cs", "hu"])
def test_each_example_of_the_help_is_understood_in_its_language(language: str) -> None:
    with use(reader_of(language)):
        examples = re.findall(r"\*([^*]+)\*", help_in_thread().blocks[0]["text"]["text"])
    assert [asked(each, language).want for each in examples] == [
        Want.BRIEF,
        Want.ORDERS,
        Want.HOW,
        Want.ARTICLES,
        Want.EARLIER,
        Want.STATE,
    ]


@pytest.mark.parametrize(
    ("text", "month"),
    [
        ("what did she order in May?", date(2025, 5, 1)),
        ("orders of March", date(2026, 3, 1)),
        ("orders of december 2023", date(2023, 12, 1)),
        ("May I see her orders?", None),
        ("what did April order in February?", date(2026, 2, 1)),
        ("orders", None),
    ],
)
def test_the_month_that_is_named(text: str, month: date | None) -> None:
    assert asked(text).month == month


@pytest.mark.parametrize(
    ("language", "text"),
    [("pl", "Co zamówiła w maju?"), ("cs", "Co objednala v květnu?"), ("hu", "Mit rendelt májusban?")],
)
def test_the_month_in_other_languages(language: str, text: str) -> None:
    assert asked(text, language).month == date(2025, 5, 1)


def test_numbers_of_orders() -> None:
    assert names_order("where is #h20391?", "#H20391")
    assert names_order("where is H20391?", "#H20391")
    assert not names_order("where is H203911?", "#H20391")
    assert not names_order("in 5 days", "5")
    assert asked("where is order #H99999?").order == "#H99999"
    assert asked("what did she order in May 2025?").order is None


def test_another_case_is_noticed() -> None:
    assert other_case("how is cx-1007 doing?", 1042) == 1007
    assert other_case("how is CX-1042 doing?", 1042) is None


def test_what_is_looked_for() -> None:
    assert asked("Knowledge: return label?").search == "return label"
    assert asked("knowledge").search == ""
