"""The customer is told a date: what is a forecast, what is a promise, and when it counts as kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from cases.actor import Actor
from cases.errors import AlreadyDone, CustomerWrote, DateKnown, DatePassed, NoChannel
from cases.hours import Hours, Span
from cases.messages import CaseCard
from cases.promises import Amount, Due, Plan, PlanAt, Step, Timing, Told
from cases.reader import Language
from flows import close, join, mirror, opening, promise, reply, sort
from flows.promise import ClockStopped, NoDate, NothingDue
from storage import cases, drafts, history, promises, triage
from storage.db import Row
from tests.flows.test_ledger import same_customer
from tests.support.office import ANNA, BORIS, NOW, Office
from views.history import log_lines

HOUR = timedelta(hours=1)
# NOW is a Monday, nine o'clock in the morning.
WEEK = {day: (Span(time(9), time(17)),) for day in range(5)}
LOOK = Step("Look", Amount(time=4 * HOUR))
PLAN = Plan(
    {"team": Hours(UTC, WEEK, holidays={date(2026, 3, 3)})},
    {"return": Timing(steps=[LOOK], texts={Language.PL: "Gotowe do {date}."}), "bare": Timing()},
)
DUE = NOW + 4 * HOUR


async def dated(office: Office, case: int, plan: Plan = PLAN, now: datetime = NOW) -> CaseCard:
    card = await cases.card(office.db, case)
    assert card is not None
    return await promises.dated(office.db, card, PlanAt(plan, now))


async def due(office: Office, case: int, plan: Plan = PLAN) -> Due:
    """By when a case should be done; the step at which it stands is tested apart."""
    found = (await dated(office, case, plan)).due
    assert found is not None
    return replace(found, next=None)


async def returned(office: Office, text: str = "I want to send it back.") -> int:
    """A new case of which is known that it is a return."""
    case = (await office.case(text)).case_id
    await triage.choose_process(office.db, case, "return", "Return", ANNA, NOW)
    return case


async def propose(
    office: Office, case: int, *, actor: Actor = ANNA, now: datetime = NOW, plan: Plan = PLAN
) -> UUID:
    """Tell the date; the draft."""
    row = await cases.by_id(office.db, case)
    assert row is not None
    card = await dated(office, case, plan, now)
    async with office.db.transaction() as tx:
        await promise.propose(tx, row, card, plan, Language.EN, actor, now)
    call = await office.row("SELECT payload FROM slack_calls WHERE kind = 'preview' ORDER BY id DESC LIMIT 1")
    assert call["payload"]["user"] == actor.id
    return UUID(call["payload"]["draft"])


async def tell(office: Office, case: int, *, now: datetime = NOW, plan: Plan = PLAN) -> UUID:
    """Tell the date and send that."""
    draft = await propose(office, case, now=now, plan=plan)
    await reply.approve(office.db, draft, ANNA, 0, now)
    assert await send(office, draft, now) is not None
    return draft


async def send(office: Office, draft: UUID, now: datetime = NOW) -> reply.Sent | None:
    row = await office.row("SELECT body FROM drafts WHERE uuid = %(uuid)s", uuid=draft)
    return await reply.send(office.db, draft, row["body"], now)


async def rows(office: Office) -> list[Row]:
    return await office.db.fetch("SELECT * FROM promises ORDER BY id")


async def solve(office: Office, case: int, now: datetime) -> None:
    """Close a case with a closing text."""
    token = await office.token(case)
    draft = await close.tell(office.db, token, "Done.", uuid4().hex, ANNA, 0, now)
    assert await send(office, draft["uuid"], now) is not None
    assert await office.status(case) == "closed"


def later(plan: Plan, by: timedelta) -> Plan:
    """A plan in which a return takes longer."""
    step = Step("Look", Amount(time=4 * HOUR + by))
    return Plan(plan.calendars, {"return": Timing(steps=[step])})


async def test_before_it_is_told_there_is_only_a_forecast(office: Office) -> None:
    case = await returned(office)
    assert await due(office, case) == Due(DUE)
    assert await rows(office) == []


async def test_of_a_general_case_no_date_is_known(office: Office) -> None:
    case = (await office.case()).case_id
    assert await due(office, case) == Due()
    with pytest.raises(NoDate):
        await propose(office, case)


async def test_a_preview_tells_nobody_anything(office: Office) -> None:
    case = await returned(office)
    draft = await propose(office, case)
    shown = await mirror.draft_preview(office.db, draft)
    assert "Monday, 2 March 2026, 13:00 UTC" in str(shown.blocks)
    assert await propose(office, case) == draft, "asked again it is the same"
    await drafts.cancel(office.db, draft, ANNA.id, NOW)
    assert await rows(office) == []
    assert await propose(office, case) != draft


async def test_undone_in_time_nothing_was_told(office: Office) -> None:
    case = await returned(office)
    draft = await propose(office, case)
    await reply.approve(office.db, draft, ANNA, 60, NOW)
    await reply.take_back(office.db, draft, ANNA, NOW)
    assert await send(office, draft) is None
    assert await rows(office) == []
    assert (await due(office, case)).told is None


async def test_sent_it_is_a_promise_and_the_case_stays_ours(office: Office) -> None:
    case = await returned(office)
    await tell(office, case)
    (row,) = await rows(office)
    said = await office.row("SELECT id, text FROM messages WHERE direction = 'out'")
    assert (row["date_at"], row["message_id"], row["told_by"]) == (DUE, said["id"], ANNA.id)
    assert (row["told_at"], row["ended_at"], row["kept"]) == (NOW, None, None)
    assert said["text"] == (
        "We are working on it, and expect to be done with it by Monday, 2 March 2026, 13:00 UTC."
    )
    assert await office.status(case) == "open", "the clock goes on"
    assert await due(office, case) == Due(DUE, told=Told(DUE, DUE))
    cards = await office.column("SELECT count(*) FROM slack_calls WHERE kind = 'card' AND done_at IS NULL")
    assert cards == [1], "the card will show it"


async def test_while_a_department_is_waited_for_it_stays_so(office: Office) -> None:
    case = await returned(office)
    await office.db.fetch("UPDATE cases SET status = 'waiting_department'", {})
    await tell(office, case)
    assert await office.status(case) == "waiting_department"


async def test_the_log_says_which_date_was_told(office: Office) -> None:
    case = await returned(office)
    await tell(office, case)
    entry = next(row for row in await history.log(office.db, case) if row["action"] == "reply.sent")
    assert datetime.fromisoformat(entry["detail"]["promised"]) == DUE
    (line,) = log_lines([entry])
    assert line.endswith("answered the customer · told the date 2 Mar 2026, 13:00")


async def test_the_customer_reads_their_language(office: Office) -> None:
    case = await returned(office)
    await office.db.fetch("UPDATE conversations SET language = 'pl'", {})
    await tell(office, case)
    said = await office.row("SELECT text FROM messages WHERE direction = 'out'")
    assert said["text"] == "Gotowe do poniedziałek, 2 marca 2026, 13:00 UTC."


async def test_what_a_date_says_is_no_placeholder_of_the_text(office: Office) -> None:
    plan = Plan(PLAN.calendars, {"return": Timing(steps=[LOOK], texts={Language.EN: "{date} {0} {x.y}"})})
    case = await returned(office)
    card = await dated(office, case, plan)
    assert promise.words(card, DUE, plan, Language.EN) == "Monday, 2 March 2026, 13:00 UTC {0} {x.y}"


async def test_it_goes_on_with_a_merged_case_and_comes_back_with_it(office: Office) -> None:
    case = await returned(office)
    await tell(office, case)
    others = [await same_customer(office, case, key) for key in "ab"]
    await join.merge(office.db, case, others[0], ANNA, NOW)
    await join.merge(office.db, others[0], others[1], ANNA, NOW)
    assert [row["case_id"] for row in await rows(office)] == [others[1]]
    await join.split(office.db, others[1], [], ANNA, NOW, back_to=others[0])
    assert [row["case_id"] for row in await rows(office)] == [others[0]]
    await join.split(office.db, others[0], [], ANNA, NOW, back_to=case)
    assert [(row["case_id"], row["ended_at"]) for row in await rows(office)] == [(case, None)]


async def test_the_same_date_is_not_told_twice(office: Office) -> None:
    case = await returned(office)
    await tell(office, case)
    with pytest.raises(DateKnown):
        await propose(office, case)


async def test_nor_by_two_people(office: Office) -> None:
    case = await returned(office)
    theirs = await propose(office, case, actor=BORIS)
    await tell(office, case)
    with pytest.raises(DateKnown):
        await reply.approve(office.db, theirs, BORIS, 0, NOW)
    assert len(await rows(office)) == 1


async def test_nor_while_it_is_on_its_way(office: Office) -> None:
    case = await returned(office)
    await reply.approve(office.db, await propose(office, case), ANNA, 60, NOW)
    with pytest.raises(AlreadyDone, match="is being told"):
        await propose(office, case)


async def test_a_second_send_promises_once(office: Office) -> None:
    case = await returned(office)
    draft = await tell(office, case)
    with pytest.raises(AlreadyDone):
        await reply.approve(office.db, draft, ANNA, 0, NOW)
    assert await send(office, draft) is None
    assert len(await rows(office)) == 1


async def test_a_date_that_is_not_ahead_is_not_told(office: Office) -> None:
    case = await returned(office)
    with pytest.raises(DatePassed):
        await propose(office, case, now=DUE)
    draft = await propose(office, case)
    with pytest.raises(DatePassed):
        await reply.approve(office.db, draft, ANNA, 0, DUE)
    await reply.approve(office.db, draft, ANNA, 0, DUE - timedelta(minutes=1))


async def test_who_wrote_meanwhile_is_read_first(office: Office) -> None:
    case = await returned(office)
    draft = await propose(office, case)
    await office.says(await office.conversation_of(case), "Never mind")
    with pytest.raises(CustomerWrote) as wrote:
        await reply.approve(office.db, draft, ANNA, 0, NOW)
    assert wrote.value.draft is not None
    await reply.approve(office.db, wrote.value.draft, ANNA, 0, NOW)
    await send(office, wrote.value.draft)
    assert [row["date_at"] for row in await rows(office)] == [DUE]


async def test_a_case_without_a_customer_has_nobody_to_tell(office: Office) -> None:
    async with office.db.transaction() as tx:
        row = await opening.from_words(tx, office.workspace, "w", "C1", "Lost parcel", ANNA, NOW, owns=True)
    case = int(row["id"])
    await triage.choose_process(office.db, case, "return", "Return", ANNA, NOW)
    with pytest.raises(NoChannel):
        await propose(office, case)


async def test_the_clock_stands_still_while_the_customer_has_the_next_word(office: Office) -> None:
    case = await returned(office)
    draft = await office.preview(case)
    await reply.approve(office.db, draft, ANNA, 0, NOW)
    await send(office, draft, NOW + HOUR)
    assert await due(office, case) == Due(stopped=True)
    with pytest.raises(ClockStopped):
        await propose(office, case, now=NOW + HOUR)
    # They answer two hours later; then three of four hours are left.
    await office.says(await office.conversation_of(case), "Here it is", now=NOW + 3 * HOUR)
    assert await due(office, case) == Due(NOW + 6 * HOUR)


async def test_an_answered_case_owes_no_date(office: Office) -> None:
    case = await returned(office)
    row = await cases.by_id(office.db, case)
    assert row is not None
    await sort.set_status(office.db, row, row["status"], "answered", ANNA, NOW)
    assert await due(office, case) == Due(done=True)
    with pytest.raises(NothingDue):
        await propose(office, case)


async def test_what_is_late_is_done_now_at_the_earliest_which_nobody_is_told(office: Office) -> None:
    case = await returned(office)
    found = (await dated(office, case, now=DUE + HOUR)).due
    assert found is not None
    assert found.next is not None
    assert (found.next.late, found.forecast) == (DUE, DUE + HOUR)
    with pytest.raises(DatePassed):
        await propose(office, case, now=DUE + HOUR)


async def test_the_promise_moves_only_when_the_customer_is_told(office: Office) -> None:
    case = await returned(office)
    await tell(office, case)
    slower = later(PLAN, 2 * HOUR)
    moved = await due(office, case, slower)
    assert (moved.forecast, moved.told) == (DUE + 2 * HOUR, Told(DUE, DUE))
    assert moved.untold == DUE + 2 * HOUR
    await tell(office, case, plan=slower)
    assert (await due(office, case, slower)).told == Told(DUE, DUE + 2 * HOUR)


async def closed_with(office: Office, at: datetime) -> list[Any]:
    """Whether the two dates told, the second an hour later, were kept by a case closed ``at``."""
    case = await returned(office)
    await tell(office, case)
    await tell(office, case, plan=later(PLAN, HOUR))
    await solve(office, case, at)
    assert {row["ended_at"] for row in await rows(office)} == {at}
    return [row["kept"] for row in await rows(office)]


async def test_kept_counts_against_the_first_date_told(office: Office) -> None:
    assert await closed_with(office, DUE) == [True, None]


async def test_broken_though_the_second_date_was_kept(office: Office) -> None:
    assert await closed_with(office, DUE + timedelta(minutes=1)) == [False, None]


async def test_the_card_of_a_closed_case_says_so(office: Office) -> None:
    case = await returned(office)
    await tell(office, case)
    await solve(office, case, NOW + HOUR)
    assert (await due(office, case)).told == Told(DUE, DUE, kept=True)


async def test_closed_without_telling_it_is_neither(office: Office) -> None:
    case = await returned(office)
    await tell(office, case)
    await close.silently(office.db, await office.token(case), "Spam", ANNA, NOW)
    (row,) = await rows(office)
    assert (row["ended_at"], row["kept"]) == (NOW, None)


async def test_a_reopened_case_begins_anew(office: Office) -> None:
    case = await returned(office)
    await tell(office, case)
    await solve(office, case, NOW + HOUR)
    again = NOW + 2 * HOUR
    row = await cases.by_token(office.db, await office.token(case))
    assert row is not None
    await sort.reopen(office.db, row, ANNA, again)
    assert await due(office, case) == Due(again + 4 * HOUR)
    await solve(office, case, again)
    assert (await due(office, case)).told is None, "that was another time"
    row = await cases.by_token(office.db, await office.token(case))
    assert row is not None
    await sort.reopen(office.db, row, ANNA, again)
    await tell(office, case, now=again)
    await solve(office, case, again + HOUR)
    assert [row["kept"] for row in await rows(office)] == [True, True]


async def test_what_was_told_goes_on_in_the_other_case(office: Office) -> None:
    conversation = await office.conversation()
    first = (await office.says(conversation, "Back")).case_id
    await triage.choose_process(office.db, first, "return", "Return", ANNA, NOW)
    await tell(office, first)
    await office.db.fetch("UPDATE conversations SET case_id = NULL WHERE id = %(id)s", {"id": conversation})
    async with office.db.transaction() as tx:
        second = await opening.from_words(tx, office.workspace, "w", "C1", "Again", ANNA, NOW, owns=True)
    await office.db.fetch(
        "UPDATE cases SET customer_id = (SELECT customer_id FROM cases WHERE id = %(first)s)"
        " WHERE id = %(second)s",
        {"first": first, "second": second["id"]},
    )
    await join.merge(office.db, first, second["id"], BORIS, NOW)
    (row,) = await rows(office)
    assert (row["case_id"], row["ended_at"]) == (second["id"], None)


async def test_who_writes_while_the_case_is_being_closed_keeps_the_promise_open(office: Office) -> None:
    case = await returned(office)
    await tell(office, case)
    token = await office.token(case)
    draft = await close.tell(office.db, token, "Done.", "f", ANNA, 0, NOW)
    await office.says(await office.conversation_of(case), "One more thing")
    await send(office, draft["uuid"])
    assert await office.status(case) == "open"
    (row,) = await rows(office)
    assert row["ended_at"] is None
