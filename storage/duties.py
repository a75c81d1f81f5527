"""What has to be done about cases: claimed when people hear of it, with its posts in one statement.

It is worked out in ``storage.rechecks``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg.types.json import Jsonb

from cases.duties import LADDERS, STAGES, Kind, Policy
from cases.hours import NeverOpen
from storage.db import Database, Row

MOST_AT_ONCE = 500
MOST_THREADS = 5
"""What is due at once in more threads of a channel than that is posted in the channel, …"""
ROUNDUP = 20
"""… so many threads in one post (Slack: 50 blocks)."""
FRESH = timedelta(minutes=1)
"""So long after its moment a reminder is still posted without asking whether people work."""

_WAITING = """
SELECT EXISTS (SELECT FROM rechecks WHERE workspace_id = %(workspace)s) AS changed,
       EXISTS (SELECT FROM duties WHERE workspace_id = %(workspace)s AND next_at <= %(stale)s
                                    AND snoozed_until IS NULL) AS late,
       EXISTS (SELECT FROM duties WHERE workspace_id = %(workspace)s AND next_at <= %(now)s) AS due
"""

_IS_DUE = "SELECT 1 AS yes FROM duties WHERE workspace_id = %(workspace)s AND next_at <= %(now)s LIMIT 1"

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

# Whoever works out anew what has to be done locks it by its number, too.
_REFRESH = """
WITH n AS MATERIALIZED (
    SELECT d.id, n.at FROM duties d
    JOIN jsonb_to_recordset(%(rows)s) AS n (id bigint, was timestamptz, at timestamptz) ON n.id = d.id
    WHERE d.next_at = n.was AND d.snoozed_until IS NULL
    ORDER BY d.id FOR UPDATE OF d
)
UPDATE duties SET next_at = n.at FROM n WHERE duties.id = n.id
"""

# Of a duty several of whose moments are over the last one counts; where all that were worked out are over,
# more of them are worked out first, because one of those may be. But nobody first hears of it by what others
# are told. Put off, it is spoken of as before. What was said is never said again, and holds up nobody.
# Posts have their numbers before they are written: to look for the post of each of hundreds takes longer.
# Each step names what the next ones need: what is carried along is copied, and sorted, each time.
CLAIM = f"""
WITH d AS MATERIALIZED (
    SELECT d.id, d.workspace_id, d.case_id, d.kind, d.ask_id, d.due_at, d.at, d.base, d.stage, d.skipped,
           d.spoken, d.snoozes
    FROM duties d
    WHERE d.workspace_id = %(workspace)s AND d.next_at <= %(now)s
      AND (d.next_at > %(stale)s OR d.snoozed_until IS NOT NULL)
      AND {_LOOKED_AT}
    ORDER BY d.next_at, d.id LIMIT %(most)s
    FOR UPDATE OF d SKIP LOCKED
), s AS (
    SELECT d.*, greatest(d.stage, d.base + width_bucket(%(now)s::timestamptz, d.at)) AS next,
           cardinality(d.at) >= %(stages)s AND d.at[cardinality(d.at)] <= %(now)s AS unfinished,
           k.slack_channel, k.owner, q.taken_by, q.department, q.slack_channel AS ask_channel
    FROM d CROSS JOIN LATERAL (SELECT slack_channel, owner, status FROM cases
                               WHERE id = d.case_id OFFSET 0) k
    LEFT JOIN LATERAL (SELECT taken_by, department, slack_channel FROM asks
                       WHERE id = d.ask_id OFFSET 0) q ON true
    WHERE k.status <> 'closed'
), f AS (
    SELECT s.*, CASE WHEN s.spoken THEN s.next - 1 ELSE least(s.next - 1, 1) END AS sent FROM s
), w AS (
    SELECT f.*, %(ladders)s -> f.kind AS ladder,
           CASE WHEN f.ask_id IS NOT NULL THEN f.taken_by
                WHEN a.id IS NOT NULL THEN a.cover ELSE f.owner END AS who
    FROM f LEFT JOIN absences a ON a.workspace_id = f.workspace_id AND a.member = f.owner
), t AS MATERIALIZED (
    SELECT id, workspace_id, case_id, kind, ask_id, due_at, at, base, skipped, spoken, snoozes, next,
           unfinished, sent, slack_channel, ask_channel, department, who,
           coalesce(ladder ->> (greatest(sent, 1) - 1)::int, ladder ->> -1) AS rung
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
    SELECT t.*, CASE WHEN rung <> 'supervisor' THEN ask_id END AS place_ask,
           CASE WHEN rung <> 'supervisor' AND ask_id IS NOT NULL
                THEN ask_channel ELSE slack_channel END AS place,
           CASE WHEN rung = 'person' AND who IS NOT NULL THEN ARRAY[who]
                WHEN rung = 'lead' AND %(leads)s ? department
                THEN ARRAY(SELECT jsonb_array_elements_text(%(leads)s -> department))
                WHEN rung IN ('lead', 'supervisor') THEN %(supervisors)s::text[]
                ELSE '{{}}' END AS mentions
    FROM t
    WHERE NOT unfinished
      AND (SELECT x.id FROM reminders x
           WHERE x.duty_id = t.id AND x.stage = t.sent AND x.snoozes = t.snoozes LIMIT 1) IS NULL
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
    SELECT id, workspace_id, case_id, kind, due_at, sent, snoozes, mentions, place, place_ask, page,
           dense_rank() OVER (ORDER BY first_due, first_case, place, coalesce(page, -thread)) AS post
    FROM h
), i AS MATERIALIZED (
    SELECT ARRAY(SELECT nextval(pg_get_serial_sequence('outbox', 'id'))
                 FROM generate_series(1, (SELECT max(post) FROM b))) AS ids
), o AS (
    INSERT INTO outbox (id, workspace_id, slack_channel, case_id, ask_id, kind, author, payload)
    SELECT DISTINCT ON (post) (SELECT ids FROM i)[post], workspace_id, place, case_id, place_ask,
           CASE WHEN page IS NULL THEN 'reminders' ELSE 'roundup' END, 'app',
           CASE WHEN page IS NULL THEN '{{}}' ELSE jsonb_build_object('page', page) END
    FROM b ORDER BY post, due_at, id
    RETURNING slack_channel
), r AS (
    INSERT INTO reminders (workspace_id, case_id, kind, due_at, text, state, created_by, created_at, sent_at,
                           duty_id, stage, snoozes, outbox_id, mentions)
    SELECT workspace_id, case_id, kind, due_at, '', 'sent', 'app', %(now)s, %(now)s,
           id, sent, snoozes, (SELECT ids FROM i)[post], mentions
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


@dataclass(frozen=True, slots=True)
class Waiting:
    """Whether there is anything to do."""

    changed: bool
    """A case, in which that was not looked at yet."""
    late: bool
    """Something is due for longer than ``FRESH``."""
    due: bool
    """Anybody is to be reminded of anything."""


async def claim(
    db: Database,
    workspace: int,
    leads: Mapping[str, Sequence[str]],
    supervisors: Sequence[str],
    now: datetime,
    most: int = MOST_AT_ONCE,
) -> tuple[list[str], bool]:
    """Have people reminded of what is due at ``now``, at most ``most``.

    Returns the Slack channel of each post, and whether anything is due then. ``leads`` (department → members)
    and ``supervisors`` are whom to mention.
    """
    params = claiming(workspace, now, most) | {
        "leads": Jsonb({key: list(people) for key, people in leads.items() if people}),
        "supervisors": list(supervisors),
    }
    posted, more = await db.fetch_together((CLAIM, params), (_IS_DUE, {"workspace": workspace, "now": now}))
    return [row["slack_channel"] for row in posted], bool(more)


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


async def waiting(db: Database, workspace: int, now: datetime) -> Waiting:
    """What there is to do in a tick at ``now``."""
    row = await db.one(_WAITING, {"workspace": workspace, "now": now, "stale": now - FRESH})
    assert row is not None
    return Waiting(**row)


async def is_due(db: Database, workspace: int, now: datetime) -> bool:
    """Whether anybody is to be reminded of anything at ``now``."""
    return await db.one(_IS_DUE, {"workspace": workspace, "now": now}) is not None
