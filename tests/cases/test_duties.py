"""What has to be done by when, and when people are reminded: against an oracle that looks at each minute."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from cases import progress
from cases.duties import BEFORE, DUE, STAGES, Asked, Duty, Facts, Kind, Policy, Rules, Rung, rung
from cases.enums import Status
from cases.hours import Hours, Span
from cases.promises import Amount, Plan, Step, Timing
from tests.cases.test_hours import MINUTE, calendars, moments, wall_is_open

LIMIT = 8 * 24 * 60


def warsaw(*at: int) -> datetime:
    return datetime(*at, tzinfo=ZoneInfo("Europe/Warsaw"))  # type: ignore[misc, arg-type]


WEEK = {day: (Span(time(9), time(17)),) for day in range(5)}
TEAM = Hours(ZoneInfo("Europe/Warsaw"), WEEK, holidays={date(2026, 11, 11)})
DOCK = Hours(ZoneInfo("Europe/Warsaw"), {day: (Span(time(6), time(12)),) for day in range(6)})
FRIDAY = warsaw(2026, 11, 27, 14)
RETURN = Timing(
    steps=(
        Step("Look", Amount(time=timedelta(hours=2))),
        Step("Check", Amount(time=timedelta(hours=3)), "dock"),
    ),
    first_response=Amount(time=timedelta(hours=2)),
    legal_days=3,
)
POLICY = Policy(Plan({"team": TEAM, "dock": DOCK}, {"return": RETURN}, {"dock": "dock"}))


def facts(status: Status = Status.OPEN, **more: object) -> Facts:
    return Facts("general", status, FRIDAY, **more)  # type: ignore[arg-type]


def due(given: Facts, kind: Kind, policy: Policy = POLICY) -> list[datetime]:
    return [duty.due for duty in policy.duties(given) if duty.kind is kind]


# Moments.


def passes(hours: Hours, start: datetime, amounts: list[int]) -> Iterator[datetime]:
    """When so many open minutes have passed since ``start``, each minute looked at by itself."""
    passed, at, waiting = 0, start, list(amounts)
    for _minute in range(LIMIT):
        while waiting and passed >= waiting[0]:
            yield at
            waiting.pop(0)
        passed += wall_is_open(hours, at)
        at += MINUTE


def opens(hours: Hours, at: datetime) -> datetime | None:
    """The first minute from ``at`` on that is open."""
    return next((each for each in (at + n * MINUTE for n in range(LIMIT)) if wall_is_open(hours, each)), None)


# Many calendars hardly open: what they cannot show is left out.
@settings(suppress_health_check=[HealthCheck.filter_too_much])
@given(moments, calendars, st.integers(1, 240), st.integers(1, 60), st.integers(1, 200))
def test_moments_are_what_an_oracle_counts_minute_by_minute(
    start: datetime, hours: Hours, amount: int, repeat: int, longest: int
) -> None:
    rules = Rules(
        first_response=Amount(time=amount * MINUTE),
        repeat=Amount(time=repeat * MINUTE),
        longest=Amount(time=longest * MINUTE),
    )
    policy = Policy(Plan({"team": hours}), rules)
    given = Facts("general", Status.OPEN, start)
    wanted, gap = [math.ceil(amount * 2 / 3), amount], repeat
    for _late in range(3):
        wanted.append(wanted[-1] + min(gap, longest))
        gap *= 2
    raw = list(passes(hours, start, wanted))
    assume(len(raw) == len(wanted))
    expected = [opens(hours, at) for at in raw]
    assume(None not in expected)
    (duty,) = policy.duties(given)
    assert policy.moments(duty, "general")[:5] == expected


@given(moments, calendars, calendars, st.integers(1, 500))
def test_nobody_is_reminded_outside_of_their_hours_or_out_of_order(
    start: datetime, team: Hours, dock: Hours, amount: int
) -> None:
    rules = Rules(department=Amount(time=amount * MINUTE))
    policy = Policy(Plan({"team": team, "dock": dock}, departments={"dock": "dock"}), rules)
    for duty in policy.duties(Facts("general", Status.OPEN, start, asked=[Asked(7, "dock", start)])):
        found = policy.moments(duty, "general")
        assert found == sorted(found)
        for stage, at in enumerate(found):
            of_dock = duty.kind is Kind.DEPARTMENT and rung(duty.kind, stage) is not Rung.SUPERVISOR
            assert wall_is_open(dock if of_dock else team, at)
            assert at.second == at.microsecond == 0


def test_later_stages_go_on_where_the_first_ones_end() -> None:
    (duty,) = POLICY.duties(facts(Status.ANSWERED))
    first = POLICY.moments(duty, "general", DUE)
    assert len(first) == STAGES
    assert POLICY.moments(duty, "general", DUE + 3)[: STAGES - 3] == first[3:]


def test_who_hears_of_it_late_is_not_passed_over() -> None:
    (duty,) = POLICY.duties(facts())
    plain = POLICY.moments(duty, "general")
    # Two stages were over when the first reminder was sent: the third moment is that of the next rung.
    assert POLICY.moments(duty, "general", DUE + 1, skipped=2)[: STAGES - 4] == plain[4:]


def test_what_is_late_is_repeated_with_growing_gaps() -> None:
    (duty,) = POLICY.duties(facts())
    assert duty.due == warsaw(2026, 11, 30, 10)
    assert POLICY.moments(duty, "general")[:6] == [
        warsaw(2026, 11, 27, 16, 40),
        warsaw(2026, 11, 30, 10),
        warsaw(2026, 11, 30, 12),
        warsaw(2026, 11, 30, 16),
        warsaw(2026, 12, 1, 16),
        warsaw(2026, 12, 3, 16),
    ]


def test_what_stays_late_for_a_year_is_still_repeated() -> None:
    (duty,) = POLICY.duties(facts())
    found = POLICY.moments(duty, "general", 200)
    assert len(found) == STAGES
    assert found == sorted(found)
    assert found[0] > duty.due + timedelta(days=365)


# What has to be done.


def test_what_has_no_owner_is_unclaimed_and_nothing_else_until_somebody_takes_it() -> None:
    kinds = [duty.kind for duty in POLICY.duties(facts(nobody_since=FRIDAY))]
    assert kinds == [Kind.UNCLAIMED]
    assert due(facts(nobody_since=warsaw(2026, 11, 27, 15)), Kind.UNCLAIMED) == [warsaw(2026, 11, 27, 16)]


def test_the_first_answer_has_the_time_of_its_process() -> None:
    assert due(facts(), Kind.FIRST_RESPONSE) == [warsaw(2026, 11, 30, 10)]
    assert due(Facts("return", Status.NEW, FRIDAY), Kind.FIRST_RESPONSE) == [warsaw(2026, 11, 27, 16)]
    assert due(facts(last_reply_at=FRIDAY + MINUTE), Kind.FIRST_RESPONSE) == []


def test_after_it_was_opened_again_there_is_a_first_answer_again() -> None:
    again = warsaw(2026, 12, 1, 9)
    log = [(FRIDAY, Status.OPEN), (FRIDAY + MINUTE, Status.CLOSED), (again, Status.OPEN)]
    assert due(facts(log=log, last_reply_at=FRIDAY + MINUTE), Kind.FIRST_RESPONSE) == [
        again + timedelta(hours=4)
    ]


def test_the_next_answer_counts_from_the_last_one_or_from_the_customer_after_it() -> None:
    replied = warsaw(2026, 11, 27, 15)
    assert due(facts(last_reply_at=replied), Kind.NEXT_UPDATE) == [warsaw(2026, 12, 1, 15)]
    wrote = warsaw(2026, 11, 30, 10)
    log = [
        (replied, Status.WAITING_CUSTOMER),
        (wrote, Status.OPEN),
        (wrote + MINUTE, Status.WAITING_DEPARTMENT),
    ]
    waiting = facts(Status.WAITING_DEPARTMENT, log=log, last_reply_at=replied)
    assert due(waiting, Kind.NEXT_UPDATE) == [warsaw(2026, 12, 2, 10)]


@pytest.mark.parametrize("status", [Status.WAITING_CUSTOMER, Status.ANSWERED])
def test_whose_turn_it_is_not_owes_nothing(status: Status) -> None:
    told = (5, FRIDAY, FRIDAY + timedelta(days=9))
    found = {duty.kind for duty in POLICY.duties(facts(status, told=told, log=[(FRIDAY, status)]))}
    assert found == {Kind.SILENT if status is Status.WAITING_CUSTOMER else Kind.CLOSE}


def test_a_promise_is_due_on_the_date_that_was_told() -> None:
    told = (5, FRIDAY, warsaw(2026, 11, 30, 12))
    (duty,) = (each for each in POLICY.duties(facts(told=told)) if each.kind is Kind.PROMISE)
    assert (duty.since, duty.due, duty.ref) == (FRIDAY, warsaw(2026, 11, 30, 12), 5)
    assert POLICY.moments(duty, "general")[:2] == [warsaw(2026, 11, 30, 10), warsaw(2026, 11, 30, 12)]


@pytest.mark.parametrize("status", [Status.OPEN, Status.WAITING_CUSTOMER, Status.ANSWERED])
def test_what_a_reply_promised_is_due_whoever_has_the_next_word(status: Status) -> None:
    said = [(5, FRIDAY, warsaw(2026, 11, 30, 12)), (6, FRIDAY, warsaw(2026, 12, 1, 17))]
    found = [duty for duty in POLICY.duties(facts(status, said=said)) if duty.kind is Kind.SAID]
    assert [(duty.ref, duty.since, duty.due) for duty in found] == said


def test_the_law_counts_every_day_whoever_has_the_next_word() -> None:
    waiting = Facts("return", Status.WAITING_CUSTOMER, FRIDAY, log=[(FRIDAY, Status.WAITING_CUSTOMER)])
    (duty,) = (each for each in POLICY.duties(waiting) if each.kind is Kind.LEGAL)
    assert duty.due == warsaw(2026, 11, 30, 23, 59)
    # Two thirds are over on Sunday; people read it when work begins on the last day.
    assert POLICY.moments(duty, "return")[:2] == [warsaw(2026, 11, 30, 9), warsaw(2026, 11, 30, 9)]
    week = replace(POLICY, plan=replace(POLICY.plan, timings={"return": replace(RETURN, legal_days=8)}))
    (duty,) = (each for each in week.duties(waiting) if each.kind is Kind.LEGAL)
    # A Saturday: they can still keep it on Friday.
    assert duty.due == warsaw(2026, 12, 5, 23, 59)
    assert week.moments(duty, "return")[1] == warsaw(2026, 12, 4, 9)


def asked(**more: object) -> list[datetime]:
    ask = Asked(3, "dock", FRIDAY, **more)  # type: ignore[arg-type]
    return due(Facts("return", Status.WAITING_DEPARTMENT, FRIDAY, asked=[ask]), Kind.DEPARTMENT)


def test_a_department_has_its_step_or_the_date_it_was_given_or_gave() -> None:
    assert asked() == [warsaw(2026, 11, 28, 9)]
    assert asked(due_on=date(2026, 12, 1)) == [warsaw(2026, 12, 1, 12)]
    # On Sunday nobody works there: Saturday's end.
    assert asked(due_on=date(2026, 11, 29)) == [warsaw(2026, 11, 28, 12)]
    assert asked(due_on=date(2026, 11, 20)) == [FRIDAY]
    assert asked(later_at=warsaw(2026, 12, 4, 8), due_on=date(2026, 12, 1)) == [warsaw(2026, 12, 4, 8)]
    general = facts(asked=[Asked(3, "dock", FRIDAY)])
    assert due(general, Kind.DEPARTMENT) == [warsaw(2026, 11, 28, 12)]


def test_each_question_and_draft_counts_by_itself() -> None:
    given = facts(
        drafts=[(8, FRIDAY), (9, FRIDAY + MINUTE)], asked=[Asked(1, "dock", FRIDAY), Asked(2, "dock", FRIDAY)]
    )
    refs = [(duty.kind, duty.ref) for duty in POLICY.duties(given) if duty.ref]
    assert refs == [(Kind.DEPARTMENT, 1), (Kind.DEPARTMENT, 2), (Kind.DRAFT, 8), (Kind.DRAFT, 9)]


def test_asking_once_more_gives_the_customer_their_time_again() -> None:
    log = [(FRIDAY, Status.WAITING_CUSTOMER), (FRIDAY + timedelta(days=4), Status.WAITING_CUSTOMER)]
    silent = facts(Status.WAITING_CUSTOMER, log=log)
    assert due(silent, Kind.SILENT) == [warsaw(2026, 12, 2, 14)]
    nudged = facts(Status.WAITING_CUSTOMER, log=log, last_reply_at=warsaw(2026, 12, 2, 15))
    assert due(nudged, Kind.SILENT) == [warsaw(2026, 12, 7, 15)]


def test_a_step_is_due_when_its_time_has_passed_after_those_before_it() -> None:
    given = Facts("return", Status.OPEN, FRIDAY)
    (duty,) = (each for each in POLICY.duties(given) if each.kind is Kind.STEP)
    assert (duty.ref, duty.due) == (1, warsaw(2026, 11, 27, 16))
    assert POLICY.moments(duty, "return", DUE)[:2] == [warsaw(2026, 11, 27, 16), warsaw(2026, 11, 30, 10)]
    asked = replace(given, questions=[progress.Asked("dock", warsaw(2026, 11, 27, 15))])
    (duty,) = (each for each in POLICY.duties(asked) if each.kind is Kind.STEP)
    assert (duty.ref, duty.due) == (2, warsaw(2026, 11, 28, 9))
    answered = replace(given, questions=[progress.Asked("dock", FRIDAY, answered_at=FRIDAY + MINUTE)])
    assert due(answered, Kind.STEP) == []
    late = replace(
        given,
        asked=[Asked(3, "dock", FRIDAY, later_at=warsaw(2026, 12, 2, 8))],
        questions=[progress.Asked("dock", warsaw(2026, 11, 27, 15), later_at=warsaw(2026, 12, 2, 8))],
    )
    assert due(late, Kind.STEP) == [warsaw(2026, 12, 2, 8)]
    sent = replace(
        given, status=Status.WAITING_CUSTOMER, log=[(warsaw(2026, 11, 30, 12), Status.WAITING_CUSTOMER)]
    )
    assert due(sent, Kind.STEP) == []
    stopped = replace(given, status=Status.WAITING_CUSTOMER, log=[(FRIDAY, Status.WAITING_CUSTOMER)])
    assert due(stopped, Kind.STEP) == []


def test_there_is_no_warning_of_what_nobody_can_be_late_with() -> None:
    (duty,) = POLICY.duties(facts(Status.ANSWERED, log=[(FRIDAY, Status.ANSWERED)]))
    assert POLICY.moments(duty, "general", DUE)[0] == duty.due == warsaw(2026, 11, 30, 14)


def test_a_case_without_a_customer_owes_nobody_an_answer() -> None:
    assert list(POLICY.duties(facts(customer=False))) == []


def test_what_is_switched_off_is_no_duty() -> None:
    policy = Policy(POLICY.plan, Rules(first_response=None, unclaimed=None))
    assert list(policy.duties(facts())) == []
    assert list(policy.duties(facts(nobody_since=FRIDAY))) == []


def test_hours_that_never_come_again_make_no_duties() -> None:
    closed = Policy(Plan({"team": Hours(ZoneInfo("UTC"), {})}))
    assert list(closed.duties(facts())) == []


def test_who_is_reminded_climbs() -> None:
    kinds = [rung(Kind.DEPARTMENT, stage) for stage in range(BEFORE, 6)]
    assert kinds == [Rung.PERSON, Rung.PERSON, Rung.DEPARTMENT, Rung.LEAD, Rung.SUPERVISOR, Rung.SUPERVISOR]
    assert rung(Kind.DRAFT, 9) is Rung.PERSON
    duty = Duty(Kind.DRAFT, FRIDAY.astimezone(UTC), FRIDAY)
    assert duty.ref == 0
