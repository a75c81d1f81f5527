"""Receipts of new cases: who has one, what it says and promises, that it goes once."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from cases.arrivals import Handle
from cases.enums import Channel, Status
from cases.hours import Hours, Span
from cases.messages import InboundMessage
from cases.promises import Amount, Plan, Step, Timing
from cases.reader import Language
from cases.receipts import LINK_FOR, WAIT
from cases.standing import PageOver, PageUnknown, Standing, Turn
from flows import arrive, deliver, intake, join, mirror, receipt, reply, standing
from flows.receipt import Receipting
from storage import arrivals, cases, facts, receipts
from storage.db import Connection
from tests.flows.test_arrive import MAIL, arrives
from tests.flows.test_join import second_case
from tests.support.office import ANNA, NOW, Office, post_all

HOUR = timedelta(hours=1)
STEPS = (
    Step("Find it", Amount(time=2 * HOUR), shown={Language.EN: "We look for the parcel"}),
    Step("Blame the carrier", Amount(time=HOUR), "logistics"),
)
DAILY = dict.fromkeys(range(5), (Span(time(9), time(17)),))
PLAN = Plan({"team": Hours(UTC, DAILY)}, {"delivery": Timing(steps=STEPS)})
RECEIPTING = Receipting({("webchat", "shop")}, PLAN, lambda site: f"The {site}", Language.EN)
BY_MAIL = replace(RECEIPTING, places={("mail", "support")})
SOON = NOW + WAIT


async def look(office: Office, now: datetime = SOON, receipting: Receipting = RECEIPTING) -> int:
    """The tick; how many were told."""
    return len(await receipt.send_due(office.db, office.workspace, receipting, now))


async def heard(office: Office, case: int) -> list[object]:
    return await office.column(
        "SELECT text FROM messages WHERE case_id = %(case)s AND direction = 'out' ORDER BY id", case=case
    )


async def why(office: Office) -> list[object]:
    return await office.column("SELECT coalesce(why, 'sent') FROM receipts ORDER BY id")


async def about(office: Office, case: int, process: str = "delivery") -> None:
    await office.db.fetch(
        "UPDATE cases SET process_type = %(process)s WHERE id = %(case)s", {"process": process, "case": case}
    )


async def token(office: Office, case: int) -> UUID:
    (found,) = await office.column("SELECT token FROM receipts WHERE case_id = %(case)s", case=case)
    assert isinstance(found, UUID)
    return found


async def page(office: Office, case: int, now: datetime = SOON) -> Standing:
    return await standing.of(office.db, await token(office, case), lambda _: PLAN, now)


async def test_a_new_case_is_confirmed_once_and_agents_see_it(office: Office, lease: Connection) -> None:
    case = (await office.case()).case_id
    assert await look(office, NOW + WAIT / 2) == 0, "it may still become clear what it is about"
    assert await look(office) == 1
    assert await heard(office, case) == ["Thank you, your message has come. Its number is CX-1001."]
    assert [await look(office), await look(office, SOON + HOUR)] == [0, 0]
    assert await office.status(case) == "new"
    posts = await post_all(office.db, lease)
    shown = await mirror.render(office.db, posts[-1])
    assert "Sent to the customer" in str(shown.blocks)
    assert "its number is" in str(shown.blocks).lower()
    assert "/c/" not in str(shown.blocks), "the link is for the customer alone"


async def test_it_is_no_answer_of_ours(office: Office) -> None:
    case = (await office.case("Where is it?")).case_id
    assert await look(office) == 1
    assert await facts.unanswered(office.db, case) == ["Where is it?"]
    row = await office.row("SELECT last_reply_at FROM cases WHERE id = %(id)s", id=case)
    assert row["last_reply_at"] is None


async def test_the_date_that_it_tells_is_a_promise(office: Office) -> None:
    case = (await office.case()).case_id
    await about(office, case)
    assert await look(office, NOW) == 1, "what it is about is clear: nothing to wait for"
    assert "Monday, 2 March 2026, 12:00 UTC" in str(await heard(office, case))
    row = await office.row("SELECT date_at, told_by FROM promises WHERE case_id = %(id)s", id=case)
    assert row == {"date_at": NOW + 3 * HOUR, "told_by": "app"}
    card = await cases.card(office.db, case)
    assert card is not None
    assert card.told is not None
    assert card.told.last == NOW + 3 * HOUR


async def test_six_replicas_send_it_once(office: Office) -> None:
    several = [(await office.case()).case_id for _ in range(3)]
    told = await asyncio.gather(*(look(office) for _ in range(6)))
    assert sum([*told, await look(office)]) == 3
    assert [len(await heard(office, case)) for case in several] == [1, 1, 1]


async def test_where_it_is_off_nothing_is_kept(office: Office) -> None:
    await office.case()
    assert await look(office, receipting=replace(RECEIPTING, places=())) == 0
    assert await look(office, receipting=replace(RECEIPTING, places={("webchat", "other")})) == 0
    assert await why(office) == []


async def test_what_is_answered_already_or_long_ago_has_none(office: Office) -> None:
    case = (await office.case()).case_id
    draft = await office.preview(case)
    await reply.approve(office.db, draft, ANNA, 0, NOW)
    assert await reply.send(office.db, draft, "It is on its way.", NOW) is not None
    assert await look(office) == 0
    assert await why(office) == ["answered"]
    await office.case()
    assert await look(office, NOW + 3 * HOUR) == 0


async def test_fault_27_nothing_goes_to_what_a_machine_wrote(office: Office) -> None:
    """FAULTS 27, 28: no receipt for automatic replies, loops and whoever asks for none."""
    case = (await arrives(office, replace(MAIL, may_answer=False))).case_id
    assert await look(office, receipting=BY_MAIL) == 0
    assert (await why(office), await heard(office, case)) == (["automatic"], [])


@pytest.mark.parametrize("proven", [False, True])
async def test_fault_29_unproven_addresses_have_one_ever(office: Office, *, proven: bool) -> None:
    """FAULTS 29: a second case of an address that is not proven has no receipt."""
    mail = replace(MAIL, verified=proven)
    first = await arrives(office, mail)
    assert await look(office, receipting=BY_MAIL) == 1
    (delivery,) = await office.column("SELECT id FROM deliveries")
    assert isinstance(delivery, int)
    sent = await deliver.outbound(office.db, delivery, lambda uuid: Path(str(uuid)))
    assert sent.receipt == await token(office, first.case_id), "its sender adds the link"
    row = await office.row(
        "SELECT m.author_name, d.state FROM deliveries d JOIN messages m ON m.id = d.message_id"
    )
    assert row == {"author_name": "The support", "state": "queued"}, "it goes out as every reply does"
    second = await arrives(office, replace(mail, client_message_id="<2@x.example>"))
    assert first.case_id != second.case_id
    assert await look(office, receipting=BY_MAIL) == proven
    assert await why(office) == ["sent", "sent" if proven else "unverified"]


async def test_other_systems_have_them_by_the_same_rules(office: Office) -> None:
    """FAULTS 29: of whom another system does not vouch, one ever; a machine none."""
    desk = replace(MAIL, channel=Channel.API, who=Handle("api", "support:7"), email=None)
    receipting = replace(RECEIPTING, places={("api", "support")})
    others = [replace(desk, verified=False)] * 2 + [
        replace(desk, verified=True),
        replace(desk, may_answer=False),
    ]
    cases = [
        await arrives(office, replace(each, client_message_id=str(number), thread_key=str(number)))
        for number, each in enumerate(others)
    ]
    assert len({case.case_id for case in cases}) == 4
    assert await look(office, receipting=receipting) == 2
    assert await why(office) == ["sent", "unverified", "sent", "automatic"]
    assert await office.column("SELECT channel FROM deliveries") == ["api", "api"]
    assert await look(office, receipting=receipting) == 0


async def test_fault_28_two_machines_that_answer_each_other_come_to_an_end(office: Office) -> None:
    """FAULTS 28: another system vouches for a sender that opens a case with each answer it gives."""
    for number in range(7):
        at = NOW + number * HOUR / 60
        arrival = replace(MAIL, workspace_id=office.workspace, client_message_id=f"{number}")
        await arrive.receive(office.db, arrival, at, intake.accept)
        await look(office, at + WAIT, BY_MAIL)
    assert await why(office) == [*["sent"] * 5, *["often"] * 2]
    tomorrow = NOW + 26 * HOUR
    await arrive.receive(office.db, replace(arrival, client_message_id="later"), tomorrow, intake.accept)
    assert await look(office, tomorrow + WAIT, BY_MAIL) == 1


async def test_fault_29_an_address_that_was_proven_once_can_be_forged(office: Office) -> None:
    """FAULTS 29: what counts is whether the mail that opened the case was proven."""
    await arrives(office, replace(MAIL, verified=True))
    assert await look(office, receipting=BY_MAIL) == 1
    for number in range(2, 5):
        await arrives(office, replace(MAIL, verified=False, client_message_id=f"<{number}@x.example>"))
    assert await look(office, receipting=BY_MAIL) == 0
    assert await why(office) == ["sent", *["unverified"] * 3]


async def test_fault_29_replicas_decide_about_one_address_one_after_the_other(office: Office) -> None:
    first = await arrives(office, replace(MAIL, verified=False))
    await arrives(office, replace(MAIL, verified=False, client_message_id="<2@x.example>"))
    (case, _later) = await receipts.new(office.db, office.workspace, BY_MAIL.places, SOON)
    assert case["id"] == first.case_id
    async with office.db.transaction() as tx:
        facts = await receipts.claim(tx, case)
        assert facts is not None
        other = asyncio.create_task(look(office, receipting=BY_MAIL))
        await asyncio.sleep(0.3)
        await receipts.say(tx, facts, "Thank you", [9], "The support", None, SOON)
    assert await other == 0
    assert await why(office) == ["sent", "unverified"]


async def test_its_link_and_later_questions_are_in_the_language_that_is_known_of_the_customer(
    office: Office,
) -> None:
    await arrives(office, MAIL)
    await office.db.fetch("UPDATE conversations SET language = NULL")
    await office.db.fetch("UPDATE customers SET language = 'pl'")
    assert await look(office, receipting=BY_MAIL) == 1
    assert "Dziękujemy" in str(await office.column("SELECT text FROM messages WHERE direction = 'out'"))
    (delivery,) = await office.column("SELECT id FROM deliveries")
    assert isinstance(delivery, int)
    sent = await deliver.outbound(office.db, delivery, lambda uuid: Path(str(uuid)))
    assert sent.language is Language.PL


async def test_where_everybody_reads_there_is_no_link(office: Office) -> None:
    await arrivals.introduce(office.db, office.workspace, "mail", "support", "Reviews", public=True)
    await arrives(office, MAIL)
    assert await look(office, receipting=BY_MAIL) == 0
    assert await why(office) == ["public"]


async def test_agents_see_that_somebody_wrote_by_the_link(office: Office, lease: Connection) -> None:
    """A link can be passed on: what comes by it is not proven by the customer's address."""
    case = (await arrives(office, MAIL)).case_id
    assert await look(office, receipting=BY_MAIL) == 1
    shown = await page(office, case)
    message = InboundMessage(shown.conversation, "page:1", "Send it elsewhere, please.")
    taken = [await standing.write(office.db, shown, message, SOON, intake.accept) for _ in range(2)]
    assert [each.duplicate for each in taken] == [False, True]
    assert {each.case_id for each in taken} == {case}
    posts = [await mirror.render(office.db, rows) for rows in await post_all(office.db, lease)]
    (post,) = [each for each in posts if "Send it elsewhere" in str(each.blocks)]
    assert "⚠️ Written on the page of the case" in str(post.blocks)


