from __future__ import annotations

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from cases.surveys import AskHours, SurveyKind, is_bad, maybe_score, score_of, scores

CSAT, NPS = SurveyKind.CSAT, SurveyKind.NPS
WARSAW = ZoneInfo("Europe/Warsaw")


@pytest.mark.parametrize(
    ("text", "kind", "score"),
    [
        ("5", CSAT, 5),
        (" 1\n", CSAT, 1),
        ("0", CSAT, None),
        ("6", CSAT, None),
        ("10", NPS, 10),
        ("0", NPS, 0),
        ("11", NPS, None),
        ("010", NPS, None),
        ("5!", CSAT, None),
        ("five", CSAT, None),
        ("٥", CSAT, None),
        ("", CSAT, None),
        ("5 pieces are missing", CSAT, None),
    ],
)
def test_only_a_number_in_range_is_an_answer(text: str, kind: SurveyKind, score: int | None) -> None:
    assert score_of(text, kind) == score
    assert maybe_score(text) or score is None


def test_what_a_supervisor_should_see() -> None:
    assert [score for score in scores(CSAT) if is_bad(CSAT, score)] == [1, 2]
    assert [score for score in scores(NPS) if is_bad(NPS, score)] == [0, 1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("at", "asked"),
    [
        (datetime(2026, 3, 2, 8, 0, tzinfo=UTC), datetime(2026, 3, 2, 8, 0, tzinfo=UTC)),
        (datetime(2026, 3, 2, 7, 59, tzinfo=UTC), datetime(2026, 3, 2, 8, 0, tzinfo=UTC)),
        (datetime(2026, 3, 2, 18, 59, tzinfo=UTC), datetime(2026, 3, 2, 18, 59, tzinfo=UTC)),
        (datetime(2026, 3, 2, 19, 0, tzinfo=UTC), datetime(2026, 3, 3, 8, 0, tzinfo=UTC)),
        (datetime(2026, 3, 2, 23, 30, tzinfo=UTC), datetime(2026, 3, 3, 8, 0, tzinfo=UTC)),
        # The night in which the clock is set forward: nine o'clock comes an hour earlier.
        (datetime(2026, 3, 28, 20, 0, tzinfo=UTC), datetime(2026, 3, 29, 7, 0, tzinfo=UTC)),
    ],
)
def test_nobody_is_asked_in_their_night(at: datetime, asked: datetime) -> None:
    """In Warsaw, an hour ahead of UTC."""
    assert AskHours().next(at, WARSAW) == asked


def test_until_midnight_and_round_the_clock() -> None:
    at = datetime(2026, 3, 2, 23, 59, tzinfo=UTC)
    assert AskHours(time(9), time(0)).next(at, UTC) == at
    assert AskHours(time(0), time(0)).next(at, UTC) == at
