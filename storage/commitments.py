"""What replies promised: written when they are sent, kept by the next contact, done, removed, or gone.

``open`` has a moment by which it must be done; ``noted`` has none, and is only known to later replies.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from psycopg.types.json import Jsonb

from cases.brief import Promised
from cases.ledger import About, Before, Entry, Note, sentence
from storage.db import Connection, Database, Params, Row
from storage.merged import WITH_MERGED, end_of

# What follows a promise at once is no other contact: an hour must have passed, or half of its time.
_BY_CONTACT = """
    UPDATE commitments c SET state = 'kept', ended_at = %(now)s, ended_by = d.created_by
    FROM d
    WHERE c.case_id = d.case_id AND c.state || '' = 'open' AND c.due_at >= %(now)s
      AND %(now)s >= c.made_at + least(interval '1 hour', (c.due_at - c.made_at) / 2)"""
KEEP = f"{_BY_CONTACT} AND NOT d.closes"
"""For the statement that sends: ``d`` is the draft, ``m`` its message. It keeps what was open."""
MAKE = """
    INSERT INTO commitments (workspace_id, case_id, message_id, place, kind, words, due_at, amount, currency,
                             state, made_at, made_by, ended_at, ended_by)
    SELECT d.workspace_id, d.case_id, m.id, e.place, e.kind, e.words, e.due, e.amount, e.currency,
           CASE WHEN e.due IS NULL THEN 'noted' WHEN f.forgotten THEN 'removed' ELSE 'open' END,
           %(now)s, d.created_by, CASE WHEN f.forgotten THEN %(now)s END,
           CASE WHEN f.forgotten THEN d.created_by END
    FROM d, m, jsonb_to_recordset(%(ledger)s::jsonb) AS e
        (place bigint, kind text, words text, due timestamptz, amount numeric, currency text),
        LATERAL (SELECT e.due IS NOT NULL AND e.place = ANY(d.forgotten) AS forgotten) f"""
"""For the same statement: what its text promises. Needs ``ledger_params``."""

_CONTACTED = f"""
WITH d AS (SELECT %(case)s::bigint AS case_id, %(actor)s::text AS created_by)
{_BY_CONTACT.strip()}
"""

_ABOUT = """
SELECT d.body, d.tells_at, k.process_type AS process,
       coalesce((SELECT nullif(c.language, '') FROM copilot_drafts c WHERE c.draft_id = d.id LIMIT 1),
                v.language) AS language
FROM drafts d JOIN conversations v ON v.id = d.conversation_id JOIN cases k ON k.id = d.case_id
WHERE d.uuid = %(draft)s
"""

_BEFORE = """
SELECT (SELECT min(at) FROM (
            SELECT due_at AS at FROM commitments WHERE case_id = %(case)s AND state || '' = 'open'
            UNION ALL
            SELECT date_at FROM promises WHERE case_id = %(case)s AND ended_at IS NULL) p
        WHERE at > %(now)s) AS due,
       (SELECT jsonb_agg(jsonb_build_array(amount::text, currency) ORDER BY id DESC) FROM commitments
        WHERE case_id = %(case)s AND amount IS NOT NULL AND state <> 'gone') AS sums
"""

_OPEN = """
SELECT c.token, c.words, c.due_at, c.made_at, c.made_by, c.place, m.text
FROM commitments c JOIN messages m ON m.id = c.message_id
WHERE c.case_id = %(case)s AND c.state || '' = 'open'
ORDER BY c.due_at, c.id LIMIT 50
"""

_END = """
WITH c AS (
    UPDATE commitments SET state = %(state)s, ended_at = %(now)s, ended_by = %(actor)s
    WHERE token = %(token)s AND state = 'open' RETURNING *
)
INSERT INTO audit (workspace_id, at, actor, action, case_id, detail)
SELECT workspace_id, %(now)s, %(actor)s, %(action)s, case_id,
       jsonb_build_object('commitment', id, 'due', due_at) FROM c
RETURNING case_id
"""

_FORGET = """
WITH d AS (
    UPDATE drafts SET forgotten = CASE WHEN %(forget)s THEN array_append(forgotten, %(place)s::bigint)
                                       ELSE array_remove(forgotten, %(place)s::bigint) END
    WHERE uuid = %(draft)s AND state = 'preview' AND created_by IN (%(actor)s, 'copilot')
      AND %(forget)s <> (%(place)s = ANY(forgotten)) AND cardinality(forgotten) < 100
    RETURNING id, workspace_id, case_id
)
INSERT INTO audit (workspace_id, at, actor, action, case_id, detail)
SELECT workspace_id, %(now)s, %(actor)s, CASE WHEN %(forget)s THEN 'draft.forgot' ELSE 'draft.remembered' END,
       case_id, jsonb_build_object('draft', id, 'place', %(place)s::bigint) FROM d
"""

# Words that the reply still has keep what became of them.
_CORRECT = f"""
WITH m AS (
    SELECT id, workspace_id, case_id, edits FROM messages WHERE id = %(message)s
), e AS (
    SELECT * FROM jsonb_to_recordset(%(ledger)s::jsonb) AS e
        (place bigint, kind text, words text, due timestamptz, amount numeric, currency text)
), c AS (
    UPDATE commitments c SET state = 'gone', ended_at = %(now)s
    FROM m WHERE c.message_id = m.id AND c.state || '' IN ('open', 'noted')
      AND NOT EXISTS (SELECT FROM e WHERE e.words = c.words)
    RETURNING c.case_id
)
INSERT INTO commitments (workspace_id, case_id, message_id, edit, place, kind, words, due_at, amount,
                         currency, state, made_at, made_by)
