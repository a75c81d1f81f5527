from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from cases.arrivals import Arrival, Handle
from cases.enums import Channel
from cases.errors import AlreadyDone, CxError, InvalidInput, NotFound
from cases.messages import Receipt
from flows import arrive, close, customers, intake, join, phone, remind, switch
from storage import casefile, cases, conversations, facts, merging, workspaces
from storage.conversations import Visitor
from tests.flows.test_consult import answer, ask, opened
from tests.flows.test_join import second_case
from tests.flows.test_ledger import send
from tests.support.office import ANNA, NOW, Office


async def customer_of(office: Office, case: int) -> int:
    return int((await office.row("SELECT customer_id FROM cases WHERE id = %(id)s", id=case))["customer_id"])


async def test_two_customers_become_one_and_two_again(office: Office) -> None:
    first, second = await office.case(), await office.case()
    one, two = await customer_of(office, first.case_id), await customer_of(office, second.case_id)
    await office.db.fetch(
        """INSERT INTO orders (workspace_id, external_id, customer_external_id, status, updated_at)
           VALUES (%(w)s, 'O-1', 'c2', 'sent', now())""",
        {"w": office.workspace},
    )
    await customers.merge(office.db, two, one, ANNA, NOW)
    assert await customer_of(office, second.case_id) == one
    card = await cases.card(office.db, first.case_id)
    assert card is not None
    assert card.orders == 1
    brief = await facts.of_case(office.db, first.case_id)
    orders = await facts.orders_of(office.db, first.case_id, 5)
    assert brief is not None
    assert ([row["external_id"] for row in orders], len(brief["earlier"])) == (["O-1"], 1)
    # What comes under the old number is theirs, too.
    visitor = Visitor("chat", "other:c2", "c2", "Maria", None, verified=True)
    identity = await conversations.identity(office.db, office.workspace, visitor, NOW)
    conversation, _ = await conversations.start(office.db, office.workspace, identity, "other", "C1", NOW)
    third = await office.says(conversation, "Me again")
    assert await customer_of(office, third.case_id) == one
    fourth = await office.says(await office.conversation_of(second.case_id), "Hello")
    assert fourth.case_id == second.case_id
    (merge,) = await merging.merges_into(office.db, one)
    await customers.split(office.db, merge["id"], (two, one), ANNA, NOW)
    assert await customer_of(office, second.case_id) == two
    assert await customer_of(office, third.case_id) == two
    assert await customer_of(office, first.case_id) == one
    with pytest.raises(AlreadyDone):
        await customers.split(office.db, merge["id"], (two, one), ANNA, NOW)
    assert sorted(await office.column("SELECT action FROM audit WHERE action LIKE 'customer.%%'")) == [  # type: ignore[type-var]
        "customer.merged",
        "customer.split",
    ]


MAIL = Arrival(
    workspace_id=1,
    channel=Channel.MAIL,
    site="support",
    slack_channel="C1",
    who=Handle("email", "mia@x.example"),
    verified=True,
    client_message_id="<1@x.example>",
    text="Where is my parcel?",
    email="mia@x.example",
)
CALL = replace(
    MAIL,
    channel=Channel.API,
    site="sms",
    who=Handle("phone", "48600700800"),
    email=None,
    phone="+48 600 700 800",
)


@pytest.mark.parametrize("arrival", [MAIL, CALL], ids=["mail", "phone"])
@pytest.mark.parametrize("merged", [1, 2])
async def test_what_comes_from_their_address_while_they_are_merged_goes_along_when_they_are_split(
    office: Office, arrival: Arrival, merged: int
) -> None:
    """Also when it is the address of somebody who was merged into them before."""
    mia = await office.row(
        """INSERT INTO customers (workspace_id, external_id, name, email, email_proven, phone, created_at)
           VALUES (%(w)s, 'mia', 'Mia', 'Mia@X.example', true, '+48 600 700 800', %(now)s) RETURNING id""",
        w=office.workspace,
        now=NOW,
    )
    others = [await customer_of(office, (await office.case()).case_id) for _ in range(merged)]
    line = [mia["id"], *others]
    for one, into in pairwise(line):
        await customers.merge(office.db, one, into, ANNA, NOW)
    receipt = await arrive.receive(office.db, arrival, NOW, intake.accept)
    assert await customer_of(office, receipt.case_id) == line[-1]
    (merge,) = await merging.merges_into(office.db, line[-1])
    await customers.split(office.db, merge["id"], (line[-2], line[-1]), ANNA, NOW)
    assert await customer_of(office, receipt.case_id) == line[-2]
    again = await arrive.receive(
        office.db, replace(arrival, client_message_id="<2@x.example>", thread_key="2"), NOW, intake.accept
    )
    assert await customer_of(office, again.case_id) == line[-2]


