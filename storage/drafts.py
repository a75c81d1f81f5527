"""Texts on their way to the customer: preview, approval, undo window, sending."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID, uuid5

from psycopg.types.json import Jsonb

from cases.endings import BY_PROCESS
from cases.enums import DraftKind
from cases.ledger import Entry
from cases.macros import GAP
from cases.undo import Undo, undo_of
from storage.calls import CARD_CONFLICT, SHOW_CARD
from storage.commitments import KEEP, MAKE, ledger_params
from storage.db import Connection, Database, Params, Row, array
from storage.owners import SHOW_TAKEN

_PREVIEW = """
INSERT INTO drafts (workspace_id, case_id, conversation_id, kind, state, body, request_key, seen_seq,
                    source_channel, source_ts, created_by, created_by_name, created_at, tells_at)
SELECT k.workspace_id, k.id, k.conversation_id, %(kind)s, 'preview', %(body)s, %(key)s,
       coalesce(%(seen)s::bigint, v.last_in_seq),
       %(source_channel)s, %(source_ts)s, %(actor)s, %(actor_name)s, %(now)s, %(tells)s
FROM cases k JOIN conversations v ON v.id = k.conversation_id
WHERE k.id = %(case)s
ON CONFLICT (workspace_id, request_key) DO UPDATE
SET uuid = CASE WHEN drafts.state = 'cancelled' OR (drafts.state = 'preview' AND drafts.body <> excluded.body)
                     OR (drafts.state = 'preview' AND drafts.conversation_id <> excluded.conversation_id)
                THEN gen_random_uuid() ELSE drafts.uuid END,
    conversation_id = CASE WHEN drafts.state IN ('preview', 'cancelled') THEN excluded.conversation_id
                           ELSE drafts.conversation_id END,
    state = CASE WHEN drafts.state = 'cancelled' THEN 'preview' ELSE drafts.state END,
    forgotten = CASE WHEN drafts.state IN ('preview', 'cancelled') AND drafts.body <> excluded.body THEN '{}'
                     ELSE drafts.forgotten END,
    body = CASE WHEN drafts.state IN ('preview', 'cancelled') THEN excluded.body ELSE drafts.body END,
    seen_seq = CASE WHEN drafts.state IN ('preview', 'cancelled') THEN excluded.seen_seq
                    ELSE drafts.seen_seq END
RETURNING id, uuid, case_id, conversation_id, state, body,
          (SELECT v.channel FROM conversations v WHERE v.id = drafts.conversation_id) AS channel
