"""Receipts for new cases: who is to have one, what went, and the page that its link opens.

Everybody locks the conversation first, then the case.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from cases.arrivals import TOLD as TOLD_ADDRESS
from cases.receipts import TOO_LATE, WAIT, Place
from cases.triage import GENERAL
from storage import locks
from storage.calls import CARD_CONFLICT
from storage.db import Connection, Database, Row, array
from storage.merged import WITH_MERGED
from storage.outbox import said_by
from storage.promises import TOLD

_MOST_AT_ONCE = 50
BY = "app"
"""Who sends them."""

# Cases that a customer opened just now, and there where replies go: a message that was moved into a case of
# its own is older than that, and who asked elsewhere has their answer from a person.
_NEW = """
SELECT k.id, k.conversation_id, k.process_type, k.opened_at
FROM cases k JOIN conversations v ON v.id = k.conversation_id
WHERE k.workspace_id = %(workspace)s AND k.status <> 'closed' AND k.opened_at > %(since)s
  AND (k.process_type <> %(general)s OR k.opened_at <= %(waited)s)
  AND (v.channel, v.site) IN (SELECT * FROM unnest(%(channels)s::text[], %(sites)s::text[]))
  AND NOT EXISTS (SELECT FROM receipts r WHERE r.case_id = k.id)
  AND (SELECT min(m.created_at) FROM messages m WHERE m.case_id = k.id AND m.direction = 'in') >= k.opened_at
  AND k.conversation_id = (SELECT m.conversation_id FROM messages m
                           WHERE m.case_id = k.id AND m.direction = 'in' ORDER BY m.id LIMIT 1)
ORDER BY k.id LIMIT %(most)s
"""

# Two cases of one customer may be decided at once, in two conversations.
_LOCK_HANDLE = """
SELECT pg_advisory_xact_lock(hashtextextended(concat_ws(' ', 'cx_receipt', i.workspace_id, i.value), 0))
FROM conversations v JOIN identities i ON i.id = v.identity_id WHERE v.id = %(id)s
"""

# A mail address is one, whoever writes from it and of whomever it was told.
_SENT = f"""
FROM identities w JOIN conversations x ON x.identity_id = w.id JOIN receipts o ON o.conversation_id = x.id
WHERE w.workspace_id = i.workspace_id AND w.value = i.value AND o.message_id IS NOT NULL
  AND w.kind = ANY (CASE WHEN i.kind IN ('email', '{TOLD_ADDRESS}') THEN ARRAY['email', '{TOLD_ADDRESS}']
                         ELSE ARRAY[i.kind] END)
"""

# Whether what opened a case was proven: that its writer's address was proven once says nothing about it.
_OPENING = """
SELECT a.proven FROM messages m LEFT JOIN arrivals a ON a.message_id = m.id
WHERE m.case_id = k.id AND m.direction = 'in' ORDER BY m.id LIMIT 1
"""

_FACTS = f"""
SELECT k.id AS case_id, k.workspace_id, k.number, k.process_type, k.opened_at, k.slack_channel,
       v.id AS conversation_id, v.channel, v.site, v.automatic_ok,
       coalesce(({_OPENING}), false) AS proven,
       coalesce(v.language, u.language) AS language, u.profile ->> 'time_zone' AS zone,
       k.last_reply_at IS NOT NULL AS answered,
       k.status <> 'closed' AND k.merged_into IS NULL AND v.case_id = k.id AS stands,
       e.title, coalesce(e.public, false) AS public,
       EXISTS (SELECT {_SENT}) AS before,
       (SELECT count(*) {_SENT} AND o.decided_at > k.opened_at - interval '1 day') AS lately
FROM cases k JOIN conversations v ON v.id = k.conversation_id
JOIN identities i ON i.id = v.identity_id
JOIN customers u ON u.id = k.customer_id
LEFT JOIN entrances e ON e.workspace_id = v.workspace_id AND e.channel = v.channel AND e.site = v.site
WHERE k.id = %(case)s AND v.id = %(conversation)s
  AND NOT EXISTS (SELECT FROM receipts r WHERE r.case_id = k.id)
"""

_SAY = f"""
WITH v AS (
    UPDATE conversations SET last_seq = last_seq + 1 WHERE id = %(conversation)s RETURNING id, last_seq
), m AS (
    INSERT INTO messages (workspace_id, case_id, conversation_id, seq, direction, author_name, text,
                          created_at)
    SELECT k.workspace_id, k.id, v.id, v.last_seq, 'out', %(name)s, %(text)s, %(now)s
    FROM cases k, v WHERE k.id = %(case)s
    RETURNING id, workspace_id, case_id, conversation_id
), r AS (
    INSERT INTO receipts (workspace_id, case_id, conversation_id, message_id, decided_at)
    SELECT workspace_id, case_id, conversation_id, id, %(now)s FROM m
), p AS (
    INSERT INTO promises (workspace_id, case_id, message_id, date_at, told_at, told_by)
    SELECT workspace_id, case_id, id, %(date)s, %(now)s, '{BY}' FROM m WHERE %(date)s::timestamptz IS NOT NULL
), c AS (
    INSERT INTO slack_calls (workspace_id, slack_channel, case_id, kind)
    SELECT k.workspace_id, k.slack_channel, k.id, 'card' FROM m JOIN cases k ON k.id = m.case_id
    WHERE %(date)s::timestamptz IS NOT NULL{CARD_CONFLICT}
), o AS ({said_by(BY)}
), x AS (
    INSERT INTO audit (workspace_id, at, actor, action, case_id, detail)
    SELECT workspace_id, %(now)s, '{BY}', 'receipt.sent', case_id,
           jsonb_build_object('message', id, 'promised', %(date)s::timestamptz) FROM m
)
SELECT pg_notify('cx_chat', id::text) AS _notified FROM v
"""

_NONE = """
INSERT INTO receipts (workspace_id, case_id, conversation_id, why, decided_at)
VALUES (%(workspace)s, %(case)s, %(conversation)s, %(why)s, %(now)s)
"""

# A case that was merged goes on in another one of the same customer, and that one may, too; what the page
# shows stays this conversation's.
_PAGE = f"""
WITH RECURSIVE way AS (
    SELECT f.id, f.merged_into FROM receipts r JOIN cases f ON f.id = r.case_id WHERE r.token = %(token)s
    UNION SELECT n.id, n.merged_into FROM way JOIN cases n ON n.id = way.merged_into
)
SELECT r.id, r.conversation_id, (SELECT array_agg(id) FROM way) AS cases, k.id AS case_id, k.workspace_id,
       k.number, k.status, k.process_type, k.opened_at, k.closed_at, v.channel, v.site,
       coalesce(v.language, u.language) AS language, u.profile ->> 'time_zone' AS zone,
       v.case_id = k.id AS writable, e.title, ({TOLD}) AS told