async def says_there(office: Office, message: Receipt, text: str, now: datetime = NOW) -> Receipt:
    """The customer writes where they wrote a message."""
    row = await office.row("SELECT conversation_id FROM messages WHERE id = %(m)s", m=message.message_id)
    return await office.says(row["conversation_id"], text, now=now)


@pytest.mark.parametrize("upper", [True, False])
async def test_cases_that_were_merged_across_customers_part_with_them(office: Office, upper: bool) -> None:
    """Also where the case of the other was merged on itself; an older case of theirs stays what it was."""
    old, theirs = await office.case("Long ago"), await office.case("Theirs")
    await close.silently(office.db, await office.token(old.case_id), "done", ANNA, NOW)
    mine = await says_there(office, old, "Mine", now=NOW + timedelta(days=8))
    assert mine.case_id != old.case_id
    one, two = await customer_of(office, theirs.case_id), await customer_of(office, mine.case_id)
    more, _ = await second_case(office, mine if upper else theirs, "More")
    await customers.merge(office.db, two, one, ANNA, NOW)
    await send(office, mine.case_id)
    row = await opened(office, mine.case_id)
    await answer(office, await ask(office, row))
    await ask(office, row, "And when?")
    await remind.propose(office.db, row, ANNA.id, NOW + timedelta(hours=1), "Call", ANNA, "r", NOW)
    line = (
        [mine.case_id, more.case_id, theirs.case_id]
        if upper
        else [mine.case_id, theirs.case_id, more.case_id]
    )
    for case, into in pairwise(line):
        await join.merge(office.db, case, into, ANNA, NOW)
    (merge,) = await merging.merges_into(office.db, one)
    await customers.split(office.db, merge["id"], (two, one), ANNA, NOW)
    parted, kept = (more if upper else mine).case_id, line[-1]
    of_two = ["Mine", "More"] if upper else ["Mine"]
    lines = [row["text"] for row in await casefile.lines(office.db, parted, 0) if row["direction"] == "in"]
    assert lines == of_two
    others = [row["text"] for row in await casefile.lines(office.db, kept, 0) if row["direction"] == "in"]
    assert others == (["Theirs"] if upper else ["Theirs", "More"])
    assert [len(await casefile.answers(office.db, case)) for case in (parted, kept)] == [1, 0]
    for table in ("commitments", "reminders", "asks"):
        assert set(await office.column(f"SELECT case_id FROM {table}")) == {parted}, table
    assert (await says_there(office, mine, "Me again")).case_id == parted
    assert await office.status(parted) == "open"
    said = await office.column(
        "SELECT payload->>'event' FROM outbox WHERE case_id = %(c)s AND kind = 'notice' ORDER BY id", c=kept
    )
    assert said == ["absorbed", "split"]


async def test_what_one_wrote_into_a_case_of_the_other_makes_a_case_of_their_own(office: Office) -> None:
    """What they say next in an exchange that no case of theirs has goes there."""
    mine, theirs = await office.case("Mine"), await office.case("Theirs")
    one, two = await customer_of(office, theirs.case_id), await customer_of(office, mine.case_id)
    await customers.merge(office.db, two, one, ANNA, NOW)
    beside, _ = await second_case(office, mine, "From elsewhere")
    await office.db.fetch(
        "UPDATE conversations SET case_id = %(theirs)s WHERE case_id = %(beside)s",
        {"theirs": theirs.case_id, "beside": beside.case_id},
    )
    await office.db.fetch(
        "UPDATE cases SET conversation_id = (SELECT min(id) FROM conversations) WHERE id = %(beside)s",
        {"beside": beside.case_id},
    )
    astray = await says_there(office, beside, "While we were one")
    assert astray.case_id == theirs.case_id
    (merge,) = await merging.merges_into(office.db, one)
    await customers.split(office.db, merge["id"], (two, one), ANNA, NOW)
    made = await join.split(office.db, theirs.case_id, [astray.message_id], ANNA, NOW)
    assert await customer_of(office, made) == two
    assert (await says_there(office, astray, "Well?")).case_id == made


async def test_a_call_is_kept_with_whom_it_was(office: Office) -> None:
    """Whose address wrote first while they were one does not matter."""
    first, second = await office.case(), await office.case()
    one, two = await customer_of(office, first.case_id), await customer_of(office, second.case_id)
    for case in (first, second):
        await close.silently(office.db, await office.token(case.case_id), "done", ANNA, NOW)
    await office.db.fetch(
        "UPDATE customers SET email = 'mia@x.example', email_proven = true WHERE id = %(two)s", {"two": two}
    )
    await customers.merge(office.db, two, one, ANNA, NOW)
    mail = await arrive.receive(office.db, MAIL, NOW, intake.accept)
    await close.silently(office.db, await office.token(mail.case_id), "done", ANNA, NOW)
    async with office.db.transaction() as tx:
        call = await phone.log_of_customer(
            tx, office.workspace, one, "", "C1", "Asked for a bill", ANNA, "1", NOW
        )
    (merge,) = await merging.merges_into(office.db, one)
    await customers.split(office.db, merge["id"], (two, one), ANNA, NOW)
    assert await customer_of(office, mail.case_id) == two
    assert await customer_of(office, call["id"]) == one


