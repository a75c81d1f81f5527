"""A customer is asked how it was, once, some time after their case was closed; what they answer is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from cases import text
from cases.endings import USUAL, Ending
from cases.errors import AlreadyDone, InvalidInput, NotFound
from cases.language import _
from cases.messages import reference
from cases.promises import Plan
from cases.reader import Language, language_of, reader_of, use, zone_named
from cases.surveys import MAX_COMMENT, TOO_LATE, AskHours, Rating, SurveyKind, scores
from storage import locks, surveys
from storage.db import Connection, Database, Row


class Rated(AlreadyDone):
    """You have answered this already. Thank you!"""


class NoScore(InvalidInput):
    """Please choose one of the answers."""


@dataclass(frozen=True, slots=True)
class Asking:
    """How a company asks."""

    endings: Mapping[str, Ending]
    """By the key of the process."""
    plan: Plan
    after: timedelta
    """How long after closing, where the process does not say it."""
    hours: AskHours
    sender: Callable[[str], str]
    """Who writes on a chat site."""
    language: Language
    """In which customers read of whom none is known."""


async def ask_due(db: Database, workspace: int, asking: Asking, now: datetime) -> list[str]:
    """Ask whoever is to be asked at ``now``; the Slack channels in which something waits then.

    Each case once, whichever replica looks; each customer at most once in 30 days, not at night, and not
    about a case that was reopened or whose end is long ago.
    """
    stirred = []
    for row in await surveys.due(db, workspace, now):
        async with db.transaction() as tx:
            survey = await surveys.claim(tx, row, now)
            if survey is not None and await _decide(tx, survey, asking, now):
                stirred.append(survey["slack_channel"])
    return stirred


async def _decide(tx: Connection, survey: Row, asking: Asking, now: datetime) -> bool:
    """Ask, look again later, or never; whether the customer was asked."""
    ending = asking.endings.get(survey["process_type"], USUAL)
    after = asking.after if ending.survey_after is None else ending.survey_after
    zone = zone_named(survey["zone"]) or asking.plan.hours(survey["process_type"]).zone
    first = asking.hours.next(survey["closed_at"] + after, zone)
    at = asking.hours.next(max(first, now), zone)
    why = _why_not(survey, ending, first, now)
    if why is not None:
        await surveys.drop(tx, survey["id"], why)
    elif at > now:
        await surveys.put_off(tx, survey["id"], at)
    elif survey["recently"]:
        await surveys.drop(tx, survey["id"], "recently")
    else:
        assert ending.survey is not None
        await _ask(tx, survey, ending.survey, asking, now)
        return True
    return False


def _why_not(survey: Row, ending: Ending, first: datetime, now: datetime) -> str | None:
    if not survey["holds"]:
        return "reopened"
    if ending.survey is None:
        return "none"
    if survey["by_hand"]:
        return "by_hand"
    return "late" if now - first > TOO_LATE else None


async def _ask(tx: Connection, survey: Row, kind: SurveyKind, asking: Asking, now: datetime) -> None:
    language = language_of(survey["language"] or "") or asking.language
    with use(reader_of(language.value)):
        words = question(kind, survey["number"])
    sizes = [text.escaped_bytes(part) for part in text.split(words)]
    await surveys.ask(tx, survey, kind, words, sizes, asking.sender(survey["site"]), now)


def question(kind: SurveyKind, number: int) -> str:
    """What the customer of a case is asked, in the reader's language."""
    case = reference(number)
    if kind is SurveyKind.NPS:
        return _(
            "{case} is closed. How likely are you to recommend us to others? Please answer with a number "
            "from 0 (not at all) to 10 (very likely).",
            case=case,
        )
    return _(
        "{case} is closed. How satisfied are you with what we did? Please answer with a number "
        "from 1 (not at all) to 5 (very satisfied).",
        case=case,
    )


async def rate(db: Database, token: UUID, rating: Rating, now: datetime) -> str:
    """Keep the answer to the survey of ``token``: the first one counts. The Slack channel that shows it.

    Raises NotFound for what was never asked, NoScore, Rated, or InvalidInput for a comment that is too long.
    """
    survey = await surveys.by_token(db, token)
    if survey is None:
        raise NotFound
    kind = SurveyKind(survey["kind"])
    if rating.score not in scores(kind):
        raise NoScore
    if len(rating.comment) > MAX_COMMENT:
        raise InvalidInput("A comment has at most {count} characters.", count=MAX_COMMENT)
    async with db.transaction() as tx:
        await locks.lock_cases(tx, [survey["case_id"]])
        row = await surveys.rate(tx, survey["id"], kind, rating, now)
    if row is None:
        raise Rated
    return str(row["slack_channel"])
