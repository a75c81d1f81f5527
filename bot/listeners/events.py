"""Slack events, by kind. Each is stored already; its handler marks it as done with its effect."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from functools import partial

from bot import crashpoints
from bot.context import Bot
from bot.fetching import fetch
from bot.inbox import Event, Handler
from bot.listeners.asks import on_answer
from bot.listeners.forms import stir
from bot.listeners.installed import taken_away
from bot.listeners.reactions import CLOSE, ON_CARDS, OPEN, on_card, open_case
from cases.actor import Actor
from cases.errors import CxError, InvalidInput, NotFound, SharedChannel, Unavailable
from cases.files import Files
from cases.reader import use
from cases.replies import check_words
from cases.roles import Act
from flows import correct, reply, restore, talk
from storage import cases, corrections, drafts, files, inbox
from storage.db import Row
from views.preview import outcome

NO_FILES = Files()
SEND = "outbox_tray"
_LOOKS = 4
CHANNEL_CHANGES = (
    "channel_shared",
    "channel_unshared",
    "channel_archive",
    "channel_unarchive",
    "channel_deleted",
    "channel_left",
    "group_archive",
    "group_unarchive",
    "group_deleted",
    "group_left",
)


def concerns_us(
    event: Event, bot_user: str | None = None, bot: str = "", asked: Collection[str] = ()
) -> bool:
    """People's words in threads, where cases live, or to us, reactions that act, deleted posts of ours, and
    what changes the workspace; not other bots, not other reactions. ``bot_user`` is who posts the cards,
    ``bot`` the bot behind all of our posts, ``asked`` are the channels in which departments are asked."""
    if event["type"].startswith("reaction_"):
        on_ours = event.get("item_user") in {bot_user, None}
        added = event["type"] == "reaction_added"
        reaction = event.get("reaction")
        if added and reaction == CLOSE and event["item"].get("channel") in asked:
            return on_ours or event.get("item_user") == event.get("user")
        return reaction == SEND or (added and (reaction == OPEN or (on_ours and reaction in ON_CARDS)))
    if event["type"] == "app_mention":
        return not event.get("bot_id")
    if event["type"] != "message":
        return True
    before = event.get("previous_message") or {}
    if bot and before.get("bot_id") == bot:
        # Slack leaves a line in the place of a deleted message with replies.
        return "deleted_ts" in event or (event.get("message") or {}).get("subtype") == "tombstone"
    inner = event.get("message") or before or event
    if event.get("channel_type") == "im":
        return "subtype" not in event and not inner.get("bot_id")
    return not inner.get("bot_id") and inner.get("subtype") != "tombstone" and bool(inner.get("thread_ts"))


class Events:
    """The handlers of one bot."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot

    def table(self) -> Mapping[str, Handler]:
        """Which kind of event is handled how; what is not here is not stored."""
        return {
            "message": self.message,
            "message.file_share": self.message,
            "message.thread_broadcast": self.message,
            "message.message_changed": self.message_changed,
            "message.message_deleted": self.message_deleted,
            "app_mention": self.mentioned,
            "reaction_added": self.reaction_added,
            "reaction_removed": self.reaction_removed,
            "agent_session_stopped": self.agent_stopped,
            "app_home_opened": self.app_home_opened,
            "member_joined_channel": self.joined,
            **dict.fromkeys(CHANNEL_CHANGES, self.channel_changed),
            "channel_rename": self.renamed,
            "group_rename": self.renamed,
            "tokens_revoked": partial(taken_away, self._bot),
            "app_uninstalled": partial(taken_away, self._bot),
            "subteam_members_changed": self.groups_changed,
            "subteam_updated": self.groups_changed,
        }

    async def message(self, inbox_id: int, event: Event) -> None:
        """A person wrote in a thread, or asked something in the agent pane."""
        if event.get("channel_type") == "im":
            await self._bot.pane.asked(inbox_id, event)
            return
        await talk.keep(
            self._bot.db,
            inbox_id,
            said_in(self._bot.workspace_id, event["channel"], event),
            self._bot.clock.now(),
        )

    async def mentioned(self, inbox_id: int, event: Event) -> None:
        """A person mentioned the app; the ``message`` of the same words is handled by itself."""
        await self._bot.mentions.heard(inbox_id, event)

    async def message_changed(self, inbox_id: int, event: Event) -> None:
        """A person edited; an unfurled link changes a message too, but carries no ``edited``."""
        bot, message, now = self._bot, event["message"], self._bot.clock.now()
        if message.get("subtype") == "tombstone":
            await self._gone(inbox_id, event, message["ts"], tombstone=True)
            return
        if "edited" not in message:
            await talk.ignore(bot.db, inbox_id)
            return
        said = said_in(bot.workspace_id, event["channel"], message)
        words = await _sendable(bot, said.text)
        async with bot.db.transaction() as tx:
            if not await inbox.take(tx, inbox_id):
                return
            about = await corrections.original(tx, said.workspace, said.channel, said.ts)
            if await talk.follow_edit(tx, said, now) and about is not None:
                await correct.follow_edit(tx, about, words, said.edited, now)
            await inbox.finish(tx, inbox_id)
        bot.caller.wake()

    async def message_deleted(self, inbox_id: int, event: Event) -> None:
        """A person deleted, their own message or one of ours."""
        bot, message = self._bot, event["previous_message"]
        if message.get("bot_id"):
            await self._gone(inbox_id, event, event["deleted_ts"], tombstone=False)
            return
        said = said_in(bot.workspace_id, event["channel"], message)
        async with bot.db.transaction() as tx:
            if not await inbox.take(tx, inbox_id):
                return
            await talk.follow_delete(tx, said, bot.clock.now())
            about = await corrections.original(tx, said.workspace, said.channel, said.ts)
            if about is not None:
                await correct.follow_delete(tx, about)
            await inbox.finish(tx, inbox_id)
        bot.caller.wake()

    async def _gone(self, inbox_id: int, event: Event, ts: str, *, tombstone: bool) -> None:
        """Somebody deleted a post of ours."""
        gone = restore.Gone(self._bot.workspace_id, event["channel"], ts, tombstone)
        await restore.restore(self._bot.db, inbox_id, gone, self._bot.clock.now())
        crashpoints.reach("restore.after_commit")
        self._bot.poster.wake(event["channel"])

    async def reaction_added(self, inbox_id: int, event: Event) -> None:
        """📤 asks for the preview of one's own message, 🎫 opens a case, 👀 and ✅ act on a card.

        ✅ on one's own message in the thread of a question to a department makes it the answer.
        """
        item = event["item"]
        if item.get("type") != "message":
            await talk.ignore(self._bot.db, inbox_id)
            return
        try:
            if event["reaction"] == SEND:
                await propose_message(self._bot, item["channel"], item["ts"], event["user"], inbox_id)
                return
            if event["reaction"] == OPEN:
                await open_case(self._bot, inbox_id, event)
            elif not await on_card(self._bot, inbox_id, event) and event["reaction"] == CLOSE:
                await on_answer(self._bot, inbox_id, event)
            await talk.ignore(self._bot.db, inbox_id)
            stir(self._bot)
        except Unavailable:
            raise  # The event waits until the database is back.
        except CxError as error:
            with use(await self._bot.slack.reader(event["user"])):
                shown = outcome(error.sentence)
            await self._bot.slack.whisper(item["channel"], event["user"], shown)
            await talk.ignore(self._bot.db, inbox_id)

    async def reaction_removed(self, inbox_id: int, event: Event) -> None:
        """Taking 📤 away takes the preview back, or undoes the sending while that is possible."""
        item = event["item"]
        async with self._bot.db.transaction() as tx:
            if not await inbox.take(tx, inbox_id):
                return
            if event["reaction"] == SEND and item.get("type") == "message":
                draft = await drafts.by_source(tx, self._bot.workspace_id, item["channel"], item["ts"])
                if draft is not None:
                    await drafts.cancel_in(tx, draft, event["user"], self._bot.clock.now())
            await inbox.finish(tx, inbox_id)

    async def agent_stopped(self, inbox_id: int, event: Event) -> None:
        """Somebody pressed stop in the agent pane."""
        await self._bot.pane.stopped(inbox_id, event)

    async def app_home_opened(self, inbox_id: int, event: Event) -> None:
        """Somebody opened the app: its Home, or the agent pane."""
        if event["tab"] == "home":
            await self._bot.homes.opened(event["user"])
        elif event["tab"] == "messages":
            await self._bot.pane.opened(event["user"], event["channel"])
        await talk.ignore(self._bot.db, inbox_id)

    async def channel_changed(self, inbox_id: int, event: Event) -> None:
        """A channel was opened to others, closed, lost, or is ours again."""
        await self._bot.rooms.look(event["channel"])
        await talk.ignore(self._bot.db, inbox_id)

    async def renamed(self, inbox_id: int, event: Event) -> None:
        """A channel has a new name: all goes on, but the configuration names it by the old one."""
        await self._bot.rooms.renamed(event["channel"]["id"])
        await talk.ignore(self._bot.db, inbox_id)

    async def joined(self, inbox_id: int, event: Event) -> None:
        """The app came into a channel; in a shared one it does nothing, and says so to who invited it."""
        await self._bot.rooms.look(event["channel"])
        try:
            await self._bot.rooms.refuse_shared(event["channel"])
        except SharedChannel as error:
            inviter = event.get("inviter")
            if inviter:
                with use(await self._bot.slack.reader(inviter)):
                    await self._bot.slack.whisper(event["channel"], inviter, outcome(error.sentence))
        await talk.ignore(self._bot.db, inbox_id)

    async def groups_changed(self, inbox_id: int, event: Event) -> None:
        """Somebody joined or left a user group, or a group changed: every process asks for them again."""
        async with self._bot.db.transaction() as tx:
            if await inbox.take(tx, inbox_id):
                await inbox.finish_telling(tx, inbox_id, "cx_groups", self._bot.workspace_id)