"""

# Statements are planned while the tables are empty: a state compared in plain words would lure them
# to the partial index of that state, and so past everything else that is in it.
_IS_PREVIEW = "d.state || '' = 'preview'"
_IS_TOLD = """EXISTS (
    SELECT FROM promises p WHERE p.case_id = d.case_id AND p.ended_at IS NULL AND p.date_at = d.tells_at)"""
_IS_APPROVED = "d.state || '' = 'approved'"

LAST_MESSAGE = """
SELECT coalesce(max(m.id), 0) FROM messages m WHERE m.case_id = {case} AND m.direction <> 'internal'
"""
LAST_ANSWER = """
SELECT coalesce(max(w.id), 0) FROM asks a JOIN ask_answers w ON w.ask_id = a.id WHERE a.case_id = {case}
"""

# What goes out by itself goes only while nothing else has happened: nothing was said or is about to be sent,
# no department added anything, and the case is still about the same. The approval noted where all that stood:
# by ids, as two replicas' clocks may differ.
_HOLDS = f"""(d.created_by <> '{BY_PROCESS}'
            OR v.last_in_seq <= d.seen_seq AND k.conversation_id = d.conversation_id
               AND CASE WHEN d.kind = 'closing'
                        THEN k.status NOT IN ('waiting_customer', 'waiting_department')
                        ELSE k.status = 'waiting_customer' END
               AND NOT EXISTS (
                   SELECT FROM drafts o WHERE o.conversation_id = d.conversation_id AND o.case_id = d.case_id
                     AND o.state IN ('preview', 'approved') AND o.state || '' = 'approved' AND o.id <> d.id)
               AND EXISTS (
                   SELECT FROM audit l WHERE l.case_id = d.case_id AND l.action = 'draft.approved'
                     AND l.detail ->> 'draft' = d.id::text
                     AND l.detail ->> 'process_key' = k.process_type
                     AND (l.detail ->> 'last_message')::bigint = ({LAST_MESSAGE.format(case="d.case_id")})
                     AND (l.detail ->> 'last_answer')::bigint = ({LAST_ANSWER.format(case="d.case_id")})))"""

_DIGEST = """cx_approval_digest(VARIADIC ARRAY[d.body, v.channel, v.uuid::text] || ARRAY(
    SELECT concat_ws(' ', a.sha256, a.mime, a.name) FROM attachments a WHERE a.draft_id = d.id
    ORDER BY a.id))"""

UNDO = "CASE v.channel WHEN 'mail' THEN %(undo_mail)s::float8 ELSE %(undo)s::float8 END"
"""For how many seconds what goes out in a conversation ``v`` can be kept back (``undo_params``)."""

_APPROVE = f"""
WITH d AS (
    SELECT d.id, d.uuid, d.workspace_id, d.case_id, d.conversation_id, d.body, {_DIGEST} AS digest,
           {UNDO} AS undo
    FROM drafts d JOIN conversations v ON v.id = d.conversation_id
    JOIN cases t ON t.id = d.case_id AND t.conversation_id = v.id
    WHERE d.uuid = %(uuid)s AND {_IS_PREVIEW} AND d.created_by = %(actor)s
      AND v.last_in_seq <= d.seen_seq AND v.channel <> 'internal' AND d.kind <> 'correction'
      AND d.body !~ '{GAP}' AND (d.tells_at IS NULL OR (d.tells_at > %(now)s AND NOT {_IS_TOLD}))
    FOR UPDATE OF d
), u AS (
    UPDATE drafts SET state = 'approved', send_at = clock_timestamp() + make_interval(secs => d.undo)
    FROM d WHERE drafts.id = d.id
), a AS (
    INSERT INTO approvals (workspace_id, draft_id, digest, approved_by, approved_at)
    SELECT workspace_id, id, digest, %(actor)s, %(now)s FROM d
    ON CONFLICT (draft_id) DO UPDATE
    SET digest = excluded.digest, approved_by = excluded.approved_by, approved_at = excluded.approved_at
), k AS (
    UPDATE cases SET owner = %(actor)s, status = CASE WHEN status = 'new' THEN 'open' ELSE status END
    FROM d WHERE cases.id = d.case_id AND cases.owner IS NULL
    RETURNING cases.id, cases.workspace_id, cases.slack_channel
), {SHOW_TAKEN}, n AS (
    INSERT INTO slack_calls (workspace_id, slack_channel, case_id, kind, payload)
    SELECT workspace_id, slack_channel, id, 'note',
           jsonb_build_object('user', %(actor)s::text, 'note', 'owned') FROM k
), y AS (
    INSERT INTO audit (workspace_id, at, actor, action, case_id, detail)
    SELECT workspace_id, %(now)s, %(actor)s, 'case.taken', id, jsonb_build_object('by', 'sending') FROM k
), x AS (
    INSERT INTO audit (workspace_id, at, actor, action, case_id, detail)
    SELECT workspace_id, %(now)s, %(actor)s, 'draft.approved', case_id,
           jsonb_build_object('draft', id, 'digest', digest)
    FROM d
)
SELECT d.uuid, d.case_id, d.conversation_id, d.body, d.undo, EXISTS (SELECT FROM k) AS took,
       CASE WHEN d.undo > 0
            THEN pg_notify('cx_chat', d.conversation_id || ' typing_on') END AS _notified
