"""The small living shop that the demo opens with: customers, orders, and cases played as they happened.

Each event of ``config/demo/cases.jsonl`` goes the way it would go in real life, only with its time in the
past: a customer's message through intake, a reply through its approval, a note through Slack.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from bot.demo.plan import SITE
from cases.actor import Actor
from cases.enums import DraftKind
from cases.errors import Unavailable
from cases.messages import InboundMessage
from flows import close, intake, own, reply
from storage import (
    article_files,
    articles,
    cases,
    conversations,
    drafts,
    imports,
    locks,
    monitoring,
    workspaces,
)
from storage.conversations import Visitor
from storage.db import Database

Note = Callable[[str, str, str, str], Awaitable[None]]
"""Write as a person in a Slack thread: user, channel, thread, text."""

_POSTED_SECONDS = 60.0
_LOOK_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened in a case."""

    at: datetime
    case: str
    do: str
    text: str
    who: Actor | None


@dataclass(slots=True)
class _Case:
    """A case as far as it has been played."""

    conversation: int
    visitor: Visitor
    case_id: int = 0


class Shop:
    """Plays the files of one folder into the database that the demo's bot posts from."""

    def __init__(self, db: Database, folder: Path, team: dict[str, Any], note: Note) -> None:
        self._db = db
        self._folder = folder
        self._people = {user["id"]: Actor(user["id"], user["real_name"]) for user in team["users"]}
        self._channels = {channel["name"]: channel["id"] for channel in team["channels"]}
        self._team = team["team"]["id"]
        self._note = note
        self._workspace = 0
        self._played: dict[str, _Case] = {}

    async def open(self, now: datetime) -> None:
        """Import customers, orders and articles, then play all events by their times before ``now``."""
        known = {row["team_id"]: row["id"] for row in await workspaces.known(self._db)}
        self._workspace = known[self._team]
        for kind, name in ((imports.CUSTOMERS, "customers.jsonl"), (imports.ORDERS, "orders.jsonl")):
            lines = (self._folder / name).read_bytes().splitlines()
            await imports.load(self._db, self._workspace, kind, lines, now)
        known_articles = article_files.read(self._folder / "knowledge")
        await articles.replace(self._db, self._workspace, "shop handbook", known_articles, now)
        stories = {story["case"]: story for story in _read(self._folder / "cases.jsonl")}
        events = [event for story in stories.values() for event in self._events(story, now)]
        for event in sorted(events, key=lambda event: event.at):
            await self._play(event, stories[event.case])
        await self._posted()

    def _events(self, story: dict[str, Any], now: datetime) -> Iterator[Event]:
        begun = now - timedelta(minutes=story["minutes_ago"])
        for turn in story["turns"]:
            yield Event(
                at=begun + timedelta(minutes=turn["minute"]),
                case=story["case"],
                do=turn["do"],
                text=turn.get("text", ""),
                who=self._people.get(turn.get("who", "")),
            )

    async def _play(self, event: Event, story: dict[str, Any]) -> None:
        if event.case not in self._played:
            self._played[event.case] = await self._begin(story, event.at)
        case = self._played[event.case]
        if event.who is None:
            case.case_id = await self._write(case, event)
            return
        card = await cases.card(self._db, case.case_id)
        assert card is not None
        if event.do == "take" or (card.owner is None and event.do in {"reply", "close"}):
            # Nobody is asked today whether a case of last week is theirs.
            await own.take(self._db, card.token, event.who, event.at, note=False)
        match event.do:
            case "reply":
                await self._reply(case, event, event.who)
            case "note":
                await self._write_note(case, event, event.who)
            case "close":
                draft = await close.tell(
                    self._db, card.token, event.text, uuid4().hex, event.who, 0, event.at
                )
                await reply.send(self._db, draft["uuid"], draft["body"], event.at)
            case "close_silently":
                await close.silently(self._db, card.token, event.text, event.who, event.at)

    async def _begin(self, story: dict[str, Any], at: datetime) -> _Case:
        """The conversation in which the case happens: a new one, or that of the case it continues."""
        if "continues" in story:
            earlier = self._played[story["continues"]]
            return _Case(earlier.conversation, earlier.visitor)
        visitor = await self._visitor(story)
        identity = await conversations.identity(self._db, self._workspace, visitor, at)
        conversation, _ = await conversations.start(
            self._db, self._workspace, identity, SITE, self._channels[story["channel"]], at
        )
        return _Case(conversation, visitor)

    async def _visitor(self, story: dict[str, Any]) -> Visitor:
        customer = story.get("customer_id")
        if customer is None:
            random = uuid4().hex
            return Visitor("visitor", random, None, f"Visitor {random[:4]}", None, verified=False)
        return Visitor("chat", f"{SITE}:{customer}", customer, customer, None, verified=True)

    async def _write(self, case: _Case, event: Event) -> int:
        message = InboundMessage(case.conversation, uuid4().hex, event.text)
        return (await intake.receive(self._db, message, event.at)).case_id

    async def _reply(self, case: _Case, event: Event, who: Actor) -> None:
        async with self._db.transaction() as tx:
            await locks.lock_cases(tx, [case.case_id])
            draft = await drafts.preview(
                tx,
                case=case.case_id,
                kind=DraftKind.REPLY,
                body=event.text,
                key=f"demo:{uuid4().hex}",
                source=None,
                actor=who.id,
                actor_name=who.name,
                now=event.at,
            )
        assert draft is not None
        await reply.approve(self._db, draft["uuid"], who, 0, event.at)
        await reply.send(self._db, draft["uuid"], event.text, event.at)

    async def _write_note(self, case: _Case, event: Event, who: Actor) -> None:
        await self._posted()
        thread = await cases.thread_of(self._db, case.case_id)
        assert thread is not None
        await self._note(who.id, *thread, event.text)

    async def _posted(self) -> None:
        """Wait until Slack shows everything so far; raises Unavailable after a minute."""
        for channel in self._channels.values():
            await self._db.fetch("SELECT pg_notify('cx_outbox', %s)", [channel])
        try:
            async with asyncio.timeout(_POSTED_SECONDS):
                while (await monitoring.backlog(self._db))["outbox"]:
                    await asyncio.sleep(_LOOK_SECONDS)
        except TimeoutError:
            raise Unavailable("The demo's cases do not reach Slack's page; its logs say why.") from None


def _read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
