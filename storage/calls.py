"""Slack calls that may safely be repeated: at least once, the cards of one case one at a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from storage.db import Connection, Database, Params, Row

CARD_CONFLICT = """
    ON CONFLICT (case_id) WHERE kind = 'card' AND claimed_at IS NULL AND done_at IS NULL
    DO UPDATE SET created_at = clock_timestamp()"""
"""Ends each INSERT of a card: one that waits already is locked, so that nobody claims it and shows the
case as it was before this transaction's commit."""

SHOW_CARD = f"""c AS (
    INSERT INTO slack_calls (workspace_id, slack_channel, case_id, kind)
    SELECT workspace_id, slack_channel, id, 'card' FROM k{CARD_CONFLICT}
)"""
"""For a statement in which ``k`` is the case whose card changes, with its workspace and channel."""
REVISE_CONFLICT = """
    ON CONFLICT (message_id) WHERE kind = 'revise' AND claimed_at IS NULL AND done_at IS NULL
    DO UPDATE SET created_at = clock_timestamp()"""
"""The same for the revision of a message's posts."""
RECEIPT_CONFLICT = """
    ON CONFLICT (message_id) WHERE kind = 'receipt' AND claimed_at IS NULL AND done_at IS NULL
    DO UPDATE SET created_at = clock_timestamp()"""
"""The same for the delivery state of a message."""
ASK_CONFLICT = """
    ON CONFLICT (ask_id) WHERE kind = 'ask' AND claimed_at IS NULL AND done_at IS NULL
    DO UPDATE SET created_at = clock_timestamp()"""
"""The same for the post of a question to a department."""

CLAIM = """
UPDATE slack_calls SET claimed_at = clock_timestamp(), attempts = attempts + 1
WHERE id IN (
    SELECT c.id
    FROM unnest(%(kinds)s::text[], %(rooms)s::bigint[]) AS q (kind, room) CROSS JOIN LATERAL (
    SELECT s.id FROM slack_calls s JOIN cases k ON k.id = s.case_id
    WHERE s.workspace_id = %(workspace)s AND s.kind = q.kind AND s.done_at IS NULL
      AND (s.claimed_at IS NULL OR s.claimed_at < clock_timestamp() - interval '15 seconds')
      AND (s.retry_at IS NULL OR s.retry_at <= clock_timestamp())
      AND (k.thread_ts IS NOT NULL OR s.kind NOT IN ('card', 'note'))
      AND (s.kind <> 'draft'
           OR NOT EXISTS (SELECT FROM copilot_drafts x JOIN outbox o ON o.id = x.outbox_id
                          LEFT JOIN posts p ON p.id = o.post_id
                          WHERE x.draft_id = (s.payload ->> 'draft')::bigint AND p.ts IS NULL))
      AND (s.kind <> 'reminder'
           OR NOT EXISTS (SELECT FROM outbox o JOIN posts p ON p.id = o.post_id
                          WHERE o.id = (s.payload ->> 'outbox')::bigint AND p.ts IS NULL))
      AND (s.kind <> 'revise'
           OR NOT EXISTS (SELECT FROM outbox o LEFT JOIN posts p ON p.id = o.post_id
                          WHERE o.message_id = s.message_id AND p.state IS DISTINCT FROM 'posted'))
      AND (s.kind <> 'ask' OR EXISTS (SELECT FROM asks a WHERE a.id = s.ask_id AND a.ts IS NOT NULL))
      AND NOT EXISTS (SELECT FROM channel_holds h
                      WHERE h.workspace_id = s.workspace_id AND h.slack_channel IN (s.slack_channel, ''))
      AND NOT EXISTS (SELECT FROM slack_calls b
                      WHERE b.case_id = s.case_id AND b.kind = 'card' AND s.kind = 'card'
                        AND b.id <> s.id AND b.claimed_at IS NOT NULL AND b.done_at IS NULL)
    ORDER BY s.id
    FOR UPDATE OF s SKIP LOCKED
    LIMIT q.room
    ) c
)
RETURNING id, workspace_id, slack_channel, case_id, kind, message_id, ask_id, payload, attempts
"""

