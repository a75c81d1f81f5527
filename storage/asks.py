"""What departments are asked about cases, and what they say.

Everybody locks the case first, then the question, so that merging and answering do not cross.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from uuid import UUID

from psycopg.types.json import Jsonb

from cases.actor import Actor
from storage.calls import ASK_CONFLICT, CARD_CONFLICT
from storage.db import Connection, Database, Row
from storage.named import named, secrets

ANSWER, NEED_MORE = "answer", "need_more"

_PROPOSE = """
INSERT INTO asks (workspace_id, case_id, request_key, state, department, department_name, slack_channel,
                  question, due_on, proposed_by, asked_by, asked_by_name, created_at)
SELECT workspace_id, id, %(key)s, 'proposed', %(department)s, %(name)s, %(channel)s, %(question)s, %(due)s,
       %(proposed_by)s, %(actor)s, %(actor_name)s, %(now)s
FROM cases WHERE id = %(case)s
ON CONFLICT (workspace_id, request_key) DO UPDATE
SET department = excluded.department, department_name = excluded.department_name,
    slack_channel = excluded.slack_channel, question = excluded.question, due_on = excluded.due_on,
    token = gen_random_uuid()
WHERE asks.state = 'proposed' AND asks.asked_by = excluded.asked_by
RETURNING token
"""

_SHOWN = """
SELECT a.*, k.number, k.token AS case_token, u.name AS customer, v.channel,
       n.department_name AS rerouted_to,
       (SELECT count(*) FROM ask_answers w WHERE w.ask_id = a.id AND w.kind = 'answer') AS answers,
       (SELECT count(*) FROM ask_answers w WHERE w.ask_id = a.id AND w.kind = 'need_more') AS asked_back
FROM asks a JOIN cases k ON k.id = a.case_id JOIN customers u ON u.id = k.customer_id
JOIN conversations v ON v.id = k.conversation_id
LEFT JOIN asks n ON n.from_ask_id = a.id
"""

_LOCK_CASE = """
SELECT k.id, k.workspace_id, k.status, k.slack_channel, k.owner FROM cases k
WHERE k.id = (SELECT case_id FROM asks WHERE token = %(token)s) FOR NO KEY UPDATE
"""
_LOCK = """
SELECT a.*, k.status, k.slack_channel AS case_channel, k.number FROM asks a JOIN cases k ON k.id = a.case_id
WHERE a.token = %(token)s FOR NO KEY UPDATE OF a
"""

_OPEN = """
UPDATE asks SET state = 'open', asked_at = %(now)s WHERE id = %(ask)s AND state = 'proposed' RETURNING id
"""
_POST = """
INSERT INTO outbox (workspace_id, slack_channel, case_id, ask_id, kind, author)
SELECT workspace_id, slack_channel, case_id, id, 'ask', 'app' FROM asks WHERE id = %(ask)s
"""
_WAIT = """
UPDATE cases SET status = 'waiting_department'
WHERE id = %(case)s AND status NOT IN ('closed', 'waiting_department') RETURNING id
"""
_SETTLE = """
UPDATE cases SET status = 'open'
WHERE id = %(case)s AND status NOT IN ('closed', 'open')
  AND NOT EXISTS (SELECT FROM asks a WHERE a.case_id = %(case)s AND a.state = 'open')