async def test_a_message_that_is_moved_into_its_own_case_has_none(office: Office) -> None:
    said = await office.case()
    assert await look(office) == 1
    later = await office.says(await office.conversation_of(said.case_id), "And my invoice?", now=SOON)
    await join.split(office.db, said.case_id, [later.message_id], ANNA, SOON + HOUR / 2)
    assert await look(office, SOON + HOUR) == 0


async def test_the_page_shows_the_case_and_nothing_else(office: Office) -> None:
    case, other = await office.case("My parcel"), await office.case("Somebody else's secret")
    await about(office, case.case_id)
    assert await look(office) == 2
    shown = await page(office, case.case_id)
    assert (shown.number, shown.status, shown.writable) == (1001, Status.NEW, True)
    assert [said.text.split(".")[0] for said in shown.said] == [
        "My parcel",
        "Thank you, your message has come",
    ]
    assert [(step.words, step.turn) for step in shown.steps] == [("We look for the parcel", Turn.NOW)]
    assert shown.promised == NOW + 3 * HOUR
    assert (shown.late, (await page(office, case.case_id, NOW + 4 * HOUR)).late) == (False, True)
    assert "secret" not in str(shown)
    assert "secret" in str(await page(office, other.case_id))


async def test_our_own_talk_and_what_was_taken_back_is_not_there(office: Office) -> None:
    case = await office.case("My parcel")
    assert await look(office) == 1
    await office.db.fetch(
        """INSERT INTO messages (workspace_id, case_id, conversation_id, direction, author_name, text,
                                 created_at)
           SELECT workspace_id, case_id, conversation_id, 'internal', 'Anna', 'He is lying', created_at
           FROM messages WHERE id = %(id)s""",
        {"id": case.message_id},
    )
    await office.db.fetch("UPDATE messages SET deleted_at = now() WHERE id = %(id)s", {"id": case.message_id})
    assert [said.own for said in (await page(office, case.case_id)).said] == [False]
    assert "lying" not in str(await page(office, case.case_id))


