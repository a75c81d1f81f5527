"""What the demo's clock must not pass by: moments at which something is due, and work that is under way.

Whatever acts at a moment that is kept in rows has a line in ``_MOMENTS``: while it waits, when it is due.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cases.triage import NEW
from storage.db import Database
from storage.monitoring import WORKER_STALLED_SECONDS
from storage.triage import LEASE

_MOMENTS = {
    "reminders": "SELECT due_at FROM reminders WHERE state = 'waiting'",
    "duties": "SELECT next_at FROM duties WHERE next_at IS NOT NULL",
    "nudges": "SELECT nudge_at FROM duties WHERE nudge_at IS NOT NULL",
    "surveys": "SELECT look_at FROM surveys WHERE state = 'waiting'",
    "steps": "SELECT at FROM step_looks",
    "absences": "SELECT until FROM absences",
}

_DUE = f"""
SELECT min(due_at) FILTER (WHERE due_at > %(now)s) AS next,
       count(*) FILTER (WHERE due_at <= %(now)s) AS left
FROM ({" UNION ALL ".join(_MOMENTS.values())}) AS moments (due_at)
"""

# New cases are work only where a worker looks at them: without one nobody would ever.
_BUSY = """
SELECT (SELECT count(*) FROM inbox WHERE done_at IS NULL AND dead_at IS NULL) AS inbox,
       (SELECT count(*) FROM outbox WHERE post_id IS NULL)
       + (SELECT count(*) FROM posts WHERE state IN ('stamped', 'waiting')) AS outbox,
       (SELECT count(*) FROM slack_calls WHERE done_at IS NULL) AS calls,
       (SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing')) AS jobs,
       (SELECT count(*) FROM drafts WHERE state = 'approved') AS sending,
       (SELECT count(*) FROM rechecks) AS rechecks,
       (SELECT count(*)
        FROM cases k JOIN conversations v ON v.id = k.conversation_id LEFT JOIN triage t ON t.case_id = k.id
        WHERE k.status <> 'closed' AND k.opened_at > %(new)s AND k.opened_at <= %(now)s
          AND v.case_id = k.id AND v.last_in_seq > 0
          AND (t.id IS NULL OR t.claimed_at > clock_timestamp() - %(lease)s)
          AND EXISTS (SELECT FROM procrastinate_workers
                      WHERE last_heartbeat > clock_timestamp() - make_interval(secs => %(alive)s))) AS triage
"""


@dataclass(frozen=True, slots=True)
class Due:
    """What is due, and when the next thing will be."""

    next: datetime | None
    """The first moment after now; None when nothing waits for one."""
    left: int
    """How many moments are over, and nothing has acted yet."""


async def moments(db: Database, now: datetime) -> Due:
    """What is due at the business time ``now``, in all workspaces."""
    row = await db.one(_DUE, {"now": now})
    assert row is not None
    return Due(row["next"], row["left"])


async def busy(db: Database, now: datetime) -> dict[str, int]:
    """How much of each kind of work is under way; empty when all is quiet.

    ``inbox`` and ``outbox``, ``calls`` of Slack, ``jobs``, approved texts that are ``sending``, changed cases
    in ``rechecks``, and new ones in ``triage``.
    """
    params = {"now": now, "new": now - NEW, "lease": LEASE, "alive": WORKER_STALLED_SECONDS}
    row = await db.one(_BUSY, params)
    assert row is not None
    return {kind: count for kind, count in row.items() if count}
