"""Turning the clock, by two bots over one database: nothing that is due is passed by, lost or doubled."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from datetime import time as clock
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from bot.demo.clock import DemoClock
from bot.demo.turning import Turning
from bot.ending import end
from bot.schedule import Tick
from cases.duties import Policy
from cases.hours import Hours, Span
from cases.messages import InboundMessage
from cases.promises import Plan
from flows import away, intake, remind
from storage import absences, due, rechecks, reminders, turned
from storage.db import Database
from storage.turned import Turned
from tests.support.office import ANNA, WORKSPACE, Office, open_office, post_all
from tests.support.sandbox import until

HOUR, DAY, MINUTE = timedelta(hours=1), timedelta(days=1), timedelta(minutes=1)
_SLACK = "UPDATE slack_calls SET done_at = clock_timestamp() WHERE done_at IS NULL"


ALWAYS = Hours(ZoneInfo("UTC"), {day: (Span(clock(0), clock(0)),) for day in range(7)})
POLICY = Policy(Plan({"team": ALWAYS}))


async def whom() -> remind.Whom:
    return remind.Whom({}, ["USUPER"])


@pytest.fixture
async def office(database: Database) -> Office:
    return await open_office(database)


@asynccontextmanager
async def slack(office: Office) -> AsyncIterator[None]:
    """Somebody posts what waits, and works out what changed."""

    async def posting() -> None:
        async with await office.db.dedicated() as lease:
            while True:
                await post_all(office.db, lease)
                await office.db.fetch(_SLACK)
                await office.db.fetch("DELETE FROM step_looks")
                await rechecks.recheck(office.db, WORKSPACE, POLICY)
                await asyncio.sleep(0.02)

    async with working(posting()):
        yield


@asynccontextmanager
async def working(*work: Awaitable[None]) -> AsyncIterator[None]:
    tasks = [asyncio.ensure_future(each) for each in work]
    try:
        yield
    finally:
        await end(*tasks)


class Replica:
    """A bot's clock, and what looks at it."""

    def __init__(self, office: Office, patience: float = 30.0) -> None:
        self.clock = DemoClock(office.db)
        self.seen: list[datetime] = []
        """The business time of each look of the ticks."""
        self._db = office.db
        self._patience = patience

    async def _remind(self) -> None:
        self.seen.append(self.clock.now())
        await remind.send_due(self._db, WORKSPACE, self.clock.now())
        await remind.send_owed(self._db, WORKSPACE, POLICY, whom, self.clock.now())

    async def _back(self) -> None:
        await away.end_due(self._db, WORKSPACE, self.clock.now())

    @asynccontextmanager
    async def runs(self, **ticks: Tick) -> AsyncIterator[Turning]:
        every: dict[str, Tick] = {"reminders": self._remind, "absences": self._back} | ticks
        turning = Turning(self._db, self.clock, every, self._patience)
        async with working(self.clock.follow(), turning.run()):
            yield turning


async def wish(office: Office, by: timedelta, clock: DemoClock | None = None) -> datetime:
    """Have the clock turned; to when."""
    now = (clock or DemoClock(office.db)).now()
    assert await turned.wish(office.db, now + by, now)
    return now + by


async def turned_to_the_end(office: Office, seconds: float = 60) -> Turned:
    async def done() -> Turned | None:
        found = await turned.read(office.db)
        return found if found.to_at is None else None

    found: Turned = await until(done, seconds)
    return found


async def opened(office: Office, at: datetime) -> int:
    """A case of a customer who wrote then."""
    message = InboundMessage(await office.conversation(), uuid4().hex, "Hello?")
    return (await intake.receive(office.db, message, at)).case_id


async def reminder(office: Office, case: int, at: datetime) -> None:
    row = await office.db.one("SELECT * FROM cases WHERE id = %(case)s", {"case": case})
    assert row is not None
    now = datetime.now(UTC)
    await remind.propose(office.db, row, ANNA.id, at, "Call", ANNA, uuid4().hex, now)


SENT = "SELECT due_at, sent_at, state FROM reminders WHERE kind = 'note' ORDER BY due_at"
OWED = "SELECT stage, sent_at FROM reminders WHERE kind = 'unclaimed' ORDER BY sent_at"


