"""Posting to Slack: one poster per channel, in order per thread, each post exactly once.

A post is stamped and committed before it is sent. When an attempt's outcome is unclear, or a
predecessor died, the post is looked for (its echo, then the thread) once no request can be in
flight any more; only when it is nowhere it is sent again.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import aiohttp
import structlog
from slack_sdk.errors import SlackClientError

from bot import crashpoints, sharing
from bot.metrics import Metrics
from bot.pacing import Bucket, now
from bot.pulse import Pulse
from bot.rooms import Rooms
from bot.web.uploads import FileStore
from bot.workspace import Outcome, Posted, Refused, Taken, Unclear, Workspace, outcome_of
from cases.errors import Unavailable
from cases.ledger import Rules, no_rules
from cases.promises import PlanAt
from cases.text import POST_BYTES
from flows import mirror
from storage import holds, outbox
from storage.db import LOST, Connection, Database, DatabaseError, Row
from views.thread import Rendered, too_long

SETTLE_SECONDS = 5.0
"""After this long from its stamp a request can no longer be in flight."""
SEND_SECONDS = 4.5
"""A request is given up this long after its stamp, however late it was sent."""
POLL_SECONDS = 0.5
IN_FLIGHT_PER_CHANNEL = 16
_LOOKS_FOR_TAKEN = 20
_NEVER = frozenset({"invalid_blocks", "msg_blocks_too_long", "msg_too_long"})
"""What Slack will say again however often it is tried."""
_OF_CUSTOMERS = frozenset({"message", "quote", "files"})
"""Their words are cut to fit, and none of them is left out."""
_MAX_BACKOFF = 60.0
_FAILED_SECONDS = 30.0
_CLOCK_SKEW_SECONDS = 600.0
_LEASE_IDLE_SECONDS = 10.0
_FINISH_SECONDS = 2.0
_DATABASE_ERRORS = (DatabaseError, Unavailable, OSError)

log = structlog.get_logger(__name__)


class LeaseLost(Exception):
    """This poster may no longer post to that channel."""


@dataclass(slots=True)
class Batch:
    """One post under way."""

    rows: Sequence[Row]
    stamped: float
    """``now()`` of the present attempt's stamp."""
    lease: Connection
    attempt: int
    echo: asyncio.Future[str] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    @property
    def id(self) -> UUID:
        post: UUID = self.rows[0]["post_id"]
        return post

    @property
    def channel(self) -> str:
        return str(self.rows[0]["slack_channel"])

    @property
    def thread_ts(self) -> str | None:
        return None if self.rows[0]["is_root"] else self.rows[0]["thread_ts"]


_Posted = tuple[UUID, str, asyncio.Future[bool]]
"""A post, where it stands, and whether that is noted."""


@dataclass(slots=True)
class Turn:
    """Leave to post a message as soon as it is written down."""

    stamp: outbox.Stamp | None = None
    """For the commit that writes it down; None = it must wait for its turn."""
    row: Row | None = None
    """What was stamped, as ``outbox.claim`` gives it."""


