"""Which customer a case belongs to, and how they can be reached."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from psycopg.types.json import Jsonb

from cases.arrivals import TOLD
from storage.calls import CARD_CONFLICT, SHOW_CARD
from storage.db import Connection, Database, Row

MAIL_KINDS = f"('email', '{TOLD}')"
"""Kinds of identities that are mail addresses, in SQL."""

_SEARCH = """
SELECT u.id, u.name, u.email, u.external_id,
       (SELECT v.site FROM conversations v JOIN identities i ON i.id = v.identity_id
        WHERE i.customer_id = u.id AND v.channel <> 'internal' ORDER BY v.id DESC LIMIT 1) AS site
FROM customers u
WHERE u.workspace_id = %(workspace)s AND u.merged_into IS NULL
  AND (u.external_id IS NOT NULL
       OR EXISTS (SELECT FROM identities i WHERE i.customer_id = u.id AND i.kind <> 'internal'))
  AND (u.name ILIKE %(like)s OR u.email ILIKE %(like)s
       OR u.id IN (SELECT i.customer_id FROM identities i
                   WHERE i.workspace_id = u.workspace_id AND i.kind IN ('email', 'told', 'phone')
                     AND i.value = lower(%(words)s))
       OR u.external_id = %(words)s OR u.phone = %(words)s
       OR u.external_id IN (SELECT o.customer_external_id FROM orders o
                            WHERE o.workspace_id = u.workspace_id AND o.external_id = %(words)s)
       OR u.id IN (SELECT k.customer_id FROM cases k
                   WHERE k.workspace_id = u.workspace_id AND k.number = %(number)s))
ORDER BY u.name, u.id LIMIT 50
"""

# An address that is a customer's on somebody's word alone is only ever chosen as that (``storage.reaching``),
# and so is one that turned out to be another's.
_KNOWN = f"""
(i.kind <> '{TOLD}'
 OR i.verified AND NOT EXISTS (SELECT FROM customers o
                               WHERE o.workspace_id = i.workspace_id AND lower(o.email) = i.value
                                 AND o.email_proven AND coalesce(o.merged_into, o.id) <> i.customer_id))
