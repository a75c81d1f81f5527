"""Rows of mails: what becomes of those that came, and by what ours are known again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from storage.db import Database, Duplicate, Row
from storage.identities import MAIL_KINDS

# Whoever calls this is the only reader of the mailbox.
_NEXT = """
UPDATE mails SET tries = tries + 1
WHERE id = (SELECT id FROM mails
            WHERE workspace_id = %(workspace)s AND mailbox = %(mailbox)s AND state = 'waiting'
              AND raw IS NOT NULL AND (retry_at IS NULL OR retry_at <= clock_timestamp())
            ORDER BY id LIMIT 1)
RETURNING id, workspace_id, mailbox, uid, raw, size, tries, released, came_at
"""

# The same for what a person wants of mails that the server did not hand out.
_WANTED = """
UPDATE mails SET tries = tries + 1
WHERE id = (SELECT id FROM mails
            WHERE workspace_id = %(workspace)s AND mailbox = %(mailbox)s AND state = 'waiting' AND raw IS NULL
            ORDER BY id LIMIT 1)
RETURNING id, uid_validity, uid, place, tries
"""

_IDENTIFY = """
UPDATE mails SET identity = %(identity)s, header_id = %(header)s, sender = %(sender)s, subject = %(subject)s,
                 automatic = %(automatic)s
WHERE id = %(id)s
RETURNING id
"""

_END = """
UPDATE mails SET state = %(state)s, why = %(why)s, done_at = %(now)s, retry_at = NULL,
                 message_id = coalesce(%(message)s, message_id),
                 conversation_id = coalesce(%(conversation)s, conversation_id, (
                     SELECT x.conversation_id FROM messages x WHERE x.id = %(message)s)),
                 unseen = %(seen)s AND uid IS NOT NULL
WHERE id = %(id)s AND state = 'waiting'
"""

# Exchanges with whoever writes come first, then what the mail names as most telling. An address that we were
# only told is somebody's in the exchange that we began with it, and a stranger's elsewhere (``reached`` in
# ``storage.arrivals``).
_THREAD = f"""
SELECT v.id AS conversation_id, k.status,
       EXISTS (SELECT FROM identities w WHERE w.workspace_id = v.workspace_id AND w.kind IN {MAIL_KINDS}
                 AND w.value = %(sender)s AND w.customer_id = i.customer_id
                 AND (w.kind = 'email' OR w.id = v.identity_id)) AS theirs
FROM conversations v
JOIN identities i ON i.id = v.identity_id
LEFT JOIN cases k ON k.id = v.case_id
LEFT JOIN mails m ON m.workspace_id = v.workspace_id AND m.header_id = ANY(%(references)s)
                 AND m.conversation_id = v.id
WHERE v.workspace_id = %(workspace)s AND v.channel = 'mail'
  AND v.id IN (SELECT r.conversation_id FROM mails r
               WHERE r.workspace_id = %(workspace)s AND r.header_id = ANY(%(references)s)
               UNION SELECT unnest(%(conversations)s::bigint[]))
ORDER BY (i.kind IN {MAIL_KINDS} AND i.value = %(sender)s) DESC,
         array_position(%(references)s, m.header_id) DESC NULLS LAST, v.id DESC
LIMIT 1
"""

# A mail that came is known by what it said, also where its taking was interrupted after that.
_EXCHANGE = """
SELECT m.id, m.header_id, m.direction, m.subject, t.text, t.created_at, t.author_name
FROM messages t JOIN mails m ON m.workspace_id = t.workspace_id AND m.identity = t.client_message_id
WHERE t.conversation_id = %(conversation)s AND t.direction = 'in' AND t.deleted_at IS NULL
UNION ALL
SELECT m.id, m.header_id, m.direction, m.subject, NULL, NULL, NULL FROM mails m
WHERE m.conversation_id = %(conversation)s AND m.direction = 'out'
ORDER BY 1 DESC LIMIT %(limit)s
"""

_SENT = """
INSERT INTO mails (workspace_id, mailbox, direction, state, header_id, sender, conversation_id, message_id,
                   subject, automatic, came_at, done_at)