async def propose_message(bot: Bot, channel: str, ts: str, user: str, inbox_id: int | None = None) -> None:
    """Preview the thread message ``channel``, ``ts`` for ``user``; raises CxError for people."""
    actor = await bot.gate.admit_person(user, Act.SEND, channel)
    for _ in range(_LOOKS):
        note = await _find_note(bot, channel, ts) or await _catch_up(bot, channel, ts)
        if note is None or note["deleted_at"] is not None:
            raise NotFound("Only a message in the thread of a case can be sent to a customer.")
        if await _propose_note(bot, note, channel, ts, actor, inbox_id):
            bot.caller.wake()
            return
    raise Unavailable("The message is being edited; please try again in a moment.")


async def _propose_note(
    bot: Bot, note: Row, channel: str, ts: str, actor: Actor, inbox_id: int | None
) -> bool:
    """Preview the words of ``note``; False when they were edited or deleted while we prepared that."""
    case = await cases.by_id(bot.db, note["case_id"])
    assert case is not None
    words = await bot.slack.plain(note["text"])
    attached = (
        await _files(bot, channel, ts) if note["files"] and note["author_slack"] == actor.id else NO_FILES
    )
    source = reply.Source(channel, ts, note["author_slack"], words, attached)
    async with bot.db.transaction() as tx:
        if inbox_id is not None and not await inbox.take(tx, inbox_id):
            return True
        if not await cases.hold_note(tx, note):
            return False
        await reply.propose(tx, case, source, actor, bot.clock.now())
        if inbox_id is not None:
            await inbox.finish(tx, inbox_id)
    return True


