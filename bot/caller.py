"""Making the Slack calls that may safely be repeated: cards, reactions, private previews."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError, SlackClientError

from bot import crashpoints
from bot.pacing import Bucket
from bot.rooms import Rooms
from bot.sharing import unshare
from bot.workspace import Refused, Workspace, can_pass, error_code, outcome_of
from cases.enums import Delivery
from cases.errors import Unavailable
from cases.ledger import Rules, no_rules
from cases.promises import PlanAt
from cases.reader import reader, use
from flows import mirror
from storage import calls, cases, changes, copilot_drafts, duty_posts
from storage.db import Database, DatabaseError, Row
from views.thread import Rendered

POLL_SECONDS = 0.3
_GIVE_UP_AFTER = 20
_GIVE_UP_AT_LAST = 1440
"""What could pass is tried so often: for a day, once a minute."""
_HOPELESS = frozenset(
    {"message_not_found", "cant_update_message", "user_not_in_channel", "no_item_specified"}
)

# Slack's tiers per method, workspace and minute (3: 50, 4: 100), with a little left for others.
_PER_MINUTE = {"chat.update": 48, "reactions.add": 48, "chat.postEphemeral": 95}
_METHODS = {
    "card": "chat.update",
    "revise": "chat.update",
    "ask": "chat.update",
    "reaction": "reactions.add",
    "receipt": "reactions.add",
    "preview": "chat.postEphemeral",
    "note": "chat.postEphemeral",
    "draft": "chat.update",
    "reminder": "chat.update",
}
_BURST = 10
DELIVERED, READ = "mailbox_with_mail", "eye"
"""Reactions of the app on what somebody sent: the customer's screen has it, the customer saw it."""
HANDED_OVER, NOT_ARRIVED = "incoming_envelope", "exclamation"
"""The same where somebody else's system carries it: that has it, it failed or nobody knows."""

log = structlog.get_logger(__name__)


