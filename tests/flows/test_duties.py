"""Duties on rows: everybody is reminded once, and nobody after the reason is gone, whoever else looks."""

from __future__ import annotations

import asyncio
from datetime import date, datetime, time, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from cases.duties import Policy, Rules
from cases.errors import AlreadyDone, InvalidInput
from cases.hours import Hours, Span
from cases.promises import Amount, Plan, PlanAt, Step, Timing
from cases.routing import Desk
from flows import away, close, consult, mirror, own, remind, reply
from storage import calls, cases, deletions, duties, outbox, rechecks
from storage.db import Connection, Duplicate, Row
from tests.support.office import ANNA, BORIS, NOW, WORKSPACE, Office, post_all

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
# NOW is Monday, 9:00 in UTC.
HOURS = Hours(ZoneInfo("UTC"), {day: (Span(time(9), time(17)),) for day in range(5)})
STEPS = (Step("Check", Amount(time=HOUR), "dock"), Step("Pay", Amount(time=2 * HOUR)))
POLICY = Policy(Plan({"team": HOURS}, {"return": Timing(steps=STEPS)}))
DOCK = Desk("dock", "Dock", "", (), channel="C9")
WHOM = remind.Whom({"dock": ["ULEAD"]}, ["USUPER"])


async def look(office: Office, now: datetime, policy: Policy = POLICY) -> list[tuple[str, list[str]]]:
    """Kind and mentions of what people are reminded of in a tick at ``now``."""
    before = await office.db.fetch("SELECT coalesce(max(id), 0) AS id FROM reminders")

    async def whom() -> remind.Whom:
        return WHOM

    await remind.send_owed(office.db, WORKSPACE, policy, whom, now)
    rows = await office.db.fetch(
        "SELECT kind, mentions FROM reminders WHERE id > %(id)s ORDER BY kind, id", before[0]
    )
    return [(row["kind"], row["mentions"]) for row in rows]


async def owned(office: Office) -> Row:
    """A case of Anna's."""
    receipt = await office.case()
    await own.take(office.db, await office.token(receipt.case_id), ANNA, NOW)
    return await case_of(office, receipt.case_id)


async def case_of(office: Office, case: int) -> Row:
    row = await cases.by_token(office.db, await office.token(case))
    assert row is not None
    return row


async def ask(office: Office, case: Row, now: datetime = NOW) -> Row:
    async with office.db.transaction() as tx:
        token = await consult.propose(tx, case, DOCK, "C9", "Where is it?", ANNA, uuid4().hex, now)
    return await consult.confirm(office.db, token, "C9", ANNA, now)


async def ticked(office: Office, hours: int, start: datetime = NOW) -> list[tuple[str, str, list[str]]]:
    """Everything in ``hours`` of ticks, four an hour: when, what and who."""
    found = []
    for quarter in range(hours * 4 + 1):
        at = start + quarter * 15 * MINUTE
        found += [(f"{at:%a %H:%M}", kind, people) for kind, people in await look(office, at)]
    return found


async def test_an_unclaimed_case_is_called_out_in_its_channel_then_to_the_supervisors(office: Office) -> None:
    await office.case()
    assert await ticked(office, 8) == [
        ("Mon 09:45", "unclaimed", []),
        ("Mon 10:00", "unclaimed", []),
        ("Mon 12:00", "unclaimed", ["USUPER"]),
        ("Mon 16:00", "unclaimed", ["USUPER"]),
    ]


async def test_what_is_late_already_when_it_begins_to_be_owed_waits_for_working_hours(office: Office) -> None:
    """An owner is found at night, or the app stood still until then."""
    receipt = await office.case()
    night, morning = NOW + 13 * HOUR, NOW + 24 * HOUR
    assert await look(office, night) == []
    await own.take(office.db, await office.token(receipt.case_id), ANNA, night)
    assert await look(office, night) == []
    assert await look(office, night + HOUR) == []
    assert await look(office, morning) == [("first_response", [ANNA.id])]