VALUES (%(workspace)s, %(mailbox)s, 'out', 'sent', %(header)s, %(recipient)s, %(conversation)s, %(message)s,
        %(subject)s, %(automatic)s, %(now)s, %(now)s)
ON CONFLICT (workspace_id, header_id) WHERE direction = 'out' DO NOTHING
"""

_BOUNCED = """
SELECT m.message_id, m.conversation_id, m.sender, t.uuid AS message_uuid
FROM mails m LEFT JOIN messages t ON t.id = m.message_id
WHERE m.workspace_id = %(workspace)s AND m.mailbox = %(mailbox)s AND m.direction = 'out'
  AND m.header_id = ANY(%(headers)s)
ORDER BY m.id DESC LIMIT 1
"""

_QUARANTINED = """
SELECT m.id, m.workspace_id, m.mailbox, m.why, m.sender, m.subject, m.size, m.came_at, m.raw, m.tries
FROM mails m
WHERE m.state = 'quarantined' AND (%(id)s::bigint IS NULL OR m.id = %(id)s)
ORDER BY m.id LIMIT 500
"""


async def next_waiting(db: Database, workspace: int, mailbox: str) -> Row | None:
    """The oldest mail that is to be taken in, counted as tried before it is."""
    return await db.one(_NEXT, {"workspace": workspace, "mailbox": mailbox})


async def waits(db: Database, workspace: int, mailbox: str) -> bool:
    """Whether some mail is still to be taken in, be it later."""
    row = await db.one(
        """SELECT FROM mails WHERE workspace_id = %(workspace)s AND mailbox = %(mailbox)s
             AND state = 'waiting' AND raw IS NOT NULL LIMIT 1""",
        {"workspace": workspace, "mailbox": mailbox},
    )
    return row is not None


async def wanted(db: Database, workspace: int, mailbox: str) -> Row | None:
    """The oldest mail that was let out of quarantine and never fetched, counted as tried before it is."""
    return await db.one(_WANTED, {"workspace": workspace, "mailbox": mailbox})


async def fetched(db: Database, mail: int, raw: UUID, size: int) -> None:
    """What was never fetched is here now."""
    await db.fetch(
        "UPDATE mails SET raw = %(raw)s, size = %(size)s, tries = 0 WHERE id = %(id)s",
        {"id": mail, "raw": raw, "size": size},
    )


async def untry(db: Database, mail: int) -> None:
    """It was not the mail's fault that nothing came of the last try."""
    await db.fetch("UPDATE mails SET tries = greatest(tries - 1, 0) WHERE id = %(id)s", {"id": mail})


async def retry(db: Database, mail: int, seconds: float) -> None:
    """Try a mail again after so many seconds; others go before it."""
    await db.fetch(
        """UPDATE mails SET retry_at = clock_timestamp() + make_interval(secs => %(seconds)s)
           WHERE id = %(id)s""",
        {"id": mail, "seconds": seconds},
    )


async def identify(
    db: Database,
    mail: int,
    identity: str,
    *,
    header: str | None,
    sender: str | None,
    subject: str,
    automatic: bool,
) -> bool:
    """Note what a mail says of itself; False when another copy of it is here already."""
    values = {"id": mail, "identity": identity, "header": header, "sender": sender, "subject": subject}
    try:
        return await db.one(_IDENTIFY, values | {"automatic": automatic}) is not None
    except Duplicate:
        return False


async def end(
    db: Database,
    mail: int,
    state: str,
    now: datetime,
    *,
    why: str | None = None,
    conversation: int | None = None,
    message: int | None = None,
) -> None:
    """Say what became of a waiting mail: ``done``, ``ignored`` or ``quarantined``.

    One that was put aside stays unread in its mailbox, so that people see it there, too.
    """
    values = {"id": mail, "state": state, "why": why, "conversation": conversation, "message": message}
    await db.fetch(_END, values | {"seen": state != "quarantined", "now": now})