FROM receipts r JOIN way w ON w.merged_into IS NULL JOIN cases k ON k.id = w.id
JOIN conversations v ON v.id = r.conversation_id
JOIN identities i ON i.id = v.identity_id JOIN customers u ON u.id = i.customer_id
LEFT JOIN entrances e ON e.workspace_id = v.workspace_id AND e.channel = v.channel AND e.site = v.site
WHERE r.token = %(token)s AND r.message_id IS NOT NULL
"""

_LATELY = """
SELECT m.direction, m.author_name, m.text, m.created_at, m.edited_at,
       (SELECT array_agg(a.name ORDER BY a.id) FROM attachments a WHERE a.message_id = m.id) AS files
FROM messages m
WHERE m.conversation_id = %(conversation)s AND m.case_id = ANY(%(cases)s::bigint[])
  AND m.direction IN ('in', 'out') AND m.deleted_at IS NULL
ORDER BY m.seq DESC LIMIT %(most)s
"""

# The links of all that was merged into a case open it, too.
_WITHDRAW = f"""
WITH r AS (
    UPDATE receipts SET token = gen_random_uuid(), withdrawn = true
    WHERE case_id = {WITH_MERGED} AND message_id IS NOT NULL RETURNING workspace_id, case_id
), x AS (
    INSERT INTO audit (workspace_id, at, actor, action, case_id)
    SELECT workspace_id, %(now)s, %(actor)s, 'receipt.withdrawn', case_id FROM r
)
SELECT case_id FROM r
"""


async def new(db: Database, workspace: int, places: Collection[Place], now: datetime) -> list[Row]:
    """Cases of these places about whose receipt is to be decided now."""
    return await db.fetch(
        _NEW,
        {
            "workspace": workspace,
            "since": now - TOO_LATE,
            "waited": now - WAIT,
            "general": GENERAL,
            "channels": [channel for channel, _ in places],
            "sites": [site for _, site in places],
            "most": _MOST_AT_ONCE,
        },
    )


async def claim(tx: Connection, case: Row) -> Row | None:
    """Lock one of ``new`` with its conversation; None when another replica is at it, or was."""
    if not await locks.claim_case(tx, case["id"], case["conversation_id"]):
        return None
    await tx.execute(_LOCK_HANDLE, {"id": case["conversation_id"]})
    params = {"case": case["id"], "conversation": case["conversation_id"]}
    return await (await tx.execute(_FACTS.encode(), params)).fetchone()


async def say(
    tx: Connection,
    facts: Row,
    words: str,
    sizes: Sequence[int],
    name: str,
    date: datetime | None,
    now: datetime,
) -> None:
    """Tell the customer in the name of ``name``, with the promise of ``date``, and show it in Slack."""
    params = {
        "case": facts["case_id"],
        "conversation": facts["conversation_id"],
        "text": words,
        "sizes": array(sizes),
        "name": name,
        "date": date,
        "now": now,
    }
    await tx.execute(_SAY.encode(), params)


async def never(tx: Connection, facts: Row, why: str, now: datetime) -> None:
    """There is none for this case."""
    params = {
        "workspace": facts["workspace_id"],
        "case": facts["case_id"],
        "conversation": facts["conversation_id"],
        "why": why,
        "now": now,
    }
    await tx.execute(_NONE, params)


async def automatic(tx: Connection, conversation: int, *, ok: bool) -> None:
    """Note whether anything may go to a conversation by itself, in the commit of what was written there."""
    await tx.execute(
        "UPDATE conversations SET automatic_ok = %(ok)s WHERE id = %(id)s AND automatic_ok <> %(ok)s",
        {"id": conversation, "ok": ok},
    )


async def page(db: Database, token: UUID) -> Row | None:
    """The case of a link as it stands now; None where the link was never given out, or was withdrawn."""
    return await db.one(_PAGE, {"token": token})


async def lately(db: Database, page: Row, most: int) -> list[Row]:
    """The last messages of a page's conversation about its case, as the customer sees them, oldest first."""
    rows = await db.fetch(
        _LATELY,
        {
            "conversation": page["conversation_id"],
            "cases": page["cases"],
            "most": most,
        },
    )
    return rows[::-1]


async def withdraw(db: Database, case: int, actor: str, now: datetime) -> bool:
    """Make the links that went out for a case, and for all merged into it, worthless; whether there was one.

    In the web chat the customer's own screen shows the new one; a mail that is still to go has none.
    """
    return await db.one(_WITHDRAW, {"case": case, "actor": actor, "now": now}) is not None
