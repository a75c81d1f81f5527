"""What has to be done about cases: worked out anew when something changed, claimed when people hear of it.

Whatever changes a case leaves a row in ``rechecks`` in its commit (triggers do). Until that was looked at
nobody is reminded of the case, so that no reminder outlives its reason.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from psycopg.types.json import Jsonb

from cases.duties import BEFORE, DUE, LADDERS, STAGES, UNWARNED, Asked, Duty, Facts, Kind, Policy
from cases.enums import Channel, Status
from cases.hours import NeverOpen
from storage import promises
from storage.db import Connection, Database, Row
from storage.links import address_of
from storage.nudges import KEY

MOST_RECHECKED = 100
MOST_AT_ONCE = 500
MOST_THREADS = 5
"""What is due at once in more threads of a channel than that is posted in the channel, …"""
ROUNDUP = 20
"""… so many threads in one post (Slack: 50 blocks)."""
FRESH = timedelta(minutes=1)
"""So long after its moment a reminder is still posted without asking whether people work."""
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
       EXISTS (SELECT FROM drafts o WHERE o.workspace_id = k.workspace_id AND o.request_key = {KEY}) AS nudged
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

# Planned while tables are empty, "NOT EXISTS" compares every row of the one with all of the other, for as
# long as the connection lives. This, and "OFFSET 0" below, is looked up in an index for each row.
_LOOKED_AT = "(SELECT r.id FROM rechecks r WHERE r.case_id = d.case_id LIMIT 1) IS NULL"

# Moments lie in working hours, and so does what is done at them. What is late in being looked at (the app
# stood still), or was late from the beginning, has a moment like that again: now, or when work begins.
STALE = f"""
SELECT d.id, d.kind, d.next_at, q.department, k.process_type,
       least(CASE WHEN NOT d.spoken THEN 1 END,
             greatest(d.stage, d.base + (SELECT count(*) FROM unnest(d.at) AS m (at)
                                         WHERE m.at <= %(now)s)) - 1) AS stage
FROM duties d CROSS JOIN LATERAL (SELECT process_type FROM cases WHERE id = d.case_id OFFSET 0) k
LEFT JOIN LATERAL (SELECT department FROM asks WHERE id = d.ask_id OFFSET 0) q ON true
WHERE d.workspace_id = %(workspace)s AND d.next_at <= %(stale)s AND d.snoozed_until IS NULL
  AND {_LOOKED_AT}
