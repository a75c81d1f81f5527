"""What has to be done about cases, worked out anew when something changed.

Whatever changes a case leaves a row in ``rechecks`` in its commit (triggers do). Until that was looked at
nobody is reminded of the case, so that no reminder outlives its reason.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime

import structlog
from psycopg.types.json import Jsonb

from cases.duties import BEFORE, DUE, UNWARNED, Asked, Duty, Facts, Kind, Policy
from cases.enums import Channel, Status
from storage import promises
from storage.db import Connection, Database, Row
from storage.nudges import TRIED

MOST_RECHECKED = 100
_LOCK_SPACE = 0x6475
log = structlog.get_logger(__name__)
_Key = tuple[int, str, int]
"""Case, kind, and which one of it."""

_CHANGED = """
DELETE FROM rechecks WHERE id IN (
    SELECT id FROM rechecks WHERE workspace_id = %(workspace)s ORDER BY id LIMIT %(most)s
    FOR UPDATE SKIP LOCKED)
RETURNING case_id
"""

# Two that look at the same case do it one after the other: whoever is second knows more.
_ALONE = (
    "SELECT pg_advisory_xact_lock(%(space)s, id) FROM (SELECT unnest(%(cases)s::int[]) AS id ORDER BY 1) c"
)

# Open commitments are found by their case: the index of all open ones is for who looks by date.
_FACTS = f"""
SELECT k.id, k.workspace_id, k.process_type, k.status, k.opened_at, k.last_reply_at, v.channel,
       CASE WHEN k.owner IS NULL
            THEN coalesce((SELECT max(x.at) FROM audit x
                           WHERE x.case_id = k.id AND x.action = 'case.released'), k.opened_at)
            WHEN a.id IS NOT NULL AND a.cover IS NULL THEN a.created_at END AS nobody_since,
       (SELECT jsonb_agg(jsonb_build_array(x.at, x.detail ->> 'status') ORDER BY x.id)
        FROM audit x WHERE x.case_id = k.id AND x.detail ? 'status') AS log,
       (SELECT jsonb_build_array(p.id, p.told_at, p.date_at) FROM promises p
        WHERE p.case_id = k.id AND p.ended_at IS NULL ORDER BY p.id DESC LIMIT 1) AS told,
       (SELECT jsonb_agg(jsonb_build_array(c.id, c.made_at, c.due_at) ORDER BY c.id) FROM commitments c
        WHERE c.case_id = k.id AND c.state || '' = 'open') AS said,
       (SELECT jsonb_agg(jsonb_build_object('id', q.id, 'department', q.department, 'asked_at', q.asked_at,
                                            'due_on', q.due_on, 'later_at', q.later_at) ORDER BY q.id)
        FROM asks q WHERE q.case_id = k.id AND q.state = 'open') AS asked,
       (SELECT jsonb_agg(jsonb_build_array(d.id, d.created_at) ORDER BY d.id)
        FROM drafts d JOIN copilot_drafts c ON c.draft_id = d.id
        WHERE d.case_id = k.id AND d.state = 'preview') AS drafts,
       {TRIED} AS nudged
