from __future__ import annotations

import asyncio
from uuid import UUID, uuid4

import psycopg
import pytest

from storage import outbox
from storage.db import Connection, Database, Row
from storage.outbox import MAX_BLOCKS
from tests.support.office import NOW, WORKSPACE, Office, post_all

LIMIT = 3_500


async def claim(lease: Connection, room: int = 9, *, merge: bool = True, limit: int = LIMIT) -> list[Row]:
    return await outbox.claim(lease, WORKSPACE, {"C1": room}, merge=merge, limit=limit)


def posts(rows: list[Row]) -> dict[UUID, list[str | None]]:
    """The texts of each claimed post."""
    made: dict[UUID, list[str | None]] = {}
    for row in rows:
        made.setdefault(row["post_id"], []).append(row["text"])
    return made


async def add(office: Office, case: int, author: str, kind: str = "message", size: int = 10) -> None:
    """A waiting row of a case."""
    await office.db.fetch(
        """INSERT INTO outbox (workspace_id, slack_channel, case_id, kind, author, size)
           SELECT workspace_id, slack_channel, id, %(kind)s, %(author)s, %(size)s
           FROM cases WHERE id = %(case)s""",
        {"case": case, "kind": kind, "author": author, "size": size},
    )


@pytest.fixture
async def case(office: Office, lease: Connection) -> int:
    """A case whose card is posted."""
    receipt = await office.case()
    await post_all(office.db, lease)
    return receipt.case_id


async def sizes_of_posts(office: Office, lease: Connection, **options: bool) -> list[int]:
    """How many rows each post takes until nothing waits."""
    counts = []
    while rows := await claim(lease, 1, **options):
        counts.append(len(rows))
        await outbox.complete(office.db, rows[0]["post_id"], f"5.{len(counts)}")
    return counts


async def test_the_card_comes_first_and_what_follows_waits_for_its_thread(
    office: Office, lease: Connection
) -> None:
    await office.case("Hello")
    (root,) = await claim(lease)
    assert (root["kind"], root["is_root"], root["thread_ts"], root["attempts"]) == ("root", True, None, 1)
    assert await claim(lease) == []
    assert await outbox.complete(office.db, root["post_id"], "1.1")
    (message,) = await claim(lease)
    assert (message["text"], message["thread_ts"], message["is_root"]) == ("Hello", "1.1", False)


async def test_a_lane_has_one_post_in_flight_whatever_waits(
    office: Office, lease: Connection, case: int
) -> None:
    await add(office, case, "customer")
    (first,) = await claim(lease)
    await add(office, case, "customer")
    assert await claim(lease) == []
    await outbox.hold(office.db, first["post_id"], 1, 60, "ratelimited")
    assert await claim(lease) == []


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([("customer", "message")] * 4, [4]),
        ([("customer", "message"), ("app", "notice"), ("customer", "message")], [1, 1, 1]),
        ([("app", "notice"), ("app", "notice")], [1, 1]),
        ([("app", "sent"), ("app", "notice"), ("customer", "message"), ("customer", "message")], [1, 1, 2]),
        ([("a", "message"), ("a", "message"), ("b", "message")], [2, 1]),
        ([("a", "message"), ("b", "message"), ("a", "message")], [1, 1, 1]),
    ],
)
async def test_messages_of_one_author_in_a_row_share_a_post(
    office: Office, lease: Connection, case: int, rows: list[tuple[str, str]], expected: list[int]
) -> None:
    for author, kind in rows:
        await add(office, case, author, kind)
    assert await sizes_of_posts(office, lease) == expected


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ([1_000, 1_000, 1_500], [3]),
        ([1_000, 1_000, 1_501], [2, 1]),
        ([9_000, 10], [1, 1]),
        ([10, 9_000, 10], [1, 1, 1]),
        ([0] * 45, [MAX_BLOCKS, MAX_BLOCKS, 45 - 2 * MAX_BLOCKS]),
    ],
)
async def test_a_post_takes_what_fits(
    office: Office, lease: Connection, case: int, sizes: list[int], expected: list[int]
) -> None:
    for size in sizes:
        await add(office, case, "customer", size=size)
    assert await sizes_of_posts(office, lease) == expected


async def test_without_merging_each_row_is_a_post(office: Office, lease: Connection, case: int) -> None:
    for _ in range(3):
        await add(office, case, "customer")
    assert await sizes_of_posts(office, lease, merge=False) == [1, 1, 1]


async def test_each_channel_has_its_own_room(office: Office, lease: Connection) -> None:
    for channel in ("C1", "C1", "C1", "C2", "C2", "C3"):
        await office.case(channel=channel)
    rows = await outbox.claim(lease, WORKSPACE, {"C1": 2, "C2": 5}, merge=True, limit=LIMIT)
    assert sorted(row["slack_channel"] for row in rows) == ["C1", "C1", "C2", "C2"]