ORDER BY d.next_at, d.id LIMIT %(most)s
"""

_REFRESH = """
UPDATE duties SET next_at = n.at
FROM jsonb_to_recordset(%(rows)s) AS n (id bigint, was timestamptz, at timestamptz)
WHERE duties.id = n.id AND duties.next_at = n.was AND duties.snoozed_until IS NULL
"""

# Of a duty several of whose moments are over the last one counts; where all that were worked out are over,
# more of them are worked out first, because one of those may be. But nobody first hears of it by what others
# are told. Put off, it is spoken of as before. What was said is never said again, and holds up nobody.
# Posts have their numbers before they are written: to look for the post of each of hundreds takes longer.
CLAIM = f"""
WITH d AS MATERIALIZED (
    SELECT d.* FROM duties d
    WHERE d.workspace_id = %(workspace)s AND d.next_at <= %(now)s
      AND (d.next_at > %(stale)s OR d.snoozed_until IS NOT NULL)
      AND {_LOOKED_AT}
    ORDER BY d.next_at, d.id LIMIT %(most)s
    FOR UPDATE OF d SKIP LOCKED
), s AS MATERIALIZED (
    SELECT d.id, d.workspace_id, d.case_id, d.kind, d.ask_id, d.due_at, d.snoozes, d.base, d.at,
           d.skipped, d.spoken,
           greatest(d.stage, d.base + (SELECT count(*) FROM unnest(d.at) AS m (at)
                                       WHERE m.at <= %(now)s)) AS next,
           cardinality(d.at) >= %(stages)s AND d.at[cardinality(d.at)] <= %(now)s AS unfinished,
           k.slack_channel, k.owner, q.taken_by, q.department, q.slack_channel AS ask_channel
    FROM d CROSS JOIN LATERAL (SELECT slack_channel, owner, status FROM cases
                               WHERE id = d.case_id OFFSET 0) k
    LEFT JOIN LATERAL (SELECT taken_by, department, slack_channel FROM asks
                       WHERE id = d.ask_id OFFSET 0) q ON true
    WHERE k.status <> 'closed'
), f AS MATERIALIZED (
    SELECT s.*, CASE WHEN s.spoken THEN s.next - 1 ELSE least(s.next - 1, 1) END AS sent FROM s
), l AS MATERIALIZED (
    SELECT key AS kind, ARRAY(SELECT jsonb_array_elements_text(value)) AS ladder
    FROM jsonb_each(%(ladders)s)
), w AS MATERIALIZED (
    SELECT s.*, l.ladder[least(greatest(s.sent, 1), cardinality(l.ladder))] AS rung,
           CASE WHEN s.ask_id IS NOT NULL THEN s.taken_by
                WHEN a.id IS NOT NULL THEN a.cover ELSE s.owner END AS who
    FROM f AS s JOIN l ON l.kind = s.kind
    LEFT JOIN absences a ON a.workspace_id = s.workspace_id AND a.member = s.owner
), t AS (
    SELECT w.*, format('duty:%%s:%%s:%%s', id, sent, snoozes) AS key,
           CASE WHEN rung = 'person' AND who IS NOT NULL THEN ARRAY[who]
                WHEN rung = 'lead' AND %(leads)s ? department
                THEN ARRAY(SELECT jsonb_array_elements_text(%(leads)s -> department))
                WHEN rung IN ('lead', 'supervisor') THEN %(supervisors)s::text[]
                ELSE '{{}}' END AS mentions,
           CASE WHEN rung <> 'supervisor' THEN ask_id END AS place_ask,
           CASE WHEN rung <> 'supervisor' AND ask_id IS NOT NULL
                THEN ask_channel ELSE slack_channel END AS place
    FROM w
), u AS (
    UPDATE duties
    SET stage = CASE WHEN unfinished THEN t.next - 1 ELSE t.sent + 1 END,
        base = CASE WHEN unfinished THEN t.base ELSE t.base - (t.next - 1 - t.sent) END,
        skipped = CASE WHEN unfinished THEN t.skipped ELSE t.skipped + (t.next - 1 - t.sent) END,
        spoken = t.spoken OR NOT unfinished, next_at = t.at[t.next - t.base + 1], snoozed_until = NULL
    FROM t WHERE duties.id = t.id
), e AS (
    INSERT INTO rechecks (workspace_id, case_id)
    SELECT DISTINCT workspace_id, case_id FROM t
    WHERE t.next - t.base >= cardinality(t.at) OR t.next - 1 > t.sent
), p AS (
    SELECT * FROM t
    WHERE NOT unfinished
      AND (SELECT x.id FROM reminders x
           WHERE x.workspace_id = t.workspace_id AND x.request_key = t.key LIMIT 1) IS NULL
), n AS (
    SELECT p.*, dense_rank() OVER (PARTITION BY place ORDER BY case_id, coalesce(place_ask, 0)) AS thread
    FROM p
), g AS (
    SELECT n.*, CASE WHEN max(thread) OVER (PARTITION BY place) > %(threads)s
                     THEN (thread - 1) / %(roundup)s END AS page
    FROM n
), h AS (
    SELECT g.*, min(due_at) OVER one AS first_due, min(case_id) OVER one AS first_case
    FROM g WINDOW one AS (PARTITION BY place, coalesce(page, -thread))
), b AS MATERIALIZED (
    SELECT h.*, dense_rank() OVER (ORDER BY first_due, first_case, place, coalesce(page, -thread)) AS post
    FROM h
), i AS MATERIALIZED (
    SELECT ARRAY(SELECT nextval(pg_get_serial_sequence('outbox', 'id'))
                 FROM generate_series(1, (SELECT max(post) FROM b))) AS ids
), o AS (
    INSERT INTO outbox (id, workspace_id, slack_channel, case_id, ask_id, kind, author, payload)
    SELECT (SELECT ids FROM i)[post], workspace_id, place, (array_agg(case_id ORDER BY due_at, id))[1],
           (array_agg(place_ask ORDER BY due_at, id))[1],
           CASE WHEN page IS NULL THEN 'reminders' ELSE 'roundup' END, 'app',
           CASE WHEN page IS NULL THEN '{{}}' ELSE jsonb_build_object('page', page) END
    FROM b GROUP BY workspace_id, place, page, post
    RETURNING slack_channel
), r AS (
    INSERT INTO reminders (workspace_id, case_id, request_key, kind, due_at, text, state, created_by,
                           created_at, sent_at, duty_id, stage, outbox_id, mentions)
    SELECT workspace_id, case_id, key, kind, due_at, '', 'sent', 'app', %(now)s, %(now)s, id, sent,
           (SELECT ids FROM i)[post], mentions
    FROM b
    RETURNING id, case_id, kind, stage, mentions, workspace_id
), x AS (
    INSERT INTO audit (workspace_id, at, actor, action, case_id, detail)
    SELECT workspace_id, %(now)s, 'app', 'reminder.sent', case_id,
           jsonb_build_object('reminder', id, 'kind', kind, 'stage', stage, 'to', mentions)
    FROM r
)
SELECT slack_channel FROM o
"""

# What is closed needs nothing any more, also before that was looked at. In a department's channel nothing is
# said of the customer, and the way leads to its own thread.
_SHOWN = f"""
SELECT r.token, r.kind, r.stage, r.due_at, r.gone_why, r.mentions, r.again_at, r.ended_by, r.duty_id,
       CASE WHEN r.state = 'sent' AND k.status = 'closed' THEN 'gone' ELSE r.state END AS state,
       r.case_id, k.number, k.token AS case_token, k.status, k.process_type, o.kind AS post_kind,
       o.slack_channel <> k.slack_channel AS elsewhere, q.department, q.department_name,
       CASE WHEN w.url <> '' THEN {address_of("q", "ts")} END AS ask_url, c.words, c.token AS promise,
       CASE WHEN o.slack_channel = k.slack_channel THEN k.subject ELSE '' END AS subject,
       CASE WHEN w.url = '' THEN NULL
            WHEN o.slack_channel = k.slack_channel THEN {address_of("k", "thread_ts")}
            ELSE {address_of("q", "ts")} END AS url
