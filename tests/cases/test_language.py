"""Which language a text comes in."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from cases.errors import CaseClosed, CxError, TextTooLong
from cases.formats import moment, number
from cases.language import _, later, ngettext, pgettext
from cases.reader import Language, Reader, language_of, reader, reader_of, use

NOON = datetime(2026, 3, 2, 11, 5, tzinfo=UTC)
CLOSED = {
    "en-US": "This case is closed already.",
    "pl-PL": "Ta sprawa jest już zamknięta.",
    "cs-CZ": "Tento případ je už uzavřený.",
    "hu-HU": "Ez az ügy már le van zárva.",
    "de-DE": "This case is closed already.",
}


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("pl-PL", Language.PL),
        ("cs", Language.CS),
        ("hu_HU", Language.HU),
        ("en-US", Language.EN),
        ("PL", Language.PL),
        ("de-DE", None),
        ("", None),
        ("*", None),
    ],
)
def test_a_tag_means_one_of_our_languages(tag: str, language: Language | None) -> None:
    assert language_of(tag) == language


def test_what_is_unknown_is_english_in_utc() -> None:
    assert reader_of(None) == reader_of("de-DE", "Mars/Base") == reader_of("en", "../etc/passwd") == Reader()


@pytest.mark.parametrize("tag", CLOSED)
def test_an_error_is_said_in_the_language_of_whoever_reads_it(tag: str) -> None:
    error = CaseClosed()
    with use(reader_of(tag)):
        assert error.sentence == CLOSED[tag]
    assert error.sentence == str(error) == CLOSED["en-US"]


def test_an_error_says_its_values_as_the_reader_writes_them() -> None:
    error = TextTooLong(
        "A reply has at most {most} characters; this one has {count}.", most=10_000, count=12_345
    )
    assert str(error) == "A reply has at most 10,000 characters; this one has 12,345."
    with use(reader_of("hu-HU")):
        assert "10\xa0000" in error.sentence
        assert "12\xa0345" in error.sentence
        assert str(error) == "A reply has at most 10,000 characters; this one has 12,345."


def test_braces_in_a_message_without_values_are_left_alone() -> None:
    assert CxError("/etc/{odd}/sites.yml is missing.").sentence == "/etc/{odd}/sites.yml is missing."


def test_braces_in_a_value_are_mere_text() -> None:
    assert _("There is no {case}.", case="{case.__class__}") == "There is no {case.__class__}."


@pytest.mark.parametrize(
    ("tag", "sentences"),
    [
        ("en", ["in 1 second.", "in 2 seconds.", "in 5 seconds.", "in 22 seconds."]),
        ("pl", ["1 sekundę", "2 sekundy", "5 sekund", "22 sekundy"]),
        ("cs", ["1 sekundu", "2 sekundy", "5 sekund", "22 sekund"]),
        ("hu", ["1 másodperc", "2 másodperc", "5 másodperc", "22 másodperc"]),
    ],
)
def test_counting(tag: str, sentences: list[str]) -> None:
    with use(reader_of(tag)):
        for count, ending in zip((1, 2, 5, 22), sentences, strict=True):
            said = ngettext(
                "Please try again in {count} second.", "Please try again in {count} seconds.", count
            )
            assert ending in said


def test_a_text_of_a_table_is_translated_when_it_is_shown() -> None:
    text = later("This case is closed already.")
    assert str(text) == CLOSED["en-US"]
    with use(reader_of("pl")):
        assert f"{text}" == CLOSED["pl-PL"]


def test_a_word_without_translation_stays_english() -> None:
    with use(reader_of("cs")):
        assert pgettext("nobody says this", "Halyard") == "Halyard"


async def test_tasks_read_as_whoever_started_them() -> None:
    async def read() -> Reader:
        await asyncio.sleep(0)
        return reader()

    with use(reader_of("pl-PL")):
        task = asyncio.create_task(read())
    assert await task == reader_of("pl-PL")
    assert reader() == Reader()


@pytest.mark.parametrize(
    ("tag", "zone", "written"),
    [
        ("en-GB", "Europe/London", "2 Mar 2026, 11:05"),
        ("en-US", "America/New_York", "Mar 2, 2026, 6:05\u202fAM"),
        ("pl-PL", "Europe/Warsaw", "2 mar 2026, 12:05"),
        ("cs-CZ", "Europe/Prague", "2. 3. 2026 12:05"),
        ("hu-HU", "Europe/Budapest", "2026. márc. 2. 12:05"),
        ("en", None, "2 Mar 2026, 11:05"),
    ],
)
def test_a_moment_in_the_reader_s_zone_and_customs(tag: str, zone: str | None, written: str) -> None:
    with use(reader_of(tag, zone)):
        assert moment(NOON) == written


def test_the_day_is_that_of_the_reader() -> None:
    late = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)
    with use(Reader(zone=ZoneInfo("Europe/Budapest"))):
        assert _("On {day}", day=late) == "On 3 Mar 2026, 00:30"
        assert _("On {day}", day=late.date()) == "On 2 Mar 2026"


@pytest.mark.parametrize(
    ("tag", "written"), [("en", "1,234.5"), ("pl", "1\xa0234,5"), ("cs", "1\xa0234,5"), ("hu", "1\xa0234,5")]
)
def test_numbers(tag: str, written: str) -> None:
    with use(reader_of(tag)):
        assert number(1234.5) == written


def test_a_duration_inside_a_sentence() -> None:
    with use(reader_of("pl")):
        assert _("{span}", span=timedelta(hours=3)) == "3 godziny"
