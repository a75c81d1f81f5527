from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from cases.enums import Status
from tests.views import limits, samples
from views.board import help_text, status_board
from views.thread import Rendered

URL = "https://shop.slack.com/"


def board(counts: dict[Status, tuple[int, int]], rows: list[dict[str, Any]]) -> Rendered:
    rendered = status_board(counts, rows, URL, "Open cases")
    limits.check(rendered)
    return rendered


def test_the_numbers_add_up() -> None:
    counts = {Status.NEW: (3, 2), Status.WAITING_CUSTOMER: (2, 0)}
    rendered = board(counts, [samples.board_row()])
    assert rendered.text == "5 open · 2 unclaimed"
    assert "🆕 New 3 · 💤 Waiting on the customer 2" in str(rendered.blocks)


def test_what_was_closed_without_telling_is_counted() -> None:
    counts = {Status.NEW: (1, 1)}
    told = status_board(counts, [], URL, "Open cases")
    silent = status_board(counts, [], URL, "Open cases", 3)
    limits.check(silent)
    assert silent.blocks[:-1] == told.blocks
    assert "3 cases were closed without telling the customer in the last 30 days." in str(silent.blocks[-1])


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({}, "<https://shop.slack.com/archives/C1/p1700000000000100|CX-1042> · Maria"),
        ({"thread_ts": None}, "'CX-1042 · Maria"),
        ({"owner": "U1"}, "<@U1>"),
        ({"owner": None}, "*unclaimed*"),
        ({"subject": "<!here> a & b\u200b"}, "&lt;!here&gt; a &amp; b‹U+200B›"),
    ],
)
def test_a_line(changes: dict[str, Any], shown: str) -> None:
    assert shown in str(board({Status.NEW: (1, 1)}, [samples.board_row(**changes)]).blocks)


@pytest.mark.parametrize(("status", "day"), [("waiting_customer", 9), ("open", 8)])
def test_whoever_waits_has_waited_since_the_others_last_word(status: str, day: int) -> None:
    said, replied = (datetime(2026, 3, each, 12, tzinfo=UTC) for each in (8, 9))
    row = samples.board_row(status=status, last_customer_at=said, last_reply_at=replied)
    shown = str(board({Status.NEW: (1, 1)}, [row]).blocks)
    assert str(int(datetime(2026, 3, day, 12, tzinfo=UTC).timestamp())) in shown


def test_no_case_at_all() -> None:
    assert "No open case" in str(board({}, []).blocks)


def test_no_case_that_fits() -> None:
    assert "No case fits" in str(board({Status.NEW: (1, 1)}, []).blocks)


@pytest.mark.parametrize(("fitting", "shown"), [(1, False), (40, True)])
def test_a_board_that_is_cut_says_so(fitting: int, shown: bool) -> None:
    rendered = board({Status.NEW: (99, 1)}, [samples.board_row(fitting=fitting)])
    assert ("Showing 1 of 40" in str(rendered.blocks)) is shown


@pytest.mark.parametrize(
    ("unknown", "nearest", "says"),
    [
        ("stauts", "status", "There is no `/cx stauts`. Did you mean `/cx status`?"),
        ("xyzzy", None, "There is no `/cx xyzzy`."),
        ("<!here>", None, "There is no `/cx &lt;!here&gt;`."),
    ],
)
def test_help_after_a_typo(unknown: str, nearest: str | None, says: str) -> None:
    rendered = help_text([("status", "the board")], unknown, nearest)
    assert limits.markup_of(rendered)[1] == says


def test_help_lists_the_words() -> None:
    rendered = help_text([("status", "the board"), ("help", "this list")], None, None)
    assert limits.markup_of(rendered)[1] == "• `/cx status`: the board\n• `/cx help`: this list"
