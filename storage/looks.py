"""Cases whose steps are to be looked at: who takes which, and when each is looked at again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from storage.db import Connection, Database

LEASE = timedelta(minutes=1)
"""After this long, in real time, a look that nobody finished is anybody's."""

# Short, and by itself: everybody else locks a case first and its look, by a trigger, afterwards.
_CLAIM = """
UPDATE step_looks SET claimed_at = clock_timestamp()
WHERE id IN (
    SELECT id FROM step_looks
    WHERE workspace_id = %(workspace)s AND at <= %(now)s
      AND (claimed_at IS NULL OR claimed_at < clock_timestamp() - %(lease)s)
    ORDER BY at, id LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
)
RETURNING case_id, claimed_at
"""


@dataclass(frozen=True, slots=True)
class Look:
    """A case that somebody looks at."""

    case_id: int
    claimed_at: datetime


async def claim(
    db: Database, workspace: int, now: datetime, *, limit: int = 20, lease: timedelta = LEASE
) -> list[Look]:
    """Take cases whose steps are to be looked at by ``now``, each for one replica."""
    params = {"workspace": workspace, "now": now, "limit": limit, "lease": lease}
    return [Look(row["case_id"], row["claimed_at"]) for row in await db.fetch(_CLAIM, params)]


async def finish(tx: Connection, look: Look, again: datetime | None) -> None:
    """Have the case looked at ``again``, or with None when something happens to it; the caller locks it.

    Without effect where something happened meanwhile: then it is looked at once more at once.
    """
    params = {"case": look.case_id, "claimed": look.claimed_at, "at": again}
    if again is None:
        await tx.execute(
            "DELETE FROM step_looks WHERE case_id = %(case)s AND claimed_at = %(claimed)s", params
        )
    else:
        await tx.execute(
            """UPDATE step_looks SET at = %(at)s, claimed_at = NULL
               WHERE case_id = %(case)s AND claimed_at = %(claimed)s""",
            params,
        )
