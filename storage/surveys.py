"""Asking customers how it was: what is due, what was asked, what they answered.

Everybody locks the conversation first, then the case, then the survey.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from cases.surveys import DIGIT_FOR, ONCE_IN, Rating, SurveyKind, is_bad
from storage import locks
from storage.by_hand import BY_HAND
from storage.calls import CARD_CONFLICT
from storage.db import Connection, Database, Row, array
from storage.outbox import said_by

_MOST_AT_ONCE = 50

_DUE = """
SELECT s.id, s.case_id, k.conversation_id FROM surveys s JOIN cases k ON k.id = s.case_id
WHERE s.workspace_id = %(workspace)s AND s.state = 'waiting' AND s.look_at <= %(now)s
ORDER BY s.look_at, s.id LIMIT %(most)s
"""

_LOCK = "SELECT id FROM surveys WHERE id = %(id)s AND state = 'waiting' FOR UPDATE"
# Two cases of one customer may be due at once, in two conversations.
_LOCK_CUSTOMER = """
SELECT pg_advisory_xact_lock(hashtextextended('cx_survey ' || customer_id::text, 0))
FROM cases WHERE id = %(case)s
"""

_FACTS = f"""
SELECT s.id, s.closed_at, k.id AS case_id, k.workspace_id, k.number, k.process_type, k.slack_channel,
       k.conversation_id, v.site, coalesce(v.language, u.language) AS language,
       u.profile ->> 'time_zone' AS zone,
       k.status = 'closed' AND k.closed_at = s.closed_at AND k.close_reason IS NULL
           AND k.merged_into IS NULL AND v.channel <> 'internal' AND v.case_id = k.id AS holds,
       {BY_HAND} AS by_hand,
       EXISTS (SELECT FROM cases o JOIN surveys p ON p.case_id = o.id
               WHERE o.customer_id = k.customer_id AND p.asked_at > %(recent)s) AS recently
FROM surveys s JOIN cases k ON k.id = s.case_id JOIN conversations v ON v.id = k.conversation_id
JOIN customers u ON u.id = k.customer_id
WHERE s.id = %(id)s
"""

_ASK = f"""
WITH v AS (
    UPDATE conversations SET last_seq = last_seq + 1 WHERE id = %(conversation)s RETURNING id, last_seq
), m AS (
    INSERT INTO messages (workspace_id, case_id, conversation_id, seq, direction, author_name, text,
                          created_at)
    SELECT k.workspace_id, k.id, v.id, v.last_seq, 'out', %(name)s, %(text)s, %(now)s
    FROM cases k, v WHERE k.id = %(case)s
    RETURNING id, workspace_id, case_id
), s AS (
    UPDATE surveys SET state = 'asked', kind = %(kind)s, asked_at = %(now)s,
                       conversation_id = %(conversation)s, message_id = m.id
    FROM m WHERE surveys.id = %(id)s
), o AS ({said_by("app")}
), x AS (
    INSERT INTO audit (workspace_id, at, actor, action, case_id, detail)
    SELECT workspace_id, %(now)s, 'app', 'survey.asked', case_id,
           jsonb_build_object('survey', %(id)s::bigint, 'message', id, 'kind', %(kind)s::text) FROM m
)
SELECT pg_notify('cx_chat', id::text) AS _notified FROM v
"""

_SHOWN = """
SELECT s.id, s.kind, s.asked_at, s.case_id, k.number, v.site, e.title,
       coalesce(v.language, u.language) AS language,
       r.id IS NOT NULL AS rated
FROM surveys s JOIN cases k ON k.id = s.case_id JOIN conversations v ON v.id = s.conversation_id
JOIN customers u ON u.id = k.customer_id
LEFT JOIN entrances e ON e.workspace_id = v.workspace_id AND e.channel = v.channel AND e.site = v.site
LEFT JOIN ratings r ON r.survey_id = s.id
WHERE s.token = %(token)s AND s.state = 'asked'
"""

# The newest one that was asked there, while it is the last thing said: a number after an agent's question
# answers that.
_OPEN = """
SELECT s.id, s.kind, m.author_name FROM surveys s JOIN messages m ON m.id = s.message_id
WHERE s.conversation_id = %(conversation)s AND s.case_id = %(case)s AND s.asked_at > %(since)s
  AND NOT EXISTS (SELECT FROM ratings r WHERE r.survey_id = s.id)
  AND NOT EXISTS (SELECT FROM messages n WHERE n.conversation_id = s.conversation_id AND n.seq > m.seq)
