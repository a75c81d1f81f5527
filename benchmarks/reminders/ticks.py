"""Open cases in a database, ticks over them, and two plain programs that do the same work."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from datetime import time as clock
from zoneinfo import ZoneInfo

from benchmarks.mirror.table import Line, must, shares, slower
from benchmarks.replay.report import percentile
from cases.duties import Policy
from cases.hours import Hours, Span
from cases.promises import Plan
from flows import remind
from storage import duties, rechecks
from storage.db import Database
from storage.migrate import upgrade

# A Monday; every case was opened half an hour before, so that nothing is due for an hour and more.
NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
POLICY = Policy(
    Plan({"team": Hours(ZoneInfo("UTC"), {day: (Span(clock(9), clock(17)),) for day in range(5)})})
)
_CHANNELS = 20
FLAT = 3.0
"""A tick with nothing due may take at most so many times as long with all cases as with the fewest."""

_WORKSPACE = """
INSERT INTO workspaces (team_id, name, bot_user_id, bot_id, created_at)
VALUES ('T1', 'Bench', 'U', 'B', now()) RETURNING id
"""
_CASES = """
WITH c AS (
    INSERT INTO customers (workspace_id, name, created_at)
    SELECT %(workspace)s, 'Customer ' || n, %(at)s FROM generate_series(1, %(many)s) AS n RETURNING id
), i AS (
    INSERT INTO identities (workspace_id, customer_id, kind, value, verified, created_at)
    SELECT %(workspace)s, id, 'chat', 'bench:' || id, true, %(at)s FROM c RETURNING id, customer_id
), v AS (
    INSERT INTO conversations (uuid, workspace_id, channel, site, slack_channel, identity_id, created_at)
    SELECT gen_random_uuid(), %(workspace)s, 'webchat', 'bench', 'C' || id %% %(channels)s, id, %(at)s FROM i
    RETURNING id, identity_id, slack_channel
), k AS (
    INSERT INTO cases (workspace_id, number, token, customer_id, conversation_id, subject, status, owner,
                       slack_channel, opened_at)
    SELECT %(workspace)s, %(first)s + row_number() OVER (), gen_random_uuid(), i.customer_id, v.id,
           'A question', 'open', 'U' || v.id %% 50, v.slack_channel, %(at)s
    FROM v JOIN i ON i.id = v.identity_id RETURNING id, workspace_id
)
INSERT INTO audit (workspace_id, at, actor, action, case_id, detail)
SELECT workspace_id, %(at)s, 'app', 'case.opened', id, '{"status": "open"}' FROM k
"""

_MAKE_DUE = """
UPDATE duties SET next_at = %(now)s, at[1] = %(now)s WHERE id IN (
    SELECT id FROM duties WHERE next_at > %(now)s ORDER BY id %% 997, id LIMIT %(due)s)
"""
_SETTLE = """
UPDATE duties SET at[1] = %(now)s::timestamptz + interval '1 hour', stage = base, snoozes = snoozes + 1,
                  next_at = %(now)s::timestamptz + interval '1 hour'
WHERE next_at <= %(now)s OR stage > base
"""

# The same work as plainly as it can be said: no ladder, no grouping, no list of what was sent.
_PLAIN = """
CREATE TABLE plain (id bigint PRIMARY KEY, workspace_id bigint, case_id bigint, slack_channel text,
                    next_at timestamptz);
CREATE INDEX ON plain (workspace_id, next_at)
"""
_FILL_PLAIN = """
INSERT INTO plain SELECT d.id, d.workspace_id, d.case_id, k.slack_channel, d.next_at
FROM duties d JOIN cases k ON k.id = d.case_id
"""
_SETTLE_PLAIN = """
UPDATE plain SET next_at = %(now)s::timestamptz + interval '1 hour' WHERE next_at <= %(now)s
"""
_PLAIN_DUE = """
UPDATE plain SET next_at = %(now)s WHERE id IN (
    SELECT id FROM plain WHERE next_at > %(now)s ORDER BY id %% 997, id LIMIT %(due)s)
