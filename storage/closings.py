"""Cases that are closed because the customer knows already, or because their process says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from psycopg.types.json import Jsonb

from cases.endings import BY_PROCESS
from cases.enums import DraftKind
from cases.macros import GAP
from cases.undo import Undo
from storage import locks
from storage.by_hand import BY_HAND
from storage.calls import SHOW_CARD
from storage.db import Connection, Database, Row
from storage.drafting import RECENT
from storage.drafts import LAST_ANSWER, LAST_MESSAGE, UNDO, undo_params

MOST_REPLIES = 10
"""Replies that a person can choose from."""
_MOST_AT_ONCE = 50

# Since the case was last opened, by people: what goes out by itself tells nobody of an end.
_REPLIES = f"""
SELECT m.id, m.uuid, m.text, m.created_at FROM messages m
WHERE m.case_id = %(case)s AND m.direction = 'out' AND m.deleted_at IS NULL
  AND m.author_slack <> '{BY_PROCESS}' AND m.created_at >= coalesce(
      (SELECT max(l.at) FROM audit l WHERE l.case_id = m.case_id AND l.action = 'case.reopened'), '-infinity')
"""

_CLOSE_TOLD = f"""
WITH m AS ({_REPLIES} AND m.uuid = %(reply)s), k AS (
    UPDATE cases SET status = 'closed', closed_at = %(now)s, close_reason = NULL,
                     owner = coalesce(owner, %(actor)s)
    FROM m
    WHERE cases.id = %(case)s AND status <> 'closed'
      AND (%(seen)s::bigint IS NULL
           OR %(seen)s >= (SELECT last_in_seq FROM conversations v WHERE v.id = cases.conversation_id))
    RETURNING cases.id, cases.workspace_id, cases.slack_channel, cases.conversation_id,
              m.id AS message, m.text, m.created_at
), o AS (
    INSERT INTO outbox (workspace_id, slack_channel, case_id, kind, author, payload)
    SELECT workspace_id, slack_channel, id, 'notice', 'app',
           jsonb_build_object('event', 'closed_told', 'by', %(actor)s::text, 'at', created_at,
                              'words', left(text, 300))
    FROM k
), {SHOW_CARD}, x AS (
    INSERT INTO audit (workspace_id, at, actor, action, case_id, detail)
    SELECT workspace_id, %(now)s, %(actor)s, 'case.closed_told', id,
           jsonb_build_object('status', 'closed', 'message', message) FROM k
)
SELECT id, conversation_id, created_at AS told_at, pg_notify('cx_chat', conversation_id::text) AS _notified
FROM k
"""

# A trigger took the moment of closing for that at which the customer learnt of the end.
_KEPT = """
UPDATE promises SET kept = %(told)s <= date_at
WHERE case_id = %(case)s AND ended_at = %(now)s AND kept IS NOT NULL
"""

# Every department that the process needs, or one to which its question was passed on, has answered since the
# case was last opened (as often as it has steps there), nobody is being asked or about to be, no text for the
# customer is under way, neither they, we nor a department said anything since, and these answers have not
# closed the case before (or were kept from that). Looked at, every two seconds, are the cases in which an
# answer was the last word (``_SPENT`` takes the others away), however many others are open.
_RIPE = f"""
WITH needed AS (
    SELECT process, department, count(*) AS steps
    FROM unnest(%(processes)s::text[], %(departments)s::text[]) AS n (process, department) GROUP BY 1, 2
), k AS MATERIALIZED (
    SELECT k.id, k.workspace_id, k.process_type, k.owner, k.slack_channel, k.conversation_id, k.opened_at
    FROM (SELECT DISTINCT case_id FROM ripening WHERE workspace_id = %(workspace)s) r
    JOIN cases k ON k.id = r.case_id CROSS JOIN LATERAL (
        SELECT count(*) AS count, max(a.answered_at) AS at FROM asks a
        WHERE a.case_id = k.id AND a.state = 'answered'
    ) answers
    WHERE k.workspace_id = %(workspace)s AND (%(case)s::bigint IS NULL OR k.id = %(case)s)
      AND k.status IN ('new', 'open', 'answered') AND k.process_type = ANY(%(processes)s::text[])
      AND coalesce(greatest(k.last_customer_at, k.last_reply_at), '-infinity') <= answers.at
      AND answers.count >= (SELECT sum(n.steps) FROM needed n WHERE n.process = k.process_type)
)
SELECT k.id, k.workspace_id, k.process_type, k.owner, k.slack_channel, k.conversation_id, v.site,
       coalesce(v.language, (SELECT u.language FROM identities i JOIN customers u ON u.id = i.customer_id
                             WHERE i.id = v.identity_id)) AS language,
       v.last_in_seq, 'process:' || k.id || ':' || last.ask AS key, {BY_HAND} AS by_hand
