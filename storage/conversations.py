"""Chat sessions: who talks, what was said as the customer sees it, what they have received."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from cases.enums import Channel
from cases.reader import Language
from storage.calls import RECEIPT_CONFLICT
from storage.db import Database, Row
from storage.models import Conversation, Customer, IdentityRow


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who opens a chat session.

    ``kind`` is ``chat`` for somebody whom the host site has signed in (``value`` = ``site:user id``)
    and ``visitor`` for an anonymous browser (``value`` = its random id). Only a signed one is
    ``verified``; name and e-mail are what the site or the person says.
    """

    kind: str
    value: str
    external_id: str | None
    name: str
    email: str | None
    verified: bool


_SEEN = """
SELECT m.seq, m.uuid, m.direction, m.author_name, m.text, m.client_message_id, m.created_at,
       m.edits, m.edited_at, m.deleted_at, m.revision,
       (SELECT s.token FROM surveys s WHERE s.message_id = m.id) AS survey,
       (SELECT r.token FROM receipts r WHERE r.message_id = m.id) AS receipt,
       CASE WHEN m.deleted_at IS NULL THEN
           coalesce((SELECT jsonb_agg(jsonb_build_object('id', a.uuid, 'name', a.name, 'size', a.size,
                                                         'type', a.mime) ORDER BY a.id)
                     FROM attachments a WHERE a.message_id = m.id), '[]')
       ELSE '[]' END AS files
FROM messages m
"""

_TRANSCRIPT = f"""
{_SEEN}
WHERE m.conversation_id = %(conversation)s AND m.seq > %(after)s
ORDER BY m.seq
LIMIT %(limit)s
"""

_CHANGES = f"""
{_SEEN}
WHERE m.conversation_id = %(conversation)s AND m.seq <= %(until)s AND m.revision > %(revision)s
ORDER BY m.revision
LIMIT %(limit)s
"""

_STATUS = """
SELECT v.id, v.uuid, v.site, v.last_seq, v.read_seq, v.revision, k.number, k.status,
       EXISTS (SELECT FROM drafts d WHERE d.conversation_id = v.id AND d.state = 'approved') AS answering
FROM conversations v LEFT JOIN cases k ON k.id = v.case_id
WHERE v.id = %(conversation)s
"""


RECEIPT_SECONDS = 3.0
"""How long a receipt waits before Slack shows it."""

_MARK = f"""
WITH old AS MATERIALIZED (
    SELECT id, delivered_seq, read_seq FROM conversations WHERE id = %(conversation)s FOR UPDATE
), v AS (
    UPDATE conversations x
    SET delivered_seq = least(last_seq, greatest(x.delivered_seq, %(delivered)s, %(read)s)),
        read_seq = least(last_seq, greatest(x.read_seq, %(read)s))
    FROM old WHERE x.id = old.id
    RETURNING x.id, x.delivered_seq, x.read_seq, old.delivered_seq AS was_delivered, old.read_seq AS was_read
), m AS (
    UPDATE messages SET delivered_at = coalesce(messages.delivered_at, %(now)s),
                        read_at = CASE WHEN seq <= v.read_seq THEN %(now)s END
    FROM v
    WHERE messages.conversation_id = v.id AND messages.direction = 'out'
      AND messages.seq > least(v.was_delivered, v.was_read) AND messages.seq <= v.delivered_seq
      AND (messages.delivered_at IS NULL OR messages.seq <= v.read_seq) AND messages.read_at IS NULL
    RETURNING messages.id, messages.workspace_id, messages.case_id
), c AS (
    INSERT INTO slack_calls (workspace_id, slack_channel, case_id, kind, message_id, retry_at)
    SELECT m.workspace_id, k.slack_channel, k.id, 'receipt', m.id,
           clock_timestamp() + make_interval(secs => %(later)s)
    FROM m JOIN cases k ON k.id = m.case_id{RECEIPT_CONFLICT}
)
SELECT EXISTS (SELECT FROM m) AS news FROM v
"""


async def _customer(
    session: AsyncSession, workspace: int, visitor: Visitor, now: datetime
) -> tuple[int, int]:
    """The visitor's customer: the imported one with that external id, else a new one; and who they are now,
    if they were merged into another one."""
    values = {
        "workspace_id": workspace,
        "external_id": visitor.external_id if visitor.verified else None,
        "name": visitor.name,
        "email": visitor.email,
        "created_at": now,
    }
    statement = insert(Customer).values(values)
    statement = statement.on_conflict_do_update(
        index_elements=["workspace_id", "external_id"], set_={"external_id": values["external_id"]}
    )
    known = func.coalesce(Customer.merged_into, Customer.id)
    first, current = (await session.execute(statement.returning(Customer.id, known))).one()
    return first, current