FROM d
"""

# Where nobody has written yet we began, and the first reply of a person lets others go by themselves.
_SEND = f"""
WITH v AS MATERIALIZED (
    SELECT * FROM conversations
    WHERE id = (SELECT d.conversation_id FROM drafts d WHERE d.uuid = %(uuid)s AND {_IS_APPROVED})
    FOR UPDATE
), d AS (
    SELECT d.*, k.slack_channel, k.number, v.channel,
           d.kind = 'closing' AND v.last_in_seq <= d.seen_seq AS closes,
           CASE WHEN k.status = 'closed' OR d.kind = 'closing' AND v.last_in_seq <= d.seen_seq THEN 'closed'
                WHEN v.last_in_seq > d.seen_seq THEN 'open'
                WHEN d.tells_at IS NOT NULL THEN CASE k.status WHEN 'new' THEN 'open' ELSE k.status END
                ELSE coalesce(d.then_status, 'waiting_customer') END AS becomes,
           k.status AS was
    FROM drafts d
    JOIN approvals a ON a.draft_id = d.id
    JOIN cases k ON k.id = d.case_id
    JOIN v ON v.id = d.conversation_id
    WHERE d.uuid = %(uuid)s AND {_IS_APPROVED} AND d.send_at <= clock_timestamp()
      AND a.digest = {_DIGEST}
      AND (d.kind <> 'closing' OR k.status <> 'closed') AND {_HOLDS}
      AND (d.source_ts IS NOT NULL OR %(sizes)s::text <> '{{}}')
    FOR NO KEY UPDATE OF k, d
), n AS (
    UPDATE conversations x
    SET last_seq = x.last_seq + 1,
        automatic_ok = x.automatic_ok OR x.last_seq = 0 AND d.created_by <> '{BY_PROCESS}'
    FROM d WHERE x.id = d.conversation_id
    RETURNING x.last_seq, x.uuid
), m AS (
    INSERT INTO messages (workspace_id, case_id, conversation_id, seq, direction, author_name,
                          author_slack, text, created_at)
    SELECT d.workspace_id, d.case_id, d.conversation_id, n.last_seq, 'out', d.created_by_name,
           d.created_by, d.body, %(now)s
    FROM d, n
    RETURNING id, uuid, seq, author_name, text, created_at
), f AS (
    UPDATE attachments SET message_id = m.id FROM d, m WHERE attachments.draft_id = d.id
    RETURNING attachments.id
), u AS (
    UPDATE drafts SET state = 'sent', message_id = m.id FROM d, m WHERE drafts.id = d.id
), p AS (
    INSERT INTO promises (workspace_id, case_id, message_id, date_at, told_at, told_by)
    SELECT d.workspace_id, d.case_id, m.id, d.tells_at, %(now)s, d.created_by
    FROM d, m WHERE d.tells_at IS NOT NULL
), kept AS ({KEEP}
), made AS ({MAKE}
), k AS (
    UPDATE cases
    SET last_reply_at = %(now)s, burst_at = NULL,
        status = d.becomes,
        closed_at = CASE WHEN d.closes THEN %(now)s ELSE closed_at END
    FROM d WHERE cases.id = d.case_id
), o AS (
    INSERT INTO outbox (workspace_id, slack_channel, case_id, kind, author, message_id, part, size, payload)
    SELECT d.workspace_id, d.slack_channel, d.case_id, 'sent', 'app', m.id, p.part - 1, p.size,
           jsonb_build_object('by', d.created_by, 'closing', d.kind = 'closing', 'closes', d.closes)
    FROM d, m, unnest(%(sizes)s::text::bigint[]) WITH ORDINALITY AS p (size, part)
    WHERE d.source_ts IS NULL
    ORDER BY p.part
), r AS (
    INSERT INTO slack_calls (workspace_id, slack_channel, case_id, kind, payload)
    SELECT d.workspace_id, d.source_channel, d.case_id, 'reaction',
           jsonb_build_object('ts', d.source_ts, 'name', 'incoming_envelope')
    FROM d WHERE d.source_ts IS NOT NULL AND d.channel NOT IN ('mail', 'api')
), card AS (
    INSERT INTO slack_calls (workspace_id, slack_channel, case_id, kind)
    SELECT d.workspace_id, d.slack_channel, d.case_id, 'card' FROM d
    WHERE d.becomes <> d.was OR d.tells_at IS NOT NULL{CARD_CONFLICT}
), x AS (
    INSERT INTO audit (workspace_id, at, actor, action, case_id, detail)
    SELECT d.workspace_id, %(now)s, d.created_by, d.kind || '.sent', d.case_id,
           jsonb_strip_nulls(jsonb_build_object(
               'draft', d.id, 'message', m.id, 'promised', d.tells_at, 'over', %(over)s::jsonb,
               'status', CASE WHEN d.becomes <> d.was THEN d.becomes END))
    FROM d, m
)
SELECT m.uuid, m.seq, m.author_name, m.text, m.created_at, d.conversation_id, d.case_id, d.kind,
       d.slack_channel, d.number, d.channel, d.source_ts, d.closes, EXISTS (SELECT FROM f) AS files,
       pg_notify('cx_chat',
                 d.conversation_id || CASE WHEN d.closes THEN ''
                                           ELSE concat(' ', m.seq, ' ', %(origin)s::text) END) AS _notified
