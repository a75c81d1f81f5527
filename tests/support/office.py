"""A company in the database: a workspace, customers who write, agents who answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from uuid import UUID, uuid4

from cases.actor import Actor
from cases.enums import DraftKind
from cases.messages import InboundMessage, Receipt
from flows import intake
from storage import conversations, drafts, locks, outbox, workspaces
from storage.conversations import Visitor
from storage.db import Connection, Database, Row

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
WORKSPACE = 1
"""The id of the only workspace of a fresh database."""
ANNA = Actor("U1ANNA", "Anna")
BORIS = Actor("U2BORIS", "Boris")


@dataclass
class Office:
    """One workspace with its chat site ``shop``, whose cases go to the Slack channel C1."""

    db: Database
    workspace: int
    _names: count[int] = field(default_factory=lambda: count(1))

    async def conversation(self, *, name: str = "Maria", channel: str = "C1") -> int:
        """A new customer's conversation, still empty."""
        value = f"c{next(self._names)}"
        visitor = Visitor("chat", f"shop:{value}", value, name, None, verified=True)
        identity = await conversations.identity(self.db, self.workspace, visitor, NOW)
        return (await conversations.start(self.db, self.workspace, identity, "shop", channel, NOW))[0]

    async def says(
        self,
        conversation: int,
        text: str,
        *,
        key: str | None = None,
        now: datetime = NOW,
        files: Sequence[UUID] = (),
        stamp: outbox.Stamp | None = None,
    ) -> Receipt:
        """The customer writes ``text``."""
        message = InboundMessage(conversation, key or uuid4().hex, text, files)
        return await intake.receive(self.db, message, now, stamp=stamp)

    async def case(self, text: str = "Where is my parcel?", *, channel: str = "C1") -> Receipt:
        """A new customer's new case."""
        return await self.says(await self.conversation(channel=channel), text)

    async def conversation_of(self, case: int) -> int:
        """The conversation in which a case was opened."""
        row = await self.row("SELECT conversation_id FROM cases WHERE id = %(id)s", id=case)
        return int(row["conversation_id"])

    async def token(self, case: int) -> UUID:
        """What the buttons of a case carry."""
        row = await self.row("SELECT token FROM cases WHERE id = %(id)s", id=case)
        token: UUID = row["token"]
        return token

    async def status(self, case: int) -> str:
        """Where a case stands."""
        return str((await self.row("SELECT status FROM cases WHERE id = %(id)s", id=case))["status"])

    async def preview(
        self, case: int, body: str = "It is on its way.", *, actor: Actor = ANNA, key: str | None = None
    ) -> UUID:
        """A draft that waits for its author's Send."""
        async with self.db.transaction() as tx:
            await locks.lock_cases(tx, [case])
            draft = await drafts.preview(
                tx,
                case=case,
                kind=DraftKind.REPLY,
                body=body,
                key=key or uuid4().hex,
                source=("C1", "1.5"),
                actor=actor.id,
                actor_name=actor.name,
                now=NOW,
            )
        assert draft is not None
        uuid: UUID = draft["uuid"]
        return uuid

    async def row(self, statement: str, **params: object) -> Row:
        """The only row of a statement."""
        (row,) = await self.db.fetch(statement, params)
        return row

    async def column(self, statement: str, **params: object) -> list[object]:
        """The first column of a statement."""
        return [next(iter(row.values())) for row in await self.db.fetch(statement, params)]


async def open_office(db: Database) -> Office:
    """An office with nothing in it."""
    workspace = await workspaces.register(
        db, team="T1", name="Shop", url="https://shop.slack.com/", bot_user="UBOT", bot="BBOT", now=NOW
    )
    return Office(db, workspace)


async def post_all(db: Database, lease: Connection, channel: str = "C1") -> list[list[Row]]:
    """Play the poster until nothing waits: the rows of each post, in order; ts 1.1, 1.2, …"""
    posts = []
    while rows := await outbox.claim(lease, WORKSPACE, {channel: 1}, merge=True, limit=3_500):
        posts.append(rows)
        await outbox.complete(db, rows[0]["post_id"], f"1.{len(posts)}")
    return posts