ORDER BY s.id DESC LIMIT 1
"""

_RATE = f"""
WITH r AS (
    INSERT INTO ratings (workspace_id, survey_id, case_id, kind, score, comment, first_contact, message_id,
                         rated_at)
    SELECT workspace_id, id, case_id, kind, %(score)s, %(comment)s, %(first)s, %(message)s, %(now)s
    FROM surveys WHERE id = %(survey)s AND state = 'asked'
    ON CONFLICT (survey_id) DO NOTHING
    RETURNING id, workspace_id, case_id, kind, score
), o AS (
    INSERT INTO outbox (workspace_id, slack_channel, case_id, kind, author, payload)
    SELECT k.workspace_id, k.slack_channel, k.id, 'rating', 'app',
           jsonb_build_object('rating', r.id, 'bad', %(bad)s::boolean)
           || CASE WHEN %(bad)s::boolean THEN '{{"burst": true}}' ELSE '{{}}'::jsonb END
    FROM r JOIN cases k ON k.id = r.case_id
), c AS (
    INSERT INTO slack_calls (workspace_id, slack_channel, case_id, kind)
    SELECT k.workspace_id, k.slack_channel, k.id, 'card' FROM r JOIN cases k ON k.id = r.case_id
    {CARD_CONFLICT}
), x AS (
    INSERT INTO audit (workspace_id, at, actor, action, case_id, detail)
    SELECT workspace_id, %(now)s, 'customer', 'survey.rated', case_id,
           jsonb_build_object('rating', id, 'kind', kind, 'score', score) FROM r
)
SELECT r.id, r.case_id, k.slack_channel FROM r JOIN cases k ON k.id = r.case_id
"""

_REOPEN = """
WITH k AS (
    UPDATE cases SET status = 'open', closed_at = NULL, close_reason = NULL
    WHERE id = %(case)s AND status = 'closed' AND merged_into IS NULL
    RETURNING id, workspace_id, conversation_id
), x AS (
    INSERT INTO audit (workspace_id, at, actor, action, case_id, detail)
    SELECT workspace_id, %(now)s, 'customer', 'case.reopened', id,
           '{"status": "open", "why": "bad_rating"}' FROM k
)
SELECT pg_notify('cx_chat', conversation_id::text) AS _notified FROM k
"""

# What the customer said and what they are told: on their screen, not in the case's thread.
_SAY = """
WITH v AS (
    UPDATE conversations SET last_seq = last_seq + 2 WHERE id = %(conversation)s RETURNING id, last_seq
), m AS (
    INSERT INTO messages (workspace_id, case_id, conversation_id, seq, direction, author_name, text,
                          client_message_id, created_at)
    SELECT k.workspace_id, k.id, v.id, v.last_seq - 1, 'in', u.name, %(text)s, %(client_id)s, %(now)s
    FROM cases k JOIN customers u ON u.id = k.customer_id, v WHERE k.id = %(case)s
    RETURNING id, uuid, seq, case_id
), t AS (
    INSERT INTO messages (workspace_id, case_id, conversation_id, seq, direction, author_name, text,
                          created_at)
    SELECT k.workspace_id, k.id, v.id, v.last_seq, 'out', %(name)s, %(thanks)s, %(now)s
    FROM cases k, v WHERE k.id = %(case)s
)
SELECT m.id, m.uuid, m.seq, m.case_id, k.number, k.slack_channel,
       pg_notify('cx_chat', v.id::text) AS _notified