async def test_fault_49_a_clock_turned_forward_stops_at_whatever_is_due(office: Office) -> None:
    start = datetime.now(UTC)
    case = await opened(office, start)
    offsets = [20 * MINUTE, 21 * MINUTE, 5 * HOUR, 5 * HOUR, 2 * DAY, 3 * DAY + 7 * MINUTE]
    for offset in offsets:
        await reminder(office, case, start + offset)
    await absences.leave(office.db, WORKSPACE, "U2BORIS", start + DAY + 11 * MINUTE, None, start)
    one, other = Replica(office), Replica(office)
    async with slack(office), one.runs(), other.runs():
        await wish(office, 4 * DAY)
        assert (await turned_to_the_end(office)).stopped_by is None
    rows = await office.db.fetch(SENT)
    assert [row["state"] for row in rows] == ["sent"] * len(offsets)
    late = [row["sent_at"] - row["due_at"] for row in rows]
    assert all(timedelta(0) <= each < 5 * MINUTE for each in late)
    said = await office.column("SELECT payload ->> 'reminder' FROM outbox WHERE kind = 'reminder'")
    assert len(said) == len(set(said)) == len(offsets)
    back = await office.db.fetch("SELECT at FROM audit WHERE action = 'member.back'")
    assert timedelta(0) <= back[0]["at"] - (start + DAY + 11 * MINUTE) < 5 * MINUTE


async def test_fault_49_a_clock_turned_forward_stops_wherever_somebody_is_to_be_reminded(
    office: Office,
) -> None:
    start = datetime.now(UTC)
    await opened(office, start)
    one, other = Replica(office), Replica(office)
    async with slack(office), one.runs(), other.runs():
        await wish(office, DAY)
        assert (await turned_to_the_end(office)).stopped_by is None
    rows = await office.db.fetch(OWED)
    late = [row["sent_at"] - start for row in rows]
    assert [row["stage"] for row in rows] == list(range(len(rows)))
    for minutes, found in zip((40, 60, 180, 420), late, strict=False):
        assert timedelta(0) <= found - minutes * MINUTE < 5 * MINUTE


async def test_fault_49_a_system_clock_that_steps_back_loses_and_doubles_nothing(office: Office) -> None:
    start = datetime.now(UTC)
    case = await opened(office, start)
    for hours in range(1, 7):
        await reminder(office, case, start + hours * HOUR)
    times = [start + hours * HOUR for hours in (2, -5, 1, 2, 4, 0, 3, 6, 1, 6)]
    counts = [len(await reminders.claim(office.db, WORKSPACE, now)) for now in times]
    assert counts == [2, 0, 0, 0, 2, 0, 0, 2, 0, 0]


async def test_fault_49_what_was_put_off_comes_again_after_the_clock_stepped_back(office: Office) -> None:
    start = datetime.now(UTC)
    await reminder(office, await opened(office, start), start + HOUR)
    assert await reminders.claim(office.db, WORKSPACE, start + HOUR)
    token = (await office.row("SELECT token FROM reminders"))["token"]
    # It is put off by a computer whose clock stepped back by two hours meanwhile.
    await remind.snooze(office.db, token, start - HOUR + HOUR, ANNA)
    assert len(await reminders.claim(office.db, WORKSPACE, start + HOUR)) == 1
    assert await reminders.claim(office.db, WORKSPACE, start + HOUR) == []


async def test_no_hop_is_longer_than_an_hour_and_a_week_takes_seconds(office: Office) -> None:
    bot = Replica(office)
    async with bot.runs():
        begun = time.monotonic()
        to = await wish(office, 7 * DAY)
        found = await turned_to_the_end(office)
    assert time.monotonic() - begun < 30
    assert timedelta(0) <= found.ahead - (7 * DAY) + MINUTE < 2 * MINUTE
    assert bot.seen[-1] >= to
    steps = [after - before for before, after in zip(bot.seen, bot.seen[1:], strict=False)]
    assert max(steps) < HOUR + MINUTE


@pytest.mark.parametrize(
    ("kind", "begin", "finish"),
    [
        (
            "inbox",
            "INSERT INTO inbox (workspace_id, event_id, kind, event) VALUES (1, 'Ev1', 'x', '{}')",
            "UPDATE inbox SET done_at = clock_timestamp()",
        ),
        (
            "calls",
            """INSERT INTO slack_calls (workspace_id, slack_channel, case_id, kind)
               SELECT 1, 'C1', id, 'card' FROM cases""",
            _SLACK,
        ),
        (
            "sending",
            "UPDATE drafts SET state = 'approved', send_at = clock_timestamp() + interval '1 hour'",
            "UPDATE drafts SET state = 'cancelled'",
        ),
        (
            "jobs",
            "INSERT INTO procrastinate_jobs (task_name, queue_name) VALUES ('summary', 'x')",
            "DELETE FROM procrastinate_jobs",
        ),
    ],
    ids=["inbox", "calls", "sending", "jobs"],
)
async def test_it_goes_on_only_when_all_work_is_done(
    office: Office, kind: str, begin: str, finish: str
) -> None:
    bot = Replica(office)
    await office.preview(await opened(office, datetime.now(UTC)))
    async with slack(office):
        await until(lambda: quiet(office))
    await office.db.fetch(begin)
    async with bot.runs():
        await wish(office, HOUR / 2)
        await until(lambda: waits_for(office, kind))
        assert bot.clock.offset == timedelta(0)
        await office.db.fetch(finish)
        assert (await turned_to_the_end(office)).ahead > HOUR / 3


