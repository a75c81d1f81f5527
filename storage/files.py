"""Rows of uploaded files; the bytes lie in CX_HOME/files under the file's uuid."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from cases.files import Attached
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
           WHERE a.uuid = %(uuid)s AND a.conversation_id = %(conversation)s AND m.deleted_at IS NULL
             AND (a.draft_id IS NULL OR a.message_id IS NOT NULL)""",
        {"uuid": uuid, "conversation": conversation},
    )


async def free_in(tx: Connection, conversation: int, uuids: Sequence[UUID]) -> int:
    """How many of these files of the conversation no message has taken along yet."""
    cursor = await tx.execute(
        """SELECT count(*) AS free FROM attachments
           WHERE uuid = ANY(%(uuids)s) AND conversation_id = %(conversation)s AND message_id IS NULL
             AND draft_id IS NULL""",
        {"uuids": list(uuids), "conversation": conversation},
    )
    row = await cursor.fetchone()
    return int(row["free"]) if row else 0


async def database_id(db: Database) -> UUID:
    """The random id of this database, made when it is first asked for. A restored copy has the same."""
    await db.fetch("INSERT INTO this_database DEFAULT VALUES ON CONFLICT DO NOTHING")
    (row,) = await db.fetch("SELECT uuid FROM this_database")
    uuid: UUID = row["uuid"]
    return uuid


async def known(db: Database, uuids: Sequence[UUID]) -> set[UUID]:
    """Which of these files have a row: customers' files, and mails as they came."""
    rows = await db.fetch(
        """SELECT uuid FROM attachments WHERE uuid = ANY(%(uuids)s)
           UNION SELECT raw FROM mails WHERE raw = ANY(%(uuids)s)""",
        {"uuids": list(uuids)},
    )
    return {row["uuid"] for row in rows}


async def of_source(db: Database, workspace: int, channel: str, ts: str) -> dict[str, Attached]:
    """The files that were fetched for the draft of a Slack message, by Slack's ids."""
    rows = await db.fetch(
        """SELECT a.uuid, a.name, a.mime, a.size, a.sha256, a.slack_file
           FROM attachments a JOIN drafts d ON d.id = a.draft_id
           WHERE d.workspace_id = %(workspace)s AND d.source_channel = %(channel)s
             AND d.source_ts = %(ts)s""",
        {"workspace": workspace, "channel": channel, "ts": ts},
    )
    return {row["slack_file"]: Attached(**row) for row in rows}


async def attach(tx: Connection, draft: int, attached: Sequence[Attached], now: datetime) -> bool:
    """Make these the files of a draft that has not gone; whether they were others before."""
    cursor = await tx.execute(
        """DELETE FROM attachments WHERE draft_id = %(draft)s AND message_id IS NULL
             AND uuid <> ALL(%(uuids)s) RETURNING uuid""",
        {"draft": draft, "uuids": [file.uuid for file in attached]},
    )
    changed = bool(await cursor.fetchall())
    for file in attached:
        cursor = await tx.execute(
            """INSERT INTO attachments (uuid, workspace_id, conversation_id, draft_id, name, mime, size,
                                        sha256, slack_file, created_at)
               SELECT %(uuid)s, workspace_id, conversation_id, id, %(name)s, %(mime)s, %(size)s, %(sha256)s,
                      %(slack_file)s, %(now)s
               FROM drafts WHERE id = %(draft)s
               ON CONFLICT (uuid) DO NOTHING RETURNING uuid""",
            {
                "uuid": file.uuid,
                "draft": draft,
                "name": file.name,
                "mime": file.mime,
                "size": file.size,
                "sha256": file.sha256,
                "slack_file": file.slack_file,
                "now": now,
            },
        )
        changed = bool(await cursor.fetchall()) or changed
    return changed


async def of_draft(db: Database, draft: int) -> list[Row]:
    """Name and size of the files of a draft, in order."""
    return await db.fetch(
        "SELECT name, size FROM attachments WHERE draft_id = %(draft)s ORDER BY id", {"draft": draft}
    )


async def of_message(db: Database, message: int) -> list[Row]:
    """The files that came with a message, in order; none of a deleted one."""
    return await db.fetch(
        """SELECT a.id, a.uuid, a.name, a.mime, a.size, a.slack_file
           FROM attachments a JOIN messages m ON m.id = a.message_id
           WHERE a.message_id = %(message)s AND m.deleted_at IS NULL ORDER BY a.id""",
        {"message": message},
    )


async def shared_of_deleted(db: Database, message: int) -> list[str]:
    """Slack's ids of the files of a deleted message that Slack still shows."""
    rows = await db.fetch(
        """SELECT a.slack_file FROM attachments a JOIN messages m ON m.id = a.message_id
           WHERE a.message_id = %(message)s AND m.deleted_at IS NOT NULL AND m.direction = 'in'
             AND a.slack_file IS NOT NULL""",
        {"message": message},
    )
    return [row["slack_file"] for row in rows]


async def set_slack_file(db: Database, attachment: int, slack_file: str | None) -> None:
    """Note under which id Slack has the file."""
    await db.fetch(
        "UPDATE attachments SET slack_file = %(file)s WHERE id = %(id)s",
        {"id": attachment, "file": slack_file},
    )
