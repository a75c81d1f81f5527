"""What departments are told of customers, and the digests in which they read it."""

from __future__ import annotations

from datetime import date, datetime

from cases.actor import Actor
from storage.db import Connection, Database, Row

MOST = 20
"""Notes of one digest: two blocks each, of the 50 that a message has (Slack)."""

_ADD = """
WITH t AS (
    INSERT INTO tellings (workspace_id, case_id, request_key, department, text, told_by, told_by_name,
                          told_at)
    SELECT workspace_id, id, %(key)s, %(department)s, %(text)s, %(actor)s, %(actor_name)s, %(now)s
    FROM cases WHERE id = %(case)s
    ON CONFLICT (workspace_id, request_key) DO NOTHING RETURNING workspace_id, case_id
)
INSERT INTO audit (workspace_id, at, actor, action, case_id, detail)
SELECT workspace_id, %(now)s, %(actor)s, 'department.told', case_id,
       jsonb_build_object('department', %(name)s::text)
FROM t RETURNING id
"""

_OWN = """
WITH own AS (
    SELECT c.workspace_id, c.name, c.external_id
    FROM customers c JOIN cases k ON k.customer_id IN (c.id, c.merged_into)
    WHERE k.id = %(case)s
)
SELECT ARRAY(SELECT name FROM own WHERE name <> '') AS names,
       ARRAY(SELECT external_id FROM own WHERE external_id = ANY(%(words)s)
             UNION SELECT o.external_id FROM orders o
             JOIN own ON o.workspace_id = own.workspace_id AND o.customer_external_id = own.external_id
             WHERE o.external_id = ANY(%(words)s)) AS numbers
"""

# One replica takes the notes; the day's uniqueness keeps another from making a second digest of later ones.
_SEND = """
WITH w AS (
    SELECT id FROM tellings
    WHERE workspace_id = %(workspace)s AND department = %(department)s AND digest_id IS NULL
      AND told_at < %(before)s
), t AS (
    SELECT id, case_id FROM tellings WHERE id IN (SELECT id FROM w) AND digest_id IS NULL
    ORDER BY told_at, id LIMIT %(most)s
    FOR UPDATE SKIP LOCKED
), g AS (
    INSERT INTO digests (workspace_id, department, department_name, slack_channel, day, left_over, created_at)
    SELECT %(workspace)s, %(department)s, %(name)s, %(channel)s, %(day)s,
           (SELECT count(*) FROM w) - (SELECT count(*) FROM t), %(now)s
    WHERE EXISTS (SELECT FROM t)
    ON CONFLICT (workspace_id, department, day) DO NOTHING
    RETURNING id
), u AS (
    UPDATE tellings SET digest_id = g.id FROM g, t WHERE tellings.id = t.id
)
INSERT INTO outbox (workspace_id, slack_channel, case_id, digest_id, kind, author)
SELECT %(workspace)s, %(channel)s, (SELECT case_id FROM t ORDER BY id LIMIT 1), g.id, 'digest', 'app' FROM g
RETURNING id
"""


async def add(
    tx: Connection, case: int, department: str, name: str, text: str, actor: Actor, key: str, now: datetime
) -> bool:
    """Keep what a department is told; False when the same (``key``) was kept before."""
    params = {
        "case": case,
        "department": department,
        "name": name,
        "text": text,
        "actor": actor.id,
        "actor_name": actor.name,
        "key": key,
        "now": now,
    }
    return await (await tx.execute(_ADD, params)).fetchone() is not None


async def own(tx: Connection, case: int, words: list[str]) -> Row:
    """Who the customer of a case is: their ``names``, and which ``words`` are ``numbers`` of theirs."""
    row = await (await tx.execute(_OWN, {"case": case, "words": words})).fetchone()
    assert row is not None
    return row


async def waiting(db: Database, workspace: int) -> set[str]:
    """The keys of the departments that have something to read."""
    rows = await db.fetch(
        "SELECT DISTINCT department FROM tellings WHERE workspace_id = %(workspace)s AND digest_id IS NULL",
        {"workspace": workspace},
    )
    return {row["department"] for row in rows}


async def send(
    db: Database,
    workspace: int,
    department: str,
    name: str,
    channel: str,
    day: date,
    before: datetime,
    now: datetime,
) -> bool:
    """Have a department's digest of ``day`` posted with what was told ``before``, the oldest first.

    False without anything to tell, and when that day has one.
    """
    params = {
        "workspace": workspace,
        "department": department,
        "name": name,
        "channel": channel,
        "day": day,
        "before": before,
        "now": now,
        "most": MOST,
    }
    return await db.one(_SEND, params) is not None


async def digest(db: Database, digest: int) -> Row:
    """For which department a digest is, and how much is ``left_over``."""
    row = await db.one("SELECT department_name, left_over FROM digests WHERE id = %(id)s", {"id": digest})
    assert row is not None
    return row


async def of_digest(db: Database, digest: int) -> list[Row]:
    """What stands in a digest, in order, each with the number of its case."""
    return await db.fetch(
        """SELECT t.text, t.told_by, k.number FROM tellings t JOIN cases k ON k.id = t.case_id
           WHERE t.digest_id = %(id)s ORDER BY t.told_at, t.id""",
        {"id": digest},
    )
