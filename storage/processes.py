"""Reading ``processes.yml``: what cases can be about, and how long what they need takes."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from cases.commitments import Sum, read_sum
from cases.deeds import MAX_QUESTION
from cases.endings import PLACEHOLDERS, Ending, departments
from cases.errors import CxError
from cases.language import later
from cases.macros import placeholders
from cases.promises import Amount, Step, Timing
from cases.reader import Language
from cases.replies import check_words
from cases.routing import Process
from cases.settings import Change
from cases.surveys import SurveyKind
from cases.triage import GENERAL
from storage.choices import Read, key_of, read_choices
from storage.yaml_places import Place

_TIMES = ("calendar", "steps", "first_response", "next_update", "legal", "promise_text")
_ENDS = ("closing_text", "closes", "nudge", "nudge_text", "survey", "survey_after")
_FIELDS = (*_TIMES, *_ENDS, "agents_may")
ASKED = ("reference", "customer")
"""What a question that is asked by itself can be filled in with."""
_AMOUNT = re.compile(r"(?:(\d{1,3})d)? ?(?:(\d{1,4})h)? ?(?:(\d{1,5})m)?")
_MOST = Amount(days=250)
"""Longer ones are mistakes."""
_LONGEST_WAIT = timedelta(days=14)
_MOST_CLOSING = 2_500
"""Characters: with what is filled in, no more than a field of Slack holds."""
_MOST_SHOWN = 100
"""Characters: a line on the page of a case."""
_NO_SURVEY = "none"


@dataclass(frozen=True, slots=True)
class Known:
    """Keys that a process may name; None where any will do."""

    calendars: Collection[str] | None = None
    departments: Collection[str] | None = None
    asked: Collection[str] | None = None
    """The departments that have a Slack channel in which they can be asked."""


def read_processes(
    path: Path, known: Known | None = None, changes: Sequence[Change] = ()
) -> tuple[Process, ...]:
    """The processes of the file; without one, or with an empty one, there are none.

    ``changes`` stand before what the file says. Raises ConfigError that names the file and the line of the
    mistake, and SettingRefused for one in a change; a calendar or department that is not ``known`` is one.
    """
    found = read_choices(path, "processes", "process", _FIELDS, changes)
    return tuple(_process(read, known or Known()) for read in found)


def _process(read: Read, known: Known) -> Process:
    choice, fields = read
    timing = _timing(fields, known)
    if choice.key == GENERAL and any(step.question for step in timing.steps):
        raise fields["steps"].wrong(
            f"cases of `{GENERAL}` are those of which nobody has said what they are about, so nobody can be "
            "asked by itself; leave `ask` out."
        )
    limit = _limit(fields["agents_may"]) if "agents_may" in fields else None
    return Process(
        choice.key,
        choice.name,
        choice.description,
        choice.examples,
        timing=timing,
        limit=limit,
        ending=_ending(fields, timing),
    )


def _timing(fields: Mapping[str, Place], known: Known) -> Timing:
    return Timing(
        calendar=key_of(fields["calendar"], known.calendars, "calendar") if "calendar" in fields else None,
        steps=_steps(fields["steps"], known) if "steps" in fields else (),
        first_response=amount_of(fields["first_response"]) if "first_response" in fields else None,
        next_update=amount_of(fields["next_update"]) if "next_update" in fields else None,
        legal_days=fields["legal"].whole() if "legal" in fields else None,
        texts=_texts(fields["promise_text"]) if "promise_text" in fields else {},
    )


def _limit(place: Place) -> Sum:
    fields = place.fields(("money",))
    place.need(fields, ("money",), "what agents may decide alone")
    found = read_sum(str(fields["money"].node.value))
    if found is None:
        raise fields["money"].wrong("here a sum with its currency such as 50 EUR is needed.")
    return found


def _steps(place: Place, known: Known) -> Sequence[Step]:
    steps: list[Step] = []
    for each in place.items():
        step = _step(each, known)
        if step.question and steps and steps[-1].department is None:
            raise each.wrong(
                "the step before this one is the team's, and that is done when somebody asks: so this one "
                "is never asked by itself. Put it first or behind a department's, or leave `ask` out."
            )
        steps.append(step)
    if not steps:
        raise place.wrong("one step at least is needed.")
    return tuple(steps)


def _step(place: Place, known: Known) -> Step:
    fields = place.fields(("name", "department", "time", "ask", "question", "shown"))
    place.need(fields, ("name", "time"), "this step")
    department = (
        key_of(fields["department"], known.departments, "department") if "department" in fields else None
    )
    return Step(
        name=fields["name"].text(),
        time=amount_of(fields["time"]),
        department=department,
        question=_question(place, fields, department, known),
        shown=_shown(fields["shown"]) if "shown" in fields else {},
    )


def _shown(place: Place) -> Mapping[Language, str]:
    texts = place.fields(tuple(Language))
    if not texts:
        raise place.wrong("one text at least is needed.")
    return {Language(each): _shown_text(text) for each, text in texts.items()}


def _shown_text(place: Place) -> str:
    text = place.text().strip()
    if not text or len(text) > _MOST_SHOWN:
        raise place.wrong(f"what customers read of a step has 1 to {_MOST_SHOWN} characters.")
    return _sendable(place, text)


def _question(place: Place, fields: Mapping[str, Place], department: str | None, known: Known) -> str | None:
    """What is asked by itself, if anything is."""
    if "ask" not in fields:
        if "question" in fields:
            raise fields["question"].wrong("this is asked with `ask: automatic` only; add that.")
        return None
    if fields["ask"].text() != "automatic":
        raise fields["ask"].wrong("`ask` can only be `automatic`; leave it out where people ask.")
    if department is None:
        raise fields["ask"].wrong("who is asked by itself? This step needs a `department`.")
    if known.asked is not None and department not in known.asked:
        raise fields["ask"].wrong(
            f"`{department}` cannot be asked by itself: give it a `channel` in departments.yml."
        )
    place.need(fields, ("question",), "`ask: automatic`")
    return _asked(fields["question"])


def _asked(place: Place) -> str:
    text = place.text().strip()
    if not text or len(text) > MAX_QUESTION:
        raise place.wrong(f"a question has 1 to {MAX_QUESTION} characters.")
    for name in placeholders(text):
        if name not in ASKED:
            named = " and ".join(f"{{{each}}}" for each in ASKED)
            raise place.wrong_at(f"{{{name}}}", f"`{{{name}}}` is no placeholder here; only {named} are.")
    return text


def amount_of(place: Place) -> Amount:
    """A time of business such as 1d 4h; raises ConfigError for anything else, none, or too much."""
    found = _AMOUNT.fullmatch(place.text().strip())
    if found is None:
        raise place.wrong(
            later("Here a time such as 30m, 2h, 1d or 1d 4h is needed; a day is a working day.")
        )
    days, hours, minutes = (int(part or 0) for part in found.groups())
    amount = Amount(days, timedelta(hours=hours, minutes=minutes))
    if amount == Amount():
        raise place.wrong(later("This time is zero; leave it out, or give it some minutes."))
    if days > _MOST.days or amount.time > timedelta(hours=24 * _MOST.days):
        raise place.wrong(later("This is longer than {days} days."), days=_MOST.days)
    return amount


def _ending(fields: Mapping[str, Place], timing: Timing) -> Ending:
    by_itself = "closes" in fields and _closes_itself(fields, timing)
    return Ending(
        texts=_closing_texts(fields["closing_text"], () if by_itself else PLACEHOLDERS)
        if "closing_text" in fields
        else {},
        nudge=_nudge(fields),
        by_itself=by_itself,
        survey=_survey(fields["survey"]) if "survey" in fields else SurveyKind.CSAT,
        survey_after=_wait(fields["survey_after"]) if "survey_after" in fields else None,
    )


def _nudge(fields: Mapping[str, Place]) -> Mapping[Language, str]:
    """What asks silent customers once more by itself, if anything does."""
    if "nudge" not in fields:
        if "nudge_text" in fields:
            raise fields["nudge_text"].wrong("this goes out with `nudge: automatic` only; add that.")
        return {}
    if fields["nudge"].text() != "automatic":
        raise fields["nudge"].wrong("only `automatic` means something here; without it people ask once more.")
    if "nudge_text" not in fields:
        raise fields["nudge"].wrong("a process that asks customers once more by itself needs `nudge_text`.")
    return _closing_texts(fields["nudge_text"], ())


def _closes_itself(fields: Mapping[str, Place], timing: Timing) -> bool:
    place = fields["closes"]
    if place.text() != "automatic":
        raise place.wrong("only `automatic` means something here; without it people close the cases.")
    if "closing_text" not in fields:
        raise place.wrong("a process whose cases close by themselves needs `closing_text`.")
    if not departments(timing):
        raise place.wrong("cases close by themselves after a department's answer: no step here names one.")
    return True


def _closing_texts(place: Place, known: Collection[str]) -> Mapping[Language, str]:
    texts = place.fields(tuple(Language))
    if not texts:
        raise place.wrong("one text at least is needed.")
    return {Language(each): _closing_text(text, known) for each, text in texts.items()}


def _closing_text(place: Place, known: Collection[str]) -> str:
    text = place.text()
    for name in placeholders(text):
        if name not in known:
            which = ", ".join(f"{{{each}}}" for each in known)
            hint = f"known are {which}." if known else "what goes out by itself has none."
            raise place.wrong_at(f"{{{name}}}", f"`{{{name}}}` is no placeholder here; {hint}")
    if len(text) > _MOST_CLOSING:
        raise place.wrong(f"this is longer than {_MOST_CLOSING} characters.")
    return _sendable(place, text)


def _survey(place: Place) -> SurveyKind | None:
    said = place.text()
    if said == _NO_SURVEY:
        return None
    if said not in set(SurveyKind):
        raise place.wrong(f"here one of {', '.join(SurveyKind)} and {_NO_SURVEY} is needed.")
    return SurveyKind(said)


def _wait(place: Place) -> timedelta:
    amount = amount_of(place)
    wait = timedelta(days=amount.days) + amount.time
    if wait > _LONGEST_WAIT:
        raise place.wrong(f"this is longer than {_LONGEST_WAIT.days} days.")
    return wait


def _texts(place: Place) -> Mapping[Language, str]:
    return {Language(each): _text(text) for each, text in place.fields(tuple(Language)).items()}


def _text(place: Place) -> str:
    text = place.text()
    names = placeholders(text)
    if "date" not in names:
        raise place.wrong(
            later("{field} is missing: it stands for the date that the customer is told."), field="{date}"
        )
    for name in names:
        if name != "date":
            what = later("`{name}` is no placeholder here; only `{field}` is.")
            raise place.wrong_at(f"{{{name}}}", what, name=f"{{{name}}}", field="{date}")
    return _sendable(place, text)


def _sendable(place: Place, text: str) -> str:
    try:
        return check_words(text)
    except CxError as error:
        raise place.wrong(error.sentence) from None
