"""``hours.yml`` and the times in ``processes.yml``: what they say, how mistakes are named, reading again."""

from __future__ import annotations

import os
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from structlog.testing import capture_logs

from cases.endings import USUAL, Ending
from cases.errors import ConfigError
from cases.hours import MIDNIGHT, Hours, Span
from cases.promises import Amount, Step, Timing
from cases.reader import Language
from cases.surveys import SurveyKind
from storage.hours import read_hours
from storage.plans import PlanFiles, read_plan, watch_plan
from tests.support.sandbox import ROOT

CONFIG = ROOT / "config"
HOURS = """calendars:
  - key: office
    time_zone: Europe/Warsaw
    week:
      monday-thursday: 09:00-17:00
      friday: ["09:00-12:00", "13:00–24:00"]
    holidays: PL
    closed: [2026-12-24]
    special:
      2026-12-26: 10:00-12:00
"""
DEPARTMENTS = """departments:
  - {key: logistics, name: Logistics, calendar: office, channel: parcels, examples: [One, Two]}
  - {key: billing, name: Billing, examples: [One, Two]}
"""
PROCESSES = """processes:
  - key: return
    name: Return
    examples: [One, Two]
    calendar: office
    first_response: 30m
    next_update: 1d 4h
    legal: 14
    promise_text:
      pl: Gotowe do {date}.
    steps:
      - {name: Look, time: 2h}
      - {name: Send, department: logistics, time: 1d}
    agents_may: {money: 50 EUR}
"""


@pytest.fixture
def files(tmp_path: Path) -> PlanFiles:
    """Three good files."""
    made = PlanFiles(
        tmp_path / "hours.yml", tmp_path / "departments.yml", tmp_path / "processes.yml", "Europe/Prague"
    )
    made.hours.write_text(HOURS)
    made.departments.write_text(DEPARTMENTS)
    made.processes.write_text(PROCESSES)
    return made


def test_what_hours_say(files: PlanFiles) -> None:
    (office,) = read_hours(files.hours, "UTC").values()
    assert office.zone == ZoneInfo("Europe/Warsaw")
    assert office.of_day(date(2026, 11, 26)) == (Span(time(9), time(17)),)
    assert office.of_day(date(2026, 11, 27)) == (Span(time(9), time(12)), Span(time(13), MIDNIGHT))
    assert office.of_day(date(2026, 11, 28)) == ()
    assert office.of_day(date(2026, 11, 11)) == (), "a holiday of Poland"
    assert office.of_day(date(2031, 11, 11)) == (), "of every year"
    assert office.of_day(date(2026, 12, 24)) == ()
    assert office.of_day(date(2026, 12, 26)) == (Span(time(10), time(12)),), "also on a holiday"


def test_without_a_file_it_is_nine_to_five(tmp_path: Path) -> None:
    (usual,) = read_hours(tmp_path / "hours.yml", "Europe/Prague").values()
    assert usual == Hours(ZoneInfo("Europe/Prague"), dict.fromkeys(range(5), (Span(time(9), time(17)),)))
    assert usual.is_open(datetime(2026, 11, 27, 16, 59, tzinfo=ZoneInfo("Europe/Prague")))
    assert not usual.is_open(datetime(2026, 11, 28, 12, tzinfo=ZoneInfo("Europe/Prague")))


def test_days_go_over_the_end_of_the_week(files: PlanFiles) -> None:
    files.hours.write_text(HOURS.replace("monday-thursday", "Saturday - Monday"))
    (office,) = read_hours(files.hours, "UTC").values()
    assert sorted(office.week) == [0, 4, 5, 6]


