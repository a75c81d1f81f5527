"""Looks at new cases: who takes which, what they found, what people said, what can be learnt from that.

Everybody locks the conversation first, then the case, then its row here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from cases.actor import Actor
from cases.enums import Priority
from cases.routing import Routed
from cases.triage import CALM, GENERAL, LONGEST_CALM, NEW, NOBODY_ELSE, Claim, Look
from storage.calls import SHOW_CARD
from storage.db import Connection, Database
from storage.merged import WITH_MERGED

LEASE = timedelta(minutes=2)
"""Longer than the longest look: a model's piece of work ends after one minute."""
MOST_ROUTED = 2_000
_TURNS, _TURN = 12, 4_000
"""Messages, and characters of one, that are looked at."""

# Cases that are not new, or about which there is nothing to find out, are passed over by an index of open
# ones by their time; each of the few others costs two look-ups.
CLAIM = """
INSERT INTO triage (workspace_id, case_id, tries, claimed_at)
SELECT k.workspace_id, k.id, 1, clock_timestamp()
FROM cases k JOIN conversations v ON v.id = k.conversation_id LEFT JOIN triage t ON t.case_id = k.id
WHERE k.status <> 'closed' AND k.opened_at > %(since)s AND k.opened_at <= %(now)s
  AND v.case_id = k.id AND v.last_in_seq > coalesce(t.through, 0)
  AND (t.id IS NULL
       OR (NOT t.sure AND t.corrected_to IS NULL AND t.tries < %(most)s
           AND (t.claimed_at IS NULL OR t.claimed_at < clock_timestamp() - %(lease)s)))
  AND (k.last_customer_at <= %(calm)s
       OR (SELECT min(m.created_at) FROM messages m
           WHERE m.case_id = k.id AND m.direction = 'in'
             AND m.created_at > coalesce(t.at, '-infinity')) <= %(overdue)s)
ORDER BY k.opened_at LIMIT %(limit)s
FOR NO KEY UPDATE OF k SKIP LOCKED
ON CONFLICT (case_id) DO UPDATE SET tries = triage.tries + 1, claimed_at = clock_timestamp()
WHERE NOT triage.sure AND triage.corrected_to IS NULL AND triage.tries < %(most)s
  AND (triage.claimed_at IS NULL OR triage.claimed_at < clock_timestamp() - %(lease)s)
RETURNING case_id, workspace_id, tries, claimed_at,
          (SELECT v.last_in_seq FROM cases k JOIN conversations v ON v.id = k.conversation_id
           WHERE k.id = triage.case_id) AS through
"""

_GIVE_BACK = """
UPDATE triage SET claimed_at = NULL, tries = tries - 1
WHERE case_id = %(case)s AND claimed_at = %(claimed)s
"""

# For the first few of all messages in order, the planner would walk through those of every case.
_TURNS_OF = f"""
WITH m AS MATERIALIZED (
    SELECT id, left(text, %(size)s) AS text FROM messages
    WHERE case_id = {WITH_MERGED} AND direction = 'in' AND deleted_at IS NULL
)
SELECT text FROM m ORDER BY id LIMIT %(turns)s
"""

_LOCK_CONVERSATION = """
SELECT v.id FROM conversations v JOIN cases k ON k.conversation_id = v.id WHERE k.id = %(case)s
FOR NO KEY UPDATE OF v
"""
_LOCK_CASE = "SELECT id FROM cases WHERE id = %(case)s FOR NO KEY UPDATE"

_KEEP = """
UPDATE triage t
SET through = %(through)s, claimed_at = NULL, department = %(department)s, department_name = %(name)s,
    confidence = %(confidence)s, sure = %(sure)s, asks = %(asks)s, process = %(process)s,
    priority = %(priority)s, language = %(language)s, by = %(by)s, prompt = %(prompt)s, model = %(model)s,
    at = %(now)s
FROM triage o
WHERE o.id = t.id AND t.case_id = %(case)s AND t.claimed_at = %(claimed)s
RETURNING (t.asks OR t.sure OR o.asks)
          AND ROW(o.asks, o.sure, CASE WHEN o.sure THEN o.confidence END, o.model) IS DISTINCT FROM
              ROW(t.asks, t.sure, CASE WHEN t.sure THEN t.confidence END, t.model) AS changed
"""