FROM m JOIN cases k ON k.id = m.case_id, v
"""


async def due(db: Database, workspace: int, now: datetime) -> list[Row]:
    """Surveys about which is to be decided now."""
    return await db.fetch(_DUE, {"workspace": workspace, "now": now, "most": _MOST_AT_ONCE})


async def claim(tx: Connection, survey: Row, now: datetime) -> Row | None:
    """Lock one of ``due`` with its case and customer; None when another replica is at it, or was.

    ``holds`` says that its case is closed as it was, ``recently`` that the customer was asked not long ago.
    """
    if not await locks.claim_case(tx, survey["case_id"], survey["conversation_id"]):
        return None
    cursor = await tx.execute(_LOCK, {"id": survey["id"]})
    if await cursor.fetchone() is None:
        return None
    await tx.execute(_LOCK_CUSTOMER, {"case": survey["case_id"]})
    row = await (await tx.execute(_FACTS, {"id": survey["id"], "recent": now - ONCE_IN})).fetchone()
    return row if row is not None and row["conversation_id"] == survey["conversation_id"] else None


async def ask(
    tx: Connection,
    survey: Row,
    kind: SurveyKind,
    words: str,
    sizes: Sequence[int],
    name: str,
    now: datetime,
) -> None:
    """Ask the customer: the message and what Slack shows of it; the caller has claimed the survey."""
    await tx.execute(
        _ASK,
        {
            "id": survey["id"],
            "case": survey["case_id"],
            "conversation": survey["conversation_id"],
            "kind": kind,
            "text": words,
            "sizes": array(sizes),
            "name": name,
            "now": now,
        },
    )


async def drop(tx: Connection, survey: int, why: str) -> None:
    """Nobody is asked about this closing."""
    await tx.execute(
        "UPDATE surveys SET state = 'dropped', why = %(why)s WHERE id = %(id)s", {"id": survey, "why": why}
    )


async def put_off(tx: Connection, survey: int, until: datetime) -> None:
    """Decide later."""
    await tx.execute(
        "UPDATE surveys SET look_at = %(until)s WHERE id = %(id)s", {"id": survey, "until": until}
    )


async def by_token(db: Database, token: UUID) -> Row | None:
    """What was asked, by what its link stands for, and whether that is ``rated``."""
    return await db.one(_SHOWN, {"token": token})


async def open_in(tx: Connection, conversation: Row, now: datetime) -> Row | None:
    """The survey that the next message of a (locked) conversation may answer."""
    params = {"conversation": conversation["id"], "case": conversation["case_id"], "since": now - DIGIT_FOR}
    return await (await tx.execute(_OPEN, params)).fetchone()


async def rate(
    tx: Connection, survey: int, kind: SurveyKind, rating: Rating, now: datetime, message: int | None = None
) -> Row | None:
    """Keep what a customer answered, and show it; None when they had answered. A bad one reopens the case.

    The caller holds the case and its conversation.
    """
    bad = is_bad(kind, rating.score)
    params = {
        "survey": survey,
        "score": rating.score,
        "comment": rating.comment,
        "first": rating.first_contact,
        "message": message,
        "bad": bad,
        "now": now,
    }
    row = await (await tx.execute(_RATE.encode(), params)).fetchone()
    if row is not None and bad:
        await tx.execute(_REOPEN, {"case": row["case_id"], "now": now})
    return row


async def say(
    tx: Connection, conversation: Row, client_id: str, words: str, thanks: str, name: str, now: datetime
) -> Row:
    """Keep an answer in the chat, and the thanks of ``name`` for it, without showing either in Slack."""
    params = {
        "conversation": conversation["id"],
        "case": conversation["case_id"],
        "client_id": client_id,
        "text": words,
        "thanks": thanks,
        "name": name,
        "now": now,
    }
    row = await (await tx.execute(_SAY, params)).fetchone()
    assert row is not None
    return row


async def rating(db: Database, rating_id: int) -> Row:
    """What a customer answered."""
    (row,) = await db.fetch(
        "SELECT kind, score, comment, first_contact FROM ratings WHERE id = %(id)s", {"id": rating_id}
    )
    return row


async def is_answer(tx: Connection, message: int) -> bool:
    """Whether a message of a customer is what they answered to a survey."""
    cursor = await tx.execute("SELECT id FROM ratings WHERE message_id = %(id)s", {"id": message})
    return await cursor.fetchone() is not None
