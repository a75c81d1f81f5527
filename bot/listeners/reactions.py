"""Reactions that act on cases: 👀 and ✅ on a card, 🎫 on any message."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from bot.context import Bot
from bot.inbox import Event
from cases.errors import CaseClosed, NotFound
from cases.language import _
from cases.reader import use
from cases.roles import Act, may
from cases.text import escape
from flows import opening, own
from storage import calls, cases, inbox
from storage.db import Row
from views.plain import mentioned_users
from views.preview import outcome

CLAIM, CLOSE, OPEN = "eyes", "white_check_mark", "ticket"
ON_CARDS = frozenset({CLAIM, CLOSE})


async def on_card(bot: Bot, inbox_id: int, event: Event) -> bool:
    """👀 takes a case that nobody owns, ✅ offers to close it; False when it is on no card."""
    item = event["item"]
    case = await cases.by_thread(bot.db, bot.workspace_id, item["channel"], item["ts"])
    if case is None:
        return False
    if event["reaction"] == CLAIM:
        await _claim(bot, case, event)
    else:
        await _offer_to_close(bot, inbox_id, case, event)
    return True


async def _claim(bot: Bot, case: Row, event: Event) -> None:
    actor = await bot.gate.admit_person(event["user"], Act.TAKE, event["item"]["channel"])
    if not await own.claim(bot.db, case["token"], actor, bot.clock.now()):
        with use(await bot.slack.reader(actor.id)):
            shown = outcome(_("You own this case already."))
        await bot.slack.whisper(event["item"]["channel"], actor.id, shown)


async def _offer_to_close(bot: Bot, inbox_id: int, case: Row, event: Event) -> None:
    channel = event["item"]["channel"]
    actor = await bot.gate.admit_person(event["user"], Act.CLOSE, channel)
    if case["status"] == "closed":
        raise CaseClosed
    async with bot.db.transaction() as tx:
        if await inbox.take(tx, inbox_id):
            payload = {"user": actor.id, "note": "close", "channel": channel}
            await calls.add(tx, bot.workspace_id, channel, case["id"], "note", payload)
            await inbox.finish(tx, inbox_id)


async def open_case(bot: Bot, inbox_id: int, event: Event) -> None:
    """🎫 opens a case from a message and what was said before it in its thread."""
    item = event["item"]
    actor = await bot.gate.admit_person(event["user"], Act.OPEN, item["channel"])
    said = [await _earlier(bot, one) for one in await _thread(bot, item["channel"], item["ts"])]
    owns = may(await bot.gate.standing(actor.id), Act.TAKE)
    into = item["channel"] if item["channel"] in bot.case_channels else bot.case_channels[0]
    async with bot.db.transaction() as tx:
        if await inbox.take(tx, inbox_id):
            source = (item["channel"], item["ts"])
            now = bot.clock.now()
            await opening.from_message(tx, bot.workspace_id, source, into, said, actor, now, owns=owns)
            await inbox.finish(tx, inbox_id)


async def _thread(bot: Bot, channel: str, ts: str) -> list[dict[str, Any]]:
    """The message, after the earlier ones of its thread."""
    message = await bot.slack.message(channel, ts)
    if message is None:
        raise NotFound("Slack does not show us this message.")
    if message.get("thread_ts", ts) == ts:
        return [message]
    return await bot.slack.thread(channel, message["thread_ts"], ts)


async def _earlier(bot: Bot, message: dict[str, Any]) -> opening.Earlier:
    author = None if message.get("bot_id") else message.get("user")
    name = (await bot.slack.member(author)).name if author else message.get("username") or _("An app")
    return opening.Earlier(
        author=author,
        name=name,
        text=await _named(bot, message.get("text", "")),
        ts=message["ts"],
        at=datetime.fromtimestamp(float(message["ts"]), UTC),
        files=len(message.get("files") or ()),
    )


async def _named(bot: Bot, markup: str) -> str:
    """``markup`` with people by name: elsewhere nobody need know their ids."""
    names = {who: escape((await bot.slack.member(who)).name) for who in mentioned_users(markup)}
    return re.sub(r"<@([UW][A-Z0-9]+)(?:\|[^>]*)?>", lambda found: f"@{names[found[1]]}", markup)