""".strip()

_NEWEST = f"""
SELECT v.id FROM conversations v JOIN identities i ON i.id = v.identity_id
WHERE i.customer_id = %(customer)s AND v.channel <> 'internal' AND {_KNOWN}
ORDER BY v.id DESC LIMIT 1
"""

_LINK = f"""
WITH k AS (
    UPDATE cases SET customer_id = %(customer)s, conversation_id = coalesce(%(conversation)s, conversation_id)
    WHERE id = %(case)s
    RETURNING id, workspace_id, slack_channel
), v AS (
    UPDATE conversations SET case_id = %(case)s
    WHERE id = %(conversation)s AND %(moves)s
), o AS (
    INSERT INTO outbox (workspace_id, slack_channel, case_id, kind, author, payload)
    SELECT workspace_id, slack_channel, id, 'notice', 'app', %(payload)s FROM k
), {SHOW_CARD}
INSERT INTO audit (workspace_id, at, actor, action, case_id, detail)
SELECT workspace_id, %(now)s, %(actor)s, 'case.customer_linked', id, %(detail)s FROM k
"""

_SWITCH = _LINK.replace("customer_id = %(customer)s, ", "").replace("customer_linked", "switched")

_PLACE = """
SELECT v.channel, v.site, e.title FROM conversations v
LEFT JOIN entrances e ON e.workspace_id = v.workspace_id AND e.channel = v.channel AND e.site = v.site
WHERE v.id = %(id)s
"""

_ELSEWHERE = f"""
SELECT DISTINCT ON (v.channel, v.site) v.id, v.channel, v.site, e.title FROM conversations v
JOIN identities i ON i.id = v.identity_id
LEFT JOIN entrances e ON e.workspace_id = v.workspace_id AND e.channel = v.channel AND e.site = v.site
JOIN cases k ON k.id = %(case)s AND k.customer_id = i.customer_id
JOIN conversations c ON c.id = k.conversation_id
WHERE v.channel <> 'internal' AND (v.channel, v.site) <> (c.channel, c.site) AND {_KNOWN}
ORDER BY v.channel, v.site, v.id DESC
"""

# Only who was made up for the case: one to whom it was linked has a name of their own.
_NAME = f"""
WITH u AS (
    UPDATE customers SET name = %(name)s
    FROM cases k JOIN conversations v ON v.id = k.conversation_id JOIN identities i ON i.id = v.identity_id
    WHERE k.id = %(case)s AND customers.id = k.customer_id AND i.customer_id = k.customer_id
    RETURNING k.id, k.workspace_id, k.slack_channel
), c AS (
    INSERT INTO slack_calls (workspace_id, slack_channel, case_id, kind)
    SELECT workspace_id, slack_channel, id, 'card' FROM u{CARD_CONFLICT}
)
INSERT INTO audit (workspace_id, at, actor, action, case_id)
SELECT workspace_id, %(now)s, %(actor)s, 'case.customer_named', id FROM u
RETURNING id
"""


async def search(db: Database, workspace: int, words: str) -> list[Row]:
    """Customers by name, mail, number, phone, one of their orders, or one of their cases; at most 50."""
    escaped = words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    digits = words.upper().removeprefix("CX-")
    return await db.fetch(
        _SEARCH,
        {
            "workspace": workspace,
            "words": words,
            "like": f"%{escaped}%",
            "number": int(digits) if digits.isdecimal() and len(digits) < 13 else None,
        },
    )


async def channel_of(tx: Connection, case: int) -> str | None:
    """The channel over which replies of a case go."""
    cursor = await tx.execute(
        """SELECT v.channel FROM cases k JOIN conversations v ON v.id = k.conversation_id
           WHERE k.id = %(case)s""",
        {"case": case},
    )
    row = await cursor.fetchone()
    return row["channel"] if row else None


async def newest_conversation(tx: Connection, customer: int) -> Row | None:
    """The conversation in which a customer was last reached, at no address that somebody only told us."""
    cursor = await tx.execute(_NEWEST.encode(), {"customer": customer})
    return await cursor.fetchone()


async def is_free(tx: Connection, conversation: int) -> bool:
    """Whether no open case waits for what is said next in a conversation (locked before)."""
    cursor = await tx.execute(
        """SELECT FROM conversations v JOIN cases k ON k.id = v.case_id
           WHERE v.id = %(conversation)s AND k.status <> 'closed'""",
        {"conversation": conversation},
    )
    return await cursor.fetchone() is None


async def exists(tx: Connection, workspace: int, customer: int) -> bool:
    """Whether there is such a customer to link to."""
    cursor = await tx.execute(
        "SELECT FROM customers WHERE id = %(id)s AND workspace_id = %(workspace)s AND merged_into IS NULL",
        {"id": customer, "workspace": workspace},
    )
    return await cursor.fetchone() is not None


async def link(
    tx: Connection,
    case: int,
    customer: int,
    conversation: int | None,
    actor: str,
    now: datetime,
    *,
    moves: bool,
) -> None:
    """Make the case ``customer``'s: replies go to ``conversation``, whose future comes if it ``moves``."""
    payload = {"event": "customer_linked", "by": actor, "reached": conversation is not None}
    await tx.execute(
        _LINK,
        {
            "case": case,
            "customer": customer,
            "conversation": conversation,
            "moves": moves,
            "payload": Jsonb(payload),
            "detail": Jsonb(payload),
            "actor": actor,
            "now": now,
        },
    )


async def rename(tx: Connection, case: int, name: str, actor: str, now: datetime) -> bool:
    """Name the customer of a case that was opened by hand; False when it was linked to a known one."""
    cursor = await tx.execute(_NAME, {"case": case, "name": name, "actor": actor, "now": now})
    return await cursor.fetchone() is not None


async def elsewhere(db: Database, case: int) -> list[Row]:
    """The newest conversation of the case's customer on each of their other channels.

    None with an address that is theirs on somebody's word alone: a mail is begun to it anew.
    """
    return await db.fetch(_ELSEWHERE, {"case": case})


async def belongs(tx: Connection, conversation: int, customer: int) -> bool:
    """Whether a conversation is with that customer, and leads to them."""
    cursor = await tx.execute(
        """SELECT FROM conversations v JOIN identities i ON i.id = v.identity_id
           WHERE v.id = %(conversation)s AND i.customer_id = %(customer)s AND v.channel <> 'internal'""",
        {"conversation": conversation, "customer": customer},
    )
    return await cursor.fetchone() is not None


async def switch(
    tx: Connection,
    case: int,
    conversation: int,
    actor: str,
    now: datetime,
    *,
    moves: bool,
    begun: Mapping[str, object] | None = None,
) -> None:
    """Send a case's replies to another conversation; its future comes along if it ``moves``.

    ``begun`` is what the thread shall say of one that begins only now.
    """
    place = await (await tx.execute(_PLACE, {"id": conversation})).fetchone()
    assert place is not None
    shown = {"event": "switched", "by": actor, **place} if begun is None else {"by": actor, **begun}
    await tx.execute(
        _SWITCH,
        {
            "case": case,
            "conversation": conversation,
            "moves": moves,
            "payload": Jsonb(shown),
            "detail": Jsonb({"by": actor, "site": place["site"], "begun": begun is not None}),
            "actor": actor,
            "now": now,
        },
    )