RETURNING id
"""

# The card, the question's own post, and the log. The line in the case's thread is apart: it may be long.
_SHOW = f"""
WITH a AS (SELECT id, workspace_id, case_id, slack_channel FROM asks WHERE id = %(ask)s), c AS (
    INSERT INTO slack_calls (workspace_id, slack_channel, case_id, kind)
    SELECT a.workspace_id, k.slack_channel, k.id, 'card' FROM a JOIN cases k ON k.id = a.case_id
    {CARD_CONFLICT}
), q AS (
    INSERT INTO slack_calls (workspace_id, slack_channel, case_id, ask_id, kind)
    SELECT workspace_id, slack_channel, case_id, id, 'ask' FROM a{ASK_CONFLICT}
)
INSERT INTO audit (workspace_id, at, actor, action, case_id, detail)
SELECT workspace_id, %(now)s, %(actor)s, %(action)s, case_id, %(detail)s FROM a
"""
_LINE = """
INSERT INTO outbox (workspace_id, slack_channel, case_id, kind, author, part, payload)
SELECT a.workspace_id, k.slack_channel, k.id, 'ask_line', 'app', p.part,
       CASE WHEN %(call)s AND p.part = %(parts)s::int - 1 THEN %(payload)s || '{"burst": true}'::jsonb
            ELSE %(payload)s END
FROM asks a JOIN cases k ON k.id = a.case_id, generate_series(0, %(parts)s::int - 1) AS p (part)
WHERE a.id = %(ask)s ORDER BY p.part
"""

_SAY = """
INSERT INTO ask_answers (workspace_id, ask_id, kind, text, author, author_name, later, request_key,
                         created_at)
SELECT workspace_id, id, %(kind)s, %(text)s, %(actor)s, %(actor_name)s, state = 'answered', %(key)s, %(now)s
FROM asks WHERE id = %(ask)s
ON CONFLICT (workspace_id, request_key) DO NOTHING RETURNING id, later
"""
_ANSWERED = """
UPDATE asks SET state = 'answered', answered_by = %(actor)s, answered_at = %(now)s
WHERE id = %(ask)s AND state = 'open'
"""
_LATER = """
UPDATE asks SET later_at = %(later)s, later_why = %(why)s
WHERE id = %(ask)s AND state = 'open' AND (later_at, later_why) IS DISTINCT FROM (%(later)s, %(why)s)
RETURNING id
"""
_WANTS_DRAFT = """
SELECT CASE WHEN a.step IS NULL THEN a.asked_by ELSE k.owner END AS member
FROM asks a JOIN cases k ON k.id = a.case_id JOIN conversations v ON v.id = k.conversation_id
WHERE a.id = %(ask)s AND k.status <> 'closed' AND v.channel <> 'internal'
  AND k.process_type <> ALL(%(without)s::text[])
  AND NOT EXISTS (SELECT FROM asks o WHERE o.case_id = k.id AND o.state = 'open')
  AND NOT EXISTS (SELECT FROM drafts d WHERE d.case_id = k.id AND d.created_by <> 'copilot'
                  AND d.state IN ('preview', 'approved'))
"""
_REROUTE = """
WITH r AS (
    UPDATE asks SET state = 'rerouted', rerouted_by = %(actor)s WHERE id = %(ask)s AND state = 'open'
    RETURNING *
)
INSERT INTO asks (workspace_id, case_id, request_key, state, department, department_name, slack_channel,
                  question, due_on, proposed_by, asked_by, asked_by_name, created_at, asked_at, from_ask_id,
                  step)
SELECT workspace_id, case_id, 'reroute:' || id, 'open', %(department)s, %(name)s, %(channel)s, question,
       due_on, %(actor)s, asked_by, asked_by_name, %(now)s, %(now)s, id, step
