"""One text for the customers of many cases: what was shown, and what became of it for each."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from psycopg.types.json import Jsonb

from storage.db import Connection, Database, Row

# Why a case is left out; whoever has two cases in one conversation gets the text once.
_WHY = """WHEN k.merged_into IS NOT NULL THEN 'merged' WHEN k.status = 'closed' THEN 'closed'
            WHEN v.channel = 'internal' THEN 'no_channel'"""

_PREPARE = f"""
WITH m AS (
    INSERT INTO mailings (workspace_id, problem_id, kind, body, created_by, created_by_name, created_at)
    SELECT workspace_id, id, %(kind)s, %(body)s, %(actor)s, %(name)s, %(now)s FROM problems
    WHERE id = %(problem)s RETURNING id, workspace_id, problem_id, token
), r AS (
    SELECT k.id, k.conversation_id, v.last_in_seq, CASE {_WHY} END AS why
    FROM m JOIN problem_cases pc ON pc.problem_id = m.problem_id AND pc.active
    JOIN cases k ON k.id = pc.case_id JOIN conversations v ON v.id = k.conversation_id
), c AS (
    INSERT INTO mailing_cases (workspace_id, mailing_id, case_id, conversation_id, seen_seq, left_out)
    SELECT m.workspace_id, m.id, r.id, r.conversation_id, r.last_in_seq,
           CASE WHEN r.why IS NULL
                     AND row_number() OVER (PARTITION BY r.conversation_id, r.why ORDER BY r.id DESC) > 1
                THEN 'twice' ELSE r.why END
    FROM m, r
)
SELECT token FROM m
"""

_CHECKED = f"""
SELECT mc.id, mc.case_id, mc.conversation_id, mc.seen_seq,
       CASE WHEN NOT EXISTS (SELECT FROM problem_cases pc WHERE pc.case_id = k.id AND pc.active
                             AND pc.problem_id = %(problem)s) THEN 'removed'
            WHEN k.conversation_id <> mc.conversation_id AND k.merged_into IS NULL THEN 'moved'
            {_WHY}
            WHEN v.last_in_seq > mc.seen_seq THEN 'wrote'
            WHEN %(closing)s AND EXISTS (SELECT FROM drafts d WHERE d.case_id = k.id AND d.kind = 'closing'
                                         AND d.state = 'approved') THEN 'closing'
       END AS why