async def test_of_more_moments_than_are_worked_out_at_a_time_the_last_one_is_posted(office: Office) -> None:
    """The app stood still for hours in which somebody would have been reminded a dozen times."""
    often = Amount(time=5 * MINUTE)
    policy = Policy(POLICY.plan, Rules(repeat=often, longest=often))
    await office.case()
    assert await look(office, NOW + 45 * MINUTE, policy) == [("unclaimed", [])]
    found = [await look(office, NOW + 5 * HOUR, policy) for _tick in range(20)]
    assert [each for each in found if each] == [[("unclaimed", ["USUPER"])]]
    assert await look(office, NOW + 5 * HOUR + 5 * MINUTE, policy) == [("unclaimed", ["USUPER"])]


async def test_the_owner_is_reminded_then_the_team_then_the_supervisors(office: Office) -> None:
    await owned(office)
    assert await ticked(office, 31) == [
        ("Mon 11:45", "first_response", [ANNA.id]),
        ("Mon 13:00", "first_response", [ANNA.id]),
        ("Mon 15:00", "first_response", []),
        ("Tue 11:00", "first_response", ["USUPER"]),
    ]


async def test_a_department_is_reminded_where_it_was_asked_then_its_lead_then_the_supervisors(
    office: Office, lease: Connection
) -> None:
    case = await owned(office)
    await office.db.fetch("UPDATE cases SET process_type = 'return'")
    await ask(office, case)
    await post_all(office.db, lease)
    await post_all(office.db, lease, "C9")
    found = [each for each in await ticked(office, 26) if each[1] == "department"]
    assert found == [
        ("Mon 09:45", "department", []),
        ("Mon 10:00", "department", []),
        ("Mon 12:00", "department", []),
        ("Mon 16:00", "department", ["ULEAD"]),
    ]
    places = await office.db.fetch(
        "SELECT DISTINCT slack_channel FROM outbox WHERE kind = 'reminders' AND ask_id IS NOT NULL"
    )
    assert [row["slack_channel"] for row in places] == ["C9"]


async def test_who_said_by_when_they_answer_is_reminded_by_then(office: Office) -> None:
    asked = await ask(office, await owned(office))
    assert ("department", []) in await look(office, NOW + 8 * HOUR - MINUTE)
    async with office.db.transaction() as tx:
        at = NOW + timedelta(days=3)
        await consult.later(tx, asked["token"], at, "The carrier looks", BORIS, NOW + 8 * HOUR - MINUTE)
    assert "department" not in [kind for kind, _who in await look(office, NOW + timedelta(days=1))]
    assert "department" in [kind for kind, _who in await look(office, NOW + timedelta(days=3, minutes=5))]


async def test_a_late_step_says_which_date_it_leads_to_until_it_is_done(
    office: Office, lease: Connection
) -> None:
    case = await owned(office)
    await post_all(office.db, lease)
    await office.db.fetch("UPDATE cases SET process_type = 'return'")
    assert ("step", [ANNA.id]) in await look(office, NOW + 2 * HOUR)
    (posted,) = await post_all(office.db, lease)
    said = str((await mirror.render(office.db, posted, PlanAt(POLICY.plan, NOW + 2 * HOUR))).blocks)
    assert "Step 1 of 2, Check · dock, is late." in said
    assert "Forecast" in said
    assert "case_tell_date" in said
    async with office.db.transaction() as tx:
        token = await consult.propose(tx, case, DOCK, "C9", "Where is it?", ANNA, uuid4().hex, NOW)
    asked = await consult.confirm(office.db, token, "C9", ANNA, NOW + 2 * HOUR)
    async with office.db.transaction() as tx:
        await consult.answer(tx, asked["token"], "On its way.", BORIS, uuid4().hex, NOW + 2 * HOUR)
    assert not [each for each in await look(office, NOW + 3 * HOUR) if each[0] == "step"]


