"""Somebody unproven names an order of a customer who is called as they are."""

from __future__ import annotations

import asyncio

import pytest

from cases.errors import AlreadyDecided, AlreadyDone
from cases.messages import Receipt, Suggestion
from flows import close, customers, identify, opening
from storage import cases, conversations, merging, search, suggestions, workspaces
from storage.conversations import Visitor
from tests.support.office import ANNA, BORIS, NOW, Office

NAMED = "Anna Nowak here, where is my order h20391?"


@pytest.fixture
async def known(office: Office) -> int:
    """Anna Nowak, whose order is #H20391; her customer's id."""
    return await customer(office, "anna", "Anna Nówak", "#H20391")


async def customer(office: Office, number: str, name: str, *orders: str, workspace: int | None = None) -> int:
    """A customer whom the company's own systems know, with their orders."""
    row = await office.row(
        """INSERT INTO customers (workspace_id, external_id, name, email, created_at)
           VALUES (%(w)s, %(number)s, %(name)s, 'secret@example.org', now()) RETURNING id""",
        w=workspace or office.workspace,
        number=number,
        name=name,
    )
    for order in orders:
        await office.db.fetch(
            """INSERT INTO orders (workspace_id, external_id, customer_external_id, status, updated_at)
               VALUES (%(w)s, %(order)s, %(number)s, 'sent', now())""",
            {"w": workspace or office.workspace, "order": order, "number": number},
        )
    return int(row["id"])


async def stranger(office: Office, mark: str = "ab12", name: str = "Visitor ab12") -> int:
    """The conversation of a visitor whom nothing proves."""
    visitor = Visitor("visitor", mark, None, name, None, verified=False)
    identity = await conversations.identity(office.db, office.workspace, visitor, NOW)
    return (await conversations.start(office.db, office.workspace, identity, "shop", "C1", NOW))[0]


async def says(office: Office, conversation: int, text: str) -> Receipt:
    """A message whose words are indexed, as they are a second later."""
    receipt = await office.says(conversation, text)
    await search.index(office.db)
    return receipt


async def suggested(office: Office, case: int) -> Suggestion | None:
    card = await cases.card(office.db, case)
    assert card is not None
    return card.suggestion


async def same(office: Office, case: int) -> Suggestion:
    found = await suggested(office, case)
    assert found is not None
    return found


async def owner(office: Office, case: int) -> int:
    return int((await office.row("SELECT customer_id FROM cases WHERE id = %(id)s", id=case))["customer_id"])


async def confirm(office: Office, known: int, case: int) -> None:
    found = await suggestions.of(office.db, office.workspace, (await same(office, case)).token)
    assert found is not None
    token = (await same(office, case)).token
    await customers.merge(
        office.db, found["customer_id"], known, ANNA, NOW, case=found["case_id"], suggestion=token
    )


async def test_whoever_names_an_order_and_its_customers_name_is_suggested_once(
    office: Office, known: int
) -> None:
    conversation = await stranger(office)
    case = await says(office, conversation, NAMED)
    await office.db.fetch("DELETE FROM slack_calls", {})
    await says(office, conversation, NAMED)
    found = await same(office, case.case_id)
    assert (found.name, found.customer, found.order) == ("Anna Nówak", "anna", "#H20391")
    assert await office.column("SELECT known_id FROM customer_suggestions") == [known]
    # What was suggested already gives no reason to draw the card again.
    assert await office.column("SELECT kind FROM slack_calls") == []


async def test_a_suggestion_draws_the_card_again(office: Office, known: int) -> None:
    case = await says(office, await stranger(office), NAMED)
    assert await office.column(
        "SELECT kind FROM slack_calls WHERE case_id = %(case)s AND done_at IS NULL", case=case.case_id
    ) == ["card"]


