"""Replies that the copilot proposed, their cards in the thread, and what became of them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from psycopg.types.json import Jsonb

from cases.macros import GAP
from cases.proposals import Proposal
from storage import feedback
from storage.db import Connection, Database, Row
from storage.feedback import Card

COPILOT = "copilot"
"""Who made a draft that no person has taken on yet."""

_KEEP = """
INSERT INTO copilot_drafts (workspace_id, case_id, request_key, requested_by, draft_id, made, cited, language,
                            back_translation, sources, dropped, flags, findings, questions, note, prompt,
                            model, made_at)
SELECT workspace_id, id, %(key)s, %(by)s, %(draft)s, %(made)s, %(cited)s, %(language)s,
       %(back_translation)s, %(sources)s, %(dropped)s, %(flags)s, %(findings)s, %(questions)s, %(note)s,
       %(prompt)s, %(model)s, %(now)s
FROM cases WHERE id = %(case)s
RETURNING id
"""

_POST = """
WITH o AS (
    INSERT INTO outbox (workspace_id, slack_channel, case_id, kind, author, payload)
    SELECT k.workspace_id, k.slack_channel, k.id, 'draft', 'app', jsonb_build_object('draft', c.id)
    FROM copilot_drafts c JOIN cases k ON k.id = c.case_id WHERE c.id = %(id)s
    RETURNING id
)
UPDATE copilot_drafts SET outbox_id = o.id FROM o WHERE copilot_drafts.id = %(id)s
"""

# The cards of those that nobody has taken on make room for a newer one.
_REPLACE = """
UPDATE drafts SET state = 'cancelled'
WHERE case_id = %(case)s AND state = 'preview' AND created_by = 'copilot' AND id IS DISTINCT FROM %(draft)s
"""

_SHOWN = """
SELECT c.*, f.uuid AS card, d.uuid AS draft, d.state, d.body, d.created_by, d.then_status,
       d.forgotten, k.number, u.name AS customer,
       EXISTS (SELECT FROM copilot_drafts n WHERE n.case_id = c.case_id AND n.id > c.id) AS older
FROM copilot_drafts c LEFT JOIN drafts d ON d.id = c.draft_id
LEFT JOIN copilot_cards f ON f.workspace_id = c.workspace_id AND f.kind = 'draft' AND f.about = c.id::text
JOIN cases k ON k.id = c.case_id JOIN customers u ON u.id = k.customer_id
WHERE c.id = %(id)s
"""

_PLACE = """
SELECT p.slack_channel, p.ts, c.id FROM copilot_drafts c JOIN outbox o ON o.id = c.outbox_id
JOIN posts p ON p.id = o.post_id
WHERE c.draft_id = %(draft)s AND p.ts IS NOT NULL
"""

# A text with gaps cannot be sent yet: it stays anybody's to fill in.
_ADOPT = f"""
UPDATE drafts SET created_by = %(by)s, created_by_name = %(name)s
WHERE uuid = %(uuid)s AND state = 'preview' AND created_by = 'copilot' AND body !~ '{GAP}'
"""

_DISCARD = """
WITH d AS (
    UPDATE drafts SET state = 'cancelled'
    WHERE uuid = %(uuid)s AND state = 'preview' AND created_by IN ('copilot', %(by)s)
    RETURNING id, workspace_id, case_id
), c AS (
    UPDATE copilot_drafts SET discarded_by = %(by)s FROM d WHERE copilot_drafts.draft_id = d.id
)
INSERT INTO audit (workspace_id, at, actor, action, case_id, detail)
SELECT workspace_id, %(now)s, %(by)s, 'draft.discarded', case_id, jsonb_build_object('draft', id) FROM d
RETURNING id
"""

_REWORD = """
UPDATE drafts SET body = %(words)s, uuid = gen_random_uuid(), created_by = %(by)s, created_by_name = %(name)s,
                  forgotten = '{}'
WHERE uuid = %(uuid)s AND state = 'preview' AND created_by IN ('copilot', %(by)s)
RETURNING uuid
"""

_OF_DRAFT = """
SELECT c.cited, c.case_id, d.body, d.state, d.created_by, k.token, k.number FROM copilot_drafts c
JOIN drafts d ON d.id = c.draft_id JOIN cases k ON k.id = c.case_id WHERE d.uuid = %(uuid)s
"""


async def known(db: Database, key: str) -> bool:
    """Whether what asked for a draft by ``key`` has got one already."""
    return await db.one("SELECT id FROM copilot_drafts WHERE request_key = %(key)s", {"key": key}) is not None


async def keep(
    tx: Connection, case: int, key: str, by: str, draft: int | None, proposal: Proposal, now: datetime
) -> None:
    """Write down a proposal with its card; ``draft`` is the row that would be sent.

    Raises storage.db.Duplicate for a ``key`` that has got one.
    """
    await tx.execute(_REPLACE, {"case": case, "draft": draft})
    cursor = await tx.execute(
        _KEEP,
        {
            "case": case,
            "key": key,
            "by": by,
            "draft": draft,
            "made": proposal.reply,
            "cited": proposal.cited,
            "language": proposal.language,
            "back_translation": proposal.back_translation,
            "sources": Jsonb([{"marker": each.marker, "label": each.label} for each in proposal.sources]),
            "dropped": proposal.dropped,
            "flags": Jsonb([{"kind": each.kind.value, "words": each.words} for each in proposal.flags]),
            "findings": Jsonb(list(proposal.findings)),
            "questions": Jsonb(list(proposal.questions)),
            "note": proposal.note,
            "prompt": proposal.prompt,
            "model": proposal.model,
            "now": now,
        },
    )
    kept = await cursor.fetchone()
    assert kept is not None
    await feedback.card_in(tx, case, Card("draft", str(kept["id"]), proposal.prompt, proposal.model), now)
    await tx.execute(_POST, {"id": kept["id"]})


async def shown(db: Database, proposal: int) -> Row | None:
    """What the card of a proposal shows now; ``older`` when a newer one was made."""
    return await db.one(_SHOWN, {"id": proposal})


async def place(db: Database, draft: int) -> Row | None:
    """Where the card of a draft stands in Slack; None while it is not posted."""
    return await db.one(_PLACE, {"draft": draft})


async def of_draft(db: Database, uuid: UUID) -> Row | None:
    """The proposal behind a draft."""
    return await db.one(_OF_DRAFT, {"uuid": uuid})


async def adopt(db: Database, uuid: UUID, by: str, name: str) -> None:
    """Make a proposal that nobody has taken on somebody's own draft."""
    await db.fetch(_ADOPT, {"uuid": uuid, "by": by, "name": name})


async def discard(db: Database, uuid: UUID, by: str, now: datetime) -> bool:
    """Throw a proposal away; False when that cannot be any more."""
    return await db.one(_DISCARD, {"uuid": uuid, "by": by, "now": now}) is not None


async def reword(db: Database, uuid: UUID, words: str, by: str, name: str) -> bool:
    """Give a proposal other words, of a person's own; False when that cannot be any more."""
    params = {"uuid": uuid, "words": words, "by": by, "name": name}
    return await db.one(_REWORD, params) is not None


async def then(db: Database, uuid: UUID, status: str) -> None:
    """Say where the case stands once a draft was sent."""
    await db.fetch(
        "UPDATE drafts SET then_status = %(status)s WHERE uuid = %(uuid)s AND state = 'preview'",
        {"uuid": uuid, "status": status},
    )