FROM reminders r JOIN cases k ON k.id = r.case_id JOIN workspaces w ON w.id = k.workspace_id
JOIN outbox o ON o.id = r.outbox_id
LEFT JOIN duties d ON d.id = r.duty_id LEFT JOIN asks q ON q.id = d.ask_id
LEFT JOIN commitments c ON r.kind = 'said' AND c.id = d.ref
WHERE r.outbox_id = %(outbox)s ORDER BY r.due_at, r.id
"""

_PLACE = """
SELECT o.slack_channel, p.ts, p.id AS post FROM outbox o JOIN posts p ON p.id = o.post_id
WHERE o.id = %(outbox)s AND p.ts IS NOT NULL
"""

# The duty is locked before its reminder, as by whoever works it out anew.
_SNOOZE = """
WITH l AS MATERIALIZED (
    SELECT d.id FROM duties d JOIN reminders r ON r.duty_id = d.id
    WHERE r.outbox_id = %(outbox)s ORDER BY d.id FOR UPDATE OF d
), r AS (
    UPDATE reminders SET state = 'gone', gone_why = 'snoozed', again_at = %(until)s, ended_by = %(actor)s
    FROM cases k
    WHERE reminders.outbox_id = %(outbox)s AND reminders.state = 'sent' AND k.id = reminders.case_id
      AND k.id = (SELECT c.case_id FROM reminders c WHERE c.token = %(token)s)
      AND k.status <> 'closed' AND duty_id IN (SELECT id FROM l)
    RETURNING reminders.id, duty_id, reminders.workspace_id, reminders.case_id
), d AS (
    UPDATE duties SET next_at = %(until)s, snoozed_until = %(until)s, snoozes = snoozes + 1
    FROM r WHERE duties.id = r.duty_id
), x AS (
    INSERT INTO audit (workspace_id, at, actor, action, case_id, detail)
    SELECT DISTINCT workspace_id, %(now)s::timestamptz, %(actor)s, 'reminder.snoozed', case_id,
           jsonb_build_object('until', %(until)s::timestamptz)
    FROM r
)
SELECT id FROM r
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