FROM k JOIN conversations v ON v.id = k.conversation_id
CROSS JOIN LATERAL (
    SELECT coalesce(max(l.at), k.opened_at) AS at FROM audit l
    WHERE l.case_id = k.id AND l.action = 'case.reopened'
) opened
CROSS JOIN LATERAL (
    SELECT max(a.answered_at) AS at, max(a.id) AS ask FROM asks a
    WHERE a.case_id = k.id AND a.state = 'answered' AND a.answered_at >= opened.at
) last
WHERE v.channel <> 'internal' AND last.ask IS NOT NULL
  AND NOT EXISTS (
      SELECT FROM needed n WHERE n.process = k.process_type AND n.steps > (
          SELECT count(*) FROM asks a
          WHERE a.case_id = k.id AND a.state = 'answered' AND a.answered_at >= opened.at
            AND n.department = (
                WITH RECURSIVE way AS (
                    SELECT a.department, a.from_ask_id
                    UNION ALL
                    SELECT f.department, f.from_ask_id FROM way JOIN asks f ON f.id = way.from_ask_id
                ) SELECT department FROM way WHERE from_ask_id IS NULL)))
  AND NOT EXISTS (
      SELECT FROM asks a WHERE a.case_id = k.id
        AND (a.state = 'open' OR a.state = 'proposed' AND a.created_at > %(recent)s))
  AND NOT EXISTS (SELECT FROM drafts d WHERE d.case_id = k.id AND d.state IN ('preview', 'approved'))
  AND NOT EXISTS (
      SELECT FROM messages m WHERE m.case_id = k.id AND m.direction <> 'internal'
        AND greatest(m.created_at, m.edited_at, m.deleted_at) > last.at)
  AND NOT EXISTS (
      SELECT FROM asks a JOIN ask_answers w ON w.ask_id = a.id
      WHERE a.case_id = k.id AND w.created_at > last.at)
  AND NOT EXISTS (
      SELECT FROM drafts d
      WHERE d.workspace_id = k.workspace_id AND d.request_key = 'process:' || k.id || ':' || last.ask)