FROM r RETURNING id
"""

# Of whoever the case's customer is known to be, nothing is foreign.
_FOREIGN = """
WITH k AS (SELECT workspace_id, customer_id FROM cases WHERE id = %(case)s), own AS (
    SELECT c.id, c.external_id, lower(c.email) AS email, regexp_replace(c.phone, '\\D', '', 'g') AS phone
    FROM customers c, k WHERE k.customer_id IN (c.id, c.merged_into)
), c AS (
    SELECT c.* FROM customers c JOIN k ON k.workspace_id = c.workspace_id
    WHERE c.id NOT IN (SELECT id FROM own)
)
SELECT DISTINCT found FROM (
    SELECT lower(c.email) AS found FROM c
    WHERE lower(c.email) = ANY(%(emails)s) AND lower(c.email) NOT IN (SELECT email FROM own WHERE email <> '')
    UNION ALL
    SELECT i.value FROM identities i JOIN k ON k.workspace_id = i.workspace_id
    WHERE i.value = ANY(%(emails)s) AND i.customer_id NOT IN (SELECT id FROM own)
    UNION ALL
    SELECT c.phone FROM c
    WHERE regexp_replace(c.phone, '\\D', '', 'g') = ANY(%(phones)s)
      AND regexp_replace(c.phone, '\\D', '', 'g') NOT IN (SELECT phone FROM own WHERE phone <> '')
    UNION ALL
    SELECT c.external_id FROM c WHERE c.external_id = ANY(%(words)s)
    UNION ALL
    SELECT o.external_id FROM orders o JOIN k ON k.workspace_id = o.workspace_id
    WHERE o.external_id = ANY(%(words)s)
      AND o.customer_external_id NOT IN (SELECT external_id FROM own WHERE external_id <> '')
    UNION ALL
    SELECT 'CX-' || o.number FROM cases o JOIN k ON k.workspace_id = o.workspace_id
    WHERE o.number = ANY(%(cases)s) AND o.customer_id NOT IN (SELECT id FROM own)
) f ORDER BY found
"""

_MOVED = f"""
    RETURNING id, workspace_id, slack_channel, state
), c AS (
    INSERT INTO slack_calls (workspace_id, slack_channel, case_id, ask_id, kind)
    SELECT workspace_id, slack_channel, %(into)s, id, 'ask' FROM a WHERE state <> 'proposed'{ASK_CONFLICT}
)
SELECT id FROM a
"""
_MOVE = f"""
WITH a AS (
    UPDATE asks SET case_id = %(into)s WHERE case_id = %(case)s AND state <> 'discarded'{_MOVED}
"""
# What was passed on since goes along with the question that it was.
_MOVE_BACK = f"""
WITH RECURSIVE way AS (
    SELECT id FROM asks WHERE id = ANY(%(asks)s::bigint[])
    UNION SELECT n.id FROM way JOIN asks n ON n.from_ask_id = way.id
), a AS (
    UPDATE asks SET case_id = %(into)s
    WHERE id IN (SELECT id FROM way) AND case_id = %(case)s AND state <> 'discarded'{_MOVED}
"""


async def foreign(tx: Connection, case: int, text: str) -> list[str]:
    """What ``text`` names that no department may read for this case.

    E-mail addresses, phone, customer and order numbers and cases of other customers of the workspace,
    each as it is stored; numbers of cards and accounts and keys, masked.
    """
    said = named(text)
    params = {
        "case": case,
        "emails": said.emails,
        "phones": said.phones,
        "words": said.words,
        "cases": said.cases,
    }
    cursor = await tx.execute(_FOREIGN.encode(), params)
    return [row["found"] for row in await cursor.fetchall()] + secrets(text)


async def propose(
    tx: Connection,
    *,
    case: int,
    department: str,
    name: str,
    channel: str,
    question: str,
    due: date | None,
    proposed_by: str,
    actor: Actor,
    key: str,
    now: datetime,
) -> UUID | None:
    """Keep a question that ``actor`` is to confirm; None when the one of ``key`` is confirmed already.

    The same ``key`` again changes the words, and with them the token.
    """
    params = {
        "case": case,
        "department": department,
        "name": name,
        "channel": channel,
        "question": question,
        "due": due,
        "proposed_by": proposed_by,
        "actor": actor.id,
        "actor_name": actor.name,
        "key": key,
        "now": now,
    }
    cursor = await tx.execute(_PROPOSE, params)
    row = await cursor.fetchone()
    return row["token"] if row else None


async def by_token(db: Database, token: UUID) -> Row | None:
    """A question with all that is shown of it, by what its buttons carry."""
    return await db.one(f"{_SHOWN} WHERE a.token = %(token)s", {"token": token})


async def by_id(db: Database, ask: int) -> Row | None:
    """A question as ``by_token`` gives it."""
    return await db.one(f"{_SHOWN} WHERE a.id = %(ask)s", {"ask": ask})


async def by_thread(db: Database, workspace: int, channel: str, ts: str) -> Row | None:
    """The question whose thread this is."""
    return await db.one(
        f"{_SHOWN} WHERE a.workspace_id = %(workspace)s AND a.slack_channel = %(channel)s AND a.ts = %(ts)s",
        {"workspace": workspace, "channel": channel, "ts": ts},
    )


async def said(db: Database, answer: int) -> Row | None:
    """What a department said: kind, text, author, author_name, later."""
    return await db.one(
        "SELECT kind, text, author, author_name, later FROM ask_answers WHERE id = %(id)s", {"id": answer}
    )


async def wants_draft(tx: Connection, ask: Row, without: Collection[str]) -> str | None:
    """Who is to see a draft now that a question was answered: who asked, or owns the case; None for nobody.

    While other answers are due, the case is closed, or somebody is writing already, nobody does; nor in cases
    of the processes ``without`` one.
    """
    cursor = await tx.execute(_WANTS_DRAFT, {"ask": ask["id"], "without": list(without)})
    row = await cursor.fetchone()
    return row["member"] if row else None


async def lock(tx: Connection, token: UUID) -> Row | None:
    """Lock the case of a question, then the question; it with the case's ``status``, None without one."""
    while True:
        cursor = await tx.execute(_LOCK_CASE, {"token": token})
        case = await cursor.fetchone()
        cursor = await tx.execute(_LOCK, {"token": token})
        ask = await cursor.fetchone()
        if ask is None or (case is not None and case["id"] == ask["case_id"]):
            return ask


async def confirm(tx: Connection, ask: Row, now: datetime) -> bool:
    """Have a proposed question posted, and its case wait; False when it was confirmed already."""
    cursor = await tx.execute(_OPEN, {"ask": ask["id"], "now": now})
    if await cursor.fetchone() is None:
        return False
    await post(tx, ask, now)
    return True


async def post(tx: Connection, ask: Row, now: datetime, *, call: bool = False) -> None:
    """Have an open question posted; with ``call`` its line in the case's thread mentions the owner."""
    await tx.execute(_POST, {"ask": ask["id"]})
    await line(tx, ask["id"], {"event": "asked", "ask": ask["id"]}, call=call)
    detail = {"department": ask["department_name"]} | await _status(tx, _WAIT, ask, "waiting_department")
    await _show(tx, ask["id"], "ask.asked", ask["asked_by"], detail, now)


async def discard(tx: Connection, ask: Row) -> bool:
    """Forget a proposed question; False when it is none any more."""
    cursor = await tx.execute(
        "UPDATE asks SET state = 'discarded' WHERE id = %(ask)s AND state = 'proposed' RETURNING id",
        {"ask": ask["id"]},
    )
    return await cursor.fetchone() is not None


async def take(tx: Connection, ask: Row, actor: Actor, now: datetime) -> bool:
    """Note who looks after an open question; False when they do already."""
    cursor = await tx.execute(
        """UPDATE asks SET taken_by = %(actor)s, taken_at = %(now)s
           WHERE id = %(ask)s AND state = 'open' AND taken_by IS DISTINCT FROM %(actor)s RETURNING id""",
        {"ask": ask["id"], "actor": actor.id, "now": now},
    )
    if await cursor.fetchone() is None:
        return False
    detail = {"department": ask["department_name"]}
    await _show(tx, ask["id"], "ask.taken", actor.id, detail, now)
    return True


async def say(
    tx: Connection, ask: Row, kind: str, text: str, parts: int, actor: Actor, key: str, now: datetime
) -> bool:
    """Keep an answer, or what must be known first, and show it in the case's thread in ``parts`` posts.

    The first answer ends the question; with the last open one of its case that is open again. False when
    the same (``key``) was said already.
    """
    params = {
        "ask": ask["id"],
        "kind": kind,
        "text": text,
        "actor": actor.id,
        "actor_name": actor.name,
        "key": key,
        "now": now,
    }
    cursor = await tx.execute(_SAY, params)
    row = await cursor.fetchone()
    if row is None:
        return False
    payload = {"event": kind, "ask": ask["id"], "answer": row["id"]}
    await line(tx, ask["id"], payload, parts=parts, call=True)
    detail = {"department": ask["department_name"]}
    if kind == ANSWER:
        await tx.execute(_ANSWERED, {"ask": ask["id"], "actor": actor.id, "now": now})
        if not row["later"]:
            detail |= await _status(tx, _SETTLE, ask, "open")
    action = "ask.answered" if kind == ANSWER else "ask.need_more"
    await _show(tx, ask["id"], action, actor.id, detail, now)
    return True


async def later(tx: Connection, ask: Row, at: datetime, why: str, actor: Actor, now: datetime) -> bool:
    """Note by when a department means to answer, and why not before; False when it has said that already."""
    cursor = await tx.execute(_LATER, {"ask": ask["id"], "later": at, "why": why})
    if await cursor.fetchone() is None:
        return False
    payload = {"event": "later", "ask": ask["id"], "by": actor.id, "at": at.isoformat(), "why": why}
    await line(tx, ask["id"], payload, call=True)
    await _show(tx, ask["id"], "ask.later", actor.id, {"department": ask["department_name"]}, now)
    return True


async def reroute(
    tx: Connection, ask: Row, department: str, name: str, channel: str, actor: Actor, now: datetime
) -> bool:
    """Ask another department instead; False when the question is not open any more."""
    params = {
        "ask": ask["id"],
        "department": department,
        "name": name,
        "channel": channel,
        "actor": actor.id,
        "now": now,
    }
    cursor = await tx.execute(_REROUTE, params)
    row = await cursor.fetchone()
    if row is None:
        return False
    await tx.execute(_POST, {"ask": row["id"]})
    await line(tx, ask["id"], {"event": "rerouted", "ask": ask["id"]})
    detail = {"department": ask["department_name"], "to_department": name}
    await _show(tx, ask["id"], "ask.rerouted", actor.id, detail, now)
    return True


async def move(tx: Connection, case: int, into: int) -> list[int]:
    """What was asked about a case belongs to the one that it goes on in; the caller holds both locks.

    Returns the ids of the questions.
    """
    cursor = await tx.execute(_MOVE.encode(), {"case": case, "into": into})
    return [row["id"] for row in await cursor.fetchall()]


async def move_back(tx: Connection, questions: Sequence[int], case: int, into: int) -> None:
    """These questions, which ``move`` brought to ``case``, are about ``into`` again."""
    await tx.execute(_MOVE_BACK.encode(), {"asks": list(questions), "case": case, "into": into})


async def _status(tx: Connection, statement: str, ask: Row, status: str) -> dict[str, str]:
    cursor = await tx.execute(statement.encode(), {"case": ask["case_id"]})
    return {"status": status} if await cursor.fetchone() is not None else {}


async def line(
    tx: Connection, ask: int, payload: dict[str, object], *, parts: int = 1, call: bool = False
) -> None:
    """Have the thread of a question's case say what happened; with ``call`` its last part calls the owner."""
    await tx.execute(_LINE, {"ask": ask, "payload": Jsonb(payload), "parts": parts, "call": call})


async def _show(
    tx: Connection, ask: int, action: str, actor: str, detail: dict[str, str], now: datetime
) -> None:
    params = {"ask": ask, "action": action, "actor": actor, "detail": Jsonb(detail), "now": now}
    await tx.execute(_SHOW, params)