async def _files(bot: Bot, channel: str, ts: str) -> Files:
    """The files of a message, fetched so that what is approved is what goes."""
    message = await bot.slack.message(channel, ts)
    known = await files.of_source(bot.db, bot.workspace_id, channel, ts)
    fetched = await fetch(bot.slack, bot.store, known, message or {})
    crashpoints.reach("fetch.after_store")
    return fetched


async def _sendable(bot: Bot, markup: str) -> str | None:
    """What somebody wrote in Slack as a customer reads it, or None where it could not be sent."""
    try:
        return check_words(await bot.slack.plain(markup))
    except InvalidInput:
        return None


async def _find_note(bot: Bot, channel: str, ts: str) -> Row | None:
    """The kept message; its own event may be a moment behind that of the 📤 on it."""
    for _ in range(_LOOKS):
        note = await cases.note(bot.db, bot.workspace_id, channel, ts)
        if note is not None:
            return note
        await asyncio.sleep(0.1)
    return None


async def _catch_up(bot: Bot, channel: str, ts: str) -> Row | None:
    """A message whose event has not come (yet): ask Slack for it."""
    message = await bot.slack.message(channel, ts)
    if message is None or "thread_ts" not in message or "bot_id" in message:
        return None
    said = said_in(bot.workspace_id, channel, message)
    async with bot.db.transaction() as tx:
        await talk.write(tx, said, bot.clock.now())
    return await cases.note(bot.db, bot.workspace_id, channel, ts)


def said_in(workspace: int, channel: str, message: Event) -> talk.Said:
    """A person's thread message as Slack describes it."""
    return talk.Said(
        workspace=workspace,
        channel=channel,
        thread=message["thread_ts"],
        ts=message["ts"],
        author=message.get("user", ""),
        text=message.get("text", ""),
        edited=(message.get("edited") or {}).get("ts", "0"),
        files=sum(file.get("mode") != "tombstone" for file in message.get("files") or ()),
    )