async def identity(db: Database, workspace: int, visitor: Visitor, now: datetime) -> int:
    """The id of the visitor's identity, made together with a customer at the first visit."""
    found = select(IdentityRow.id).where(
        IdentityRow.workspace_id == workspace,
        IdentityRow.kind == visitor.kind,
        IdentityRow.value == visitor.value,
    )
    async with db.session() as session:
        known = (await session.execute(found)).scalar_one_or_none()
        if known is not None:
            return known
        first, customer = await _customer(session, workspace, visitor, now)
        added = (
            insert(IdentityRow)
            .values(
                workspace_id=workspace,
                customer_id=customer,
                first_of=first,
                kind=visitor.kind,
                value=visitor.value,
                verified=visitor.verified,
                created_at=now,
            )
            .on_conflict_do_nothing()
            .returning(IdentityRow.id)
        )
        new = (await session.execute(added)).scalar_one_or_none()
        if new is not None:
            return new
        await session.rollback()
    # Somebody else added the same identity at the same moment: theirs counts.
    async with db.session() as session:
        return (await session.execute(found)).scalar_one()


async def start(
    db: Database, workspace: int, identity_id: int, site: str, slack_channel: str, now: datetime
) -> tuple[int, UUID]:
    """Open a new conversation on a chat site; its case comes with its first message."""
    row = Conversation(
        workspace_id=workspace,
        channel=Channel.WEBCHAT,
        site=site,
        slack_channel=slack_channel,
        identity_id=identity_id,
        created_at=now,
    )
    async with db.session() as session:
        session.add(row)
        await session.flush()
        return row.id, row.uuid


async def speak(db: Database, conversation: int, language: Language, slack_channel: str) -> None:
    """Remember the language in which the customer reads, and where their next case goes."""
    await db.fetch(
        """UPDATE conversations SET language = %(language)s, slack_channel = %(channel)s
           WHERE id = %(conversation)s
             AND (language IS DISTINCT FROM %(language)s OR slack_channel <> %(channel)s)""",
        {"conversation": conversation, "language": language.value, "channel": slack_channel},
    )


async def customers_language(db: Database, conversation: int) -> str | None:
    """The language of a conversation's customer, as the company's own systems have it."""
    row = await db.one(
        """SELECT u.language FROM conversations v JOIN identities i ON i.id = v.identity_id
           JOIN customers u ON u.id = i.customer_id WHERE v.id = %(conversation)s""",
        {"conversation": conversation},
    )
    return row["language"] if row else None


async def latest(db: Database, identity_id: int, site: str) -> tuple[int, UUID] | None:
    """The visitor's newest conversation on that site."""
    statement = (
        select(Conversation.id, Conversation.uuid)
        .where(Conversation.identity_id == identity_id, Conversation.site == site)
        .order_by(Conversation.id.desc())
        .limit(1)
    )
    async with db.session() as session:
        row = (await session.execute(statement)).one_or_none()
    return (row.id, row.uuid) if row else None


async def transcript(db: Database, conversation: int, after: int = 0, limit: int = 500) -> list[Row]:
    """What the customer sees of the conversation after message ``after``, in order."""
    return await db.fetch(_TRANSCRIPT, {"conversation": conversation, "after": after, "limit": limit})


async def changes(db: Database, conversation: int, until: int, revision: int, limit: int = 500) -> list[Row]:
    """The messages up to ``until`` that changed after that revision, as the customer sees them now.

    In the order of their changes; no two messages of a conversation have the same revision.
    """
    values = {"conversation": conversation, "until": until, "revision": revision, "limit": limit}
    return await db.fetch(_CHANGES, values)


async def status(db: Database, conversation: int) -> Row | None:
    """Where the conversation stands: case number and status, whether an answer is on its way."""
    return await db.one(_STATUS, {"conversation": conversation})


async def mark(db: Database, conversation: int, now: datetime, *, delivered: int = 0, read: int = 0) -> bool:
    """Remember how far the customer's screen has received and shown the conversation.

    Whether that was news about one of our messages: Slack then shows it a little later, once for
    both, so that what is read at once is never shown as merely delivered.
    """
    row = await db.one(
        _MARK,
        {
            "conversation": conversation,
            "delivered": delivered,
            "read": read,
            "now": now,
            "later": RECEIPT_SECONDS,
        },
    )
    return bool(row and row["news"])