FROM cases k JOIN conversations v ON v.id = k.conversation_id
LEFT JOIN absences a ON a.workspace_id = k.workspace_id AND a.member = k.owner
WHERE k.id = ANY(%(cases)s::bigint[]) AND k.status <> 'closed'
"""

# Locked, so that who claims one of them is waited for, and the next statement sees what that left.
_KNOWN = "SELECT * FROM duties WHERE case_id = ANY(%(cases)s::bigint[]) ORDER BY id FOR UPDATE"

# Of what needs no doing any more, or not by then, the posts say so; what nobody has seen yet is not posted.
_FORGET = """
WITH l AS MATERIALIZED (
    SELECT id FROM reminders WHERE duty_id = ANY(%(duties)s::bigint[]) AND state = 'sent'
    ORDER BY id FOR UPDATE
), r AS (
    UPDATE reminders
    SET state = 'gone',
        gone_why = CASE WHEN k.status = 'closed' THEN 'closed'
                        WHEN duty_id = ANY(%(moved)s::bigint[]) THEN 'moved' ELSE 'settled' END
    FROM cases k, l WHERE reminders.id = l.id AND k.id = reminders.case_id
    RETURNING reminders.id, outbox_id, reminders.workspace_id, reminders.case_id
), o AS (
    DELETE FROM outbox o
    WHERE o.id IN (SELECT outbox_id FROM r) AND o.post_id IS NULL
      AND NOT EXISTS (SELECT FROM reminders s
                      WHERE s.outbox_id = o.id AND s.state = 'sent' AND s.id NOT IN (SELECT id FROM r))
    RETURNING o.id
), c AS (
    INSERT INTO slack_calls (workspace_id, slack_channel, case_id, kind, payload)
    SELECT DISTINCT r.workspace_id, b.slack_channel, r.case_id, 'reminder', jsonb_build_object('outbox', b.id)
    FROM r JOIN outbox b ON b.id = r.outbox_id WHERE b.id NOT IN (SELECT id FROM o)
)
DELETE FROM duties WHERE id = ANY(%(duties)s::bigint[])
"""

_KEEP = """
INSERT INTO duties (workspace_id, case_id, kind, ref, ask_id, since, due_at, at, base, stage, next_at,
                    nudge_at)
SELECT n.workspace_id, n.case_id, n.kind, n.ref, n.ask_id, n.since, n.due_at, n.at, n.base, n.base, n.at[1],
       n.nudge_at
FROM jsonb_to_recordset(%(rows)s) AS n (
    workspace_id bigint, case_id bigint, kind text, ref bigint, ask_id bigint, since timestamptz,
    due_at timestamptz, at timestamptz[], base bigint, nudge_at timestamptz)
ON CONFLICT (case_id, kind, ref) DO UPDATE
SET at = excluded.at, base = excluded.base, nudge_at = excluded.nudge_at,
    next_at = coalesce(duties.snoozed_until, excluded.at[1])
"""

_NEW_POLICY = """
WITH p AS (
    INSERT INTO policies_seen (workspace_id, fingerprint) VALUES (%(workspace)s, %(fingerprint)s)
    ON CONFLICT (workspace_id) DO UPDATE SET fingerprint = excluded.fingerprint
    WHERE policies_seen.fingerprint <> excluded.fingerprint
    RETURNING workspace_id
), k AS (
    SELECT k.workspace_id, k.id FROM cases k JOIN p ON p.workspace_id = k.workspace_id
    WHERE k.status <> 'closed'
), s AS (
    INSERT INTO step_looks (workspace_id, case_id, at) SELECT workspace_id, id, '-infinity' FROM k ORDER BY id
    ON CONFLICT (case_id) DO UPDATE SET at = '-infinity', claimed_at = NULL
)
INSERT INTO rechecks (workspace_id, case_id) SELECT workspace_id, id FROM k RETURNING id
"""
# Who knows other rules than the newest ones leaves changed cases to others.
_FOLLOWED = "SELECT fingerprint FROM policies_seen WHERE workspace_id = %(workspace)s FOR SHARE"


async def recheck(db: Database, workspace: int, policy: Policy, most: int = MOST_RECHECKED) -> int:
    """Work out anew what has to be done about cases that changed, ``most`` changes at once; how many."""
    async with db.transaction() as tx:
        newest = await (await tx.execute(_FOLLOWED, {"workspace": workspace})).fetchone()
        if newest is not None and newest["fingerprint"] != policy.fingerprint:
            return 0
        cursor = await tx.execute(_CHANGED, {"workspace": workspace, "most": most})
        changed = [row["case_id"] for row in await cursor.fetchall()]
        if changed:
            await _work_out(tx, sorted(set(changed)), policy)
        return len(changed)


async def _work_out(tx: Connection, cases: Sequence[int], policy: Policy) -> None:
    await tx.execute(_ALONE, {"space": _LOCK_SPACE, "cases": list(cases)})
    facts = await (await tx.execute(_FACTS, {"cases": list(cases)})).fetchall()
    questions: dict[int, list[Row]] = {}
    for row in await (await tx.execute(promises.ASKS, {"cases": list(cases)})).fetchall():
        questions.setdefault(row["case_id"], []).append(row)
    for row in facts:
        row["questions"] = questions.get(row["id"], [])
    known = await (await tx.execute(_KNOWN, {"cases": list(cases)})).fetchall()
    old = {(row["case_id"], row["kind"], row["ref"]): row for row in known}
    # Beside the loop that acknowledges and posts.
    kept, failed = await asyncio.to_thread(_rows_of_all, facts, old, policy)
    there = {row["same"] for row in kept}
    gone = [row["id"] for row in known if row["id"] not in there and row["case_id"] not in failed]
    if gone:
        going_on = {(row["case_id"], row["kind"], row["ref"]) for row in kept}
        moved = [row["id"] for row in known if (row["case_id"], row["kind"], row["ref"]) in going_on]
        await tx.execute(_FORGET, {"duties": gone, "moved": moved})
    if kept:
        await tx.execute(_KEEP, {"rows": Jsonb(kept)})


def _rows_of_all(facts: Sequence[Row], old: Mapping[_Key, Row], policy: Policy) -> tuple[list[Row], set[int]]:
    """The duties of cases as rows, and the cases that cannot be worked out: they keep what they had."""
    found: list[Row] = []
    failed: set[int] = set()
    for row in facts:
        try:
            found += _rows(row, old, policy)
        except Exception:
            # One case that nobody thought of must not silence a whole workspace.
            log.exception("duties.not_worked_out", case=row["id"])
            failed.add(row["id"])
    return found, failed


def _rows(row: Row, old: Mapping[_Key, Row], policy: Policy) -> list[Row]:
    """A case's duties as rows; ``same`` is the id of the one that goes on."""
    facts, found = _facts(row), []
    for duty in policy.duties(facts):
        before = old.get((row["id"], duty.kind, duty.ref))
        same = before if before and (before["since"], before["due_at"]) == (duty.since, duty.due) else None
        stage = same["stage"] if same else (DUE if duty.kind in UNWARNED else BEFORE)
        at = policy.moments(duty, facts.process, stage, same["skipped"] if same else 0)
        found.append(_row(row, duty, at, stage, same))
    return found


