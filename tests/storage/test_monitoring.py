from __future__ import annotations

from storage import calls, inbox, monitoring, outbox
from storage.db import Connection
from tests.support.office import WORKSPACE, Office


async def backlog(office: Office) -> tuple[int, int]:
    row = await monitoring.backlog(office.db)
    return row["outbox"], row["inbox"]


async def test_what_waits_is_counted_until_it_is_done(office: Office, lease: Connection) -> None:
    assert await backlog(office) == (0, 0)
    await office.case()
    event = await inbox.store(office.db, office.workspace, "Ev1", "message", None, None, {})
    assert event is not None
    assert await backlog(office) == (2, 1)
    (root,) = await outbox.claim(lease, WORKSPACE, {"C1": 1}, merge=True, limit=3_500)
    assert await backlog(office) == (2, 1)
    await outbox.complete(office.db, root["post_id"], "1.1")
    async with office.db.transaction() as tx:
        await inbox.finish(tx, event)
    assert await backlog(office) == (1, 0)


async def test_what_is_stuck_is_told_with_place_and_error(office: Office, lease: Connection) -> None:
    case = await office.case()
    assert await monitoring.stuck(office.db) == []
    (root,) = await outbox.claim(lease, WORKSPACE, {"C1": 1}, merge=True, limit=3_500)
    await outbox.hold(office.db, root["post_id"], 1, 60, "not_in_channel")
    event = await inbox.store(office.db, office.workspace, "Ev1", "message", None, None, {})
    assert event is not None
    for _ in range(inbox.MAX_ATTEMPTS):
        await inbox.failed(office.db, event, "KeyError: 'x'")
    async with office.db.transaction() as tx:
        await calls.add(tx, office.workspace, "C1", case.case_id, "reaction", {})
    (call,) = await calls.claim(office.db, WORKSPACE, {"reaction": 1})
    await calls.done(office.db, call["id"], "message_not_found")
    told = [tuple(row.values()) for row in await monitoring.stuck(office.db)]
    assert sorted(told) == [
        ("event", "message", "KeyError: 'x'", 1),
        ("post", "C1", "not_in_channel", 1),
        ("reaction", "C1", "message_not_found", 1),
    ]


async def test_the_database_answers_and_no_worker_lives(office: Office) -> None:
    await monitoring.ping(office.db)
    assert await monitoring.live_workers(office.db, 9) == 0
    await office.db.fetch("INSERT INTO procrastinate_workers DEFAULT VALUES")
    assert await monitoring.live_workers(office.db, 9) == 1
    await office.db.fetch(
        "UPDATE procrastinate_workers SET last_heartbeat = last_heartbeat - interval '10 seconds'"
    )
    assert await monitoring.live_workers(office.db, 9) == 0


async def test_what_mends_itself_is_not_stuck(office: Office, lease: Connection) -> None:
    case = await office.case()
    (root,) = await outbox.claim(lease, WORKSPACE, {"C1": 1}, merge=True, limit=3_500)
    await outbox.hold(office.db, root["post_id"], 1, 60, "ratelimited")
    async with office.db.transaction() as tx:
        await calls.add(tx, office.workspace, "C1", case.case_id, "reaction", {})
    (call,) = await calls.claim(office.db, WORKSPACE, {"reaction": 1})
    await calls.retry(office.db, call["id"], 60, "ratelimited")
    assert await monitoring.stuck(office.db) == []


async def test_an_event_that_died_long_ago_is_not_told_for_ever(office: Office) -> None:
    for days in (6, 8):
        event = await inbox.store(office.db, office.workspace, f"Ev{days}", f"of {days}", None, None, {})
        await office.db.fetch(
            """UPDATE inbox SET dead_at = now() - make_interval(days => %(days)s), last_error = 'x'
               WHERE id = %(id)s""",
            {"days": days, "id": event},
        )
    assert [row["place"] for row in await monitoring.stuck(office.db)] == ["of 6"]
