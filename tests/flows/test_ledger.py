"""What replies promise: written when they are sent, left out before, kept, done, removed, gone."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from cases.commitments import CommitmentKind
from cases.duties import Policy
from cases.errors import NotAllowed
from cases.hours import Hours, Span
from cases.ledger import About, Before, Rules
from cases.promises import Plan
from cases.reader import Language
from flows import close, correct, join, ledger, mirror, opening, remind, reply
from storage import commitments, corrections, history
from storage.db import Duplicate
from tests.support.office import ANNA, BORIS, NOW, Office
from tests.views import limits
from views.history import log_lines

HOUR = timedelta(hours=1)
# NOW is a Monday, nine o'clock in the morning.
HOURS = Hours(UTC, dict.fromkeys(range(5), (Span(time(9), time(17)),)))
PLAN = Plan({"team": HOURS}, limits={"general": (Decimal(50), "EUR")})
RULES = Rules(PLAN, Language.EN, NOW)
FRIDAY = NOW + timedelta(days=4, hours=8)
CALL = "We will call you on Friday."


async def send(
    office: Office, case: int, body: str = CALL, *, now: Any = NOW, forget: int | None = None
) -> UUID:
    """A reply of Anna's; the draft."""
    draft = await office.preview(case, body)
    if forget is not None:
        await ledger.forget(office.db, draft, forget, ANNA, now)
    await reply.approve(office.db, draft, ANNA, 0, now)
    rules = Rules(PLAN, Language.EN, now)
    assert await reply.send(office.db, draft, body, now, rules) is not None
    return draft


async def rows(office: Office) -> list[tuple[Any, ...]]:
    found = await office.db.fetch("SELECT words, due_at, state, ended_by FROM commitments ORDER BY id", {})
    return [tuple(row.values()) for row in found]


async def states(office: Office) -> list[object]:
    return await office.column("SELECT state FROM commitments ORDER BY id")


async def test_what_is_sent_is_remembered_with_its_moment(office: Office) -> None:
    case = (await office.case()).case_id
    await send(office, case, f"{CALL} You get 20 EUR, and a refund shortly.")
    assert await rows(office) == [("on Friday", FRIDAY, "open", None), ("20 EUR", None, "noted", None)]
    (row,) = await commitments.open_of(office.db, case)
    assert (row["said"], row["due_at"], row["made_by"]) == (CALL, FRIDAY, ANNA.id)


async def test_the_moment_counts_from_when_it_is_sent(office: Office) -> None:
    case = (await office.case()).case_id
    await send(office, case, "We call tomorrow.", now=NOW + timedelta(days=1))
    assert [row[1] for row in await rows(office)] == [NOW + timedelta(days=2, hours=8)]


async def test_a_second_send_remembers_once(office: Office) -> None:
    case = (await office.case()).case_id
    draft = await send(office, case)
    assert await reply.send(office.db, draft, CALL, NOW, RULES) is None
    assert len(await rows(office)) == 1
    with pytest.raises(Duplicate):
        async with office.db.transaction() as tx:
            await tx.execute(
                "INSERT INTO commitments (workspace_id, case_id, message_id, place, kind, words, due_at,"
                " state, made_at, made_by) SELECT workspace_id, case_id, message_id, place, kind, words,"
                " due_at, state, made_at, made_by FROM commitments"
            )


async def test_at_once_and_by_the_sweep_it_is_the_same(office: Office) -> None:
    first, second = (await office.case()).case_id, (await office.case()).case_id
    at_once = await office.preview(first, CALL)
    _row, sent = await reply.approve_and_send(office.db, at_once, ANNA, NOW, RULES)
    assert sent is not None
    left = await office.preview(second, CALL)
    await reply.approve(office.db, left, ANNA, 0, NOW)
    assert len(await reply.send_due(office.db, office.workspace, 0, NOW, RULES)) == 1
    assert await rows(office) == [("on Friday", FRIDAY, "open", None)] * 2


async def test_nothing_is_promised_that_was_not_sent(office: Office) -> None:
    case = (await office.case()).case_id
    draft = await office.preview(case, CALL)
    await reply.approve(office.db, draft, ANNA, 60, NOW)
    await reply.take_back(office.db, draft, ANNA, NOW)
    assert await reply.send(office.db, draft, CALL, NOW, RULES) is None
    assert await rows(office) == []


