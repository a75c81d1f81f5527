from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from cases.enums import Status
from cases.messages import Receipt
from copilot import facts
from copilot.desks import Desks
from flows import identify, join, opening, own
from storage import cases, workspaces
from storage.db import Connection
from tests.flows.test_join import second_case
from tests.support.office import ANNA, NOW, Office, post_all


async def test_what_is_not_there_is_none(office: Office) -> None:
    assert await cases.card(office.db, 999) is None
    assert await cases.by_id(office.db, 999) is None
    assert await cases.by_token(office.db, uuid4()) is None
    assert await cases.thread_of(office.db, 999) is None
    assert await cases.note(office.db, office.workspace, "C1", "9.9") is None


async def others_of(office: Office, case: int) -> list[tuple[int, str, str | None]]:
    card = await cases.card(office.db, case)
    assert card is not None
    return [(other.number, other.subject, other.url) for other in card.others]


async def test_a_card_points_at_the_customers_other_open_cases(office: Office, lease: Connection) -> None:
    first = await office.case("Where is my parcel?")
    stranger = await office.case("I am somebody else")
    assert await others_of(office, first.case_id) == []
    second, _ = await second_case(office, first, "My parcel did not come")
    assert await others_of(office, second.case_id) == [(1001, "Where is my parcel?", None)]
    await post_all(office.db, lease)
    ((_, _, url),) = await others_of(office, second.case_id)
    assert url == "https://shop.slack.com/archives/C1/p11"
    assert await others_of(office, first.case_id) == [
        (1003, "My parcel did not come", "https://shop.slack.com/archives/C1/p15")
    ]
    # Linked: somebody has seen it.
    await join.link(office.db, first.case_id, second.case_id, ANNA, NOW)
    assert await others_of(office, second.case_id) == []
    assert await others_of(office, stranger.case_id) == []


async def test_the_pointer_goes_with_the_case(office: Office) -> None:
    first = await office.case()
    second, _ = await second_case(office, first)
    await join.merge(office.db, first.case_id, second.case_id, ANNA, NOW)
    assert await others_of(office, second.case_id) == []
    assert await others_of(office, first.case_id) == []


async def test_a_card_points_at_three_cases_and_counts_the_others(office: Office) -> None:
    first = await office.case()
    made = [await cases_of_the_same(office, first) for _ in range(5)]
    card = await cases.card(office.db, first.case_id)
    assert card is not None
    assert [other.number for other in card.others] == sorted(made)[:-4:-1]
    assert card.others_left_out == 2


async def cases_of_the_same(office: Office, first: Receipt) -> int:
    """Another case of the customer of ``first``; its number."""
    return (await second_case(office, first))[0].case_number


async def test_who_turns_out_to_have_another_case_is_pointed_at_it(office: Office) -> None:
    known = await office.case("Where is my parcel?")
    async with office.db.transaction() as tx:
        by_hand = await opening.from_words(tx, office.workspace, "k", "C1", "Phone call", ANNA, NOW)
    assert await others_of(office, by_hand["id"]) == []
    (customer,) = await office.column("SELECT customer_id FROM cases WHERE id = %(id)s", id=known.case_id)
    await identify.link(office.db, by_hand["id"], int(str(customer)), ANNA, NOW)
    assert [number for number, _, _ in await others_of(office, by_hand["id"])] == [known.case_number]


async def test_the_pointer_is_found_by_the_customer_also_in_a_plan_made_on_empty_tables(
    office: Office,
) -> None:
    (plan,) = await office.column("EXPLAIN (FORMAT JSON, COSTS OFF) " + cases._CARD, case=1)
    assert "ix_cases_open" not in str(plan)
    assert str(plan).count("'Index Name': 'ix_cases_customer_id'") == 2