async def waits_for(office: Office, what: str) -> bool:
    return (await turned.read(office.db)).waits_for == what


async def test_it_waits_for_what_is_to_be_posted_at_each_stop(office: Office) -> None:
    start = datetime.now(UTC)
    case = await opened(office, start)
    await reminder(office, case, start + 30 * MINUTE)
    bot = Replica(office)
    async with bot.runs():
        async with slack(office):
            await until(lambda: quiet(office))
        await wish(office, DAY)
        await until(lambda: waits_for(office, "outbox"))
        assert timedelta(0) <= bot.clock.now() - (start + 30 * MINUTE) < 5 * MINUTE
        async with slack(office):
            assert (await turned_to_the_end(office)).ahead > DAY - MINUTE


async def quiet(office: Office) -> bool:
    return not await due.busy(office.db, datetime.now(UTC))


async def test_a_new_case_is_looked_at_before_its_day_is_over(office: Office) -> None:
    await opened(office, now := datetime.now(UTC))
    async with slack(office):
        await until(lambda: quiet(office))
    assert await due.busy(office.db, now) == {}
    await office.db.fetch("INSERT INTO procrastinate_workers DEFAULT VALUES")
    assert await due.busy(office.db, now) == {"triage": 1}
    await office.db.fetch(
        """INSERT INTO triage (workspace_id, case_id, tries, claimed_at)
           SELECT 1, id, 1, clock_timestamp() FROM cases"""
    )
    assert await due.busy(office.db, now) == {"triage": 1}
    await office.db.fetch("UPDATE triage SET claimed_at = NULL")
    assert await due.busy(office.db, now) == {}


async def test_a_tick_that_fails_is_waited_for(office: Office) -> None:
    bot, broken = Replica(office), asyncio.Event()
    broken.set()

    async def ledger() -> None:
        if broken.is_set():
            raise RuntimeError

    async with bot.runs(ledger=ledger):
        await wish(office, 2 * HOUR)
        await until(lambda: waits_for(office, "ledger"))
        assert bot.clock.offset == timedelta(0)
        broken.clear()
        assert (await turned_to_the_end(office)).ahead > HOUR


async def test_it_gives_up_where_nothing_moves_and_says_why(office: Office) -> None:
    await office.db.fetch("INSERT INTO procrastinate_jobs (task_name, queue_name) VALUES ('summary', 'x')")
    bot = Replica(office, patience=0.3)
    async with bot.runs():
        await wish(office, HOUR)
        found = await turned_to_the_end(office)
        assert (found.stopped_by, found.ahead) == ("jobs", timedelta(0))
        await office.db.fetch("DELETE FROM procrastinate_jobs")
        await wish(office, HOUR)
        assert (await turned_to_the_end(office)).stopped_by is None


async def test_what_nothing_acts_on_does_not_hold_it_up(office: Office) -> None:
    start = datetime.now(UTC)
    await absences.leave(office.db, WORKSPACE, "U2BORIS", start + 30 * MINUTE, None, start)

    async def nothing() -> None:
        return

    bot = Replica(office)
    async with bot.runs(absences=nothing):
        await wish(office, DAY)
        assert (await turned_to_the_end(office, 20)).ahead > DAY - MINUTE
    assert (await due.moments(office.db, bot.clock.now())).left == 1


async def test_another_goes_on_where_one_was_killed(office: Office) -> None:
    one, other = Replica(office), Replica(office)
    async with other.runs():
        first = one.runs()
        await first.__aenter__()
        to = await wish(office, 3 * DAY)
        await until(lambda: other.clock.offset > 5 * HOUR)
        await first.__aexit__(None, None, None)
        found = await turned_to_the_end(office)
    assert (found.stopped_by, other.clock.now() >= to) == (None, True)


async def test_only_one_of_them_turns_it(office: Office) -> None:
    one, other = Replica(office), Replica(office)
    async with one.runs(), other.runs():
        await wish(office, DAY)
        await turned_to_the_end(office)
    assert sorted([bool(one.seen), bool(other.seen)]) == [False, True]
