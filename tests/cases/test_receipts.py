"""When a customer is told that their message has come, and in which words their case stands."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from cases import receipts, standing
from cases.enums import Channel, Status
from cases.progress import Left, Progress
from cases.promises import Amount, Step, Timing
from cases.reader import Language
from cases.receipts import Situation, why_not
from cases.standing import ShownStep, Turn, shown_steps
from cases.telling import date_words

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
MAIL = Situation(channel="mail", proven=False, automatic_ok=True, before=False, answered=False)


def test_the_first_message_of_a_case_has_a_receipt() -> None:
    assert why_not(MAIL) is None
    assert why_not(replace(MAIL, proven=True, before=True, lately=4)) is None


def test_fault_29_an_unproven_address_is_answered_by_itself_once() -> None:
    """FAULTS 29: no automatic reply to unverified addresses beyond one."""
    assert why_not(replace(MAIL, before=True)) == "unverified"
    assert why_not(replace(MAIL, before=True, channel="sms")) == "unverified"
    assert why_not(replace(MAIL, before=True, channel=Channel.WEBCHAT)) is None, "it stays on their screen"


@pytest.mark.parametrize(
    ("situation", "why"),
    [
        (replace(MAIL, automatic_ok=False), "automatic"),
        (replace(MAIL, answered=True), "answered"),
        (replace(MAIL, public=True), "public"),
        (replace(MAIL, stands=False), "moved"),
        (replace(MAIL, before=True, lately=5), "often"),
    ],
)
def test_what_has_no_receipt(situation: Situation, why: str) -> None:
    assert why_not(replace(situation, proven=True)) == why


def test_the_words() -> None:
    assert receipts.words(1042, None) == "Thank you, your message has come. Its number is CX-1042."
    assert receipts.words(1042, "Done by noon.").endswith("CX-1042.\nDone by noon.")


def test_the_date_is_in_the_customers_language_and_time_zone() -> None:
    timing = Timing(texts={Language.PL: "Gotowe: {date}."})
    zone = ZoneInfo("Europe/Warsaw")
    assert date_words(timing, AT, Language.PL, zone) == "Gotowe: poniedziałek, 2 marca 2026, 10:00 CET."
    assert date_words(timing, AT, Language.EN, UTC).endswith("Monday, 2 March 2026, 09:00 UTC.")


STEPS = (
    Step(
        "Look (Anna first!)",
        Amount(time=timedelta(hours=1)),
        shown={Language.EN: "We look", Language.PL: "Patrzymy"},
    ),
    Step("Blame the carrier", Amount(time=timedelta(hours=1)), "logistics"),
    Step("Pay", Amount(time=timedelta(hours=1)), "billing", shown={Language.PL: "Płacimy"}),
)


def test_customers_read_the_steps_that_are_written_for_them() -> None:
    at = Progress(AT, [Left(1), Left(2)])
    assert shown_steps(STEPS, at, Language.PL) == [
        ShownStep("Patrzymy", Turn.DONE),
        ShownStep("Płacimy", Turn.NEXT),
    ]
    assert [step.words for step in shown_steps(STEPS, at, Language.EN)] == ["We look", "Płacimy"]
    assert [step.turn for step in shown_steps(STEPS, Progress(AT, [Left(2)]), Language.HU)] == [
        Turn.DONE,
        Turn.NOW,
    ]
    assert {step.turn for step in shown_steps(STEPS, None, Language.EN)} == {Turn.DONE}


def test_whom_else_we_ask_is_our_own_affair() -> None:
    assert standing.in_words(Status.WAITING_DEPARTMENT) == standing.in_words(Status.OPEN)
    assert all(standing.in_words(status) for status in Status)