_CLAIM_CARD = """
UPDATE slack_calls SET claimed_at = clock_timestamp(), attempts = attempts + 1
WHERE id = (
    SELECT s.id FROM slack_calls s JOIN cases k ON k.id = s.case_id
    WHERE k.token = %(token)s AND k.slack_channel = %(channel)s AND k.thread_ts = %(ts)s
      AND s.kind = 'card' AND s.claimed_at IS NULL AND s.done_at IS NULL
      AND NOT EXISTS (SELECT FROM slack_calls b
                      WHERE b.case_id = s.case_id AND b.kind = 'card'
                        AND b.claimed_at IS NOT NULL AND b.done_at IS NULL)
    FOR UPDATE OF s SKIP LOCKED
)
RETURNING id, case_id
"""

DONE = "UPDATE slack_calls SET done_at = clock_timestamp(), last_error = %(error)s WHERE id = %(id)s"

# A card that waits already will show the newest state: then this call has nothing left to do.
_RETRY = """
WITH newer AS (
    SELECT 1 FROM slack_calls s JOIN slack_calls n ON n.case_id = s.case_id
    WHERE s.id = %(id)s AND s.kind = 'card' AND n.kind = 'card' AND n.id <> s.id
      AND n.claimed_at IS NULL AND n.done_at IS NULL
)
UPDATE slack_calls
SET claimed_at = CASE WHEN EXISTS (SELECT FROM newer) THEN claimed_at END,
    done_at = CASE WHEN EXISTS (SELECT FROM newer) THEN clock_timestamp() END,
    retry_at = clock_timestamp() + make_interval(secs => %(seconds)s), last_error = %(error)s
WHERE id = %(id)s
"""

ADD = f"""
INSERT INTO slack_calls (workspace_id, slack_channel, case_id, kind, payload)
VALUES (%(workspace)s, %(channel)s, %(case)s, %(kind)s, %(payload)s){CARD_CONFLICT}
"""


_SHOW_CARD = f"""
WITH k AS (SELECT id, workspace_id, slack_channel FROM cases WHERE id = %(case)s), {SHOW_CARD}
SELECT id FROM k
"""


async def show_card(tx: Connection, case: int) -> None:
    """Have the card of a case show how it stands now."""
    await tx.execute(_SHOW_CARD.encode(), {"case": case})


async def claim(db: Database, workspace: int, room: Mapping[str, int]) -> list[Row]:
    """Take waiting calls of ``workspace``, up to ``room`` of each kind, but for held channels.

    One that its taker lost comes back after 15 s.
    """
    return await db.fetch(CLAIM, claim_params(workspace, room))


def claim_params(workspace: int, room: Mapping[str, int]) -> Params:
    """What ``CLAIM`` is asked with."""
    return {"workspace": workspace, "kinds": list(room), "rooms": list(room.values())}


async def claim_card(db: Database, token: UUID, channel: str, ts: str) -> Row | None:
    """Take the waiting update of the case's card, which stands at ``channel``, ``ts``.

    None when nothing waits, another update of it is under way, or that message is not the card.
    """
    return await db.one(_CLAIM_CARD, {"token": token, "channel": channel, "ts": ts})


async def announce_rest(db: Database, workspace: int, method: str, seconds: float) -> None:
    """Tell every replica that Slack wants ``method`` of that workspace to be left alone for so long."""
    await db.fetch("SELECT pg_notify('cx_rests', %(said)s)", {"said": f"{workspace} {method} {seconds:g}"})


async def done(db: Database, call: int, error: str | None = None) -> None:
    """Note that the call was made, or (with ``error``) that it can never succeed."""
    await db.fetch(DONE, {"id": call, "error": error})


async def retry(db: Database, call: int, seconds: float, error: str) -> None:
    """Try again in ``seconds``, unless a newer card makes it superfluous."""
    await db.fetch(_RETRY, {"id": call, "seconds": seconds, "error": error})


async def add(
    tx: Connection, workspace: int, channel: str, case: int, kind: str, payload: dict[str, Any]
) -> None:
    """Ask for a call in the caller's transaction."""
    await tx.execute(
        ADD,
        {
            "workspace": workspace,
            "channel": channel,
            "case": case,
            "kind": kind,
            "payload": Jsonb(payload),
        },
    )