FROM mailing_cases mc JOIN cases k ON k.id = mc.case_id JOIN conversations v ON v.id = k.conversation_id
WHERE mc.mailing_id = %(mailing)s AND mc.left_out IS NULL ORDER BY mc.case_id
"""

_SHOWN = """
SELECT k.number, u.name AS customer, v.channel, v.site, mc.left_out
FROM mailing_cases mc JOIN cases k ON k.id = mc.case_id JOIN customers u ON u.id = k.customer_id
JOIN conversations v ON v.id = mc.conversation_id
WHERE mc.mailing_id = %(mailing)s ORDER BY k.id
"""

_COLUMNS = "id, workspace_id, problem_id, token, kind, body, state, created_by, created_by_name"


async def prepare(
    tx: Connection, problem: int, kind: str, body: str, actor: str, name: str, now: datetime
) -> UUID:
    """Keep a text and to whom it would go, for a person to approve."""
    params = {"problem": problem, "kind": kind, "body": body, "actor": actor, "name": name, "now": now}
    cursor = await tx.execute(_PREPARE.encode(), params)
    row = await cursor.fetchone()
    assert row is not None
    token: UUID = row["token"]
    return token


async def lock(tx: Connection, token: UUID) -> Row | None:
    """A mailing, held until the end of the transaction, with the ``problem`` it belongs to (a token)."""
    cursor = await tx.execute(
        f"""SELECT {_COLUMNS}, (SELECT p.token FROM problems p WHERE p.id = problem_id) AS problem
            FROM mailings WHERE token = %(token)s FOR UPDATE""".encode(),
        {"token": token},
    )
    return await cursor.fetchone()


async def by_token(db: Database, token: UUID) -> Row | None:
    """The mailing of a button."""
    return await db.one(f"SELECT {_COLUMNS} FROM mailings WHERE token = %(token)s", {"token": token})


async def shown(db: Database, mailing: int) -> list[Row]:
    """Each case with its customer and channel, and why it is left out if it is."""
    return await db.fetch(_SHOWN, {"mailing": mailing})


async def recipients(tx: Connection, mailing: int) -> tuple[list[int], list[int]]:
    """The cases and the conversations that it would go to."""
    cursor = await tx.execute(
        """SELECT case_id, conversation_id FROM mailing_cases
           WHERE mailing_id = %(mailing)s AND left_out IS NULL""",
        {"mailing": mailing},
    )
    rows = await cursor.fetchall()
    return [row["case_id"] for row in rows], [row["conversation_id"] for row in rows]


async def checked(tx: Connection, mailing: Row) -> list[Row]:
    """Each recipient by case, with ``why`` it cannot go to them now; the cases are locked."""
    closing = mailing["kind"] == "closing"
    params = {"mailing": mailing["id"], "problem": mailing["problem_id"], "closing": closing}
    cursor = await tx.execute(_CHECKED.encode(), params)
    return await cursor.fetchall()


async def leave_out(tx: Connection, recipient: int, why: str) -> None:
    """Nothing goes to this one."""
    await tx.execute(
        "UPDATE mailing_cases SET left_out = %(why)s WHERE id = %(id)s", {"id": recipient, "why": why}
    )


async def give(tx: Connection, recipient: int, draft: int) -> None:
    """The text goes to this one as that draft."""
    await tx.execute(
        "UPDATE mailing_cases SET draft_id = %(draft)s WHERE id = %(id)s", {"id": recipient, "draft": draft}
    )


async def approved(tx: Connection, mailing: Row, actor: str, sent: int, now: datetime) -> None:
    """Note that it was approved, for how many cases."""
    await tx.execute(
        """WITH m AS (UPDATE mailings SET state = 'approved', approved_at = %(now)s WHERE id = %(id)s)
           INSERT INTO audit (workspace_id, at, actor, action, detail)
           VALUES (%(workspace)s, %(now)s, %(actor)s, 'mailing.approved', %(detail)s)""",
        {
            "id": mailing["id"],
            "workspace": mailing["workspace_id"],
            "actor": actor,
            "now": now,
            "detail": Jsonb({"mailing": mailing["id"], "problem": mailing["problem_id"], "cases": sent}),
        },
    )


async def under_way(tx: Connection, mailing: int) -> list[UUID]:
    """The drafts of it that wait for the end of their undo window."""
    cursor = await tx.execute(
        """SELECT d.uuid FROM mailing_cases mc JOIN drafts d ON d.id = mc.draft_id
           WHERE mc.mailing_id = %(mailing)s AND d.state = 'approved' ORDER BY d.id FOR UPDATE OF d""",
        {"mailing": mailing},
    )
    return [row["uuid"] for row in await cursor.fetchall()]


async def newest(db: Database, problem: int) -> Row | None:
    """The last text that was approved for a problem."""
    return await db.one(
        f"""SELECT {_COLUMNS} FROM mailings WHERE problem_id = %(problem)s AND state = 'approved'
            ORDER BY id DESC LIMIT 1""",
        {"problem": problem},
    )


async def left_out(tx: Connection, mailing: int) -> list[str]:
    """Why recipients are left out."""
    cursor = await tx.execute(
        """SELECT left_out FROM mailing_cases WHERE mailing_id = %(mailing)s AND left_out IS NOT NULL""",
        {"mailing": mailing},
    )
    return [row["left_out"] for row in await cursor.fetchall()]