async def test_who_took_the_question_is_reminded_of_it(office: Office) -> None:
    asked = await ask(office, await owned(office))
    await consult.take(office.db, asked["token"], BORIS, NOW)
    assert ("department", [BORIS.id]) in await look(office, NOW + 8 * HOUR - MINUTE)


async def test_a_reminder_is_gone_with_its_reason_also_where_it_was_posted(
    office: Office, lease: Connection
) -> None:
    case = await owned(office)
    await post_all(office.db, lease)
    assert await look(office, NOW + 3 * HOUR) == [("first_response", [ANNA.id])]
    (posted,) = await post_all(office.db, lease)
    assert (posted[0]["kind"], posted[0]["thread_ts"]) == ("reminders", "1.1")
    rendered = await mirror.render(office.db, posted)
    assert f"<@{ANNA.id}>" in rendered.text
    assert "first answer" in rendered.text
    assert rendered.blocks[-1]["type"] == "actions"
    await sent(office, case, NOW + 3 * HOUR)
    assert await look(office, NOW + 7 * HOUR) == []
    (call,) = await office.db.fetch("SELECT payload FROM slack_calls WHERE kind = 'reminder'")
    again = await mirror.due(office.db, call["payload"]["outbox"], "p:1")
    assert again.text.startswith("~")
    assert [block["type"] for block in again.blocks] == ["section", "context"]


async def sent(office: Office, case: Row, now: datetime) -> None:
    """Anna's answer reaches the customer."""
    draft = await office.preview(case["id"])
    await reply.approve_and_send(office.db, draft, ANNA, now)


async def test_what_is_not_posted_yet_when_its_reason_goes_is_never_posted(office: Office) -> None:
    case = await owned(office)
    await look(office, NOW + 3 * HOUR)
    await sent(office, case, NOW + 3 * HOUR)
    await look(office, NOW + 3 * HOUR)
    assert await office.column("SELECT kind FROM outbox WHERE kind = 'reminders'") == []


async def test_fault_44_no_reminder_after_close(office: Office) -> None:
    case = await owned(office)
    await ask(office, case)
    assert await look(office, NOW + 3 * HOUR)
    await close.silently(office.db, case["token"], "by phone", ANNA, NOW + 3 * HOUR)
    # Also of what nobody has looked at since.
    assert await office.column("SELECT kind FROM outbox WHERE kind = 'reminders'") == []
    assert (await duties.claim(office.db, WORKSPACE, {}, [], NOW + 90 * HOUR))[0] == []
    for hours in range(3, 100, 5):
        assert await look(office, NOW + hours * HOUR) == []
    assert await office.column("SELECT id FROM duties") == []


async def test_nobody_is_reminded_before_what_changed_was_looked_at(office: Office) -> None:
    case = await owned(office)
    await rechecks.recheck(office.db, WORKSPACE, POLICY)
    await sent(office, case, NOW)
    assert await duties.claim(office.db, WORKSPACE, {}, [], NOW + 5 * HOUR) == ([], True)


async def test_after_a_long_silence_of_the_app_only_the_last_moment_counts(office: Office) -> None:
    await owned(office)
    assert await look(office, NOW + 4 * HOUR) == [("first_response", [ANNA.id])]
    assert await look(office, NOW + 27 * HOUR) == [("first_response", ["USUPER"])]
    assert await look(office, NOW + 27 * HOUR) == []


async def test_who_takes_an_old_case_hears_of_it_before_anybody_else_does(office: Office) -> None:
    receipt = await office.case()
    assert await look(office, NOW + 7 * HOUR) == [("unclaimed", [])]
    late = NOW + 7 * HOUR + MINUTE
    await own.take(office.db, await office.token(receipt.case_id), ANNA, late)
    assert await look(office, late) == [("first_response", [ANNA.id])]
    # Three moments were over; from the next one on it climbs.
    climbing = [people for _at, _kind, people in await ticked(office, 60, late)]
    assert climbing[:2] == [[], ["USUPER"]]


