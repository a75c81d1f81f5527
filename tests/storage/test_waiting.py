from __future__ import annotations

from datetime import UTC, time, timedelta

from cases.hours import Hours, Span
from cases.promises import Plan, PlanAt
from cases.waiting import Spent, Waited
from commands.request import Request
from commands.status import run_status
from flows import consult
from storage import cases, waiting
from storage.db import Connection
from tests.flows.test_consult import BILLING, JON, ask
from tests.support.office import ANNA, NOW, Office, post_all
from tests.views import limits
from views.waiting import waiting_line

HOUR = timedelta(hours=1)
# NOW is a Monday, nine o'clock in the morning.
PLAN = Plan(
    {"team": Hours(UTC, {day: (Span(time(9), time(17)),) for day in range(5)})}, names={"billing": "Billing"}
)


async def test_a_question_that_was_passed_on_counts_for_whoever_had_it(
    office: Office, lease: Connection
) -> None:
    receipt = await office.case()
    await post_all(office.db, lease)
    case = await cases.by_id(office.db, receipt.case_id)
    assert case is not None
    token = await ask(office, case)
    await consult.reroute(office.db, token, BILLING, "CBILLING", JON, NOW + HOUR)
    passed_on = await office.row("SELECT token FROM asks WHERE department = 'billing'")
    async with office.db.transaction() as tx:
        await consult.answer(tx, passed_on["token"], "Paid.", JON, "form:1", NOW + 3 * HOUR)
    at = PlanAt(PLAN, NOW + 10 * HOUR)
    found = await waiting.waited_of(office.db, office.workspace, [receipt.case_id], at)
    assert found == {
        receipt.case_id: Waited(
            agent=Spent(5 * HOUR, 7 * HOUR),
            departments={"logistics": Spent(HOUR, HOUR), "billing": Spent(2 * HOUR, 2 * HOUR)},
            names=PLAN.names,
        )
    }
    assert await waiting.waited_of(office.db, office.workspace + 1, [receipt.case_id], at) == {}
    typed = f"status CX-{receipt.case_number}"
    request = Request(office.db, office.workspace, "https://shop.slack.com/", ANNA.id, typed, at=at)
    shown = await run_status(request)
    limits.check(shown)
    assert "us 5 hours (7 hours)" in str(shown.blocks)
    assert "Billing 2 hours (2 hours)" in str(shown.blocks)


def test_who_was_never_waited_for_is_not_named() -> None:
    assert waiting_line(Waited()) == ""
    waited = Waited(
        agent=Spent(90 * timedelta(minutes=1), 50 * HOUR), departments={"<!here>": Spent(clock=HOUR)}
    )
    line = waiting_line(waited)
    assert "us 1.5 hours (2 days)" in line
    assert "the customer" not in line
    assert "<!here>" not in line
