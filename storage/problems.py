"""Problems: one cause behind many cases. Callers lock the problem first, then its cases."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from psycopg.types.json import Jsonb

from storage.calls import SHOW_CARD
from storage.db import Connection, Database, Row

_CREATE = """
WITH w AS (
    UPDATE workspaces SET last_problem_number = last_problem_number + 1
    WHERE id = %(workspace)s AND NOT EXISTS (
        SELECT FROM problems WHERE workspace_id = %(workspace)s AND request_key = %(key)s)
    RETURNING id, last_problem_number
)
INSERT INTO problems (workspace_id, number, title, request_key, created_by, created_at)
SELECT id, last_problem_number, %(title)s, %(key)s, %(actor)s, %(now)s FROM w
ON CONFLICT (workspace_id, request_key) DO NOTHING
RETURNING id, number, token, title, solved_at
"""

_CARDS = f"""k AS (
    SELECT c.id, c.workspace_id, c.slack_channel FROM cases c JOIN p ON p.case_id = c.id ORDER BY c.id
), {SHOW_CARD}"""

_SAID = f"""{_CARDS}, o AS (
    INSERT INTO outbox (workspace_id, slack_channel, case_id, kind, author, payload)
    SELECT workspace_id, slack_channel, id, 'notice', 'app', %(payload)s FROM k
), x AS (
    INSERT INTO audit (workspace_id, at, actor, action, case_id, detail)
    SELECT workspace_id, %(now)s, %(actor)s, %(action)s, id, %(payload)s FROM k
)"""

_ADD = f"""
WITH p AS (
    INSERT INTO problem_cases (workspace_id, problem_id, case_id, added_by, added_at)
    SELECT workspace_id, %(problem)s, id, %(actor)s, %(now)s FROM cases WHERE id = %(case)s
    ON CONFLICT DO NOTHING RETURNING case_id
), {_SAID}
SELECT case_id FROM p
"""

_REMOVE = f"""
WITH p AS (
    DELETE FROM problem_cases WHERE problem_id = %(problem)s AND case_id = %(case)s AND active
    RETURNING case_id
), {_SAID}
SELECT case_id FROM p
"""

_SOLVE = f"""
WITH s AS (
    UPDATE problems SET solved_at = %(now)s, solved_by = %(actor)s
    WHERE id = %(problem)s AND solved_at IS NULL RETURNING id, number
), p AS (
    UPDATE problem_cases SET active = false FROM s WHERE problem_id = s.id AND active RETURNING case_id
), {_CARDS}, x AS (
    INSERT INTO audit (workspace_id, at, actor, action, case_id, detail)
    SELECT k.workspace_id, %(now)s, %(actor)s, 'case.problem_solved', k.id,
           jsonb_build_object('problem', s.number) FROM k, s
)
SELECT id FROM s
"""

# A case that found another problem in the meantime stays there.
_UNSOLVE = f"""
WITH s AS (
    UPDATE problems SET solved_at = NULL, solved_by = NULL
    WHERE id = %(problem)s AND solved_at IS NOT NULL RETURNING id
), p AS (
    UPDATE problem_cases m SET active = true FROM s
    WHERE m.problem_id = s.id
      AND NOT EXISTS (SELECT FROM problem_cases o WHERE o.case_id = m.case_id AND o.active)
    RETURNING m.case_id
), {_CARDS}
SELECT id FROM s
"""

_COLUMNS = "id, workspace_id, number, token, title, created_by, created_at, solved_by, solved_at"

_OPEN = """
SELECT p.id, p.number, p.token, p.title,
       (SELECT count(*) FROM problem_cases m WHERE m.problem_id = p.id) AS cases
FROM problems p WHERE p.workspace_id = %(workspace)s AND p.solved_at IS NULL
ORDER BY p.id DESC LIMIT 100
"""

_CASES = """
SELECT k.id, k.number, k.status, k.owner, u.name AS customer, v.channel, v.site,
       rtrim(w.url, '/') || '/archives/' || k.slack_channel || '/p' || replace(k.thread_ts, '.', '') AS url,
       mc.left_out, d.state AS draft, m.delivered_at, m.read_at