_SHOW = f"""
WITH k AS (SELECT id, workspace_id, slack_channel FROM cases WHERE id = %(case)s), {SHOW_CARD}
SELECT id FROM k
"""

# What a person has said is never changed.
_PRIORITY = f"""
WITH k AS (
    UPDATE cases SET priority = %(priority)s
    WHERE id = %(case)s AND priority = 'normal'
      AND NOT EXISTS (SELECT FROM audit a WHERE a.case_id = %(case)s AND a.action = 'case.priority')
    RETURNING id, workspace_id, slack_channel
), {SHOW_CARD}
INSERT INTO audit (workspace_id, at, actor, action, case_id, detail)
SELECT workspace_id, %(now)s, 'copilot', 'case.priority', id,
       jsonb_build_object('priority', %(priority)s::text)
FROM k
"""

_PROCESS = f"""
WITH k AS (
    UPDATE cases SET process_type = %(process)s
    WHERE id = %(case)s AND process_type = %(general)s AND process_type <> %(process)s
      AND NOT EXISTS (SELECT FROM audit a WHERE a.case_id = %(case)s AND a.action = 'case.process')
    RETURNING id, workspace_id, slack_channel
), {SHOW_CARD}
INSERT INTO audit (workspace_id, at, actor, action, case_id, detail)
SELECT workspace_id, %(now)s, 'copilot', 'case.process', id, jsonb_build_object('process', %(name)s::text)
FROM k
"""

_CHOOSE_PROCESS = f"""
WITH k AS (
    UPDATE cases SET process_type = %(process)s WHERE id = %(case)s AND process_type <> %(process)s
    RETURNING id, workspace_id, slack_channel
), {SHOW_CARD}
INSERT INTO audit (workspace_id, at, actor, action, case_id, detail)
SELECT workspace_id, %(now)s, %(actor)s, 'case.process', id,
       jsonb_build_object('process', %(name)s::text)
FROM k RETURNING id
"""

_LANGUAGE = f"""
WITH v AS (
    UPDATE conversations v SET language = %(language)s FROM cases k
    WHERE k.id = %(case)s AND v.id = k.conversation_id AND v.language IS NULL
    RETURNING k.id, k.workspace_id, k.slack_channel
), k AS (SELECT * FROM v), {SHOW_CARD}
INSERT INTO audit (workspace_id, at, actor, action, case_id, detail)
SELECT workspace_id, %(now)s, 'copilot', 'case.language', id,
       jsonb_build_object('language', %(language)s::text)
FROM k
"""

# Whoever looks at it meanwhile has lost it. A department that is asked after all is whom the case needed.
_CHOOSE = """
INSERT INTO triage (workspace_id, case_id, corrected_to, corrected_by, corrected_at)
SELECT workspace_id, id, %(department)s, %(actor)s, %(now)s FROM cases WHERE id = %(case)s
ON CONFLICT (case_id) DO UPDATE
SET corrected_to = excluded.corrected_to, corrected_by = excluded.corrected_by,
    corrected_at = excluded.corrected_at, claimed_at = NULL
WHERE triage.corrected_to IS NULL
      OR ((%(anew)s OR triage.corrected_to = %(nobody)s) AND triage.corrected_to <> excluded.corrected_to)
RETURNING id
"""

# A case that needs another department as well keeps the one that was chosen for it.
_REROUTE = """
UPDATE triage SET corrected_to = %(to)s, corrected_by = %(actor)s, corrected_at = %(now)s,
                  department = coalesce(department, %(was)s)
WHERE case_id = %(case)s AND corrected_to = %(was)s
"""