async def test_a_link_ends_a_month_after_closing_and_can_be_withdrawn(office: Office) -> None:
    case = (await office.case()).case_id
    assert await look(office) == 1
    assert (await page(office, case, NOW + 365 * 24 * HOUR)).writable, "an open case has its page"
    await office.db.fetch(
        "UPDATE cases SET status = 'closed', closed_at = %(now)s WHERE id = %(id)s", {"now": NOW, "id": case}
    )
    await office.db.fetch(
        """INSERT INTO audit (workspace_id, at, actor, action, case_id, detail)
           SELECT workspace_id, opened_at, 'U1', 'case.closed', id, '{"status": "closed"}' FROM cases"""
    )
    assert (await page(office, case, NOW + LINK_FOR - HOUR)).status is Status.CLOSED
    with pytest.raises(PageOver):
        await page(office, case, NOW + LINK_FOR)
    old = await token(office, case)
    assert await receipts.withdraw(office.db, case, ANNA.id, NOW)
    with pytest.raises(PageUnknown):
        await standing.of(office.db, old, lambda _: PLAN, NOW)
    assert (await page(office, case, NOW)).number == 1001


async def test_a_merged_case_shows_where_it_goes_on_and_only_its_own_conversation(office: Office) -> None:
    first = await office.case("One")
    assert await look(office) == 1
    second, _ = await second_case(office, first, "Two")
    await join.merge(office.db, first.case_id, second.case_id, ANNA, SOON)
    shown = await page(office, first.case_id)
    assert (shown.number, shown.writable) == (second.case_number, True)
    assert [said.text for said in shown.said if said.own] == ["One"]