@pytest.mark.parametrize(
    ("old", "new", "line", "what"),
    [
        ("Europe/Warsaw", "Europe/Warszawa", 3, "did you mean `Europe/Warsaw`?"),
        ("Europe/Warsaw", "Nowhere at all", 3, "a name such as Europe/Warsaw"),
        ("monday-thursday", "monday-thurday", 5, "did you mean `thursday`?"),
        ("friday:", "thursday:", 6, "thursday has its hours already"),
        ("    time_zone: Europe/Warsaw\n", "", 2, "needs `time_zone`"),
        ("time_zone", "timezone", 3, "did you mean `time_zone`?"),
        ("09:00-17:00", "17:00-09:00", 5, "end before they begin"),
        ("09:00-17:00", "9 to 5", 5, "hours such as “09:00-17:00”"),
        ("09:00-17:00", "09:00-24:30", 5, "hours such as “09:00-17:00”"),
        ("09:00-17:00", "09:60-17:00", 5, "hours such as “09:00-17:00”"),
        ("13:00–24:00", "11:00-16:00", 6, "begin before the ones above end"),
        ("holidays: PL", "holidays: PX", 7, "holidays of “PX” are not known"),
        ("holidays: PL", "holidays: DE-BA", 7, "“BA” is no part of DE; known are BB, "),
        ("holidays: PL", "holidays: PL-XX", 7, "“XX” is no part of PL"),
        ("[2026-12-24]", "[Christmas]", 8, "a date such as 2026-12-24"),
        ("2026-12-26:", "2026-12-24:", 10, "stands here twice, or is closed"),
        ("2026-12-26:", "26.12.2026:", 10, "a date such as 2026-12-24"),
        ("key: office", "key: The office", 2, "is no key"),
        ("      monday-thursday: 09:00-17:00\n", "      monday: []\n", 5, ""),
    ],
)
def test_mistakes_in_hours_name_their_line(
    files: PlanFiles, old: str, new: str, line: int, what: str
) -> None:
    assert old in HOURS
    files.hours.write_text(HOURS.replace(old, new, 1))
    if not what:
        read_hours(files.hours, "UTC")
        return
    with pytest.raises(ConfigError) as wrong:
        read_hours(files.hours, "UTC")
    assert f"{files.hours}, line {line}:" in wrong.value.sentence
    assert what in wrong.value.sentence


def test_a_calendar_that_never_opens(files: PlanFiles) -> None:
    files.hours.write_text(
        "calendars:\n  - key: office\n    time_zone: UTC\n    week:\n      monday-sunday: []\n"
    )
    with pytest.raises(ConfigError, match="line 5: this calendar never opens"):
        read_hours(files.hours, "UTC")


def test_two_calendars_of_one_key(files: PlanFiles) -> None:
    files.hours.write_text(HOURS + HOURS.split("\n", 1)[1])
    with pytest.raises(ConfigError, match="line 11: there is a calendar with the key `office` already"):
        read_hours(files.hours, "UTC")


def test_what_processes_say(files: PlanFiles) -> None:
    planned = read_plan(files)
    assert planned.processes[0].timing == Timing(
        calendar="office",
        steps=(
            Step("Look", Amount(time=timedelta(hours=2))),
            Step("Send", Amount(days=1), "logistics"),
        ),
        first_response=Amount(time=timedelta(minutes=30)),
        next_update=Amount(days=1, time=timedelta(hours=4)),
        legal_days=14,
        texts={Language.PL: "Gotowe do {date}."},
    )
    assert planned.plan.departments == {"logistics": "office"}
    assert planned.plan.names == {"logistics": "Logistics", "billing": "Billing"}
    assert planned.plan.limits == {"return": (Decimal(50), "EUR")}


SEND = "{name: Send, department: logistics, time: 1d}"
AUTO = "{name: Send, department: logistics, time: 1d, ask: automatic, question: 'Where is {reference}?'}"


def test_a_step_may_ask_by_itself(files: PlanFiles) -> None:
    files.processes.write_text(PROCESSES.replace("{name: Look, time: 2h}", AUTO))
    assert [step.question for step in read_plan(files).processes[0].timing.steps] == [
        "Where is {reference}?",
        None,
    ]


def test_what_customers_read_of_a_step(files: PlanFiles) -> None:
    shown = "{name: Look, time: 2h, shown: {en: We look into it, pl: Sprawdzamy}}"
    files.processes.write_text(PROCESSES.replace("{name: Look, time: 2h}", shown))
    assert [step.shown for step in read_plan(files).processes[0].timing.steps] == [
        {Language.EN: "We look into it", Language.PL: "Sprawdzamy"},
        {},
    ]
    for wrong, what in (("{}", "one text at least"), ("{en: ' '}", "1 to 100"), ("{xx: Hi}", "`xx`")):
        files.processes.write_text(
            PROCESSES.replace("{name: Look, time: 2h}", f"{{name: Look, time: 2h, shown: {wrong}}}")
        )
        with pytest.raises(ConfigError, match=f"line 12: .*{what}"):
            read_plan(files)