_SAY = f"""
WITH k AS (SELECT id, workspace_id, slack_channel FROM cases WHERE id = %(case)s), {SHOW_CARD}
INSERT INTO audit (workspace_id, at, actor, action, case_id, detail)
SELECT workspace_id, %(now)s, %(actor)s, 'case.department', id,
       jsonb_build_object('department', %(name)s::text)
FROM k
"""

_ROUTED = """
SELECT t.corrected_to AS label, coalesce(t.department, '') AS suggested,
       NOT t.sure OR t.department <> t.corrected_to AS corrected,
       ARRAY(SELECT left(m.text, %(size)s) FROM messages m
             WHERE m.case_id = t.case_id AND m.direction = 'in' AND m.deleted_at IS NULL
               AND m.created_at <= t.corrected_at
             ORDER BY m.id LIMIT %(turns)s) AS turns
FROM triage t
WHERE t.workspace_id = %(workspace)s AND t.corrected_to IS NOT NULL AND t.corrected_to <> %(nobody)s
ORDER BY t.corrected_at DESC LIMIT %(most)s
"""

_NEWEST = """
SELECT count(*) AS count, max(corrected_at) AS at FROM triage
WHERE workspace_id = %(workspace)s AND corrected_to IS NOT NULL AND corrected_to <> %(nobody)s
"""

_UNTOUCHED = """
SELECT k.id FROM cases k JOIN conversations v ON v.id = k.conversation_id
WHERE k.id = %(case)s AND k.status <> 'closed' AND v.channel <> 'internal' AND k.last_reply_at IS NULL
  AND NOT EXISTS (SELECT FROM drafts d WHERE d.case_id = k.id AND d.created_by <> 'copilot'
                  AND d.state IN ('preview', 'approved'))
"""


def claim_params(now: datetime, most: int, *, limit: int = 4, lease: timedelta = LEASE) -> dict[str, object]:
    """The parameters of ``CLAIM``."""
    return {
        "now": now,
        "since": now - NEW,
        "calm": now - CALM,
        "overdue": now - LONGEST_CALM,
        "most": most,
        "lease": lease,
        "limit": limit,
    }


async def claim(
    db: Database, now: datetime, most: int, *, limit: int = 4, lease: timedelta = LEASE
) -> list[Claim]:
    """Take new cases about which there is something to find out, the oldest first; ``now`` is business time.

    One that has been looked at ``most`` times is left alone.
    """
    rows = await db.fetch(CLAIM, claim_params(now, most, limit=limit, lease=lease))
    return [
        Claim(row["case_id"], row["workspace_id"], row["tries"], row["through"], row["claimed_at"])
        for row in rows
    ]


async def give_back(db: Database, claim: Claim) -> None:
    """Leave a case that was claimed to others, as if it had not been."""
    await db.fetch(_GIVE_BACK, {"case": claim.case_id, "claimed": claim.at})


async def turns(db: Database, case: int) -> list[str]:
    """What the customer of a case wrote: the first messages, each cut off where it gets long."""
    rows = await db.fetch(_TURNS_OF, {"case": case, "turns": _TURNS, "size": _TURN})
    return [row["text"] for row in rows]


async def lock(tx: Connection, case: int) -> None:
    """Lock a case as everybody does who adds to it."""
    await tx.execute(_LOCK_CASE, {"case": case})


async def keep(tx: Connection, claim: Claim, look: Look, now: datetime) -> bool:
    """Write down what a look found, and have the card show it; False when it is somebody else's by now."""
    await tx.execute(_LOCK_CONVERSATION, {"case": claim.case_id})
    await lock(tx, claim.case_id)
    params = {
        "case": claim.case_id,
        "claimed": claim.at,
        "through": claim.through,
        "department": look.department,
        "name": look.department_name or None,
        "confidence": look.confidence,
        "sure": look.sure,
        "asks": look.asks,
        "process": look.process,
        "priority": look.priority,
        "language": look.language,
        "by": look.by,
        "prompt": look.prompt,
        "model": look.model,
        "now": now,
    }
    cursor = await tx.execute(_KEEP, params)
    kept = await cursor.fetchone()
    if kept is not None and kept["changed"]:
        await tx.execute(_SHOW.encode(), {"case": claim.case_id})
    return kept is not None


