"""What the copilot did since some time, by task and prompt: runs, the fate of drafts, what people said."""

from __future__ import annotations

from datetime import datetime

from storage.db import Database, Row

_COMMENTS = 5
"""The latest of each prompt."""

_RUNS = """
SELECT task, prompt, model, count(*)::int AS runs,
       count(*) FILTER (WHERE outcome <> 'done')::int AS failed,
       (SELECT jsonb_object_agg(o.outcome, o.times) FROM (
            SELECT x.outcome, count(*) AS times FROM copilot_runs x
            WHERE x.task = r.task AND x.prompt = r.prompt AND x.model = r.model AND x.outcome <> 'done'
              AND x.started_at >= %(since)s
              AND (%(workspace)s::bigint IS NULL OR x.workspace_id = %(workspace)s)
            GROUP BY 1) AS o) AS why,
       avg(input_tokens)::float8 AS input, avg(cached_tokens)::float8 AS cached,
       avg(output_tokens)::float8 AS output, avg(seconds)::float8 AS seconds
FROM copilot_runs r
WHERE started_at >= %(since)s AND (%(workspace)s::bigint IS NULL OR workspace_id = %(workspace)s)
GROUP BY task, prompt, model ORDER BY task, prompt, model
"""

# A draft that nobody sent is stale once a newer one took its place, or it was taken back.
_DRAFTS = """
SELECT c.prompt, c.model, count(*)::int AS made,
       count(*) FILTER (WHERE c.draft_id IS NULL)::int AS only_findings,
       count(*) FILTER (WHERE d.state = 'sent' AND d.body = c.made)::int AS as_is,
       count(*) FILTER (WHERE d.state = 'sent' AND d.body <> c.made)::int AS edited,
       count(*) FILTER (WHERE d.state = 'cancelled' AND c.discarded_by IS NOT NULL)::int AS discarded,
       count(*) FILTER (WHERE d.state = 'cancelled' AND c.discarded_by IS NULL)::int AS stale,
       count(*) FILTER (WHERE d.state IN ('preview', 'approved'))::int AS waiting
FROM copilot_drafts c LEFT JOIN drafts d ON d.id = c.draft_id
WHERE c.made_at >= %(since)s AND (%(workspace)s::bigint IS NULL OR c.workspace_id = %(workspace)s)
GROUP BY c.prompt, c.model ORDER BY c.prompt, c.model
"""

_SAID = f"""
SELECT c.kind, c.prompt, c.model, count(*) FILTER (WHERE f.good)::int AS good,
       count(*) FILTER (WHERE NOT f.good)::int AS bad,
       (array_agg(f.comment ORDER BY f.given_at DESC) FILTER (WHERE f.comment <> ''))[1:{_COMMENTS}]
       AS comments
FROM feedback f JOIN copilot_cards c ON c.id = f.card_id
WHERE f.given_at >= %(since)s AND (%(workspace)s::bigint IS NULL OR f.workspace_id = %(workspace)s)
GROUP BY c.kind, c.prompt, c.model ORDER BY c.kind, c.prompt, c.model
"""


async def runs(db: Database, workspace: int | None, since: datetime) -> list[Row]:
    """Pieces of work of models by task, prompt and model: how many, how many failed and ``why`` (times by
    outcome), and the average tokens and seconds of one. ``workspace`` None = all."""
    return await db.fetch(_RUNS, {"workspace": workspace, "since": since})


async def drafts(db: Database, workspace: int | None, since: datetime) -> list[Row]:
    """What became of proposed replies, by prompt and model (both empty without a model)."""
    return await db.fetch(_DRAFTS, {"workspace": workspace, "since": since})


async def said(db: Database, workspace: int | None, since: datetime) -> list[Row]:
    """What people thought of cards, by kind, prompt and model, with the latest comments."""
    return await db.fetch(_SAID, {"workspace": workspace, "since": since})