async def test_reminders_never_end_before_their_reason_does(office: Office) -> None:
    await office.case()
    found, at = [], NOW
    for _day in range(40):
        at += 24 * HOUR
        found += await look(office, at)
    # Every other working day in the end.
    assert 13 <= len(found) <= 20


async def test_all_that_is_due_in_a_thread_at_once_is_one_post(office: Office, lease: Connection) -> None:
    case = await owned(office)
    await post_all(office.db, lease)
    rules = Rules(first_response=Amount(time=HOUR))
    policy = Policy(Plan({"team": HOURS}, {"general": Timing(legal_days=1)}), rules)
    found = await look(office, NOW + 27 * HOUR, policy)
    assert [kind for kind, _people in found] == ["first_response", "legal"]
    (posted,) = await post_all(office.db, lease)
    rendered = await mirror.render(office.db, posted)
    assert rendered.blocks[0]["text"]["text"].count("⏰") == 2
    assert case["id"] == posted[0]["case_id"]


async def test_what_is_due_in_many_threads_at_once_is_posted_in_the_channel(
    office: Office, lease: Connection
) -> None:
    mine = [await owned(office) for _case in range(23)]
    await post_all(office.db, lease)
    assert len(await look(office, NOW + 4 * HOUR)) == 23
    posted = await post_all(office.db, lease)
    assert [(rows[0]["kind"], rows[0]["is_root"]) for rows in posted] == [("roundup", True)] * 2
    rendered = await mirror.render(office.db, posted[0])
    assert rendered.text == "⏰ 20 cases need somebody now"
    said = str(rendered.blocks)
    assert said.count(f"<@{ANNA.id}>") == 20
    assert "https://shop.slack.com/archives/C1/p" in said
    await close.silently(office.db, mine[0]["token"], "by phone", ANNA, NOW + 4 * HOUR)
    assert "~⏰" in str((await mirror.render(office.db, posted[0])).blocks)
    row = await office.row("SELECT token FROM reminders WHERE case_id = %(id)s", id=mine[1]["id"])
    until = NOW + 5 * HOUR
    due = NOW + 4 * HOUR
    await remind.put_off(office.db, WORKSPACE, row["token"], until, POLICY.plan, ANNA, due, exact=False)
    snoozed = await office.column("SELECT case_id FROM duties WHERE snoozed_until IS NOT NULL")
    assert snoozed == [mine[1]["id"]]
    threads = await office.column("SELECT count(*) FROM cases WHERE thread_ts = '1.1'")
    assert threads == [1]


async def test_in_a_departments_channel_nothing_is_said_of_the_customer(
    office: Office, lease: Connection
) -> None:
    for _case in range(6):
        await ask(office, await owned(office))
    await post_all(office.db, lease)
    await post_all(office.db, lease, "C9")
    await look(office, NOW + 8 * HOUR - MINUTE)
    (posted,) = await post_all(office.db, lease, "C9")
    said = str((await mirror.render(office.db, posted)).blocks)
    assert said.count("This question waits for an answer.") == 6
    assert "/archives/C9/p" in said
    assert "Where is my parcel" not in said


async def test_snoozed_it_comes_again_then_and_goes_on(office: Office, lease: Connection) -> None:
    await owned(office)
    await post_all(office.db, lease)
    due = NOW + 4 * HOUR
    await look(office, due)
    until = await put_off(office, due + HOUR, due)
    assert until == due + HOUR
    # The post follows also where whoever pressed the button is killed.
    outbox = "SELECT id FROM outbox WHERE kind = 'reminders'"
    waits = "SELECT (payload ->> 'outbox')::bigint FROM slack_calls WHERE kind = 'reminder'"
    assert await office.column(waits) == await office.column(outbox)
    assert await look(office, due + HOUR - MINUTE) == []
    assert await look(office, due + HOUR) == [("first_response", [ANNA.id])]
    assert await look(office, due + 2 * HOUR) == [("first_response", [])]


