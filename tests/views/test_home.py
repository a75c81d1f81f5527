"""The App Home, as blocks."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from cases.enums import Status
from cases.roles import Role, Standing
from tests.views import samples
from views.home import (
    MOST_DRAFTS,
    MOST_ON_BOARD,
    MOST_OTHERS,
    MOST_TODAY,
    MOST_UNANSWERED,
    MOST_UNCLAIMED,
    Board,
    Desk,
    home_view,
)

URL = "https://shop.slack.com/"
SUPERVISOR = Standing(frozenset({Role.AGENT, Role.SUPERVISOR, Role.LEAD}), ("A & B",), ("A & B",))
AGENT = Standing(frozenset({Role.AGENT}))


def row(**changes: Any) -> dict[str, Any]:
    return samples.board_row(token=uuid4(), **changes)


def texts(view: dict[str, Any]) -> str:
    return str(view["blocks"])


def actions(view: dict[str, Any]) -> list[list[str]]:
    return [
        [element["action_id"] for element in block["elements"]]
        for block in view["blocks"]
        if block["type"] == "actions"
    ]


def test_nothing_to_do() -> None:
    view = home_view(Desk(AGENT), URL)
    assert "Nothing waits on you. 🎉" in texts(view)
    assert "You own 0 open cases." in texts(view)
    assert "Here you are: agent." in texts(view)
    assert actions(view) == []


def test_each_case_has_what_can_be_done_with_it() -> None:
    view = home_view(
        Desk(AGENT, unanswered=[row(owner="U1")], unclaimed=[row(thread_ts=None, unclaimed=True)]), URL
    )
    assert actions(view) == [
        ["home_open", "home_summary", "case_more"],
        ["home_take", "home_summary", "case_more"],
    ]
    assert "In 1 of them the customer waits for you, above." in texts(view)


def test_a_board_shows_the_filter_in_force() -> None:
    board = Board("<@U1>", {Status.OPEN: (2, 1)}, [row(status="closed", owner="U1")])
    view = home_view(Desk(SUPERVISOR, board=board), URL, notice="This case is closed already.")
    assert "⚠️ This case is closed already." in view["blocks"][0]["text"]["text"]
    assert "Your departments: A &amp; B." in texts(view)
    assert "*2 open cases · 1 unclaimed*" in texts(view)
    (filters,) = [block for block in view["blocks"] if block.get("block_id") == "board:<@U1>"]
    assert filters["elements"][1]["initial_user"] == "U1"
    assert actions(view)[-1] == ["home_open", "home_summary"]


@pytest.mark.parametrize(("filter_", "chosen"), [("", "all"), ("unclaimed", "unclaimed"), ("mine", "mine")])
def test_filters_by_word(filter_: str, chosen: str) -> None:
    view = home_view(Desk(SUPERVISOR, board=Board(filter_, {}, [])), URL)
    (filters,) = [block for block in view["blocks"] if block.get("block_id", "").startswith("board:")]
    assert filters["elements"][0]["initial_option"]["value"] == chosen


def due(**changes: Any) -> dict[str, Any]:
    """Something of which one is reminded today, as ``storage.agenda`` gives it."""
    facts = {"kind": "first_response", "text": "", "due_at": samples.NOW, "snoozed_until": None}
    facts |= {"posted": False, "words": None, "department_name": None, "elsewhere": False, "ask_url": ""}
    return row(**(facts | {"state": "sent", "stage": 1, "fitting": 500} | changes))


def test_todays_reminders_say_what_and_of_which_case() -> None:
    rows = [
        due(kind="note", text="Call <@U9>"),
        due(snoozed_until=samples.NOW),
        due(kind="said", words="by Friday", stage=2),
    ]
    shown = texts(home_view(Desk(AGENT, today=rows), URL))
    assert "Today's reminders" in shown
    assert "“Call &lt;@U9&gt;”" in shown
    assert "The customer waits for a first answer. Due" in shown
    assert "put off until" in shown
    assert "A reply promised “by Friday”. *Late* since" in shown
    assert "and 497 more" in shown
    assert "Today's reminders" not in texts(home_view(Desk(AGENT), URL))


def test_however_much_there_is_it_fits_and_says_how_much_more() -> None:
    def many(count: int, **changes: Any) -> list[dict[str, Any]]:
        return [row(fitting=500, subject="&" * 400, **changes) for _ in range(count)]

    others = many(MOST_OTHERS - 2, status="waiting_customer", owner="U1")
    others += [row(fitting=500, status=each, owner="U1") for each in ("answered", "waiting_department")]
    desk = Desk(
        SUPERVISOR,
        drafts=[each | {"body": "x" * 4_000, "created_at": samples.NOW} for each in many(MOST_DRAFTS)],
        unanswered=many(MOST_UNANSWERED, owner="U1"),
        unclaimed=many(MOST_UNCLAIMED),
        others=others,
        today=[due(kind="note", text="&" * 500, subject="&" * 400) for _ in range(MOST_TODAY)],
        board=Board("", dict.fromkeys(Status, (9, 9)), many(MOST_ON_BOARD)),
    )
    view = home_view(desk, URL, notice="x")
    assert len(view["blocks"]) <= 100
    assert texts(view).count(" more'") == 6
    assert "and 491 more" in str(view["blocks"][-1])