class Poster:
    """The poster of one replica: takes leases of channels in which something waits, and serves them."""

    def __init__(
        self,
        db: Database,
        workspace_id: int,
        slack: Workspace,
        metrics: Metrics,
        rooms: Rooms,
        store: FileStore,
        pulse: Pulse,
        dates: Callable[[], PlanAt] | None = None,
        rules: Callable[[], Rules | None] = no_rules,
        supervisors: mirror.People = mirror.nobody,
        *,
        interval: float,
        burst: int,
        merge: bool,
    ) -> None:
        self._db = db
        self._workspace_id = workspace_id
        self._slack = slack
        self._metrics = metrics
        self._rooms = rooms
        self._store = store
        self._pulse = pulse
        self._dates = dates
        self._rules = rules
        self._supervisors = supervisors
        self._interval = interval
        self._burst = burst
        self._merge = merge
        self._wake = asyncio.Event()
        self._lease: Connection | None = None
        self._buckets: dict[str, Bucket] = {}
        self._active: dict[UUID, Batch] = {}
        self._turns: dict[UUID, str] = {}
        """Post → channel, while its message is written down."""
        self._claiming = False
        self._alive = -float("inf")
        """``now()`` of the last sign of life that the leases gave."""
        self._may_claim = False
        """Something may wait that can be claimed now."""
        self._crowded: set[str] = set()
        """Channels that had no room, at the last claim, for all that waited."""
        self._posted: list[_Posted] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._recent: OrderedDict[UUID, None] = OrderedDict()
        self._resting: dict[UUID, float] = {}
        self._again: Counter[str] = Counter()
        self._look_for_channels = True

    def wake(self, channel: str | None = None) -> None:
        """Something waits (in ``channel``): serve it, or tell the replica that does."""
        if channel is not None and channel not in self._buckets:
            self._look_for_channels = True
            self._spawn(self._tell_others(channel))
        self._look_at_queue()

    def heard(self, channel: str) -> None:
        """Another replica says that something waits in ``channel``."""
        if channel in self._buckets:
            self._look_at_queue()

    def _look_at_queue(self) -> None:
        self._may_claim = True
        self._wake.set()

    def serves(self, channel: str) -> bool:
        """Whether this replica is the one that posts to ``channel``."""
        return channel in self._buckets

    @contextmanager
    def turn(self, channel: str) -> Iterator[Turn]:
        """Let a message that is written down meanwhile be posted next, if ``channel`` has room now.

        The commit that writes it down stamps the post; with the turn's ``row`` it is sent in the end. A post
        that was stamped without anybody knowing is found among the unfinished ones.
        """
        lease, bucket = self._lease, self._buckets.get(channel)
        # A claim under way has counted the tokens already, and what waits goes first.
        busy = channel in self._crowded or (bool(self._interval) and self._claiming)
        # The stamp does not go over the lease: who stood still must see first whether it is still theirs.
        stood = now() - self._alive >= SETTLE_SECONDS
        if lease is None or bucket is None or busy or stood or self._free(channel, bucket) < 1:
            yield Turn()
            return
        bucket.take()
        stamped, post = now(), uuid4()
        self._turns[post] = channel
        turn = Turn(outbox.Stamp(post, channel))
        try:
            yield turn
        finally:
            del self._turns[post]
            if turn.row is not None:
                self._start(Batch([turn.row], stamped, lease, turn.row["attempts"]))
            else:
                bucket.put_back()

    async def _tell_others(self, channel: str) -> None:
        try:
            await outbox.announce(self._db, channel)
        except _DATABASE_ERRORS as error:
            # They look for themselves every half second.
            log.info("poster.not_announced", error=type(error).__name__)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def echo(self, post: UUID, ts: str) -> None:
        """Slack showed us our own post."""
        batch = self._active.get(post)
        if batch is not None:
            if not batch.echo.done():
                batch.echo.set_result(ts)
        elif post not in self._recent:
            await outbox.complete(self._db, post, ts)
            self._remember(post)
            self._look_at_queue()

    async def run(self) -> None:
        """Serve until cancelled; a lost database connection gives up all leases and starts over."""
        try:
            while True:
                try:
                    await self._serve()
                except _DATABASE_ERRORS as error:
                    log.warning("poster.lost_its_leases", error=type(error).__name__)
                    await asyncio.sleep(0.5)
        finally:
            if self._tasks:
                # A post that is not waited for has to be looked for at the next start.
                await asyncio.wait(self._tasks, timeout=_FINISH_SECONDS)
            for task in self._tasks:
                task.cancel()

    async def _serve(self) -> None:
        lease = self._lease = await self._db.dedicated(_LEASE_IDLE_SECONDS)
        try:
            next_look = 0.0
            while True:
                self._wake.clear()
                if self._look_for_channels or now() >= next_look:
                    self._look_for_channels = False
                    next_look = now() + POLL_SECONDS
                    await self._take_leases(lease)
                    self._may_claim = True
                if self._posted:
                    await self._note_posted(lease)
                if self._may_claim:
                    self._may_claim = False
                    await self._claim(lease)
                await self._sleep()
        finally:
            self._buckets.clear()
            self._lease = None
            posted, self._posted = self._posted, []
            _answer(posted, noted=False)
            await lease.close()

    async def _sleep(self) -> None:
        """Until woken, or a channel gets its next token, or it is time to look around."""
        waits = [bucket.wait() for bucket in self._buckets.values() if bucket.room() == 0]
        try:
            async with asyncio.timeout(min([POLL_SECONDS, *waits])):
                await self._wake.wait()
        except TimeoutError:
            self._may_claim = True

    async def _take_leases(self, lease: Connection) -> None:
        """Become the poster of busy channels that have none, and take up what others left there."""
        alive = now()
        await lease.execute("SELECT 1")  # a sign of life: without one the leases run out
        self._alive = alive
        busy = await outbox.busy_channels(self._db, self._workspace_id, list(self._buckets))
        for channel in busy:
            if await outbox.lease(lease, self._workspace_id, channel):
                # The predecessor may have posted just now.
                idle = await outbox.idle_seconds(self._db, self._workspace_id, channel)
                self._buckets[channel] = Bucket(self._interval, self._burst, idle=idle)
        held = await holds.held(self._db, self._workspace_id)
        for channel in list(self._buckets) if holds.EVERYWHERE in held else held:
            self._buckets.pop(channel, None)
        self._resting = {post: until for post, until in self._resting.items() if until > now()}
        known = [*self._active, *self._turns, *self._resting]
        left = await outbox.unfinished(self._db, self._workspace_id, list(self._buckets), known)
        for rows in _by_post(left):
            stamped = now() - rows[0]["age"]
            self._start(Batch(rows, stamped, lease, rows[0]["attempts"]), found=rows[0]["state"])

    async def _claim(self, lease: Connection) -> None:
        free = {channel: self._free(channel, bucket) for channel, bucket in self._buckets.items()}
        room = {channel: most for channel, most in free.items() if most > 0}
        self._crowded = free.keys() - room.keys()
        if not room:
            return
        stamped = now()
        self._claiming = True
        try:
            rows = await outbox.claim(lease, self._workspace_id, room, merge=self._merge, limit=POST_BYTES)
        finally:
            self._claiming = False
        posts = _by_post(rows)
        claimed = Counter(batch_rows[0]["slack_channel"] for batch_rows in posts)
        self._crowded |= {channel for channel, most in room.items() if claimed[channel] >= most}
        for batch_rows in posts:
            batch = Batch(batch_rows, stamped, lease, batch_rows[0]["attempts"])
            self._buckets[batch.channel].take()
            self._start(batch)

    def _free(self, channel: str, bucket: Bucket) -> int:
        """How many more posts a channel may take now."""
        active = sum(batch.channel == channel for batch in self._active.values())
        active += sum(place == channel for place in self._turns.values())
        free = IN_FLIGHT_PER_CHANNEL - active
        if self._interval:
            # Posts that are tried again go before new ones.
            free = min(free, bucket.room() - self._again[channel])
        return free

    def _start(self, batch: Batch, found: str | None = None) -> None:
        self._active[batch.id] = batch
        self._spawn(self._deliver(batch, found))

    async def _deliver(self, batch: Batch, found: str | None) -> None:
        """See one post through; ``found`` is its state when a predecessor left it."""
        looked = False
        try:
            crashpoints.reach("post.after_stamp")
            ts = await self._attempts(batch, found)
            if ts is not None:
                crashpoints.reach("post.after_call")
                looked = await self._complete(batch, ts)
                crashpoints.reach("post.after_commit")
        except LeaseLost:
            log.info("poster.left_to_successor", post=str(batch.id))
        except _DATABASE_ERRORS as error:
            log.warning("poster.interrupted", post=str(batch.id), error=type(error).__name__)
            await asyncio.sleep(POLL_SECONDS)
        except Exception:
            log.exception("poster.failed", post=str(batch.id))
            self._resting[batch.id] = now() + _FAILED_SECONDS
            await outbox.note_error(self._db, batch.id, "cannot be rendered; see the log")
        finally:
            # What is not done now is found among the unfinished posts at the next look around.
            self._active.pop(batch.id, None)
            if self._crowded or not looked:
                self._look_at_queue()

    async def _complete(self, batch: Batch, ts: str) -> bool:
        """Note where a post stands; whether what waits behind it was looked for at the same time."""
        together = batch.lease is self._lease and outbox.plain(batch.rows) and await self._together(batch, ts)
        while not together:
            try:
                await outbox.complete(self._db, batch.id, ts)
                break
            except _DATABASE_ERRORS:
                await asyncio.sleep(0.5)
        self._remember(batch.id)
        queued = batch.rows[0]["queued_at"].timestamp()
        self._metrics.post_seconds.observe(max(0.0, time.time() - queued))
        return together

    async def _together(self, batch: Batch, ts: str) -> bool:
        """Have it noted with others that have been posted meanwhile; False when it was not."""
        noted: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._posted.append((batch.id, ts, noted))
        self._wake.set()
        return await noted

    async def _note_posted(self, lease: Connection) -> None:
        """Note what was posted, and claim what waits behind it.

        Over the connection that claims, one after the other: a message that this did not see is announced
        later, when the lane is free.
        """
        posted, self._posted = self._posted, []
        noted = False
        try:
            if await outbox.complete_plain(lease, {post: ts for post, ts, _ in posted}):
                self._may_claim = True
            noted = True
        except DatabaseError as error:
            if isinstance(error, LOST):
                raise
            log.info("poster.not_noted_together", error=type(error).__name__)
        finally:
            _answer(posted, noted=noted)

    async def _attempts(self, batch: Batch, found: str | None) -> str | None:
        """Where the post stands in the end; None when it was refused and waits for another try."""
        at = self._dates() if self._dates else None
        rendered = await mirror.render(self._db, batch.rows, at, self._rules(), self._supervisors)
        if found == "stamped":
            ts = await self._reconcile(batch)
            if ts:
                return ts
        files: list[tuple[str, str]] | None = None
        if batch.rows[0]["kind"] == "files":
            files = await self._upload(batch)
            if not files:
                return None
        if found is not None or files is not None:
            # The bytes may have taken their time: the post itself begins now.
            await self._restamp(batch)
        while True:
            outcome = await self._post(batch, rendered, files)
            self._metrics.posts.labels(type(outcome).__name__.lower()).inc()
            match outcome:
                case Posted(ts):
                    self._pulse.post()
                    return ts
                case Taken():
                    return await self._seen(batch)
                case Refused(error, retry_after):
                    if files is not None and sharing.is_hopeless(error, batch.attempt):
                        await outbox.give_up_files(self._db, batch.id, error)
                        return None
                    if error in _NEVER and batch.rows[0]["kind"] not in _OF_CUSTOMERS and rendered.blocks[1:]:
                        # It would hold up everything behind it for ever.
                        log.error("poster.too_long", post=str(batch.id), error=error)
                        rendered = too_long(rendered, batch.id)
                        await self._restamp(batch)
                        continue
                    await self._refused(batch, error, retry_after)
                    return None
                case Unclear(error):
                    log.info("poster.unclear", post=str(batch.id), error=error)
                    ts = await self._reconcile(batch)
                    if ts:
                        return ts
            await self._restamp(batch)

    async def _seen(self, batch: Batch) -> str | None:
        """Where Slack shows what it has taken; given up, but never sent again, when it never does."""
        for _ in range(_LOOKS_FOR_TAKEN):
            ts = await self._reconcile(batch)
            if ts:
                return ts
            await asyncio.wait([batch.echo], timeout=3)
        log.error("poster.taken_but_not_shown", post=str(batch.id))
        await outbox.give_up_files(self._db, batch.id, None)
        return None

    async def _upload(self, batch: Batch) -> list[tuple[str, str]] | None:
        """The files of a batch as Slack has them; None when there are none to share, or not now."""
        try:
            files = await sharing.upload(self._db, self._slack, self._store, batch.rows[0]["message_id"])
        except sharing.NotShareable as error:
            await outbox.give_up_files(self._db, batch.id, error.error)
            return None
        except (SlackClientError, aiohttp.ClientError, TimeoutError) as error:
            refused = outcome_of(error)
            if batch.attempt >= sharing.GIVE_UP_AFTER and getattr(refused, "retry_after", None) is None:
                await outbox.give_up_files(self._db, batch.id, refused.error)
            else:
                await self._refused(batch, refused.error, getattr(refused, "retry_after", None))
            return None
        if not files:
            await outbox.give_up_files(self._db, batch.id, None)
        return files

    async def _post(
        self, batch: Batch, rendered: Rendered, files: list[tuple[str, str]] | None
    ) -> Outcome | Taken:
        """One attempt, over in time for whoever may have to look for it.

        A process that stood still after the stamp does not send any more.
        """
        left = batch.stamped + SEND_SECONDS - now()
        if left <= 0:
            return Unclear("out of time")
        try:
            async with asyncio.timeout(left):
                if files is not None:
                    shared = sharing.share_arguments(files)
                    return await self._slack.share(batch.channel, batch.thread_ts, rendered, shared)
                return await self._slack.post(batch.channel, batch.thread_ts, rendered, batch.id)
        except TimeoutError:
            return Unclear("out of time")

    async def _refused(self, batch: Batch, error: str, retry_after: float | None) -> None:
        """Leave the post until its time comes; it is then found among the unfinished ones."""
        seconds = retry_after or min(_MAX_BACKOFF, 0.5 * 2**batch.attempt)
        if await self._rooms.refused(batch.channel, error):
            # The whole channel is held; this post goes on as soon as that is over.
            self._buckets.pop(batch.channel, None)
            seconds = POLL_SECONDS
        log.warning("poster.refused", channel=batch.channel, error=error, retry_in=seconds)
        await outbox.hold(self._db, batch.id, batch.attempt, seconds, error)
        bucket = self._buckets.get(batch.channel)
        if bucket is not None and retry_after:
            bucket.empty(retry_after)

    async def _restamp(self, batch: Batch) -> None:
        """Commit another attempt over the lease's own connection, when it is this channel's turn."""
        while True:
            if batch.lease is not self._lease or batch.channel not in self._buckets:
                raise LeaseLost
            bucket = self._buckets[batch.channel]
            if not self._interval or bucket.room():
                break
            self._again[batch.channel] += 1
            try:
                await asyncio.sleep(bucket.wait() + 0.01)
            finally:
                self._again[batch.channel] -= 1
        bucket.take()
        stamped = now()
        try:
            if not await outbox.restamp(batch.lease, batch.id, batch.attempt):
                raise LeaseLost
        except DatabaseError:
            self._wake.set()
            raise LeaseLost from None
        batch.stamped = stamped
        batch.attempt += 1

    async def _reconcile(self, batch: Batch) -> str | None:
        """Where the post stands after an unclear attempt; None when it surely is nowhere."""
        left = batch.stamped + SETTLE_SECONDS - now()
        if left > 0:
            try:
                return await asyncio.wait_for(asyncio.shield(batch.echo), left)
            except TimeoutError:
                pass
        oldest = batch.rows[0]["queued_at"].timestamp() - _CLOCK_SKEW_SECONDS
        delay = 0.5
        while not batch.echo.done():
            known = await outbox.posted_ts(self._db, batch.id)
            if known:
                return known
            try:
                return await self._slack.find(batch.channel, batch.thread_ts, batch.id, oldest)
            except (SlackClientError, aiohttp.ClientError, TimeoutError) as error:
                log.info("poster.cannot_look", post=str(batch.id), error=type(error).__name__)
            await asyncio.wait([batch.echo], timeout=delay)
            delay = min(delay * 2, 15.0)
        return batch.echo.result()

    def _remember(self, post: UUID) -> None:
        self._recent[post] = None
        if len(self._recent) > 10_000:
            self._recent.popitem(last=False)


def _answer(posted: Sequence[_Posted], *, noted: bool) -> None:
    """Tell those who wait whether it is noted; what is not is then noted one by one."""
    for *_, waiting in posted:
        if not waiting.done():
            waiting.set_result(noted)


def _by_post(rows: Sequence[Row]) -> list[list[Row]]:
    """Rows grouped by post, in order of their first rows."""
    grouped: dict[UUID, list[Row]] = {}
    for row in rows:
        grouped.setdefault(row["post_id"], []).append(row)
    return list(grouped.values())