@pytest.mark.parametrize(
    ("step", "what"),
    [
        (AUTO.replace("automatic", "always"), "`ask` can only be `automatic`"),
        (AUTO.replace("department: logistics, ", ""), "needs a `department`"),
        (AUTO.replace("logistics", "billing"), "give it a `channel` in departments.yml"),
        (AUTO.replace(", question: 'Where is {reference}?'", ""), "needs `question`"),
        (AUTO.replace("ask: automatic, ", ""), "with `ask: automatic` only"),
        (AUTO.replace("{reference}", "{order}"), "only {reference} and {customer} are"),
        (AUTO.replace("'Where is {reference}?'", "' '"), "1 to 2500 characters"),
    ],
)
def test_mistakes_of_automatic_steps_name_their_line(files: PlanFiles, step: str, what: str) -> None:
    files.processes.write_text(PROCESSES.replace("{name: Look, time: 2h}", step))
    with pytest.raises(ConfigError) as wrong:
        read_plan(files)
    assert f"{files.processes}, line 12:" in wrong.value.sentence
    assert what in wrong.value.sentence


def test_a_step_that_never_asks_by_itself(files: PlanFiles) -> None:
    files.processes.write_text(PROCESSES.replace(SEND, AUTO))
    with pytest.raises(ConfigError, match="line 13: the step before this one is the team's"):
        read_plan(files)
    both = PROCESSES.replace("{name: Look, time: 2h}", AUTO)
    files.processes.write_text(both.replace("key: return", "key: general"))
    with pytest.raises(ConfigError, match="cases of `general` are those of which nobody has said"):
        read_plan(files)


BEFORE = PROCESSES.count("\n")
ENDING = """    closes: automatic
    closing_text:
      en: Your return is done.
      pl: Zwrot rozliczony.
    survey: nps
    survey_after: 1d 2h
    nudge: automatic
    nudge_text: {en: "Still there?"}
"""


def test_how_cases_end(files: PlanFiles) -> None:
    assert read_plan(files).endings == {"return": USUAL}
    assert USUAL.survey is SurveyKind.CSAT
    files.processes.write_text(PROCESSES + ENDING)
    assert read_plan(files).endings["return"] == Ending(
        texts={Language.EN: "Your return is done.", Language.PL: "Zwrot rozliczony."},
        nudge={Language.EN: "Still there?"},
        by_itself=True,
        survey=SurveyKind.NPS,
        survey_after=timedelta(hours=26),
    )
    assert read_plan(files).policy.nudges == {"return"}
    files.processes.write_text(PROCESSES + "    survey: none\n    closing_text: {en: 'Bye {customer}.'}\n")
    ending = read_plan(files).endings["return"]
    assert (ending.survey, ending.by_itself) == (None, False)


@pytest.mark.parametrize(
    ("old", "new", "line", "what"),
    [
        ("automatic", "automatically", 1, "only `automatic` means something here"),
        ("    closing_text:\n      en: Your return is done.\n      pl: Zwrot rozliczony.\n", "", 1, "needs"),
        (
            "is done.",
            "is done, {customer}.",
            3,
            "`{customer}` is no placeholder here; what goes out by itself",
        ),
        ("pl: Zwrot", "de: Zwrot", 4, "`de` means nothing here"),
        ("survey: nps", "survey: stars", 5, "one of csat, nps and none"),
        ("1d 2h", "15d", 6, "longer than 14 days"),
        ("Your return is done.", "x" * 2_501, 3, "longer than 2500 characters"),
        ("1d 2h", "soon", 6, "a time such as 30m"),
        ("nudge: automatic", "nudge: true", 7, "a text is needed"),
        ("nudge: automatic", "nudge: often", 7, "only `automatic` means something here"),
        ("    nudge: automatic\n", "", 7, "with `nudge: automatic` only"),
        ('    nudge_text: {en: "Still there?"}\n', "", 7, "needs `nudge_text`"),
        ("there?", "there, {customer}?", 8, "what goes out by itself has none"),
        ('{en: "Still there?"}', "{}", 8, "one text at least"),
    ],
)
def test_mistakes_in_endings_name_their_line(
    files: PlanFiles, old: str, new: str, line: int, what: str
) -> None:
    assert old in ENDING
    files.processes.write_text(PROCESSES + ENDING.replace(old, new, 1))
    with pytest.raises(ConfigError) as wrong:
        read_plan(files)
    assert f"{files.processes}, line {BEFORE + line}:" in wrong.value.sentence
    assert what in wrong.value.sentence