async def test_the_name_may_come_later_than_the_order(office: Office, known: int) -> None:
    conversation = await stranger(office)
    case = await says(office, conversation, "Where is my order nr.H20391, please?")
    assert await suggested(office, case.case_id) is None
    await says(office, conversation, "My name is ANNA NOWAK")
    assert (await same(office, case.case_id)).name == "Anna Nówak"


@pytest.mark.parametrize(
    "text",
    [
        "Where is my order #H20391?",
        "Anna Nowak here, where is my order #H20392?",
        "Anna Nowak here, where is my parcel?",
        "Anna here, of the Nowak family, about #H20391",
        "Hanna Nowak here, about #H20391",
    ],
)
async def test_without_both_nobody_is_suggested(office: Office, known: int, text: str) -> None:
    case = await says(office, await stranger(office), text)
    assert await suggested(office, case.case_id) is None


async def test_who_is_proven_is_whom_they_are(office: Office, known: int) -> None:
    case = await says(office, await office.conversation(name="Anna Nowak"), NAMED)
    assert await suggested(office, case.case_id) is None


async def test_an_order_of_another_workspace_is_not_known_here(office: Office) -> None:
    other = await workspaces.register(
        office.db, team="T2", name="Other", url="https://other.slack.com/", bot_user="U", bot="B", now=NOW
    )
    await customer(office, "anna", "Anna Nowak", "#H20391", workspace=other)
    case = await says(office, await stranger(office), NAMED)
    assert await suggested(office, case.case_id) is None


async def test_what_colleagues_say_in_the_thread_suggests_nobody(office: Office, known: int) -> None:
    case = await says(office, await stranger(office), "Where is my parcel?")
    await office.db.fetch("UPDATE cases SET thread_ts = '1.1'", {})
    async with office.db.transaction() as tx:
        await cases.add_note(
            tx,
            workspace=office.workspace,
            channel="C1",
            thread="1.1",
            ts="1.2",
            author=ANNA.id,
            text=NAMED,
            files=0,
            now=NOW,
        )
    await search.index(office.db)
    assert await suggested(office, case.case_id) is None


async def test_the_same_person_gets_one_history(office: Office, known: int) -> None:
    conversation = await stranger(office)
    case = await says(office, conversation, NAMED)
    await confirm(office, known, case.case_id)
    assert await owner(office, case.case_id) == known
    assert await suggested(office, case.case_id) is None
    again = await says(office, conversation, NAMED)
    assert again.case_id == case.case_id
    assert await suggested(office, case.case_id) is None
    audit = await office.row("SELECT actor, case_id FROM audit WHERE action = 'customer.merged'")
    assert audit == {"actor": ANNA.id, "case_id": case.case_id}


async def test_of_two_clicks_one_has_an_effect(office: Office, known: int) -> None:
    case = await says(office, await stranger(office), NAMED)
    token, unproven = (await same(office, case.case_id)).token, await owner(office, case.case_id)
    done = await asyncio.gather(
        customers.merge(office.db, unproven, known, ANNA, NOW, suggestion=token),
        customers.merge(office.db, unproven, known, BORIS, NOW, suggestion=token),
        identify.tell_apart(office.db, token, BORIS, NOW),
        return_exceptions=True,
    )
    assert [type(each) for each in done if each] == [AlreadyDecided, AlreadyDecided]
    row = await office.row("SELECT same, decided_by FROM customer_suggestions")
    merged = await office.column("SELECT count(*) FROM customer_merges")
    refused = await office.column("SELECT count(*) FROM audit WHERE action = 'customer.not_same'")
    assert (merged, refused) == (([1], [0]) if row["same"] else ([0], [1]))