async def thread(
    db: Database, workspace: int, sender: str, references: Sequence[str], conversations: Sequence[int]
) -> Row | None:
    """The exchange that a mail goes on with, as the mails it names or our token in its address say.

    One with ``sender``, if there is any; whether anybody else may go on with it is not decided here.
    ``references`` end with the most telling one.
    """
    if not references and not conversations:
        return None
    values = {"workspace": workspace, "sender": sender, "references": list(references)}
    return await db.one(_THREAD, values | {"conversations": list(conversations)})


async def exchange(db: Database, conversation: int, limit: int = 20) -> list[Row]:
    """The newest mails of a conversation, of both sides, the newest first."""
    return await db.fetch(_EXCHANGE, {"conversation": conversation, "limit": limit})


async def sent(
    db: Database,
    workspace: int,
    mailbox: str,
    header: str,
    recipient: str,
    now: datetime,
    *,
    conversation: int,
    message: int | None,
    subject: str,
    automatic: bool = False,
) -> None:
    """Keep by what a mail of ours is known when it is answered or comes back; before it goes."""
    await db.fetch(
        _SENT,
        {
            "workspace": workspace,
            "mailbox": mailbox,
            "header": header,
            "recipient": recipient,
            "conversation": conversation,
            "message": message,
            "subject": subject,
            "automatic": automatic,
            "now": now,
        },
    )


async def bounced(db: Database, workspace: int, mailbox: str, headers: Sequence[str]) -> Row | None:
    """Our mail that came back, by the Message-IDs that the report names."""
    if not headers:
        return None
    values = {"workspace": workspace, "mailbox": mailbox, "headers": list(headers)}
    return await db.one(_BOUNCED, values)


async def automatic_since(db: Database, workspace: int, sender: str, since: datetime) -> int:
    """How many automatic mails of a sender came since then."""
    row = await db.one(
        """SELECT count(*) AS many FROM mails
           WHERE workspace_id = %(workspace)s AND sender = %(sender)s AND automatic AND direction = 'in'
             AND came_at > %(since)s""",
        {"workspace": workspace, "sender": sender, "since": since},
    )
    assert row is not None
    return int(row["many"])


async def to_mark(db: Database, workspace: int, mailbox: str, place: str, validity: int) -> list[int]:
    """The numbers of mails that are done, and that the server still has as unread; at most 100."""
    rows = await db.fetch(
        """SELECT uid FROM mails WHERE workspace_id = %(workspace)s AND mailbox = %(mailbox)s AND unseen
             AND place = %(place)s AND uid_validity = %(validity)s ORDER BY uid LIMIT 100""",
        {"workspace": workspace, "mailbox": mailbox, "place": place, "validity": validity},
    )
    return [row["uid"] for row in rows]


async def marked(
    db: Database, workspace: int, mailbox: str, place: str, validity: int, uids: Sequence[int]
) -> None:
    """The server has these as read now."""
    values = {"workspace": workspace, "mailbox": mailbox, "place": place, "validity": validity}
    await db.fetch(
        """UPDATE mails SET unseen = false WHERE workspace_id = %(workspace)s AND mailbox = %(mailbox)s
             AND place = %(place)s AND uid_validity = %(validity)s AND uid = ANY(%(uids)s)""",
        values | {"uids": list(uids)},
    )


async def quarantined(db: Database, mail: int | None = None) -> list[Row]:
    """What was put aside, the oldest first; with ``mail`` that one only. At most 500."""
    return await db.fetch(_QUARANTINED, {"id": mail})


async def release(db: Database, mail: int) -> bool:
    """Take in again what was put aside, and fetch it first where it never was; False when it is not there."""
    row = await db.one(
        """UPDATE mails SET state = 'waiting', why = NULL, tries = 0, identity = NULL, released = true
           WHERE id = %(id)s AND state = 'quarantined' RETURNING id""",
        {"id": mail},
    )
    return row is not None


async def drop(db: Database, mail: int, now: datetime) -> bool:
    """Leave what was put aside for good; the raw mail stays. False when it is not there any more."""
    row = await db.one(
        """UPDATE mails SET state = 'dropped', done_at = %(now)s
           WHERE id = %(id)s AND state = 'quarantined' RETURNING id""",
        {"id": mail, "now": now},
    )
    return row is not None