class Caller:
    """Works through ``slack_calls``; any replica may make any call."""

    def __init__(
        self,
        db: Database,
        workspace_id: int,
        slack: Workspace,
        rooms: Rooms,
        dates: Callable[[], PlanAt] | None = None,
        rules: Callable[[], Rules | None] = no_rules,
        *,
        paced: bool,
    ) -> None:
        self._db = db
        self._workspace_id = workspace_id
        self._slack = slack
        self._rooms = rooms
        self._dates = dates
        self._rules = rules
        self._team = reader()
        self._wake = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._by_method = {
            method: Bucket(60 / count if paced else 0.0, _BURST) for method, count in _PER_MINUTE.items()
        }
        self._buckets = {kind: self._by_method[method] for kind, method in _METHODS.items()}
        self._makers: dict[str, Callable[[Row], Awaitable[None]]] = {
            "card": self._card,
            "revise": self._revise,
            "ask": self._ask,
            "reaction": self._reaction,
            "receipt": self._receipt,
            "preview": self._preview,
            "note": self._note,
            "draft": self._draft,
            "reminder": self._reminder,
        }

    def wake(self) -> None:
        """A call waits."""
        self._wake.set()

    def rest(self, said: str) -> None:
        """Slack told some replica to leave a method alone for a while: ``method seconds``."""
        method, _, seconds = said.partition(" ")
        self._by_method[method].empty(float(seconds))

    async def show_clicked(self, token: UUID, channel: str, ts: str, response_url: str) -> None:
        """Bring the clicked card up to date at once; where that cannot be, it waits for its turn."""
        row = await calls.claim_card(self._db, token, channel, ts)
        if row is not None:
            with use(self._team):
                rendered = await self._rendered_card(row)
            if await self._slack.replace(response_url, rendered):
                await calls.done(self._db, row["id"])
            else:
                await calls.retry(
                    self._db, row["id"], 0, "the click's address did not take it"
                )  # not translated
        self.wake()

    async def run(self) -> None:
        """Make calls until cancelled."""
        try:
            while True:
                self._wake.clear()
                try:
                    await self._round()
                except (DatabaseError, Unavailable, OSError) as error:
                    log.warning("caller.interrupted", error=type(error).__name__)
                    await asyncio.sleep(POLL_SECONDS)
                try:
                    async with asyncio.timeout(POLL_SECONDS):
                        await self._wake.wait()
                except TimeoutError:
                    pass
        finally:
            for task in self._tasks:
                task.cancel()

    async def _round(self) -> None:
        room = {kind: bucket.room() for kind, bucket in self._buckets.items()}
        # Who has read what can wait; what was sent cannot.
        room["receipt"] = max(0, room["receipt"] - _BURST // 2)
        free = {kind: count for kind, count in room.items() if count}
        for row in await calls.claim(self._db, self._workspace_id, free):
            self._buckets[row["kind"]].take()
            task = asyncio.create_task(self._make(row))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _make(self, row: Row) -> None:
        crashpoints.reach("call.after_claim")
        try:
            await self._try(row)
        except (DatabaseError, Unavailable, OSError) as error:
            # Its claim runs out, then somebody makes it again.
            log.warning("caller.call_left", call=row["id"], error=type(error).__name__)
        except Exception:
            log.exception("caller.failed", call=row["id"], kind=row["kind"])
            await calls.done(self._db, row["id"], "failed; see the log")  # not translated

    async def _try(self, row: Row) -> None:
        try:
            await self._makers[row["kind"]](row)
        except (SlackClientError, aiohttp.ClientError, TimeoutError) as error:
            await self._failed(row, error)
            return
        crashpoints.reach("call.after_call")
        await calls.done(self._db, row["id"])
        if row["kind"] == "card":
            self._wake.set()

    async def _failed(self, row: Row, error: Exception) -> None:
        outcome = outcome_of(error)
        if await self._is_held(row, outcome.error):
            await calls.retry(self._db, row["id"], POLL_SECONDS, outcome.error)
            return
        most = _GIVE_UP_AT_LAST if can_pass(error) else _GIVE_UP_AFTER
        if outcome.error in _HOPELESS or row["attempts"] >= most:
            log.warning("caller.gave_up", kind=row["kind"], error=outcome.error)
            await calls.done(self._db, row["id"], outcome.error)
            return
        wait = outcome.retry_after if isinstance(outcome, Refused) else None
        if wait:
            await calls.announce_rest(self._db, self._workspace_id, _METHODS[row["kind"]], wait)
        await calls.retry(self._db, row["id"], wait or min(60.0, 0.5 * 2 ** row["attempts"]), outcome.error)

    async def _is_held(self, row: Row, error: str) -> bool:
        """Whether the call waits, with all that is meant for its channel, until people mend that."""
        elsewhere = row["payload"].get("channel", row["slack_channel"]) != row["slack_channel"]
        return not elsewhere and await self._rooms.refused(row["slack_channel"], error)

    async def _card(self, row: Row) -> None:
        place = await cases.card_place(self._db, row["case_id"])
        if place is None:
            return
        rendered = await self._rendered_card(row)
        await self._slack.update(*place, rendered.text, rendered.blocks)

    async def _rendered_card(self, row: Row) -> Rendered:
        at = self._dates() if self._dates else None
        return await mirror.card(self._db, row["case_id"], f"card:{row['case_id']}", at)

    async def _revise(self, row: Row) -> None:
        """Show in Slack what a message says now; again if it changed while that was being done."""
        await unshare(self._db, self._slack, row["message_id"])
        shown = await mirror.posts_of(self._db, row["message_id"])
        while True:
            for channel, ts, rendered in shown:
                await self._update(channel, ts, rendered)
            crashpoints.reach("revise.after_call")
            now = await mirror.posts_of(self._db, row["message_id"])
            if now == shown:
                return
            shown = now

    async def _ask(self, row: Row) -> None:
        """Show where a question to a department stands; again if that changed while it was being done."""
        shown = None
        while (now := await mirror.ask(self._db, row["ask_id"], f"ask:{row['ask_id']}")) != shown:
            channel, ts, rendered = shown = now
            if ts is None:
                return  # Posted again, it shows the newest state.
            await self._slack.update(channel, ts, rendered.text, rendered.blocks)

    async def _draft(self, row: Row) -> None:
        """Show on a proposal's card what became of it; again if that changed meanwhile."""
        place = await copilot_drafts.place(self._db, row["payload"]["draft"])
        if place is None:
            return
        shown, rules = None, self._rules()
        while (now := await mirror.proposal(self._db, place["id"], f"d:{place['id']}", rules)) != shown:
            await self._update(place["slack_channel"], place["ts"], now)
            shown = now

    async def _reminder(self, row: Row) -> None:
        """Show on a reminder what became of it; again if that changed meanwhile."""
        outbox = row["payload"]["outbox"]
        place = await duty_posts.place(self._db, outbox)
        if place is None:
            return  # Posted later, it shows the newest state.
        at, shown = self._dates() if self._dates else None, None
        while (now := await mirror.due(self._db, outbox, f"p:{place['post']}", at)) != shown:
            await self._update(place["slack_channel"], place["ts"], now)
            shown = now

    async def _update(self, channel: str, ts: str, rendered: Rendered) -> None:
        try:
            await self._slack.update(channel, ts, rendered.text, rendered.blocks)
        except SlackApiError as error:
            # One that a person deleted is posted again with the words of then.
            if error_code(error) not in _HOPELESS:
                raise

    async def _reaction(self, row: Row) -> None:
        await self._slack.react(row["slack_channel"], row["payload"]["ts"], row["payload"]["name"])

    async def _receipt(self, row: Row) -> None:
        """Show how far a message of ours has come: on the author's message, or on our post of it.

        Again if that changed meanwhile, so that of two such calls at once the last word is the newest.
        """
        shown = None
        while (state := await changes.receipt(self._db, row["message_id"])) is not None and state != shown:
            if state["deleted_at"] is not None:
                return
            if state["source_ts"] is None:
                await self._revise(row)
                return
            await self._show_mark(state)
            shown = state

    async def _show_mark(self, state: Row) -> None:
        place, name = (state["source_channel"], state["source_ts"]), _mark(state)
        if state["was_lost"] and name != NOT_ARRIVED:
            await self._slack.unreact(*place, NOT_ARRIVED)
        if name is not None:
            await self._slack.react(*place, name)

    async def _preview(self, row: Row) -> None:
        payload = row["payload"]
        with use(await self._slack.reader(payload["user"])):
            rendered = await mirror.draft_preview(self._db, UUID(payload["draft"]), self._rules())
        await self._slack.whisper(row["slack_channel"], payload["user"], rendered, payload["thread_ts"])

    async def _note(self, row: Row) -> None:
        thread = await cases.thread_of(self._db, row["case_id"])
        assert thread is not None
        with use(await self._slack.reader(row["payload"]["user"])):
            rendered = await self._noted(row)
        if rendered is None:
            return
        # Whoever did not act in the thread is told where they did.
        place = (row["payload"]["channel"], None) if "channel" in row["payload"] else thread
        await self._slack.whisper(place[0], row["payload"]["user"], rendered, place[1])

    async def _noted(self, row: Row) -> Rendered | None:
        if row["payload"]["note"] == "closing":
            return await mirror.undo_closing(self._db, UUID(row["payload"]["draft"]))
        return await mirror.note(self._db, row["case_id"], row["payload"])


def _mark(state: Row) -> str | None:
    """The reaction that says how far a reply has come; None while it is on its way."""
    match state["delivery"]:
        case Delivery.QUEUED | Delivery.SENDING:
            return None
        case Delivery.SENT:
            return HANDED_OVER
        case Delivery.FAILED | Delivery.UNKNOWN:
            return NOT_ARRIVED
    return READ if state["read_at"] is not None else DELIVERED