async def test_who_is_told_apart_is_never_suggested_again(office: Office, known: int) -> None:
    conversation = await stranger(office)
    case = await says(office, conversation, NAMED)
    await office.db.fetch("DELETE FROM slack_calls", {})
    await identify.tell_apart(office.db, (await same(office, case.case_id)).token, ANNA, NOW)
    assert await office.column("SELECT kind FROM slack_calls") == ["card"]
    await says(office, conversation, NAMED)
    assert await suggested(office, case.case_id) is None
    # Nor in the next case, nor as another name of theirs.
    await close.silently(office.db, await office.token(case.case_id), "done", ANNA, NOW)
    other = await says(office, await stranger(office, "cd34", "Visitor cd34"), "Hello")
    await customers.merge(
        office.db, await owner(office, case.case_id), await owner(office, other.case_id), ANNA, NOW
    )
    await says(office, await office.conversation_of(other.case_id), NAMED)
    assert await suggested(office, other.case_id) is None
    assert await office.column("SELECT actor FROM audit WHERE action = 'customer.not_same'") == [ANNA.id]


async def test_who_was_split_off_again_is_not_suggested_again(office: Office, known: int) -> None:
    conversation = await stranger(office)
    case = await says(office, conversation, "Hello")
    unproven = await owner(office, case.case_id)
    await customers.merge(office.db, unproven, known, ANNA, NOW)
    (merge,) = await merging.merges_into(office.db, known)
    await customers.split(office.db, merge["id"], (unproven, known), ANNA, NOW)
    await says(office, conversation, NAMED)
    assert await suggested(office, case.case_id) is None


async def test_a_merge_by_hand_settles_it(office: Office, known: int) -> None:
    case = await says(office, await stranger(office), NAMED)
    token = (await same(office, case.case_id)).token
    await customers.merge(office.db, known, await owner(office, case.case_id), ANNA, NOW)
    assert await suggested(office, case.case_id) is None
    with pytest.raises(AlreadyDecided):
        await identify.tell_apart(office.db, token, ANNA, NOW)


async def test_a_case_opened_by_hand_gets_its_customer(office: Office, known: int) -> None:
    async with office.db.transaction() as tx:
        case = await opening.from_words(
            tx, office.workspace, "k", "C1", "Call about H20391: Anna Nowak", ANNA, NOW
        )
    token = (await same(office, case["id"])).token
    await identify.link(office.db, case["id"], known, ANNA, NOW, suggestion=token)
    assert await owner(office, case["id"]) == known
    assert await suggested(office, case["id"]) is None
    with pytest.raises(AlreadyDone):
        await identify.link(office.db, case["id"], known, BORIS, NOW, suggestion=token)


async def test_naming_the_customer_of_a_case_may_say_who_they_are(office: Office, known: int) -> None:
    async with office.db.transaction() as tx:
        case = await opening.from_words(tx, office.workspace, "k", "C1", "Call about #H20391", ANNA, NOW)
    assert await suggested(office, case["id"]) is None
    await identify.name(office.db, case["id"], "nowak anna", ANNA, NOW)
    assert (await same(office, case["id"])).order == "#H20391"


async def test_whoever_writes_is_shown_nothing_of_it(office: Office, known: int) -> None:
    conversation = await stranger(office)
    case = await says(office, conversation, NAMED)
    assert (await same(office, case.case_id)).name == "Anna Nówak"
    seen = [
        await conversations.transcript(office.db, conversation),
        await conversations.status(office.db, conversation),
        await conversations.changes(office.db, conversation, 9, 0),
    ]
    assert [word for word in ("Nówak", "anna'", "#H20391", "secret@") if word in str(seen)] == []


async def test_orders_are_found_by_their_numbers_also_in_a_plan_made_on_empty_tables(office: Office) -> None:
    (plan,) = await office.column("EXPLAIN (FORMAT JSON, COSTS OFF) " + suggestions._NAMED, cases=[1])
    assert "'Index Name': 'uq_orders_workspace_id_external_id'" in str(plan)
    assert "ix_cases_open" not in str(plan)
    assert "Seq Scan" not in str(plan)


async def test_only_the_beginning_of_a_long_message_is_looked_at(office: Office, known: int) -> None:
    case = await says(office, await stranger(office), "1 2 3 4 5 " * 1_900 + NAMED)
    assert await suggested(office, case.case_id) is None