async def raise_priority(tx: Connection, case: int, priority: Priority, now: datetime) -> None:
    """Raise the priority of a case of which nobody has said one."""
    await tx.execute(_PRIORITY.encode(), {"case": case, "priority": priority, "now": now})


async def set_process(tx: Connection, case: int, process: str, name: str, now: datetime) -> None:
    """Say what a case is about, where nobody has."""
    params = {"case": case, "process": process, "name": name, "now": now, "general": GENERAL}
    await tx.execute(_PROCESS.encode(), params)


async def set_language(tx: Connection, case: int, language: str, now: datetime) -> None:
    """Say in which language the customer reads, where that is not known."""
    await tx.execute(_LANGUAGE.encode(), {"case": case, "language": language, "now": now})


async def likeliest(db: Database, case: int) -> str | None:
    """The key of the department that a person chose, or that is the likeliest, sure or not."""
    row = await db.one(
        "SELECT coalesce(corrected_to, department) AS key FROM triage WHERE case_id = %(case)s",
        {"case": case},
    )
    return row["key"] if row else None


async def untouched(tx: Connection, case: int) -> bool:
    """Whether the customer of an open case waits for a first answer that nobody is writing yet."""
    cursor = await tx.execute(_UNTOUCHED, {"case": case})
    return await cursor.fetchone() is not None


async def choose(
    tx: Connection, case: int, department: str, actor: Actor, now: datetime, *, anew: bool = False
) -> bool:
    """Note the department that a person chose; with ``anew`` also after another one. False = as it was."""
    params = {"case": case, "department": department, "actor": actor.id, "now": now}
    params |= {"anew": anew, "nobody": NOBODY_ELSE}
    cursor = await tx.execute(_CHOOSE, params)
    return await cursor.fetchone() is not None


async def reroute(tx: Connection, case: int, was: str, to: str, actor: Actor, now: datetime) -> None:
    """Note that the department ``was`` passed a case's question on: it needed another one."""
    await tx.execute(_REROUTE, {"case": case, "was": was, "to": to, "actor": actor.id, "now": now})


async def say(tx: Connection, case: int, name: str, actor: Actor, now: datetime) -> None:
    """Have the card and the log follow what a person chose."""
    await tx.execute(_SAY.encode(), {"case": case, "name": name, "actor": actor.id, "now": now})


async def choose_process(
    db: Database, case: int, process: str, name: str, actor: Actor, now: datetime
) -> bool:
    """Change what a case is about; False when it is that already."""
    params = {"case": case, "process": process, "name": name, "actor": actor.id, "now": now}
    return await db.one(_CHOOSE_PROCESS, params) is not None


async def routed(db: Database, workspace: int) -> list[Routed]:
    """Conversations of which people said whom they needed, as they were then; the newest, at most 2,000."""
    params = {
        "workspace": workspace,
        "most": MOST_ROUTED,
        "turns": _TURNS,
        "size": _TURN,
        "nobody": NOBODY_ELSE,
    }
    return [
        Routed(tuple(row["turns"]), row["label"], row["corrected"], row["suggested"])
        for row in await db.fetch(_ROUTED, params)
    ]


@dataclass(frozen=True, slots=True)
class Newest:
    """How much people have said: another value means that there is something to learn."""

    count: int
    at: datetime | None


async def newest(db: Database, workspace: int) -> Newest:
    """How much there is to learn from in a workspace."""
    row = await db.one(_NEWEST, {"workspace": workspace, "nobody": NOBODY_ELSE})
    assert row is not None
    return Newest(row["count"], row["at"])