ORDER BY k.id LIMIT %(most)s
"""

# Where nothing goes out by itself people close: whoever owns it is told so, once for these answers.
_LEAVE = """
WITH gone AS (
    DELETE FROM ripening WHERE case_id = %(case)s
)
INSERT INTO slack_calls (workspace_id, slack_channel, case_id, kind, payload)
SELECT workspace_id, slack_channel, id, 'note', jsonb_build_object('note', 'by_hand', 'user', owner)
FROM cases WHERE id = %(case)s AND owner IS NOT NULL
"""

# Until the next answer, which makes a row of its own, these do not close by themselves any more.
_SPENT = """
WITH gone AS (
    DELETE FROM ripening r USING cases k
    WHERE r.workspace_id = %(workspace)s AND k.id = r.case_id
      AND (k.status = 'closed'
           OR greatest(k.last_customer_at, k.last_reply_at) > (
               SELECT max(a.answered_at) FROM asks a WHERE a.case_id = k.id AND a.state = 'answered'))
    RETURNING r.id
)
SELECT id FROM ripening WHERE workspace_id = %(workspace)s AND id NOT IN (SELECT id FROM gone) LIMIT 1
"""

# The same digest as an approval by a click: sending computes it anew.
_APPROVE = f"""
WITH d AS (
    INSERT INTO drafts (workspace_id, case_id, conversation_id, kind, state, body, request_key, seen_seq,
                        created_by, created_by_name, created_at, send_at)
    SELECT k.workspace_id, k.id, k.conversation_id, %(kind)s, 'approved', %(body)s::text, %(key)s,
           v.last_in_seq, '{BY_PROCESS}', %(name)s, %(now)s,
           clock_timestamp() + make_interval(secs => {UNDO})
    FROM cases k JOIN conversations v ON v.id = k.conversation_id
    WHERE k.id = %(case)s AND %(body)s::text !~ '{GAP}'
    ON CONFLICT (workspace_id, request_key) DO NOTHING
    RETURNING id, uuid, workspace_id, case_id, conversation_id, body
), a AS (
    INSERT INTO approvals (workspace_id, draft_id, digest, approved_by, approved_at)
    SELECT d.workspace_id, d.id, cx_approval_digest(d.body, v.channel, v.uuid::text), '{BY_PROCESS}', %(now)s
    FROM d JOIN conversations v ON v.id = d.conversation_id
    RETURNING digest
), x AS (
    INSERT INTO audit (workspace_id, at, actor, action, case_id, detail)
    SELECT d.workspace_id, %(now)s, '{BY_PROCESS}', 'draft.approved', d.case_id,
           %(rule)s::jsonb || jsonb_build_object(
               'draft', d.id, 'digest', a.digest,
               'last_message', ({LAST_MESSAGE.format(case="d.case_id")}),
               'last_answer', ({LAST_ANSWER.format(case="d.case_id")})) FROM d, a
), n AS (
    INSERT INTO slack_calls (workspace_id, slack_channel, case_id, kind, payload)
    SELECT d.workspace_id, k.slack_channel, k.id, 'note',
           jsonb_build_object('note', 'closing', 'user', k.owner, 'draft', d.uuid)
    FROM d JOIN cases k ON k.id = d.case_id JOIN conversations v ON v.id = d.conversation_id
    WHERE k.owner IS NOT NULL AND {UNDO} > 0
)
SELECT uuid, body, conversation_id FROM d
"""


async def replies(db: Database, case: int) -> list[Row]:
    """The last replies that people sent to the customer since the case was opened, the newest first."""
    return await db.fetch(f"{_REPLIES} ORDER BY m.id DESC LIMIT {MOST_REPLIES}", {"case": case})


async def is_reply(tx: Connection, case: int, reply: UUID) -> bool:
    """Whether a message is one of those: sent in this case since it was opened, and not taken back."""
    cursor = await tx.execute(f"{_REPLIES} AND m.uuid = %(reply)s".encode(), {"case": case, "reply": reply})
    return await cursor.fetchone() is not None


async def close_told(
    tx: Connection, case: int, reply: UUID, actor: str, now: datetime, seen: int | None
) -> Row | None:
    """Close an open case whose customer was told by ``reply``; None when they wrote after message ``seen``.

    What they were promised counts against when that reply was sent. The caller holds the case and its
    conversation (``storage.locks``).
    """
    params = {"case": case, "reply": reply, "actor": actor, "now": now, "seen": seen}
    row = await (await tx.execute(_CLOSE_TOLD.encode(), params)).fetchone()
    if row is not None:
        await tx.execute(_KEPT, {"case": case, "now": now, "told": row["told_at"]})
    return row


async def silent(db: Database, workspace: int, since: datetime) -> int:
    """How many cases were closed without telling the customer, and stayed so."""
    row = await db.one(
        """SELECT count(*) AS cases FROM cases
           WHERE workspace_id = %(workspace)s AND close_reason IS NOT NULL AND closed_at >= %(since)s""",
        {"workspace": workspace, "since": since},
    )
    assert row is not None
    return int(row["cases"])


def _ripe_params(
    workspace: int, needed: Mapping[str, Sequence[str]], now: datetime, case: int | None
) -> dict[str, object]:
    pairs = [(process, department) for process, several in needed.items() for department in several]
    return {
        "workspace": workspace,
        "case": case,
        "processes": [process for process, _department in pairs],
        "departments": [department for _process, department in pairs],
        "recent": now - RECENT,
        "most": _MOST_AT_ONCE,
    }


async def ripe(db: Database, workspace: int, needed: Mapping[str, Sequence[str]], now: datetime) -> list[Row]:
    """Cases that close by themselves now; ``needed`` are the departments of each process that does so.

    ``by_hand``: nothing may go out by itself there, so people close it.
    """
    if await db.one(_SPENT, {"workspace": workspace}) is None:
        return []
    return await db.fetch(_RIPE, _ripe_params(workspace, needed, now, None))


async def claim(tx: Connection, case: Row, needed: Mapping[str, Sequence[str]], now: datetime) -> Row | None:
    """Lock a case of ``ripe`` and look again; None when another replica is at it, or was."""
    if not await locks.claim_case(tx, case["id"], case["conversation_id"]):
        return None
    params = _ripe_params(case["workspace_id"], needed, now, case["id"])
    row = await (await tx.execute(_RIPE.encode(), params)).fetchone()
    return row if row is not None and row["conversation_id"] == case["conversation_id"] else None


async def leave(tx: Connection, case: int) -> None:
    """Leave a claimed case to people, and tell its owner; without one it waits for somebody anyway."""
    await tx.execute(_LEAVE, {"case": case})


async def approve(
    tx: Connection,
    case: Row,
    body: str,
    name: str,
    process: str,
    undo: float | Undo,
    now: datetime,
    kind: DraftKind = DraftKind.CLOSING,
) -> Row | None:
    """Have a text of the company's own file go out after ``undo`` seconds, by whose rule it is approved.

    ``name`` is how the customer reads the sender; a closing text closes the case, a reply leaves it as it is.
    None when it was approved before.
    """
    rule = Jsonb({"by": "processes.yml", "process_key": process})
    params = {"case": case["id"], "body": body, "key": case["key"], "name": name, "rule": rule}
    cursor = await tx.execute(_APPROVE.encode(), params | {"now": now, "kind": kind, **undo_params(undo)})
    return await cursor.fetchone()