async def test_an_hour_that_ends_after_work_ends_when_work_begins_but_a_picked_one_is_kept(
    office: Office,
) -> None:
    await owned(office)
    late = NOW + 7 * HOUR + 30 * MINUTE
    await look(office, late)
    assert await put_off(office, late + HOUR, late) == NOW + 24 * HOUR
    with pytest.raises(AlreadyDone):
        await put_off(office, late + HOUR, late)
    await look(office, NOW + 24 * HOUR)
    night = NOW + 36 * HOUR
    assert await put_off(office, night, NOW + 24 * HOUR, exact=True) == night
    with pytest.raises(InvalidInput):
        await put_off(office, NOW, NOW + HOUR)


async def put_off(office: Office, until: datetime, now: datetime, *, exact: bool = False) -> datetime:
    row = await office.row("SELECT token FROM reminders ORDER BY id DESC LIMIT 1")
    return await remind.put_off(
        office.db, WORKSPACE, row["token"], until, POLICY.plan, ANNA, now, exact=exact
    )


async def test_who_is_away_has_a_cover_or_the_case_is_unclaimed(office: Office) -> None:
    await owned(office)
    await away.leave(office.db, WORKSPACE, NOW + 90 * HOUR, BORIS, ANNA, NOW)
    assert await look(office, NOW + 3 * HOUR) == [("first_response", [BORIS.id])]
    await away.back(office.db, WORKSPACE, ANNA, NOW + 3 * HOUR)
    await away.leave(office.db, WORKSPACE, NOW + 90 * HOUR, None, ANNA, NOW + 3 * HOUR)
    assert await look(office, NOW + 4 * HOUR) == [("unclaimed", [])]
    await away.back(office.db, WORKSPACE, ANNA, NOW + 5 * HOUR)
    assert await look(office, NOW + 5 * HOUR) == [("first_response", [ANNA.id])]


async def test_new_rules_hold_for_cases_that_are_there(office: Office) -> None:
    await owned(office)
    assert await look(office, NOW + HOUR) == []
    policy = Policy(POLICY.plan, Rules(first_response=Amount(time=HOUR)), "new")
    assert await remind.follow(office.db, WORKSPACE, policy) == 1
    assert await remind.follow(office.db, WORKSPACE, policy) == 0
    # A replica that has not read them yet leaves the cases alone.
    assert await look(office, NOW + HOUR) == []
    assert await look(office, NOW + HOUR, policy) == [("first_response", [ANNA.id])]


async def test_a_case_that_cannot_be_worked_out_silences_no_other(office: Office) -> None:
    case, other = await owned(office), await owned(office)
    asked = await ask(office, case)
    await office.db.fetch("UPDATE asks SET due_on = '9999-12-31' WHERE id = %(id)s", {"id": asked["id"]})
    await look(office, NOW + 4 * HOUR)
    assert other["id"] in await office.column("SELECT case_id FROM reminders")


async def test_a_question_is_for_a_day_that_somebody_will_see(office: Office) -> None:
    case = await owned(office)
    async with office.db.transaction() as tx:
        with pytest.raises(InvalidInput, match="within ten years"):
            await consult.propose(tx, case, DOCK, "C9", "Where?", ANNA, "key", NOW, due=date(9999, 12, 31))