async def test_whoever_was_merged_on_meanwhile_is_not_split_from_behind(office: Office) -> None:
    one, two, three = [await customer_of(office, (await office.case()).case_id) for _ in range(3)]
    await customers.merge(office.db, one, two, ANNA, NOW)
    (merge,) = await merging.merges_into(office.db, two)
    await customers.merge(office.db, two, three, ANNA, NOW)
    with pytest.raises(AlreadyDone, match="merged into another one meanwhile"):
        await customers.split(office.db, merge["id"], (one, two), ANNA, NOW)
    (last,) = await merging.merges_into(office.db, three)
    await customers.split(office.db, last["id"], (two, three), ANNA, NOW)
    await customers.split(office.db, merge["id"], (one, two), ANNA, NOW)
    owners = await office.column("SELECT customer_id FROM cases ORDER BY id")
    assert owners == [one, two, three]


async def test_what_cannot_be_merged(office: Office) -> None:
    first, second = await office.case(), await office.case()
    one, two = await customer_of(office, first.case_id), await customer_of(office, second.case_id)
    with pytest.raises(InvalidInput):
        await customers.merge(office.db, one, one, ANNA, NOW)
    with pytest.raises(NotFound):
        await customers.merge(office.db, 999, one, ANNA, NOW)
    await customers.merge(office.db, two, one, ANNA, NOW)
    with pytest.raises(AlreadyDone):
        await customers.merge(office.db, two, one, ANNA, NOW)


async def test_a_customer_of_another_workspace_cannot_be_merged(office: Office) -> None:
    first = await office.case()
    other = await workspaces.register(
        office.db, team="T2", name="Other", url="https://other.slack.com/", bot_user="U", bot="B", now=NOW
    )
    visitor = Visitor("chat", "other:x", "x", "Xenia", None, verified=True)
    identity = await conversations.identity(office.db, other, visitor, NOW)
    stranger = (await office.row("SELECT customer_id FROM identities WHERE id = %(id)s", id=identity))[
        "customer_id"
    ]
    with pytest.raises(NotFound):
        await customers.merge(office.db, stranger, await customer_of(office, first.case_id), ANNA, NOW)


async def test_a_case_opened_while_customers_are_merged_is_the_right_ones(office: Office) -> None:
    for _ in range(5):
        first = await office.case()
        conversation = await office.conversation()
        one = await customer_of(office, first.case_id)
        (two,) = await office.column(
            """SELECT i.customer_id FROM conversations v JOIN identities i ON i.id = v.identity_id
               WHERE v.id = %(v)s""",
            v=conversation,
        )
        outcomes = await asyncio.gather(
            office.says(conversation, "Hi"),
            customers.merge(office.db, int(str(two)), one, ANNA, NOW),
            return_exceptions=True,
        )
        assert [
            each for each in outcomes if isinstance(each, Exception) and not isinstance(each, CxError)
        ] == []
        assert await office.column("SELECT count(*) FROM cases WHERE customer_id = %(id)s", id=two) == [0]


@pytest.mark.parametrize("first_case", [True, False])
async def test_after_a_split_no_case_answers_the_other_customer(office: Office, first_case: bool) -> None:
    first, second = await office.case(), await office.case()
    one, two = await customer_of(office, first.case_id), await customer_of(office, second.case_id)
    theirs = {case.case_id: await office.conversation_of(case.case_id) for case in (first, second)}
    await customers.merge(office.db, two, one, ANNA, NOW)
    switched, other = (first, second) if first_case else (second, first)
    await switch.switch(office.db, switched.case_id, theirs[other.case_id], ANNA, NOW)
    (merge,) = await merging.merges_into(office.db, one)
    await customers.split(office.db, merge["id"], (two, one), ANNA, NOW)
    astray = await office.column(
        """SELECT k.number FROM cases k JOIN conversations v ON v.id = k.conversation_id
           JOIN identities i ON i.id = v.identity_id WHERE i.customer_id <> k.customer_id"""
    )
    assert astray == []
    # Whoever writes reaches a case of their own.
    for conversation in theirs.values():
        said = await office.says(conversation, "Hello?")
        owners = await office.row(
            """SELECT k.customer_id, i.customer_id AS writes FROM cases k, conversations v
               JOIN identities i ON i.id = v.identity_id WHERE k.id = %(k)s AND v.id = %(v)s""",
            k=said.case_id,
            v=conversation,
        )
        assert owners["customer_id"] == owners["writes"]