FROM problem_cases pc JOIN cases k ON k.id = pc.case_id JOIN workspaces w ON w.id = k.workspace_id
JOIN customers u ON u.id = k.customer_id JOIN conversations v ON v.id = k.conversation_id
LEFT JOIN mailing_cases mc ON mc.case_id = k.id AND mc.mailing_id = (
    SELECT max(id) FROM mailings WHERE problem_id = pc.problem_id AND state = 'approved')
LEFT JOIN drafts d ON d.id = mc.draft_id LEFT JOIN messages m ON m.id = d.message_id
WHERE pc.problem_id = %(problem)s ORDER BY k.id
"""


async def create(
    tx: Connection, workspace: int, title: str, key: str, actor: str, now: datetime
) -> Row | None:
    """A new problem; None when ``key`` asked for one before."""
    params = {"workspace": workspace, "title": title, "key": key, "actor": actor, "now": now}
    cursor = await tx.execute(_CREATE, params)
    return await cursor.fetchone()


async def lock(tx: Connection, token: UUID) -> Row | None:
    """A problem, held until the end of the transaction."""
    cursor = await tx.execute(
        f"SELECT {_COLUMNS} FROM problems WHERE token = %(token)s FOR UPDATE".encode(), {"token": token}
    )
    return await cursor.fetchone()


async def count(tx: Connection, problem: int) -> int:
    """How many cases it has."""
    cursor = await tx.execute(
        "SELECT count(*) AS n FROM problem_cases WHERE problem_id = %(id)s", {"id": problem}
    )
    row = await cursor.fetchone()
    return int(row["n"]) if row else 0


async def add(tx: Connection, problem: Row, case: int, actor: str, now: datetime) -> bool:
    """Make the case a part of the problem, said in its thread; False when it has one already."""
    cursor = await tx.execute(_ADD.encode(), _said(problem, "problem_joined", case, actor, now))
    return await cursor.fetchone() is not None


async def remove(tx: Connection, problem: Row, case: int, actor: str, now: datetime) -> bool:
    """Take the case out of the problem; False when it is not in it."""
    cursor = await tx.execute(_REMOVE.encode(), _said(problem, "problem_left", case, actor, now))
    return await cursor.fetchone() is not None


def _said(problem: Row, event: str, case: int, actor: str, now: datetime) -> dict[str, object]:
    payload = {"event": event, "by": actor, "problem": problem["number"], "title": problem["title"]}
    return {
        "problem": problem["id"],
        "case": case,
        "actor": actor,
        "now": now,
        "payload": Jsonb(payload),
        "action": f"case.{event}",
    }


async def solve(tx: Connection, problem: int, actor: str, now: datetime) -> bool:
    """The cause is gone; False when it was before."""
    cursor = await tx.execute(_SOLVE.encode(), {"problem": problem, "actor": actor, "now": now})
    return await cursor.fetchone() is not None


async def unsolve(tx: Connection, problem: int) -> None:
    """The problem is open again, as it was."""
    await tx.execute(_UNSOLVE.encode(), {"problem": problem})


async def by_token(db: Database, token: UUID) -> Row | None:
    """The problem of a button."""
    return await db.one(f"SELECT {_COLUMNS} FROM problems WHERE token = %(token)s", {"token": token})


async def by_number(db: Database, workspace: int, number: int) -> Row | None:
    """A problem by its reference."""
    return await db.one(
        f"SELECT {_COLUMNS} FROM problems WHERE workspace_id = %(workspace)s AND number = %(number)s",
        {"workspace": workspace, "number": number},
    )


async def of_case(db: Database, case: int) -> Row | None:
    """The open problem behind a case."""
    return await db.one(
        f"""SELECT {_COLUMNS} FROM problems
            WHERE id = (SELECT problem_id FROM problem_cases WHERE case_id = %(case)s AND active)""",
        {"case": case},
    )


async def waiting(db: Database, workspace: int) -> list[Row]:
    """The problems that are not solved, the newest first, at most 100, with how many ``cases`` they have."""
    return await db.fetch(_OPEN, {"workspace": workspace})


async def cases_of(db: Database, problem: int) -> list[Row]:
    """The cases of a problem, and what became of the last text for them."""
    return await db.fetch(_CASES, {"problem": problem})
