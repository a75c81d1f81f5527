"""Answers over a case, from what is stored."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

import orjson
import pytest

from cases.articles import Article
from cases.enums import DraftKind
from cases.reader import reader_of, use
from copilot.thread import CaseQuestion, answer
from storage import articles, drafts, imports, owners
from storage.db import Database
from tests.support.office import ANNA, BORIS, NOW, Office, open_office
from tests.views import limits


@pytest.fixture
async def office(database: Database) -> Office:
    """A workspace in which nothing has happened yet."""
    return await open_office(database)


async def ask(office: Office, case: int, text: str, language: str = "en") -> str:
    """What is answered, in the blocks that Slack takes."""
    question = CaseQuestion(
        office.db, office.workspace, "https://shop.slack.com/", case, text, reader_of(language), NOW
    )
    rendered = await answer(question)
    limits.check(rendered)
    shown = orjson.dumps(rendered.blocks).decode()
    assert "ithout a model" in shown or "Bez modelu" in shown
    return shown


async def known(office: Office, case: int, orders: Iterable[dict[str, object]]) -> None:
    """The customer of a case is known to the shop, and has orders."""
    await office.db.fetch(
        "UPDATE customers SET external_id = 'maria' WHERE id = (SELECT customer_id FROM cases WHERE id = %s)",
        [case],
    )
    lines = [orjson.dumps({"customer_id": "maria", "status": "shipped"} | order) for order in orders]
    await imports.load(office.db, office.workspace, imports.ORDERS, lines, NOW)


ORDERS: tuple[dict[str, object], ...] = (
    {"order_id": "#H1001", "items": [{"name": "Lamp <b>"}], "ordered_at": "2025-05-30T10:00:00Z"},
    {"order_id": "#H1002", "items": [{"name": "Vase"}], "ordered_at": "2025-06-01"},
    {"order_id": "#H1003", "items": [{"name": "Mat"}]},
)


async def test_orders_of_a_month_by_number_and_all(office: Office) -> None:
    case = (await office.case()).case_id
    await known(office, case, ORDERS)
    await imports.load(
        office.db,
        office.workspace,
        imports.ORDERS,
        [b'{"order_id": "#H2001", "customer_id": "other", "status": "paid"}'],
        NOW,
    )
    may = await ask(office, case, "what did she order in May?")
    assert "Orders: May 2025" in may
    assert "Lamp &lt;b&gt;" in may
    assert "30 May 2025" in may
    assert "H1002" not in may
    one = await ask(office, case, "how does h1002 look?")
    assert "Vase" in one
    assert "H1001" not in one
    every = await ask(office, case, "her orders")
    assert [number for number in ("H1001", "H1002", "H1003", "H2001") if number in every] == [
        "H1001",
        "H1002",
        "H1003",
    ]
    none = await ask(office, case, "orders of April")
    assert "No order is known of this time: April 2025." in none
    assert "Not every order says when it was placed." in none
    assert "Lamp" in none
    assert "This customer has no order #H2001." in await ask(office, case, "where is order #H2001?")
    stranger = (await office.case()).case_id
    assert "No order is known." in await ask(office, stranger, "her orders")


async def test_the_brief_and_what_is_open(office: Office) -> None:
    conversation = await office.conversation()
    case = (await office.says(conversation, "Where is <my> lamp?")).case_id
    later = NOW + timedelta(minutes=5)
    await office.says(conversation, "Hello?", now=later)
    assert "Where is &lt;my&gt; lamp?" in await ask(office, case, "summary please")
    state = await ask(office, case, "who owns it?")
    assert "Nobody yet" in state
    assert "*2 messages are not answered*" in state
    assert "Hello?" in state
    await owners.take(office.db, case, ANNA.id, NOW)
    async with office.db.transaction() as tx:
        await drafts.preview(
            tx,
            case=case,
            kind=DraftKind.REPLY,
            body="Soon.",
            key="k",
            source=("C1", "1.5"),
            actor=BORIS.id,
            actor_name=BORIS.name,
            now=NOW,
        )
    state = await ask(office, case, "what is open?")
    assert f"<@{ANNA.id}>" in state
    assert f"being prepared* by <@{BORIS.id}>" in state


async def test_words_that_the_customer_took_back_are_not_told(office: Office) -> None:
    conversation = await office.conversation()
    case = (await office.says(conversation, "My lamp")).case_id
    await office.says(conversation, "My card is 4111")
    await office.db.fetch("UPDATE messages SET deleted_at = %s WHERE text LIKE '%%4111'", [NOW])
    for text in ("summary", "what is open?"):
        assert "4111" not in await ask(office, case, text)


async def test_knowledge(office: Office) -> None:
    case = (await office.case("The bulb of my lamp")).case_id
    assert "no articles yet" in await ask(office, case, "how do returns work?")
    given = [
        Article("1", "Returns <!channel>", "Returns are free."),
        Article("2", "Bulbs", "A bulb takes 40 W."),
    ]
    await articles.replace(office.db, office.workspace, "handbook", given, NOW)
    shown = await ask(office, case, "how do returns work?")
    assert "*Returns &lt;!channel&gt;*" in shown
    assert "Bulbs" not in shown
    assert str(await office.token(case)) in shown
    assert "Returns" in await ask(office, case, "any article on returns?")
    assert "*Bulbs*" in await ask(office, case, "knowledge")


async def test_earlier_cases_of_this_customer_alone(office: Office) -> None:
    conversation = await office.conversation()
    first = await office.says(conversation, "My old vase")
    await office.db.fetch("UPDATE cases SET status = 'closed', closed_at = %s", [NOW - timedelta(days=90)])
    second = await office.says(conversation, "My lamp")
    await office.case("Somebody else's mat")
    assert first.case_id != second.case_id
    shown = await ask(office, second.case_id, "earlier cases?")
    assert first.reference in shown
    assert "vase" in shown
    assert "lamp" not in shown
    assert "mat" not in shown
    alone = (await office.case("A mug")).case_id
    assert "No other case of this customer is known." in await ask(office, alone, "history")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("ask logistics where the parcel is", "Hand over"),
        ("make it friendlier and in Polish", "that takes a model"),
        ("close it", "I only answer"),
        ("how is CX-9 doing?", "`/cx case CX-9`"),
        ("help", "You can ask me:"),
        ("", "You can ask me:"),
        ("sing <!here>", "I do not understand “sing &lt;!here&gt;”"),
    ],
)
async def test_nothing_is_met_with_silence(office: Office, text: str, says: str) -> None:
    case = (await office.case("Hello")).case_id
    assert says in await ask(office, case, text)


async def test_the_question_may_be_in_the_language_of_who_asks_or_of_the_thread(office: Office) -> None:
    case = (await office.case("Hello")).case_id
    assert "No order is known." in await ask(office, case, "Co zamówiła?", "pl")
    with use(reader_of("pl")):
        assert "Brak znanych zamówień" in await ask(office, case, "Co zamówiła?", "hu")
