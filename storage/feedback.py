"""What people think of the copilot's cards: one word for each person and card, the latest one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from storage.db import Connection, Database

MOST_COMMENT = 1_000
"""Characters."""

_CARD = """
INSERT INTO copilot_cards (workspace_id, case_id, kind, about, prompt, model, made_at)
SELECT workspace_id, id, %(kind)s, %(about)s, %(prompt)s, %(model)s, %(now)s FROM cases WHERE id = %(case)s
ON CONFLICT (workspace_id, kind, about) DO UPDATE SET about = excluded.about
RETURNING uuid
"""

_GIVE = """
INSERT INTO feedback (workspace_id, card_id, given_by, good, given_at)
SELECT workspace_id, id, %(by)s, %(good)s, %(now)s FROM copilot_cards
WHERE workspace_id = %(workspace)s AND uuid = %(card)s
ON CONFLICT (card_id, given_by) DO UPDATE
SET good = excluded.good, given_at = excluded.given_at,
    comment = CASE WHEN excluded.good THEN '' ELSE feedback.comment END
RETURNING id
"""

_COMMENT = """
UPDATE feedback SET comment = %(words)s, given_at = %(now)s
FROM copilot_cards c WHERE c.id = feedback.card_id AND c.uuid = %(card)s
  AND feedback.workspace_id = %(workspace)s AND feedback.given_by = %(by)s AND NOT feedback.good
RETURNING feedback.id
"""


@dataclass(frozen=True, slots=True)
class Card:
    """What a card shows, so that it is the same card when it is shown again."""

    kind: str
    about: str
    prompt: str = ""
    model: str = ""


async def card(db: Database, case: int, shown: Card, now: datetime) -> UUID:
    """The token by which people say what they think of a card."""
    row = await db.one(_CARD, _params(case, shown, now))
    assert row is not None
    uuid: UUID = row["uuid"]
    return uuid


async def card_in(tx: Connection, case: int, shown: Card, now: datetime) -> UUID:
    """``card`` inside a transaction."""
    row = await (await tx.execute(_CARD.encode(), _params(case, shown, now))).fetchone()
    assert row is not None
    uuid: UUID = row["uuid"]
    return uuid


def _params(case: int, shown: Card, now: datetime) -> dict[str, object]:
    given = {"kind": shown.kind, "about": shown.about, "prompt": shown.prompt, "model": shown.model}
    return {"case": case, "now": now, **given}


async def give(db: Database, workspace: int, card: UUID, by: str, now: datetime, *, good: bool) -> bool:
    """Note what somebody thinks of a card; False when there is no such card in the workspace."""
    params = {"workspace": workspace, "card": card, "by": by, "good": good, "now": now}
    return await db.one(_GIVE, params) is not None


async def comment(db: Database, workspace: int, card: UUID, by: str, words: str, now: datetime) -> bool:
    """Note why; False when they do not think badly of it (any more)."""
    params = {"workspace": workspace, "card": card, "by": by, "words": words[:MOST_COMMENT], "now": now}
    return await db.one(_COMMENT, params) is not None