def test_a_text_that_a_person_sends_knows_three_placeholders(files: PlanFiles) -> None:
    files.processes.write_text(PROCESSES + "    closing_text: {en: 'Bye {order}.'}\n")
    with pytest.raises(ConfigError, match=r"known are \{customer\}, \{agent\}, \{company\}"):
        read_plan(files)


def test_only_a_department_s_answer_can_close_a_case(files: PlanFiles) -> None:
    files.processes.write_text(PROCESSES.replace("department: logistics, ", "") + ENDING)
    with pytest.raises(ConfigError, match=f"line {BEFORE + 1}: cases close by themselves after"):
        read_plan(files)


@pytest.mark.parametrize(
    ("old", "new", "line", "what"),
    [
        ("calendar: office", "calendar: offices", 5, "the key of no calendar; did you mean `office`?"),
        ("department: logistics", "department: logistic", 13, "no department; did you mean `logistics`?"),
        ("time: 2h", "time: -2h", 12, "a time such as 30m, 2h, 1d or 1d 4h"),
        ("time: 2h", "time: 2 weeks", 12, "a time such as 30m, 2h, 1d or 1d 4h"),
        ("time: 2h", "time: 2", 12, "a text is needed"),
        ("time: 2h", "time: 0h", 12, "this time is zero"),
        ("time: 2h", "time: 300d", 12, "longer than 250 days"),
        ("time: 2h", "time: ''", 12, "a text is needed"),
        ("time: 2h", "time: ' '", 12, "this time is zero"),
        (", time: 2h", "", 12, "this step needs `time`"),
        ("legal: 14", "legal: 0", 8, "a whole number from 1 on"),
        ("legal: 14", "legal: -3", 8, "a whole number from 1 on"),
        ("Gotowe do {date}.", "Gotowe.", 10, "{date} is missing"),
        ("do {date}.", "do {date}, {name}.", 10, "`{name}` is no placeholder here"),
        ("pl: Gotowe", "de: Gotowe", 10, "`de` means nothing here"),
        ("50 EUR", "50", 14, "a sum with its currency such as 50 EUR"),
        ("50 EUR", "10%", 14, "a sum with its currency such as 50 EUR"),
        ("50 EUR", "[50 EUR]", 14, "a sum with its currency such as 50 EUR"),
        ("{money: 50 EUR}", "{mony: 50 EUR}", 14, "did you mean `money`?"),
        ("{money: 50 EUR}", "{}", 14, "what agents may decide alone needs `money`"),
        ("next_update", "next_updat", 7, "did you mean `next_update`?"),
    ],
)
def test_mistakes_in_processes_name_their_line(
    files: PlanFiles, old: str, new: str, line: int, what: str
) -> None:
    assert old in PROCESSES
    files.processes.write_text(PROCESSES.replace(old, new, 1))
    with pytest.raises(ConfigError) as wrong:
        read_plan(files)
    assert f"{files.processes}, line {line}:" in wrong.value.sentence
    assert what in wrong.value.sentence


def test_a_step_needs_a_department_that_there_is(files: PlanFiles) -> None:
    files.departments.unlink()
    with pytest.raises(ConfigError, match="the key of no department; there is no department"):
        read_plan(files)


def test_a_department_needs_a_calendar_that_there_is(files: PlanFiles) -> None:
    files.hours.unlink()
    with pytest.raises(ConfigError, match=r"departments.yml, line 2: `office` is the key of no calendar"):
        read_plan(files)


def test_the_samples_are_good(tmp_path: Path) -> None:
    demo = CONFIG / "demo"
    shop = read_plan(PlanFiles(demo / "hours.yml", demo / "departments.yml", demo / "processes.yml", "UTC"))
    assert all(process.timing.steps for process in shop.processes)
    hours, departments, processes = (
        CONFIG / f"{name}.sample.yml" for name in ("hours", "departments", "processes")
    )
    samples = PlanFiles(hours, departments, processes, "UTC")
    assert any(process.timing.steps for process in read_plan(samples).processes)


