"""What a look found becomes part of the case, and what people say goes before it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from cases.enums import Priority
from cases.reader import Language
from cases.routing import Desk, Process
from cases.triage import GENERAL, NOBODY_ELSE, By, Look
from flows import consult, mirror, sort
from flows import triage as flow
from storage import cases, triage
from storage.db import Row
from tests.support.office import ANNA, BORIS, NOW, WORKSPACE, Office

LATER = NOW + timedelta(seconds=5)
SHIPPING = Desk("shipping", "Shipping", "", ("a", "b"), "shipping")
BILLING = Desk("billing", "Billing", "", ("a", "b"), "billing")
RETURN = Process("return", "Return", "", ("a", "b"))
SURE = Look(
    By.WORDS,
    "shipping",
    "Shipping",
    0.94,
    sure=True,
    process="return",
    process_name="Return",
    priority=Priority.HIGH,
    language=Language.PL,
)


async def seen(office: Office, look: Look = SURE) -> Row:
    """A case that was looked at; with its channel and workspace."""
    case = (await office.case()).case_id
    (claim,) = await triage.claim(office.db, LATER, 3)
    async with office.db.transaction() as tx:
        assert await flow.keep(tx, claim, look, LATER)
    row = await cases.by_id(office.db, case)
    assert row is not None
    return row


async def card(office: Office, case: int) -> str:
    return str((await mirror.card(office.db, case, "x")).blocks)


async def audit(office: Office) -> list[tuple[str, str]]:
    rows = await office.db.fetch("SELECT actor, action FROM audit WHERE action <> 'case.opened' ORDER BY id")
    return [(row["actor"], row["action"]) for row in rows]


async def ask(office: Office, case: Row, desk: Desk, key: str = "k") -> Any:
    async with office.db.transaction() as tx:
        token = await consult.propose(tx, case, desk, f"C{desk.key}", "Where is it?", ANNA, key, LATER)
    await consult.confirm(office.db, token, f"C{desk.key}", ANNA, LATER)
    return token


async def test_the_card_follows_what_a_case_is_about(office: Office) -> None:
    case = (await office.case("lamp")).case_id
    async with office.db.transaction() as tx:
        await triage.set_process(tx, case, "return", "Return", NOW)
        await triage.set_process(tx, case, "other", "Other", NOW)
    assert await office.column("SELECT process_type FROM cases") == ["return"]
    assert await office.column("SELECT kind FROM slack_calls") == ["card"], "it may have a date now"


async def test_all_of_it_in_one_commit(office: Office) -> None:
    case = await seen(office)
    row = await office.row(
        """SELECT k.process_type, k.priority, v.language FROM cases k
           JOIN conversations v ON v.id = k.conversation_id"""
    )
    assert dict(row) == {"process_type": "return", "priority": "high", "language": "pl"}
    assert await audit(office) == [
        ("copilot", "case.language"),
        ("copilot", "case.priority"),
        ("copilot", "case.process"),
    ]
    assert await office.column("SELECT kind FROM slack_calls") == ["card"]
    shown = await card(office, case["id"])
    assert "🧭 Copilot suggests: Shipping (94%) · without a model" in shown
    assert "process: Return · " in shown


async def test_nothing_to_show_calls_nobody(office: Office) -> None:
    case = await seen(office, Look(By.WORDS))
    assert await office.column("SELECT kind FROM slack_calls") == []
    assert await audit(office) == []
    assert "Copilot" not in await card(office, case["id"])


async def test_unsure_it_asks_and_says_nothing_else(office: Office) -> None:
    look = Look(By.MODEL, "shipping", "Shipping", 0.4, asks=True, model="m")
    case = await seen(office, look)
    shown = await card(office, case["id"])
    assert "🧭 Copilot asks: whom does this need?" in shown
    assert "Shipping" not in shown
    assert "without a model" not in shown
    assert await triage.likeliest(office.db, case["id"]) == "shipping"


async def test_what_it_is_about_stands_on_the_card_as_it_was_said_last(office: Office) -> None:
    case = await seen(office, Look(By.WORDS, process="return", process_name="Return"))
    assert await office.column("SELECT kind FROM slack_calls") == ["card"]
    assert "process: Return" in await card(office, case["id"])
    await flow.choose_process(office.db, case, Process("late", "<!here> Late", "", ()), ANNA, NOW)
    assert "process: &lt;!here&gt; Late" in await card(office, case["id"])
    await flow.choose_process(office.db, case, Process(GENERAL, "Something else", "", ()), ANNA, NOW)
    assert "process:" not in await card(office, case["id"])


async def test_what_people_said_stays(office: Office) -> None:
    case = (await office.case()).case_id
    (claim,) = await triage.claim(office.db, LATER, 3)
    row = await cases.by_id(office.db, case)
    assert row is not None
    await sort.set_priority(office.db, row, "low", ANNA, NOW)
    await sort.set_priority(office.db, row, "normal", ANNA, NOW)
    await flow.choose_process(office.db, row, RETURN, ANNA, NOW)
    await flow.choose_process(office.db, row, Process("general", "Something else", "", ()), ANNA, NOW)
    await office.db.fetch("UPDATE conversations SET language = 'de'")
    async with office.db.transaction() as tx:
        assert await flow.keep(tx, claim, SURE, LATER)
    found = await office.row("SELECT process_type, priority FROM cases")
    assert dict(found) == {"process_type": "general", "priority": "normal"}
    assert await office.column("SELECT language FROM conversations") == ["de"]
    assert "copilot" not in {actor for actor, _action in await audit(office)}


async def test_a_department_that_is_asked_first_is_whom_it_needed(office: Office) -> None:
    case = await seen(office)
    await ask(office, case, BILLING)
    await ask(office, case, SHIPPING, "later")
    (routed,) = await triage.routed(office.db, WORKSPACE)
    assert (routed.label, routed.corrected, routed.suggested) == ("billing", True, "shipping")
    assert "Copilot suggests" not in await card(office, case["id"])


async def test_asking_the_suggested_one_is_no_correction(office: Office) -> None:
    await ask(office, await seen(office), SHIPPING)
    (routed,) = await triage.routed(office.db, WORKSPACE)
    assert (routed.label, routed.corrected) == ("shipping", False)


@pytest.mark.parametrize("look", [SURE, Look(By.WORDS, asks=True)])
async def test_not_us_is_a_correction_too(office: Office, look: Look) -> None:
    token = await ask(office, await seen(office, look), SHIPPING)
    await consult.reroute(office.db, token, BILLING, "Cbilling", BORIS, LATER)
    (routed,) = await triage.routed(office.db, WORKSPACE)
    assert (routed.label, routed.corrected, routed.suggested) == ("billing", True, "shipping")


async def test_a_second_question_that_is_passed_on_changes_nothing(office: Office) -> None:
    case = await seen(office)
    await ask(office, case, SHIPPING)
    await ask(office, case, BILLING, "second")
    returns = Desk("returns", "Returns", "", ("a", "b"), "returns")
    token = (await office.row("SELECT token FROM asks WHERE department = 'billing'"))["token"]
    await consult.reroute(office.db, token, returns, "Creturns", BORIS, LATER)
    (routed,) = await triage.routed(office.db, WORKSPACE)
    assert (routed.label, routed.corrected) == ("shipping", False)


async def test_chosen_by_hand(office: Office) -> None:
    case = await seen(office)
    assert await flow.choose_department(office.db, case, BILLING, ANNA, LATER)
    assert not await flow.choose_department(office.db, case, BILLING, ANNA, LATER)
    assert await flow.choose_department(office.db, case, SHIPPING, BORIS, LATER)
    row = await office.row("SELECT corrected_to, corrected_by FROM triage")
    assert (row["corrected_to"], row["corrected_by"]) == ("shipping", BORIS.id)
    assert [each for each in await audit(office) if each[1] == "case.department"] == [
        (ANNA.id, "case.department"),
        (BORIS.id, "case.department"),
    ]


async def test_nobody_else_ends_the_question_until_somebody_is_asked_after_all(office: Office) -> None:
    case = await seen(office, Look(By.MODEL, "shipping", "Shipping", 0.4, asks=True, model="m"))
    nobody = Desk(NOBODY_ELSE, "Nobody else", "", ())
    assert await flow.choose_department(office.db, case, nobody, ANNA, LATER)
    assert not await flow.choose_department(office.db, case, nobody, ANNA, LATER)
    assert "Copilot asks" not in await card(office, case["id"])
    assert await triage.claim(office.db, LATER + timedelta(minutes=5), 3) == []
    shown = await cases.card(office.db, case["id"])
    assert shown is not None
    assert shown.department == NOBODY_ELSE
    assert await triage.routed(office.db, WORKSPACE) == []
    await ask(office, case, BILLING)
    (routed,) = await triage.routed(office.db, WORKSPACE)
    assert (routed.label, routed.corrected) == ("billing", True)


async def test_chosen_before_anybody_looked(office: Office) -> None:
    case = (await office.case()).case_id
    row = await cases.by_id(office.db, case)
    assert row is not None
    assert await flow.choose_department(office.db, row, BILLING, ANNA, NOW)
    assert await triage.claim(office.db, LATER, 3) == []
