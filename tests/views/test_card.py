from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from cases.enums import Channel, Status
from cases.messages import WaitsOn
from cases.promises import Amount, Due, NextStep, Step, Told
from cases.triage import Triaged
from tests.views import limits, samples
from views.card import STATUS_WORDS, card_blocks, card_text


def buttons(status: Status, **changes: Any) -> dict[str, str]:
    """The card's buttons: action → label."""
    blocks = card_blocks(samples.card(status, **changes), "card:7")
    limits.check_blocks(blocks)
    made = [element for block in blocks if block["type"] == "actions" for element in block["elements"]]
    assert all(element["value"] == str(samples.TOKEN) for element in made)
    return {element["action_id"]: element["text"]["text"] for element in made}


@pytest.mark.parametrize("status", Status)
def test_each_status_is_shown_in_words(status: Status) -> None:
    assert str(STATUS_WORDS[status]) in str(card_blocks(samples.card(status), "card:7"))


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.CLOSED])
def test_an_open_case_can_be_taken_summarised_and_closed(status: Status) -> None:
    assert buttons(status) == {
        "case_take": "Take",
        "case_summary": "Summary",
        "case_draft": "Draft",
        "case_ask": "Ask",
        "case_close": "Close",
        "case_more": "More",
    }


def test_an_owned_case_can_be_taken_over() -> None:
    assert buttons(Status.OPEN, owner="U1")["case_take"] == "Take over"


def test_a_closed_case_has_only_more() -> None:
    assert buttons(Status.CLOSED, owner="U1") == {"case_more": "More"}


@pytest.mark.parametrize(
    ("found", "shown"),
    [
        (Triaged("Shipping", 0.94, "m"), "🧭 Copilot suggests: Shipping (94%)"),
        (Triaged("Shipping", 0.94, ""), "🧭 Copilot suggests: Shipping (94%) · without a model"),
        (
            Triaged(None, 0.4, "m"),
            "🧭 Copilot asks: whom does this need? Say it with *Ask*, "
            "or under *More → Status, priority, department*.",
        ),
    ],
)
def test_whom_it_needs_is_one_line(found: Triaged, shown: str) -> None:
    blocks = card_blocks(samples.card(triaged=found), "card:7")
    limits.check_blocks(blocks)
    lines = [each["elements"][0]["text"] for each in blocks if each["type"] == "context"]
    assert [line for line in lines if "🧭" in line] == [shown]
    assert "🧭" not in str(card_blocks(samples.card(), "card:7"))


@pytest.mark.parametrize("found", [Triaged("Shipping", 0.94, "m"), Triaged(None, 0.4, "")])
def test_whom_it_needs_is_said_while_it_waits_for_us(found: Triaged) -> None:
    shown = {
        status for status in Status if "🧭" in str(card_blocks(samples.card(status, triaged=found), "card:7"))
    }
    assert shown == {Status.NEW, Status.OPEN}


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({"owner": "U1"}, "*Owner*\\n<@U1>"),
        ({}, "*Owner*\\nNobody yet"),
        ({"customer_verified": True}, "Maria · signed in"),
        ({"customer_verified": False}, "Maria · not signed in"),
        ({"customer": "*M* <@U1>\u200b"}, "*M* &lt;@U1&gt;‹U+200B›"),
        ({"follows": 1001}, "follows CX-1001"),
        ({"orders": 1, "earlier_cases": 2}, "1 order · 2 earlier cases"),
        ({}, "no orders · no earlier cases"),
    ],
)
def test_facts(changes: dict[str, Any], shown: str) -> None:
    assert shown in str(card_blocks(samples.card(**changes), "card:7"))


def test_other_open_cases_are_named_with_a_way_to_join_them() -> None:
    others = [samples.other_case("<!here> lamp", number=1040), samples.other_case(url=None, number=1039)]
    blocks = card_blocks(samples.card(others=others, others_left_out=4), "card:7")
    limits.check_blocks(blocks)
    first, second, note = blocks[3:6]
    assert "<https://shop.slack.com/archives/C1/p1700000000000100|CX-1040>" in first["text"]["text"]
    assert "&lt;!here&gt; lamp" in first["text"]["text"]
    assert first["accessory"]["value"] == f"{samples.TOKEN} {samples.MESSAGE}"
    assert "another open case:* CX-1039 · My lamp?" in second["text"]["text"]
    assert "4 more open cases are not shown." in note["elements"][0]["text"]


def test_whom_the_customer_may_be_is_for_a_person_to_say() -> None:
    blocks = card_blocks(samples.card(suggestion=samples.suggestion("M <@U1>")), "card:7")
    limits.check_blocks(blocks)
    assert "M &lt;@U1&gt; (c1), whose order #H20391 is named here" in blocks[3]["text"]["text"]
    buttons = {element["text"]["text"]: element for element in blocks[4]["elements"]}
    assert {label: made["action_id"] for label, made in buttons.items()} == {
        "Same person": "customer_same",
        "Not the same": "customer_not_same",
    }
    assert {made["value"] for made in buttons.values()} == {str(samples.MESSAGE)}