def changed(path: Path, text: str) -> None:
    """Write a file anew, so that its time surely differs."""
    path.write_text(text)
    later = path.stat().st_mtime_ns + 1_000_000_000
    os.utime(path, ns=(later, later))


def test_files_are_read_again_when_they_change(files: PlanFiles) -> None:
    watched = watch_plan(files)
    before = watched.now()
    assert watched.now() is before
    changed(files.processes, PROCESSES.replace("time: 2h", "time: 3h"))
    assert watched.now().processes[0].timing.steps[0].time == Amount(time=timedelta(hours=3))
    files.hours.unlink()
    assert watched.now() is not before
    assert watched.trouble is not None


def test_a_broken_file_keeps_the_last_good_one(files: PlanFiles) -> None:
    watched = watch_plan(files)
    before = watched.now()
    changed(files.processes, PROCESSES.replace("time: 2h", "time: never"))
    with capture_logs() as logged:
        assert watched.now() is before
        assert watched.now() is before
    assert [entry["event"] for entry in logged] == ["config.broken"], "said once"
    assert f"{files.processes}, line 12" in logged[0]["error"]
    assert watched.trouble == logged[0]["error"]
    changed(files.processes, PROCESSES)
    assert watched.now().processes == before.processes
    assert watched.trouble is None


def test_it_does_not_begin_with_a_broken_file(files: PlanFiles) -> None:
    files.processes.write_text("processes: [")
    with pytest.raises(ConfigError, match="no YAML"):
        watch_plan(files)


def test_an_unknown_department_names_file_line_and_mend(files: PlanFiles) -> None:
    files.processes.write_text(PROCESSES.replace("department: logistics", "department: logistik"))
    with pytest.raises(ConfigError) as wrong:
        read_plan(files)
    what = "`logistik` is the key of no department; did you mean `logistics`?"
    assert wrong.value.sentence == f"{files.processes}, line 13: {what}"


def test_a_negative_time_names_file_line_and_mend(files: PlanFiles) -> None:
    files.processes.write_text(PROCESSES.replace("first_response: 30m", "first_response: -30m"))
    with pytest.raises(ConfigError) as wrong:
        read_plan(files)
    what = "here a time such as 30m, 2h, 1d or 1d 4h is needed; a day is a working day."
    assert wrong.value.sentence == f"{files.processes}, line 6: {what}"


def test_a_bad_time_zone_names_file_line_and_mend(files: PlanFiles) -> None:
    files.hours.write_text(HOURS.replace("Europe/Warsaw", "Europe/Warshaw"))
    with pytest.raises(ConfigError) as wrong:
        read_plan(files)
    what = "“Europe/Warshaw” is no time zone; did you mean `Europe/Warsaw`?"
    assert wrong.value.sentence == f"{files.hours}, line 3: {what}"


@pytest.mark.parametrize("steps", ["&all [*all]", "&all [{name: Look, time: *all}]", "[&one {name: *one}]"])
def test_a_loop_names_file_line_and_mend(files: PlanFiles, steps: str) -> None:
    """YAML can make a list contain itself, by an alias: nothing else of these files can go round."""
    begun = PROCESSES.index("    steps:")
    files.processes.write_text(f"{PROCESSES[:begun]}    steps: {steps}\n")
    with pytest.raises(ConfigError) as wrong:
        read_plan(files)
    what = "this contains itself: write it out instead of the alias (`*…`) inside of it."
    assert wrong.value.sentence == f"{files.processes}, line 11: {what}"


def test_an_alias_that_comes_twice_is_no_loop(files: PlanFiles) -> None:
    files.processes.write_text(PROCESSES.replace("time: 2h", "time: &t 2h").replace("time: 1d}", "time: *t}"))
    assert len({step.time for step in read_plan(files).processes[0].timing.steps}) == 1


@pytest.mark.parametrize("text", ["calendars: []", "{}"])
def test_a_file_of_hours_needs_a_calendar(files: PlanFiles, text: str) -> None:
    files.hours.write_text(text)
    with pytest.raises(ConfigError, match=r"hours\.yml: one calendar at least is needed"):
        read_hours(files.hours, "UTC")