async def test_the_longest_waiting_case_goes_first(office: Office, lease: Connection) -> None:
    cases = [(await office.case()).case_id for _ in range(4)]
    for expected in cases:
        (row,) = await claim(lease, 1)
        assert row["case_id"] == expected


async def test_a_stuck_case_does_not_hold_up_others(office: Office, lease: Connection, case: int) -> None:
    await add(office, case, "customer")
    await claim(lease)
    await office.db.fetch(
        """INSERT INTO outbox (workspace_id, slack_channel, case_id, kind, author)
           SELECT workspace_id, slack_channel, id, 'message', 'customer'
           FROM cases, generate_series(1, 3000) WHERE id = %(case)s""",
        {"case": case},
    )
    other = await office.case()
    assert [row["case_id"] for row in await claim(lease)] == [other.case_id]


async def test_two_posters_at_once_never_take_the_same_row(
    office: Office, lease: Connection, database: Database
) -> None:
    for _ in range(30):
        await office.case()
    second = await database.dedicated()
    taken = []
    for _ in range(10):
        outcomes = await asyncio.gather(claim(lease, 3), claim(second, 3), return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                assert isinstance(outcome, psycopg.errors.UniqueViolation)
            else:
                taken += [row["outbox_id"] for row in outcome]
    await second.close()
    assert len(taken) == len(set(taken))
    assert len(taken) >= 30 // 3


async def test_a_channel_has_one_poster_until_its_connection_dies(
    office: Office, lease: Connection, database: Database
) -> None:
    second = await database.dedicated()
    assert await outbox.lease(lease, office.workspace, "C1")
    assert not await outbox.lease(second, office.workspace, "C1")
    assert await outbox.lease(second, office.workspace, "C2")
    assert await outbox.lease(second, office.workspace + 1, "C1")
    await database.fetch("SELECT pg_terminate_backend(%(pid)s, 5000)", {"pid": lease.info.backend_pid})
    assert await outbox.lease(second, office.workspace, "C1")
    with pytest.raises(psycopg.Error):
        await outbox.restamp(lease, uuid4(), 1)
    await second.close()


async def test_a_post_is_completed_once(office: Office, lease: Connection) -> None:
    case = await office.case()
    (root,) = await claim(lease)
    done = await asyncio.gather(*(outbox.complete(office.db, root["post_id"], "1.1") for _ in range(5)))
    assert sum(done) == 1
    assert not await outbox.complete(office.db, root["post_id"], "9.9")
    assert await outbox.posted_ts(office.db, root["post_id"]) == "1.1"
    assert await office.column("SELECT thread_ts FROM cases WHERE id = %(id)s", id=case.case_id) == ["1.1"]


async def test_completing_a_reply_does_not_move_the_thread(
    office: Office, lease: Connection, case: int
) -> None:
    await add(office, case, "customer")
    await post_all(office.db, lease)
    assert await office.column("SELECT thread_ts FROM cases") == ["1.1"]


async def test_completing_what_is_not_ours_does_nothing(office: Office) -> None:
    assert not await outbox.complete(office.db, uuid4(), "1.1")
    assert await outbox.posted_ts(office.db, uuid4()) is None


async def test_what_a_predecessor_left_is_found_but_for_what_is_known(
    office: Office, lease: Connection
) -> None:
    await office.case()
    (root,) = await claim(lease)
    assert await outbox.unfinished(office.db, office.workspace, ["C1"], [root["post_id"]]) == []
    assert await outbox.unfinished(office.db, office.workspace, ["C2"], []) == []
    (left,) = await outbox.unfinished(office.db, office.workspace, ["C1"], [])
    assert (left["post_id"], left["state"], left["kind"]) == (root["post_id"], "stamped", "root")
    assert 0 <= left["age"] < 60
    await outbox.complete(office.db, root["post_id"], "1.1")
    assert await outbox.unfinished(office.db, office.workspace, ["C1"], []) == []


async def test_a_refused_post_waits_and_says_why_then_is_stamped_again(
    office: Office, lease: Connection
) -> None:
    await office.case()
    (root,) = await claim(lease)
    post = root["post_id"]
    await outbox.hold(office.db, post, 1, 60, "ratelimited")
    assert await outbox.unfinished(office.db, office.workspace, ["C1"], []) == []
    assert await office.column("SELECT last_error FROM posts") == ["ratelimited"]
    await office.db.fetch("UPDATE posts SET retry_at = clock_timestamp()")
    (left,) = await outbox.unfinished(office.db, office.workspace, ["C1"], [])
    assert left["state"] == "waiting"
    assert await outbox.restamp(lease, post, 1)
    row = await office.row("SELECT state, attempts, retry_at FROM posts")
    assert (row["state"], row["attempts"], row["retry_at"]) == ("stamped", 2, None)
    await outbox.complete(office.db, post, "1.1")
    assert not await outbox.restamp(lease, post, 2)
    await outbox.hold(office.db, post, 2, 60, "too late")
    assert await office.column("SELECT state FROM posts") == ["posted"]


async def test_a_late_word_about_an_earlier_attempt_changes_nothing(
    office: Office, lease: Connection
) -> None:
    await office.case()
    (root,) = await claim(lease)
    post = root["post_id"]
    assert await outbox.restamp(lease, post, 1)
    await outbox.hold(office.db, post, 1, 60, "a late 429 of the first attempt")
    row = await office.row("SELECT state, last_error FROM posts WHERE id = %(id)s", id=post)
    assert (row["state"], row["last_error"]) == ("stamped", None)
    assert not await outbox.restamp(lease, post, 1)


async def test_busy_channels_are_those_in_which_something_waits(office: Office, lease: Connection) -> None:
    assert await outbox.busy_channels(office.db, office.workspace, []) == []
    await office.case(channel="C1")
    await office.case(channel="C2")
    assert sorted(await outbox.busy_channels(office.db, office.workspace, [])) == ["C1", "C2"]
    assert await outbox.busy_channels(office.db, office.workspace, ["C2"]) == ["C1"]
    await post_all(office.db, lease)
    assert await outbox.busy_channels(office.db, office.workspace, []) == ["C2"]
    await outbox.claim(lease, WORKSPACE, {"C2": 1}, merge=True, limit=LIMIT)
    assert await outbox.busy_channels(office.db, office.workspace, []) == ["C2"]


async def test_a_channel_is_idle_since_its_last_stamp(office: Office, lease: Connection) -> None:
    assert await outbox.idle_seconds(office.db, office.workspace, "C1") == float("inf")
    await office.case()
    await claim(lease)
    assert 0 <= await outbox.idle_seconds(office.db, office.workspace, "C1") < 60
    await office.db.fetch("UPDATE posts SET stamped_at = stamped_at - interval '1 hour'")
    assert await outbox.idle_seconds(office.db, office.workspace, "C1") >= 3_600


async def test_an_announcement_reaches_who_listens(office: Office, lease: Connection) -> None:
    await lease.execute("LISTEN cx_outbox")
    await outbox.announce(office.db, "C1")
    heard = [notify.payload async for notify in lease.notifies(timeout=5, stop_after=1)]
    assert heard == ["C1"]


async def test_files_come_with_their_message(office: Office, lease: Connection, case: int) -> None:
    message = await office.says(await office.conversation_of(case), "See")
    await office.db.fetch(
        """INSERT INTO attachments (uuid, workspace_id, conversation_id, message_id, name, mime, size, sha256,
                                    created_at)
           SELECT gen_random_uuid(), workspace_id, conversation_id, id, 'a.jpg', 'image/jpeg', 5, '', %(now)s
           FROM messages WHERE id = %(id)s""",
        {"id": message.message_id, "now": NOW},
    )
    (row,) = await claim(lease)
    assert row["files"] == [{"name": "a.jpg", "size": 5}]


async def test_what_was_posted_is_noted_together_and_what_waits_behind_it_is_seen(
    office: Office, lease: Connection
) -> None:
    cases = [(await office.case()).case_id for _ in range(3)]
    await post_all(office.db, lease)
    for case in cases:
        await add(office, case, "customer")
    first, second, third = [row["post_id"] for row in await claim(lease)]
    assert await outbox.complete_plain(lease, {first: "6.1", second: "6.2"}) is False
    assert [await outbox.posted_ts(office.db, post) for post in (first, second, third)] == [
        "6.1",
        "6.2",
        None,
    ]
    await add(office, cases[0], "customer")
    assert await outbox.complete_plain(lease, {first: "7.1"}) is False, "it was noted before"
    await add(office, cases[2], "customer")
    assert await outbox.complete_plain(lease, {first: "7.1", third: "6.3"}) is True
    assert await outbox.posted_ts(office.db, first) == "6.1"


async def test_what_others_must_know_is_not_noted_together(
    office: Office, lease: Connection, case: int
) -> None:
    await office.case()
    (root,) = await claim(lease)
    assert not outbox.plain([root])
    await outbox.complete(office.db, root["post_id"], "6.1")
    (message,) = await claim(lease)
    assert outbox.plain([message])
    await add(office, case, "app", "card")
    (card,) = await claim(lease)
    assert not outbox.plain([card])