async def claim(
    db: Database,
    workspace: int,
    leads: Mapping[str, Sequence[str]],
    supervisors: Sequence[str],
    now: datetime,
    most: int = MOST_AT_ONCE,
) -> list[str]:
    """Have people reminded of what is due at ``now``, at most ``most``; the Slack channel of each post.

    ``leads`` (department → members) and ``supervisors`` are whom to mention.
    """
    params = claiming(workspace, now, most) | {
        "leads": Jsonb({key: list(people) for key, people in leads.items() if people}),
        "supervisors": list(supervisors),
    }
    return [row["slack_channel"] for row in await db.fetch(CLAIM, params)]


def claiming(workspace: int, now: datetime, most: int = MOST_AT_ONCE) -> dict[str, Any]:
    """What ``CLAIM`` takes where there is nobody to be mentioned."""
    return {
        "workspace": workspace,
        "now": now,
        "stale": now - FRESH,
        "most": most,
        "stages": STAGES,
        "ladders": Jsonb({kind.value: [rung.value for rung in ladder] for kind, ladder in LADDERS.items()}),
        "leads": Jsonb({}),
        "supervisors": [],
        "threads": MOST_THREADS,
        "roundup": ROUNDUP,
    }


async def refresh(db: Database, workspace: int, policy: Policy, now: datetime) -> None:
    """Give what is due for longer than ``FRESH`` a moment in working hours: ``now``, or when they begin."""
    params = {"workspace": workspace, "now": now, "stale": now - FRESH, "most": MOST_AT_ONCE}
    rows = await db.fetch(STALE, params)
    if rows:
        moved = [
            {"id": row["id"], "was": row["next_at"].isoformat(), "at": _open(row, policy, now)}
            for row in rows
        ]
        await db.fetch(_REFRESH, {"rows": Jsonb(moved)})


def _open(row: Row, policy: Policy, now: datetime) -> str | None:
    """When people can be reminded; None where they never work again."""
    kind, stage, department = Kind(row["kind"]), row["stage"], row["department"]
    try:
        return policy.opens(kind, stage, department, row["process_type"], now).isoformat()
    except NeverOpen:
        return None


async def is_due(db: Database, workspace: int, now: datetime) -> bool:
    """Whether anybody is to be reminded of anything at ``now``."""
    row = await db.one(
        "SELECT 1 AS yes FROM duties WHERE workspace_id = %(workspace)s AND next_at <= %(now)s LIMIT 1",
        {"workspace": workspace, "now": now},
    )
    return row is not None


async def shown(db: Database, outbox: int) -> list[Row]:
    """The reminders of one post, in order, with what is shown of their cases."""
    return await db.fetch(_SHOWN, {"outbox": outbox})


async def place(db: Database, outbox: int) -> Row | None:
    """Where they were posted: ``slack_channel``, ``ts`` and ``post``."""
    return await db.one(_PLACE, {"outbox": outbox})


async def snooze(db: Database, outbox: int, token: UUID, until: datetime, actor: str, now: datetime) -> bool:
    """Put off all that a post reminds of in the case of one reminder; False where nothing is left to do."""
    params = {"outbox": outbox, "token": token, "until": until, "actor": actor, "now": now}
    return bool(await db.fetch(_SNOOZE, params))


async def post_of(db: Database, workspace: int, token: UUID) -> int | None:
    """The outbox row of the post in which a reminder stands."""
    row = await db.one(
        "SELECT outbox_id FROM reminders WHERE workspace_id = %(workspace)s AND token = %(token)s",
        {"workspace": workspace, "token": token},
    )
    return row["outbox_id"] if row else None