def _row(row: Row, duty: Duty, at: Sequence[datetime], stage: int, same: Row | None) -> Row:
    return {
        "same": same["id"] if same else None,
        "workspace_id": row["workspace_id"],
        "case_id": row["id"],
        "kind": duty.kind.value,
        "ref": duty.ref,
        "ask_id": duty.ref if duty.kind is Kind.DEPARTMENT else None,
        "since": duty.since.isoformat(),
        "due_at": duty.due.isoformat(),
        "at": [each.isoformat() for each in at],
        "base": stage,
        "nudge_at": duty.nudge.isoformat() if duty.nudge else None,
    }


def _facts(row: Row) -> Facts:
    moment = datetime.fromisoformat
    told = row["told"]
    return Facts(
        process=row["process_type"],
        status=Status(row["status"]),
        opened_at=row["opened_at"],
        customer=row["channel"] != Channel.INTERNAL,
        log=[(moment(at), Status(status)) for at, status in row["log"] or ()],
        nobody_since=row["nobody_since"],
        last_reply_at=row["last_reply_at"],
        told=(told[0], moment(told[1]), moment(told[2])) if told else None,
        said=[(ref, moment(made), moment(due)) for ref, made, due in row["said"] or ()],
        asked=[
            Asked(
                each["id"],
                each["department"],
                moment(each["asked_at"]),
                datetime.fromisoformat(each["due_on"]).date() if each["due_on"] else None,
                moment(each["later_at"]) if each["later_at"] else None,
            )
            for each in row["asked"] or ()
        ],
        questions=[promises.asked_of(each) for each in row["questions"]],
        drafts=[(draft, moment(made)) for draft, made in row["drafts"] or ()],
        nudged=row["nudged"],
    )


async def new_policy(db: Database, workspace: int, fingerprint: str) -> int:
    """Have all open cases looked at anew if they were worked out by other rules; how many."""
    return len(await db.fetch(_NEW_POLICY, {"workspace": workspace, "fingerprint": fingerprint}))