async def merged_twice(office: Office) -> tuple[int, int, int]:
    """One that was merged into two, and that into three; each has a receipt, three is open."""
    first = await office.case("One")
    second, _ = await second_case(office, first, "Two")
    third = await office.case("Three")
    both = {("webchat", "shop"), ("webchat", "other")}
    assert await look(office, receipting=replace(RECEIPTING, places=both)) == 3
    await office.db.fetch("UPDATE cases SET customer_id = (SELECT min(customer_id) FROM cases)")
    await office.db.fetch("UPDATE identities SET customer_id = (SELECT min(customer_id) FROM cases)")
    await join.merge(office.db, first.case_id, second.case_id, ANNA, SOON)
    await join.merge(office.db, second.case_id, third.case_id, ANNA, SOON)
    return first.case_id, second.case_id, third.case_id


async def test_after_two_merges_the_page_shows_where_it_goes_on_now(office: Office) -> None:
    first, _second, third = await merged_twice(office)
    shown = await page(office, first)
    number = (await office.row("SELECT number FROM cases WHERE id = %(id)s", id=third))["number"]
    assert (shown.number, shown.status, shown.writable) == (number, Status.NEW, True)
    assert [said.text for said in shown.said if said.own] == ["One"]


async def test_withdrawing_ends_the_links_of_all_that_was_merged_into_a_case(office: Office) -> None:
    several = await merged_twice(office)
    old = [await token(office, case) for case in several]
    assert await receipts.withdraw(office.db, several[-1], ANNA.id, NOW)
    for each in old:
        with pytest.raises(PageUnknown):
            await standing.of(office.db, each, lambda _: PLAN, NOW)


async def test_what_goes_on_in_another_case_takes_no_more_words_here(office: Office) -> None:
    conversation = await office.conversation()
    first = (await office.says(conversation, "One")).case_id
    assert await look(office) == 1
    await office.db.fetch("UPDATE conversations SET case_id = NULL")
    await office.says(conversation, "Two", now=SOON)
    shown = await page(office, first)
    assert (shown.number, shown.writable) == (1001, False)
    assert "Two" not in str(shown)