"""
_PLAIN_CLAIM = """
WITH due AS (
    SELECT id FROM plain WHERE workspace_id = %(workspace)s AND next_at <= %(now)s
    ORDER BY next_at, id LIMIT %(most)s FOR UPDATE SKIP LOCKED
), p AS (
    UPDATE plain SET next_at = %(now)s::timestamptz + interval '2 hours' FROM due WHERE plain.id = due.id
    RETURNING plain.*
)
INSERT INTO outbox (workspace_id, slack_channel, case_id, kind, author)
SELECT workspace_id, slack_channel, case_id, 'reminders', 'app' FROM p RETURNING slack_channel
"""
_SCAN = """
SELECT k.id, k.slack_channel, k.owner, d.next_at FROM cases k JOIN duties d ON d.case_id = k.id
WHERE k.workspace_id = %(workspace)s AND k.status <> 'closed'
"""


class Bench:
    """One database with a growing number of open cases."""

    def __init__(self, db: Database, workspace: int, say: Callable[[str], None]) -> None:
        self._db = db
        self._workspace = workspace
        self._say = say
        self._cases = 0

    async def grow(self, cases: int) -> float:
        """Have so many open cases, all worked out; how many of the new ones were, per second."""
        self._say(f"{cases:,} open cases")
        many = cases - self._cases
        params = {
            "workspace": self._workspace,
            "many": many,
            "first": 1000 + self._cases,
            "at": NOW - timedelta(minutes=30),
            "channels": _CHANNELS,
        }
        async with self._db.transaction() as tx:
            # Each of these thousands is only just made, and in no index.
            await tx.execute("SET LOCAL enable_hashjoin = on")
            await tx.execute(_CASES, params)
        self._cases = cases
        begun = time.perf_counter()
        while await rechecks.recheck(self._db, self._workspace, POLICY):
            pass
        took = time.perf_counter() - begun
        await self._db.fetch("TRUNCATE plain")
        await self._db.fetch(_FILL_PLAIN)
        for table in ("duties", "cases", "rechecks", "plain", "audit", "outbox", "reminders"):
            await self._db.fetch(f"VACUUM ANALYZE {table}")
        return many / took

    async def tick(self) -> int:
        """One tick of ours; of how much it reminded people."""
        before = await self._count("reminders")
        begun = time.perf_counter()
        await remind.send_owed(self._db, self._workspace, POLICY, _nobody, NOW)
        self.took = time.perf_counter() - begun
        return await self._count("reminders") - before

    async def _count(self, table: str) -> int:
        row = await self._db.one(f"SELECT count(*) AS many FROM {table}")
        assert row is not None
        return int(row["many"])

    async def make_due(self, due: int) -> None:
        """So many people are to be reminded, here and in the plain table."""
        await self._db.fetch(_SETTLE, {"now": NOW})
        await self._db.fetch(_SETTLE_PLAIN, {"now": NOW})
        await self._db.fetch(_MAKE_DUE, {"now": NOW, "due": due})
        await self._db.fetch(_PLAIN_DUE, {"now": NOW, "due": due})

    async def plain(self) -> int:
        """The same by a plain claim."""
        begun, posted = time.perf_counter(), 0
        params = {"workspace": self._workspace, "now": NOW, "most": duties.MOST_AT_ONCE}
        while rows := await self._db.fetch(_PLAIN_CLAIM, params):
            posted += len(rows)
        self.took = time.perf_counter() - begun
        return posted

    async def scan(self) -> int:
        """What is due, looked for in Python among all open cases."""
        begun = time.perf_counter()
        rows = await self._db.fetch(_SCAN, {"workspace": self._workspace})
        found = [row for row in rows if row["next_at"] is not None and row["next_at"] <= NOW]
        self.took = time.perf_counter() - begun
        return len(found)

    async def timed(
        self, rounds: int, due: int, *works: Callable[[], Awaitable[int]]
    ) -> tuple[list[list[float]], bool]:
        """How long each takes each time, in seconds, and whether all found what was due every time.

        They take turns, so that whatever else the machine does bears on all of them.
        """
        found, right = [list[float]() for _ in works], True
        for _round in range(rounds):
            for work, samples in zip(works, found, strict=True):
                await self.make_due(due)
                right &= await work() == due
                samples.append(self.took)
        return found, right


async def _nobody() -> remind.Whom:
    return remind.Whom({}, [])


async def measure(
    url: str, sizes: Sequence[int], rounds: int, due: int, say: Callable[[str], None]
) -> list[Line]:
    """Ticks at each number of open cases, with nothing and with ``due`` due."""
    upgrade(url)
    db = Database(url)
    await db.open()
    try:
        row = await db.one(_WORKSPACE)
        assert row is not None
        async with db.transaction() as tx:
            for statement in _PLAIN.split(";"):
                await tx.execute(statement)
        bench, lines = Bench(db, row["id"], say), list[Line]()
        idle: list[tuple[int, list[float]]] = []
        for size in sizes:
            lines += await _at(bench, size, rounds, min(due, size // 2), idle)
        return [*lines, _flat(idle)]
    finally:
        await db.close()


async def _at(
    bench: Bench, size: int, rounds: int, due: int, idle: list[tuple[int, list[float]]]
) -> list[Line]:
    speed = await bench.grow(size)
    (nothing, plain_nothing), right = await bench.timed(rounds, 0, bench.tick, bench.plain)
    idle.append((size, nothing))
    (scanned,), _ = await bench.timed(3, 0, bench.scan)
    (much, plain_much), all_sent = await bench.timed(rounds, due, bench.tick, bench.plain)
    name = f"{size:,} open cases"
    return [
        Line(f"{name}: worked out", f"{speed:,.0f}/s"),
        slower(f"{name}, nothing due: a tick", nothing, plain_nothing, "plain claim", 20),
        Line(f"{name}, nothing due: a scan in Python", "", f"scan: {shares(scanned)}"),
        slower(f"{name}, {due:,} due: a tick", much, plain_much, "plain claim", 2),
        must(
            f"{name}: reminded of what was due, and of nothing else",
            str(right and all_sent),
            "always",
            right and all_sent,
        ),
    ]


def _flat(idle: Sequence[tuple[int, list[float]]]) -> Line:
    (few, first), (many, last) = idle[0], idle[-1]
    low, high = percentile(first, 0.5) or 0.0, percentile(last, 0.5) or 0.0
    ratio = high / low if low else 0.0
    return Line(
        f"nothing due: {many:,} open cases against {few:,}",
        shares(last),
        shares(first),
        f"{ratio:.2f}x",
        f"≤ {FLAT:g}x at p50",
        ratio <= FLAT,
    )