async def test_a_reminder_whose_reason_goes_while_it_is_being_posted_is_struck_afterwards(
    office: Office, lease: Connection
) -> None:
    case = await owned(office)
    await post_all(office.db, lease)
    await look(office, NOW + 4 * HOUR)
    rows = await outbox.claim(lease, WORKSPACE, {"C1": 1}, merge=True, limit=3_500)
    assert rows[0]["kind"] == "reminders"
    await sent(office, case, NOW + 4 * HOUR)
    await look(office, NOW + 4 * HOUR)
    assert await calls.claim(office.db, WORKSPACE, {"reminder": 5}) == []
    await outbox.complete(office.db, rows[0]["post_id"], "1.9")
    (call,) = await calls.claim(office.db, WORKSPACE, {"reminder": 5})
    assert call["payload"] == {"outbox": rows[0]["outbox_id"]}


async def test_who_works_a_case_out_anew_waits_for_who_reminds_of_it(office: Office) -> None:
    case = await owned(office)
    await rechecks.recheck(office.db, WORKSPACE, POLICY)
    async with office.db.transaction() as tx:
        # Somebody claims it, and has not committed when the reason goes.
        await tx.execute("SELECT FROM duties FOR UPDATE")
        row = await office.row("SELECT id FROM duties WHERE kind = 'first_response'")
        await sent(office, case, NOW + 4 * HOUR)
        anew = asyncio.create_task(rechecks.recheck(office.db, WORKSPACE, POLICY))
        await asyncio.sleep(0.2)
        assert not anew.done()
        await tx.execute(
            """INSERT INTO reminders (workspace_id, case_id, kind, due_at, text, state,
                                      created_by, created_at, duty_id, stage)
               VALUES (1, %(case)s, 'first_response', %(now)s, '', 'sent', 'app', %(now)s,
                       %(duty)s, 1)""",
            {"case": case["id"], "now": NOW, "duty": row["id"]},
        )
    await anew
    assert await office.column("SELECT state FROM reminders") == ["gone"]


async def test_a_stage_of_a_duty_cannot_be_reminded_of_twice(office: Office) -> None:
    await owned(office)
    await look(office, NOW + 4 * HOUR)
    with pytest.raises(Duplicate):
        await office.db.fetch(
            """INSERT INTO reminders (workspace_id, case_id, kind, due_at, text, state, created_by,
                                      created_at, duty_id, stage, snoozes)
               SELECT workspace_id, case_id, kind, due_at, '', 'sent', 'app', %(now)s, duty_id, stage, snoozes
               FROM reminders""",
            {"now": NOW},
        )


async def test_a_card_that_was_deleted_takes_waiting_reminders_along(
    office: Office, lease: Connection
) -> None:
    case = await owned(office)
    await post_all(office.db, lease)
    await look(office, NOW + 4 * HOUR)
    async with office.db.transaction() as tx:
        post = await deletions.post_at(tx, WORKSPACE, "C1", "1.1")
        assert post is not None
        await deletions.note(tx, post, NOW)
        await deletions.new_thread(tx, case["id"])
    posted = await post_all(office.db, lease)
    rendered = await mirror.render(office.db, posted[-1])
    assert "first answer" in rendered.text


async def test_many_who_look_at_once_remind_once(office: Office) -> None:
    for _case in range(30):
        await owned(office)

    async def whom() -> remind.Whom:
        return WHOM

    async def tick() -> None:
        await remind.send_owed(office.db, WORKSPACE, POLICY, whom, NOW + 3 * HOUR)

    await asyncio.gather(*(tick() for _ in range(6)))
    await tick()
    counts = await office.column("SELECT count(*) FROM reminders GROUP BY duty_id")
    assert counts == [1] * 30
    posts = await office.column("SELECT id FROM outbox WHERE kind IN ('reminders', 'roundup')")
    assert set(posts) == set(await office.column("SELECT outbox_id FROM reminders"))


async def test_another_workspace_is_left_alone(office: Office) -> None:
    await owned(office)
    assert await rechecks.recheck(office.db, WORKSPACE + 1, POLICY) == 0
    assert not await duties.is_due(office.db, WORKSPACE + 1, NOW + 90 * HOUR)