async def test_a_card_counts_the_customers_orders_and_earlier_cases(office: Office) -> None:
    first = await office.case()
    conversation = await office.conversation_of(first.case_id)
    await office.db.fetch(
        "UPDATE cases SET status = 'closed', closed_at = %(then)s", {"then": NOW - timedelta(days=30)}
    )
    second = await office.says(conversation, "Again")
    await office.db.fetch(
        """INSERT INTO orders (workspace_id, external_id, customer_external_id, status, updated_at)
           VALUES (%(w)s, 'o1', 'c1', 'sent', %(now)s), (%(w)s, 'o2', 'c2', 'sent', %(now)s)""",
        {"w": office.workspace, "now": NOW},
    )
    card = await cases.card(office.db, second.case_id)
    assert card is not None
    assert (card.orders, card.earlier_cases, card.follows) == (1, 1, first.case_number)


async def test_a_thread_is_known_once_the_card_is_posted(office: Office) -> None:
    case = await office.case()
    assert await cases.thread_of(office.db, case.case_id) is None
    await office.db.fetch("UPDATE cases SET thread_ts = '1.1'")
    assert await cases.thread_of(office.db, case.case_id) == ("C1", "1.1")


async def test_the_board_shows_who_waits_longest_for_us_first(office: Office) -> None:
    numbers = []
    for hours, status in [(1, "open"), (3, "waiting_customer"), (2, "new"), (9, "closed")]:
        case = await office.case()
        numbers.append(case.case_number)
        await office.db.fetch(
            "UPDATE cases SET status = %(status)s, last_customer_at = %(at)s WHERE id = %(id)s",
            {"status": status, "at": NOW - timedelta(hours=hours), "id": case.case_id},
        )
    rows = await cases.board(office.db, office.workspace)
    assert [row["number"] for row in rows] == [numbers[2], numbers[0], numbers[1]]
    assert rows[0]["fitting"] == 3
    assert [row["fitting"] for row in await cases.board(office.db, office.workspace, limit=1)] == [3]


async def test_the_board_can_be_narrowed(office: Office) -> None:
    mine, other = await office.case(), await office.case(channel="C2")
    await own.take(office.db, await office.token(mine.case_id), ANNA, NOW)

    async def numbers(**wanted: object) -> list[int]:
        return [row["number"] for row in await cases.board(office.db, office.workspace, **wanted)]  # type: ignore[arg-type]

    assert await numbers(owner=ANNA.id) == [mine.case_number]
    assert await numbers(unclaimed=True) == [other.case_number]
    assert await numbers(channel="C2") == [other.case_number]
    assert await numbers(number=other.case_number) == [other.case_number]
    assert await numbers(number=1) == []
    await office.db.fetch("UPDATE cases SET status = 'closed'")
    assert await numbers() == []
    assert await numbers(number=mine.case_number) == [mine.case_number]


async def test_another_workspace_sees_none_of_it(office: Office) -> None:
    await office.case()
    other = await workspaces.register(
        office.db, team="T2", name="Other", url="", bot_user="U", bot="B", now=NOW
    )
    assert await cases.board(office.db, other) == []
    assert await cases.counts(office.db, other) == {}
    assert await facts.brief(office.db, 1, Desks(()))


async def test_open_cases_are_counted_by_status_and_unclaimed(office: Office) -> None:
    for _ in range(3):
        case = await office.case()
    await own.take(office.db, await office.token(case.case_id), ANNA, NOW)
    assert await cases.counts(office.db, office.workspace) == {Status.NEW: (2, 2), Status.OPEN: (1, 0)}


async def test_a_workspace_registered_again_is_the_same_with_its_new_name(office: Office) -> None:
    again = await workspaces.register(
        office.db, team="T1", name="Renamed", url="https://x", bot_user="U2", bot="B2", now=NOW
    )
    assert again == office.workspace
    assert await office.column("SELECT name FROM workspaces") == ["Renamed"]


@pytest.mark.parametrize("column", ["status", "direction", "seq"])
async def test_the_database_refuses_what_cannot_be(office: Office, column: str) -> None:
    await office.case()
    wrong = {
        "status": "UPDATE drafts SET state = 'lost'",
        "direction": "UPDATE messages SET direction = 'sideways'",
        "seq": "UPDATE messages SET seq = NULL",
    }
    await office.preview(1)
    with pytest.raises(Exception, match="check constraint"):
        await office.db.fetch(wrong[column])
