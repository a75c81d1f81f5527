"""Rows of uploaded files; the bytes lie in CX_HOME/files under the file's uuid."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from storage.db import Connection, Database, Row


async def add(
    db: Database,
    *,
    uuid: UUID,
    conversation: int,
    name: str,
    mime: str,
    size: int,
    sha256: str,
    now: datetime,
) -> None:
    """Remember a file that the customer uploaded; it belongs to a message once one is sent with it."""
    await db.fetch(
        """INSERT INTO attachments (uuid, workspace_id, conversation_id, name, mime, size, sha256, created_at)
           SELECT %(uuid)s, v.workspace_id, v.id, %(name)s, %(mime)s, %(size)s, %(sha256)s, %(now)s
           FROM conversations v WHERE v.id = %(conversation)s
           ON CONFLICT (uuid) DO NOTHING""",
        {
            "uuid": uuid,
            "conversation": conversation,
            "name": name,
            "mime": mime,
            "size": size,
            "sha256": sha256,
            "now": now,
        },
    )


async def get(db: Database, conversation: int, uuid: UUID) -> Row | None:
    """A file of that conversation, with the message that took it along, if any; none of a deleted one."""
    return await db.one(
        """SELECT a.uuid, a.name, a.mime, a.size, a.message_id, m.client_message_id
           FROM attachments a LEFT JOIN messages m ON m.id = a.message_id
           WHERE a.uuid = %(uuid)s AND a.conversation_id = %(conversation)s AND m.deleted_at IS NULL""",
        {"uuid": uuid, "conversation": conversation},
    )


async def free_in(tx: Connection, conversation: int, uuids: Sequence[UUID]) -> int:
    """How many of these files of the conversation no message has taken along yet."""
    cursor = await tx.execute(
        """SELECT count(*) AS free FROM attachments
           WHERE uuid = ANY(%(uuids)s) AND conversation_id = %(conversation)s AND message_id IS NULL""",
        {"uuids": list(uuids), "conversation": conversation},
    )
    row = await cursor.fetchone()
    return int(row["free"]) if row else 0