async def test_what_is_left_out_before_send_is_not_remembered(office: Office) -> None:
    case = (await office.case()).case_id
    await send(office, case, forget=CALL.index("on Friday"))
    assert await rows(office) == [("on Friday", FRIDAY, "removed", ANNA.id)]
    assert await commitments.open_of(office.db, case) == []


async def test_the_preview_lists_it_and_follows(office: Office) -> None:
    case = (await office.case()).case_id
    draft = await office.preview(case, f"{CALL} You get 60 EUR shortly.")

    async def shown() -> str:
        rendered = await mirror.draft_preview(office.db, draft, RULES)
        limits.check(rendered)
        return str(rendered.blocks)

    before = await shown()
    assert f"📅 a time: on Friday · we will remind you: <!date^{int(FRIDAY.timestamp())}^" in before
    assert "shortly · no date can be read from it" in before
    assert "more than agents may decide alone (50 EUR): ask your supervisor" in before
    place = CALL.index("on Friday")
    assert f"{draft} {place} forget" in before
    await ledger.forget(office.db, draft, place, ANNA, NOW)
    await ledger.forget(office.db, draft, place, ANNA, NOW)
    after = await shown()
    assert "on Friday · nobody is reminded" in after
    assert f"{draft} {place} remember" in after
    await ledger.remember(office.db, draft, place, ANNA, NOW)
    assert await shown() == before
    assert await office.column(
        "SELECT action FROM audit WHERE action IN ('draft.forgot', 'draft.remembered') ORDER BY id"
    ) == [
        "draft.forgot",
        "draft.remembered",
    ]


async def test_nobody_else_leaves_out_what_is_in_a_preview(office: Office) -> None:
    case = (await office.case()).case_id
    draft = await office.preview(case, CALL)
    with pytest.raises(NotAllowed):
        await ledger.forget(office.db, draft, CALL.index("on Friday"), BORIS, NOW)
    assert await office.column("SELECT forgotten FROM drafts") == [[]]


async def test_other_words_forget_what_was_left_out(office: Office) -> None:
    case = (await office.case()).case_id
    draft = await office.preview(case, CALL, key="k")
    await ledger.forget(office.db, draft, 0, ANNA, NOW)
    await office.preview(case, CALL, key="k")
    assert await office.column("SELECT forgotten FROM drafts") == [[0]]
    await office.preview(case, "Another", key="k")
    assert await office.column("SELECT forgotten FROM drafts") == [[]]


async def test_a_later_reply_in_time_keeps_it(office: Office) -> None:
    case = (await office.case()).case_id
    await send(office, case)
    await send(office, case, "And please send a photo.", now=NOW + timedelta(minutes=5))
    assert await states(office) == ["open"], "what follows at once is no other contact"
    await send(office, case, "We looked at it.", now=FRIDAY)
    assert await rows(office) == [("on Friday", FRIDAY, "kept", ANNA.id)]


async def test_a_short_promise_is_kept_after_half_of_its_time(office: Office) -> None:
    case = (await office.case()).case_id
    await send(office, case, "We call within 30 minutes.")
    await send(office, case, "Here we are.", now=NOW + timedelta(minutes=16))
    assert await states(office) == ["kept"]


async def test_a_late_reply_does_not_keep_it(office: Office) -> None:
    case = (await office.case()).case_id
    await send(office, case)
    await send(office, case, "We looked at it.", now=FRIDAY + HOUR)
    assert await states(office) == ["open"]


async def test_a_logged_call_keeps_it(office: Office) -> None:
    case, other = (await office.case()).case_id, (await office.case()).case_id
    await send(office, case)
    await send(office, other)
    async with office.db.transaction() as tx:
        await commitments.contacted(tx, case, BORIS.id, NOW + HOUR)
    assert [row[2:] for row in await rows(office)] == [("kept", BORIS.id), ("open", None)]