def test_a_case_closed_without_telling_says_why() -> None:
    closed = samples.card(Status.CLOSED, close_reason="spam\u202e & <!here>")
    blocks = card_blocks(closed, "card:7")
    assert "spam‹U+202E› &amp; &lt;!here&gt;" in str(blocks)
    assert "closed <!date^" in str(blocks)


def test_the_title_is_plain_text_with_the_reference() -> None:
    header = card_blocks(samples.card(subject="<!channel> *now*\u202e"), "p:1")[0]
    assert header["block_id"] == "p:1"
    assert header["text"] == {
        "type": "plain_text",
        "text": "CX-1042 · <!channel> *now*‹U+202E›",
        "emoji": True,
    }


def test_notifications_show_reference_customer_and_subject() -> None:
    assert card_text(samples.card(subject="a & b")) == "CX-1042 · Maria: a &amp; b"


AT = samples.NOW + timedelta(hours=4)
LATER = AT + timedelta(days=1)
DUE, PROMISED = "📅 Due <!date^", "🤝 Promised <!date^"
FORECAST = f"forecast <!date^{int(LATER.timestamp())}^"


@pytest.mark.parametrize(
    ("due", "shown", "can_tell"),
    [
        (Due(AT), [f"{DUE}{int(AT.timestamp())}^"], True),
        (Due(AT, told=Told(AT, AT)), [f"{PROMISED}{int(AT.timestamp())}^"], False),
        (Due(LATER, told=Told(AT, AT)), [f"{PROMISED}{int(AT.timestamp())}^", FORECAST], True),
        (Due(AT, told=Told(AT, LATER)), [f"{PROMISED}{int(LATER.timestamp())}^"], False),
        (Due(stopped=True), ["⌛ Clock stopped: the customer has the next word"], False),
        (Due(stopped=True, told=Told(AT, AT)), [PROMISED, " · ⌛ Clock stopped"], False),
        (Due(legal=AT), ["legal deadline <!date^"], False),
        (Due(AT, legal=LATER), [DUE, " · legal deadline <!date^"], True),
    ],
)
def test_by_when_it_should_be_done_is_one_line(due: Due, shown: list[str], can_tell: bool) -> None:
    blocks = card_blocks(samples.card(due=due), "card:7")
    limits.check_blocks(blocks)
    for words in shown:
        assert words in str(blocks), blocks
    assert ("case_tell_date" in str(blocks)) is can_tell
    assert len(blocks) == len(card_blocks(samples.card(), "card:7")) + 1


def test_without_a_date_there_is_no_line() -> None:
    assert card_blocks(samples.card(due=Due()), "card:7") == card_blocks(samples.card(), "card:7")


def test_nobody_is_told_where_there_is_no_customer() -> None:
    blocks = card_blocks(samples.card(due=Due(AT), channel=Channel.INTERNAL), "card:7")
    assert DUE in str(blocks)
    assert "case_tell_date" not in str(blocks)


@pytest.mark.parametrize(("kept", "words"), [(True, ": kept"), (False, ": not kept"), (None, "")])
def test_a_closed_case_says_whether_its_promise_was_kept(kept: bool | None, words: str) -> None:
    due = Due(LATER, told=Told(AT, LATER, kept))
    (line,) = [
        each["elements"][0]["text"]
        for each in card_blocks(samples.card(Status.CLOSED, due=due), "card:7")
        if "🤝" in str(each)
    ]
    assert line.startswith(f"{PROMISED}{int(AT.timestamp())}^")
    assert line.partition(">")[2] == words


def test_the_step_that_is_next_and_since_when_it_is_late() -> None:
    step = Step("Check the parcel", Amount(days=1), "shipping")
    due = Due(LATER, next=NextStep(2, 3, step, "Shipping", AT, AT))
    shown = str(card_blocks(samples.card(due=due), "card:7"))
    assert "Step 2 of 3: Check the parcel · Shipping · ⏰ late since <!date^" in shown
    closed = card_blocks(samples.card(Status.CLOSED, due=due), "card:7")
    assert "Step 2" not in str(closed)
    in_time = replace(due, next=NextStep(1, 3, Step("Look", Amount(days=1))))
    assert "Step 1 of 3: Look'" in str(card_blocks(samples.card(due=in_time), "card:7"))


def test_by_when_a_department_means_to_answer() -> None:
    waits = [WaitsOn("Shipping", AT, later_at=LATER)]
    shown = str(card_blocks(samples.card(Status.WAITING_DEPARTMENT, waits_on=waits), "card:7"))
    assert f"⏳ answers by <!date^{int(LATER.timestamp())}^" in shown