SELECT m.workspace_id, coalesce((SELECT min(case_id) FROM c), {end_of("k.id")}), m.id, m.edits, e.place,
       e.kind, e.words, e.due, e.amount, e.currency, CASE WHEN e.due IS NULL THEN 'noted' ELSE 'open' END,
       %(now)s, %(actor)s
FROM m JOIN cases k ON k.id = m.case_id, e
WHERE (k.status <> 'closed' OR k.merged_into IS NOT NULL)
  AND NOT EXISTS (SELECT FROM commitments o WHERE o.message_id = m.id AND o.words = e.words)
"""


def ledger_params(entries: Sequence[Entry]) -> Params:
    """What ``MAKE`` and the audit take of what a reply promises: its dates with a moment, and its sums."""
    kept = [each for each in entries if each.due is not None or each.sum is not None]
    over = [each.words for each in entries if Note.OVER in each.notes]
    return {"ledger": Jsonb([_stored(each) for each in kept]), "over": Jsonb(over) if over else None}


def _stored(entry: Entry) -> dict[str, object]:
    return {
        "place": entry.place,
        "kind": entry.kind.value,
        "words": entry.words,
        "due": entry.due.isoformat() if entry.due else None,
        "amount": str(entry.sum[0]) if entry.sum else None,
        "currency": entry.sum[1] if entry.sum else None,
    }


_MOVE_BACK = f"""
WITH c AS (
    UPDATE commitments c SET case_id = %(case)s FROM messages m
    WHERE c.case_id = %(into)s AND c.state IN ('open', 'noted')
      AND m.id = c.message_id AND m.case_id = {WITH_MERGED}
)
INSERT INTO rechecks (workspace_id, case_id) SELECT workspace_id, id FROM cases WHERE id = %(into)s
"""


async def about(db: Database, draft: UUID) -> About | None:
    """What decides what a draft promises; None where there is none."""
    row = await db.one(_ABOUT, {"draft": draft})
    return About(row["body"], row["process"], row["language"], row["tells_at"]) if row else None


async def before(db: Database, case: int, now: datetime) -> Before:
    """What the customer of a case was told earlier."""
    row = await db.one(_BEFORE, {"case": case, "now": now})
    assert row is not None
    sums = tuple((Decimal(amount), currency) for amount, currency in row["sums"] or ())
    return Before(row["due"], sums)


async def open_of(db: Database, case: int) -> list[Row]:
    """What replies of a case promise that is still open, the most urgent first: by when, when it was said,
    by whom, and in which sentence (``said``; its words alone where the reply is another one now)."""
    return [{**row, "said": _said(row)} for row in await db.fetch(_OPEN, {"case": case})]


def _said(row: Row) -> str:
    inside = row["text"][row["place"] :].startswith(row["words"])
    return sentence(row["text"], row["place"]) if inside else str(row["words"])


async def promised(db: Database, case: int) -> list[Promised]:
    """``open_of`` as a brief says it."""
    return [Promised(row["said"], row["due_at"]) for row in await open_of(db, case)]


async def done(db: Database, token: UUID, actor: str, now: datetime) -> bool:
    """Note that what was promised has been done; False where it is not open (any more)."""
    return await _end(db, token, "kept", "promise.kept", actor, now)


async def remove(db: Database, token: UUID, actor: str, now: datetime) -> bool:
    """Note that it need not be done; False where it is not open (any more)."""
    return await _end(db, token, "removed", "promise.removed", actor, now)


async def _end(db: Database, token: UUID, state: str, action: str, actor: str, now: datetime) -> bool:
    params = {"token": token, "state": state, "action": action, "actor": actor, "now": now}
    return await db.one(_END, params) is not None


async def contacted(tx: Connection, case: int, actor: str, now: datetime) -> None:
    """Somebody spoke with the customer of a case, as by phone: that keeps what was promised until now."""
    await tx.execute(_CONTACTED.encode(), {"case": case, "actor": actor, "now": now})


async def forget(
    db: Database, draft: UUID, place: int, actor: str, now: datetime, *, forget: bool = True
) -> None:
    """Take a date of a draft that is not sent yet off the ledger, or put it back."""
    params = {"draft": draft, "place": place, "actor": actor, "now": now, "forget": forget}
    await db.fetch(_FORGET, params)


async def correct(tx: Connection, message: int, entries: Sequence[Entry], actor: str, now: datetime) -> None:
    """Let a reply that was corrected promise what it says now."""
    ledger = ledger_params(entries)["ledger"]
    await tx.execute(_CORRECT.encode(), {"message": message, "ledger": ledger, "actor": actor, "now": now})


async def move(tx: Connection, case: int, into: int) -> None:
    """What was promised holds for the case in which this one goes on; the caller holds both locks."""
    await tx.execute(
        "UPDATE commitments SET case_id = %(into)s WHERE case_id = %(case)s AND state IN ('open', 'noted')",
        {"case": case, "into": into},
    )


async def move_back(tx: Connection, case: int, into: int) -> None:
    """A case that was merged is on its own again, with what was promised in it and what is merged into it."""
    await tx.execute(_MOVE_BACK.encode(), {"case": case, "into": into})