async def reminded(office: Office, at: datetime) -> list[object]:
    """Who is reminded of what a reply promised, in a tick at ``at``."""

    async def whom() -> remind.Whom:
        return remind.Whom({}, [])

    await remind.send_owed(office.db, office.workspace, Policy(PLAN), whom, at)
    return await office.column("SELECT mentions FROM reminders WHERE kind = 'said' ORDER BY id")


async def test_the_owner_is_reminded_until_it_is_done(office: Office) -> None:
    case = (await office.case()).case_id
    await send(office, case)
    assert await reminded(office, NOW + HOUR) == []
    assert await reminded(office, FRIDAY - HOUR) == [[ANNA.id]]
    (row,) = await commitments.open_of(office.db, case)
    await ledger.done(office.db, row["token"], ANNA, FRIDAY)
    assert await reminded(office, FRIDAY + timedelta(days=3)) == [[ANNA.id]]
    assert await office.column("SELECT state FROM reminders WHERE kind = 'said'") == ["gone"]


async def test_nobody_is_reminded_of_what_was_left_out_or_kept(office: Office) -> None:
    case, other = (await office.case()).case_id, (await office.case()).case_id
    await send(office, case, forget=CALL.index("on Friday"))
    await send(office, other)
    await send(office, other, "We looked at it.", now=NOW + 2 * HOUR)
    assert await reminded(office, FRIDAY + timedelta(days=3)) == []


async def test_done_and_removed_are_in_the_log(office: Office) -> None:
    case = (await office.case()).case_id
    await send(office, case, f"{CALL} We write tomorrow.")
    first, second = await commitments.open_of(office.db, case)
    await ledger.done(office.db, first["token"], BORIS, NOW)
    await ledger.remove(office.db, second["token"], BORIS, NOW)
    for act in (ledger.done, ledger.remove):
        with pytest.raises(ledger.NotOpen):
            await act(office.db, first["token"], BORIS, NOW)
    assert await states(office) == ["removed", "kept"]
    lines = log_lines(await history.log(office.db, case))
    assert "removed a promise" in lines[0]
    assert "noted that a promise is kept" in lines[1]


async def test_a_closed_case_has_nothing_open(office: Office) -> None:
    case = (await office.case()).case_id
    await send(office, case)
    draft = await close.tell(office.db, await office.token(case), "Done by Friday.", "f", ANNA, 0, NOW)
    await reply.send(office.db, draft["uuid"], draft["body"], NOW + HOUR, RULES)
    assert await states(office) == ["gone", "gone"]


async def test_closed_without_telling_neither(office: Office) -> None:
    case = (await office.case()).case_id
    await send(office, case)
    await close.silently(office.db, await office.token(case), "Spam", ANNA, NOW)
    assert await states(office) == ["gone"]


async def same_customer(office: Office, case: int, key: str) -> int:
    """A case that somebody opens by hand, then found to be of the customer of ``case``."""
    async with office.db.transaction() as tx:
        made = await opening.from_words(tx, office.workspace, key, "C1", "Again", ANNA, NOW, owns=True)
    await office.db.fetch(
        "UPDATE cases SET customer_id = (SELECT customer_id FROM cases WHERE id = %(case)s)"
        " WHERE id = %(made)s",
        {"case": case, "made": made["id"]},
    )
    return int(made["id"])


async def test_it_goes_on_with_a_merged_case_and_comes_back_with_it(office: Office) -> None:
    case = (await office.case()).case_id
    await send(office, case, f"{CALL} You get 20 EUR.")
    second, third = await same_customer(office, case, "w"), await same_customer(office, case, "x")

    async def led() -> list[tuple[object, ...]]:
        rows = await office.db.fetch("SELECT case_id, state FROM commitments ORDER BY id", {})
        return [tuple(row.values()) for row in rows]

    await join.merge(office.db, case, second, BORIS, NOW)
    await join.merge(office.db, second, third, BORIS, NOW)
    assert await led() == [(third, "open"), (third, "noted")]
    await join.split(office.db, third, [], BORIS, NOW, back_to=second)
    assert await led() == [(second, "open"), (second, "noted")]
    await join.split(office.db, second, [], BORIS, NOW, back_to=case)
    assert await led() == [(case, "open"), (case, "noted")]