FROM m, d
"""

# Sending locks the conversation before the case: approving in the same transaction must do so too.
_LOCK = """
SELECT FROM conversations WHERE id = (SELECT conversation_id FROM drafts WHERE uuid = %(uuid)s) FOR UPDATE
"""

_LOCK_CASE = """
SELECT FROM cases WHERE id = (SELECT case_id FROM drafts WHERE uuid = %(uuid)s) FOR NO KEY UPDATE
"""

_STATE = f"""
SELECT d.id, d.state, d.body, d.kind, d.created_by, k.owner, d.case_id, d.conversation_id, d.source_channel,
       d.source_ts, d.seen_seq, v.last_in_seq, v.channel, k.number, d.left_out,
       d.tells_at, {_IS_TOLD} AS told, d.forgotten,
       extract(epoch FROM d.send_at - clock_timestamp())::float8 AS undo_seconds
FROM drafts d JOIN conversations v ON v.id = d.conversation_id JOIN cases k ON k.id = d.case_id
WHERE d.uuid = %(uuid)s
"""

# What goes out by itself can be kept back by whoever owns its case.
_CANCEL = f"""
WITH d AS (
    UPDATE drafts SET state = 'cancelled', send_at = NULL
    WHERE uuid = %(uuid)s AND state IN ('preview', 'approved')
      AND (created_by = %(actor)s
           OR created_by = '{BY_PROCESS}'
              AND EXISTS (SELECT FROM cases k WHERE k.id = drafts.case_id AND k.owner = %(actor)s))
    RETURNING id, workspace_id, case_id, conversation_id
), x AS (
    INSERT INTO audit (workspace_id, at, actor, action, case_id, detail)
    SELECT workspace_id, %(now)s, %(actor)s, 'draft.cancelled', case_id, jsonb_build_object('draft', id)
    FROM d
)
SELECT id, case_id, conversation_id, pg_notify('cx_chat', conversation_id || ' typing_off') AS _notified
FROM d
"""

_DUE = """
SELECT uuid, body FROM drafts
WHERE workspace_id = %(workspace)s AND state = 'approved'
  AND send_at <= clock_timestamp() - make_interval(secs => %(late)s)