async def test_a_corrected_reply_of_a_merged_case_promises_in_the_one_that_goes_on(office: Office) -> None:
    case = (await office.case()).case_id
    draft = await send(office, case, "We look into it.")
    second, third = await same_customer(office, case, "w"), await same_customer(office, case, "x")
    await join.merge(office.db, case, second, BORIS, NOW)
    await join.merge(office.db, second, third, BORIS, NOW)
    await propose_correction(office, draft, CALL)
    offer = await office.row("SELECT uuid FROM drafts WHERE kind = 'correction'")
    await correct.send(office.db, offer["uuid"], ANNA, NOW, RULES)
    assert await office.column("SELECT case_id FROM commitments") == [third]


async def test_what_is_corrected_promises_what_it_says_then(office: Office) -> None:
    case = (await office.case()).case_id
    draft = await send(office, case)
    await propose_correction(office, draft, "We will call you tomorrow.")
    offer = await office.row("SELECT uuid FROM drafts WHERE kind = 'correction'")
    await correct.send(office.db, offer["uuid"], ANNA, NOW, RULES)
    tomorrow = NOW + timedelta(days=1, hours=8)
    assert await rows(office) == [("on Friday", FRIDAY, "gone", None), ("tomorrow", tomorrow, "open", None)]
    (row,) = await commitments.open_of(office.db, case)
    assert row["said"] == "We will call you tomorrow."


async def test_a_mended_typo_promises_nothing_anew(office: Office) -> None:
    case = (await office.case()).case_id
    draft = await send(office, case, "We wil call you on Friday.")
    (row,) = await commitments.open_of(office.db, case)
    await ledger.done(office.db, row["token"], ANNA, NOW)
    await propose_correction(office, draft, CALL)
    offer = await office.row("SELECT uuid FROM drafts WHERE kind = 'correction'")
    await correct.send(office.db, offer["uuid"], ANNA, NOW, RULES)
    assert await states(office) == ["kept"]


async def propose_correction(office: Office, draft: UUID, words: str) -> None:
    async with office.db.transaction() as tx:
        about = await corrections.by_uuid(tx, draft)
        assert about is not None
        await correct.follow_edit(tx, about, words, "2.0", NOW)


async def test_what_is_taken_back_promises_nothing(office: Office) -> None:
    case = (await office.case()).case_id
    draft = await send(office, case, f"{CALL} You get 20 EUR.")
    await correct.take_back(office.db, draft, ANNA, NOW)
    assert await states(office) == ["gone", "gone"]
    assert await commitments.before(office.db, case, NOW) == Before()


async def test_what_contradicts_an_earlier_reply_says_so(office: Office) -> None:
    case = (await office.case()).case_id
    await send(office, case, f"{CALL} You get 40 EUR.")
    draft = await office.preview(case, "You get 45 EUR next Monday.")
    shown = str((await mirror.draft_preview(office.db, draft, RULES)).blocks)
    assert "❗ an earlier reply said 40 EUR" in shown
    assert f"❗ later than what was promised before: <!date^{int(FRIDAY.timestamp())}^" in shown
    other = await office.preview((await office.case()).case_id, "You get 45 EUR next Monday.")
    assert "❗" not in str((await mirror.draft_preview(office.db, other, RULES)).blocks)


async def test_who_sent_more_than_agents_may_decide_is_in_the_log(office: Office) -> None:
    case = (await office.case()).case_id
    await send(office, case, "You get 60 EUR back, and 10 EUR for the trouble.")
    (entry,) = [row for row in await history.log(office.db, case) if row["action"] == "reply.sent"]
    assert (entry["actor"], entry["detail"]["over"]) == (ANNA.id, ["60 EUR"])
    assert "more than agents may decide alone: 60 EUR" in log_lines([entry])[0]


async def test_the_language_of_the_customer_decides(office: Office) -> None:
    case = (await office.case()).case_id
    await office.db.fetch("UPDATE conversations SET language = 'pl'", {})
    draft = await office.preview(case, "Zadzwonimy do piątku.")
    about = await commitments.about(office.db, draft)
    assert about == About("Zadzwonimy do piątku.", "general", "pl")
    assert [each.kind for each in RULES.entries(about)] == [CommitmentKind.POLICY, CommitmentKind.DATE]
    assert await commitments.about(office.db, uuid4()) is None