ORDER BY send_at LIMIT 100
"""

_VOID = f"""
WITH d AS (
    UPDATE drafts SET state = 'cancelled'
    FROM approvals a, conversations v, cases k
    WHERE drafts.uuid = %(uuid)s AND drafts.state = 'approved' AND a.draft_id = drafts.id
      AND v.id = drafts.conversation_id AND k.id = drafts.case_id
      AND (a.digest <> {_DIGEST.replace("d.body", "drafts.body").replace("d.id", "drafts.id")}
           OR (drafts.kind = 'closing' AND k.status = 'closed') OR NOT {_HOLDS.replace("d.", "drafts.")})
    RETURNING drafts.id, drafts.uuid, drafts.workspace_id, drafts.case_id, drafts.created_by,
              drafts.source_channel, drafts.source_ts, k.slack_channel
), r AS (
    INSERT INTO slack_calls (workspace_id, slack_channel, case_id, kind, payload)
    SELECT workspace_id, source_channel, case_id, 'reaction',
           jsonb_build_object('ts', source_ts, 'name', 'exclamation')
    FROM d WHERE source_ts IS NOT NULL
), n AS (
    INSERT INTO slack_calls (workspace_id, slack_channel, case_id, kind, payload)
    SELECT workspace_id, slack_channel, case_id, 'note',
           jsonb_build_object('note', 'not_sent', 'user', created_by, 'draft', uuid) FROM d
    WHERE created_by <> '{BY_PROCESS}'
)
INSERT INTO audit (workspace_id, at, actor, action, case_id, detail)
SELECT workspace_id, %(now)s, 'app', 'draft.voided', case_id, jsonb_build_object('draft', id) FROM d
RETURNING id
"""


async def preview(
    tx: Connection,
    *,
    case: int,
    kind: DraftKind,
    body: str,
    key: str,
    source: tuple[str, str] | None,
    actor: str,
    actor_name: str,
    now: datetime,
    seen: int | None = None,
    tells: datetime | None = None,
) -> Row | None:
    """Make the draft that ``key`` asks for, or find it: an undone or unsent one takes the new text.

    Its foreign keys hold the case before the conversation: the caller has locked both (``storage.locks``).

    With other words, or after it was taken back, it gets another uuid: what a person approves is
    what they were shown, so the buttons of an earlier preview no longer find it.
    ``seen`` is the customer's last message that ``actor`` has read; by default what is there now.
    ``tells`` is a date that the text tells: a promise once it was sent.
    """
    cursor = await tx.execute(
        _PREVIEW,
        {
            "case": case,
            "kind": kind,
            "body": body,
            "key": key,
            "source_channel": source[0] if source else None,
            "source_ts": source[1] if source else None,
            "actor": actor,
            "actor_name": actor_name,
            "now": now,
            "seen": seen,
            "tells": tells,
        },
    )
    return await cursor.fetchone()


async def approve(db: Database, uuid: UUID, actor: str, undo: float | Undo, now: datetime) -> Row | None:
    """Approve a preview: bind it to its bytes, start the undo window, own an unowned case.

    None when it is no longer a preview of ``actor``, or the customer wrote since it was made.
    """
    *_held, approved = await db.fetch_together(
        *_hold(uuid), (_APPROVE, _approve_params(uuid, actor, undo, now))
    )
    return approved[0] if approved else None


def _approve_params(uuid: UUID, actor: str, undo: float | Undo, now: datetime) -> Params:
    return {"uuid": uuid, "actor": actor, "now": now, **undo_params(undo)}


def undo_params(undo: float | Undo) -> Params:
    """The parameters of ``UNDO``."""
    window = undo_of(undo)
    return {"undo": float(window.chat), "undo_mail": float(window.mail)}


async def send(
    db: Database, uuid: UUID, sizes: Sequence[int], now: datetime, entries: Sequence[Entry] = ()
) -> Row | None:
    """Send an approved draft whose undo window is over; None when that is not (or no longer) due.

    One commit: the customer's message, the draft's and the case's state, what Slack shows of it,
    the audit, and the NOTIFY that wakes the customer's screen. When the customer wrote after the
    draft was approved, the text goes but the case stays open. ``entries`` are what its text promises.
    """
    *_held, sent = await db.fetch_together(
        *_hold(uuid), (_SEND, _send_params(uuid, sizes, now, db.origin, entries))
    )
    return sent[0] if sent else None


def _hold(uuid: UUID) -> tuple[tuple[str, Params], ...]:
    """What comes before sending, apart from it as before ``intake.APPEND``: then it sees what others did."""
    return (_LOCK, {"uuid": uuid}), (_LOCK_CASE, {"uuid": uuid})


def _send_params(
    uuid: UUID, sizes: Sequence[int], now: datetime, origin: str, entries: Sequence[Entry]
) -> Params:
    fixed = {"uuid": uuid, "sizes": array(sizes), "now": now, "origin": origin}
    return {**fixed, **ledger_params(entries)}


def approve_and_send_statements(
    uuid: UUID, actor: str, now: datetime, *, origin: str, entries: Sequence[Entry] = ()
) -> tuple[tuple[str, Params], ...]:
    """The statements of ``approve_and_send``, in order."""
    return (
        *_hold(uuid),
        (_APPROVE, _approve_params(uuid, actor, 0.0, now)),
        (_SEND, _send_params(uuid, [], now, origin, entries)),
    )


async def approve_and_send(
    db: Database, uuid: UUID, actor: str, now: datetime, entries: Sequence[Entry] = ()
) -> tuple[Row | None, Row | None]:
    """``approve`` without an undo window and ``send``, in one commit: what each returns.

    An approved draft that was not made from a Slack message is left to ``send``, which needs its sizes.
    """
    *_held, approved, sent = await db.fetch_together(
        *approve_and_send_statements(uuid, actor, now, origin=db.origin, entries=entries)
    )
    return approved[0] if approved else None, sent[0] if sent else None


async def state(db: Database, uuid: UUID) -> Row | None:
    """Where a draft stands."""
    return await db.one(_STATE, {"uuid": uuid})


def renewed(uuid: UUID) -> UUID:
    """The uuid that ``refresh`` gives a draft: as hard to guess as the one before."""
    return uuid5(uuid, "renewed")  # not translated


async def refresh(db: Database, uuid: UUID) -> UUID:
    """Note that the person is shown what the customer wrote since the draft was made; its new uuid.

    Clicks that were made before do not find it any more: whoever pressed twice has read nothing yet.
    A correction stays where its message went; another draft follows its case to where that is now.
    """
    await db.fetch(
        """UPDATE drafts d SET seen_seq = v.last_in_seq, conversation_id = v.id, uuid = %(renewed)s
           FROM cases k, conversations v
           WHERE d.uuid = %(uuid)s AND k.id = d.case_id AND d.state = 'preview'
             AND v.id = CASE WHEN d.kind = 'correction' THEN d.conversation_id ELSE k.conversation_id END""",
        {"uuid": uuid, "renewed": renewed(uuid)},
    )
    return renewed(uuid)


async def cancel(db: Database, uuid: UUID, actor: str, now: datetime) -> Row | None:
    """Take back a preview, or an approved draft inside its undo window; None when it is too late."""
    return await db.one(_CANCEL, {"uuid": uuid, "actor": actor, "now": now})


async def cancel_in(tx: Connection, uuid: UUID, actor: str, now: datetime) -> None:
    """``cancel`` inside a transaction."""
    await tx.execute(_CANCEL, {"uuid": uuid, "actor": actor, "now": now})


async def bear(tx: Connection, draft: int, files: Sequence[Mapping[str, str]], *, renamed: bool) -> UUID:
    """Note which files a draft leaves out; ``renamed`` when it shows others than before: another uuid."""
    cursor = await tx.execute(
        """UPDATE drafts SET left_out = %(left_out)s,
                             uuid = CASE WHEN %(renamed)s THEN gen_random_uuid() ELSE uuid END
           WHERE id = %(draft)s RETURNING uuid""",
        {"draft": draft, "left_out": Jsonb(list(files)), "renamed": renamed},
    )
    row = await cursor.fetchone()
    assert row is not None
    uuid: UUID = row["uuid"]
    return uuid


async def reword(tx: Connection, draft: int, words: str) -> UUID | None:
    """Give a preview other words, and another uuid; None when it has them or is no preview any more."""
    cursor = await tx.execute(
        """UPDATE drafts SET body = %(words)s, uuid = gen_random_uuid(), forgotten = '{}'
           WHERE id = %(draft)s AND state = 'preview' AND body <> %(words)s RETURNING uuid""",
        {"draft": draft, "words": words},
    )
    row = await cursor.fetchone()
    return row["uuid"] if row else None


async def by_source(tx: Connection, workspace: int, channel: str, ts: str) -> UUID | None:
    """The draft that was asked for on the Slack message ``channel``, ``ts``."""
    cursor = await tx.execute(
        """SELECT uuid FROM drafts WHERE workspace_id = %(workspace)s
           AND source_channel = %(channel)s AND source_ts = %(ts)s ORDER BY id DESC LIMIT 1""",
        {"workspace": workspace, "channel": channel, "ts": ts},
    )
    row = await cursor.fetchone()
    return row["uuid"] if row else None


async def due(db: Database, workspace: int, late: float) -> list[Row]:
    """Approved drafts of ``workspace`` whose undo window ended more than ``late`` seconds ago."""
    return await db.fetch(_DUE, {"workspace": workspace, "late": late})


async def void(db: Database, uuid: UUID, now: datetime) -> bool:
    """Cancel a draft that can never go: its bytes changed since approval, or its case is closed."""
    return await db.one(_VOID, {"uuid": uuid, "now": now}) is not None


async def approve_in(tx: Connection, uuid: UUID, actor: str, undo: float | Undo, now: datetime) -> bool:
    """``approve`` inside the transaction that made the draft; whether it was approved now."""
    cursor = await tx.execute(_APPROVE.encode(), _approve_params(uuid, actor, undo, now))
    return await cursor.fetchone() is not None


_CLOSE_SILENT = f"""
WITH k AS (
    UPDATE cases SET status = 'closed', closed_at = %(now)s, close_reason = %(reason)s,
                     owner = coalesce(owner, %(actor)s)
    WHERE id = %(case)s AND status <> 'closed'
      AND (%(seen)s::bigint IS NULL
           OR %(seen)s >= (SELECT last_in_seq FROM conversations v WHERE v.id = cases.conversation_id))
    RETURNING id, workspace_id, slack_channel
), o AS (
    INSERT INTO outbox (workspace_id, slack_channel, case_id, kind, author, payload)
    SELECT workspace_id, slack_channel, id, 'notice', 'app', %(payload)s FROM k
), {SHOW_CARD}, x AS (
    INSERT INTO audit (workspace_id, at, actor, action, case_id, detail)
    SELECT workspace_id, %(now)s, %(actor)s, 'case.closed_silently', id,
           %(payload)s::jsonb || '{{"status": "closed"}}' FROM k
)
SELECT k.id, c.conversation_id, pg_notify('cx_chat', c.conversation_id::text) AS _notified
FROM k JOIN cases c ON c.id = k.id
"""


async def close_silently(
    tx: Connection, case: int, actor: str, reason: str, now: datetime, seen: int | None
) -> Row | None:
    """Close an open case without telling the customer; None when they wrote after message ``seen``.

    The caller holds the case and its conversation (``storage.locks``).
    """
    payload = Jsonb({"event": "closed", "by": actor, "reason": reason})
    params = {"case": case, "actor": actor, "reason": reason, "payload": payload, "now": now, "seen": seen}
    cursor = await tx.execute(_CLOSE_SILENT.encode(), params)
    return await cursor.fetchone()
