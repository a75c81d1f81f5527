"""Cases as people act on them: the card, taking, the talk in their threads, the board."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from cases.enums import Channel, Priority, Status
from cases.messages import CaseCard, OtherCase, Suggestion, WaitsOn
from cases.reader import language_of
from cases.surveys import SurveyKind
from cases.triage import GENERAL, Triaged
from storage.db import Connection, Database, Row
from storage.links import address_of
from storage.owners import UNCLAIMED
from storage.promises import TOLD, told_of

MOST_ON_BOARD = 15
"""Cases that a board shows where nobody asks for more or fewer."""

MOST_OTHERS = 3
"""Other open cases of the customer that a card names."""

# Statements are planned while the tables are empty: the status compared in plain words would lure them to
# the index of all open cases, past that of the customer's.
_OTHERS = f"""
SELECT jsonb_agg(to_jsonb(found) ORDER BY found.number DESC) FROM (
    SELECT o.number, o.subject, o.token, {address_of("o")} AS url, count(*) OVER () AS many
    FROM cases o JOIN workspaces w ON w.id = o.workspace_id
    WHERE o.customer_id = k.customer_id AND o.id <> k.id
      AND k.status <> 'closed' AND o.status || '' <> 'closed'
      AND NOT EXISTS (SELECT FROM case_links n WHERE n.first_case = least(o.id, k.id)
                      AND n.second_case = greatest(o.id, k.id))
    ORDER BY o.id DESC LIMIT {MOST_OTHERS}
) found"""

# By `decided_by`, for the same reason: there is an index of those that are open.
_SUGGESTION = """
SELECT jsonb_build_object('token', s.token, 'name', n.name, 'customer', n.external_id,
                          'order', o.external_id, 'address', s.address)
FROM customer_suggestions s JOIN customers w ON w.id = s.known_id
JOIN customers n ON n.id = coalesce(w.merged_into, w.id) LEFT JOIN orders o ON o.id = s.order_id
WHERE s.customer_id = k.customer_id AND s.decided_by IS NULL AND k.status <> 'closed'
ORDER BY s.id LIMIT 1"""

_WAITS_ON = """
SELECT jsonb_agg(jsonb_build_object('department', a.department_name, 'since', a.asked_at,
                                    'taken_by', a.taken_by, 'later_at', a.later_at) ORDER BY a.id)
FROM asks a WHERE a.case_id = k.id AND a.state = 'open'"""

# As it was called when it was said.
_PROCESS_NAME = """
SELECT l.detail->>'process' FROM audit l WHERE l.case_id = k.id AND l.action = 'case.process'
ORDER BY l.id DESC LIMIT 1"""

_CARD = f"""
SELECT k.id, k.token, k.number, k.subject, k.status, k.owner, k.opened_at, k.closed_at,
       k.close_reason, k.slack_channel, k.thread_ts, u.name AS customer, i.verified, v.channel, v.site,
       v.language, CASE WHEN i.kind IN ('email', 'told', 'phone') THEN i.value END AS handle,
       e.title AS place, e.icon, e.public,
       f.number AS follows, g.number AS merged_into, k.priority, k.tags, a.until AS away_until, a.cover,
       p.number AS problem, p.title AS problem_title, k.process_type, t.department_name, t.confidence, t.asks,
       t.model, coalesce(t.corrected_to, CASE WHEN t.sure THEN t.department END) AS department,
       t.corrected_to IS NULL AND (t.sure OR t.asks) AS triaged,
       (SELECT count(*) FROM orders o
        WHERE o.workspace_id = k.workspace_id
          AND o.customer_external_id IN (SELECT external_id FROM customers w
                                         WHERE w.id = u.id OR w.merged_into = u.id)) AS orders,
       ARRAY(SELECT x.number FROM case_links n
             JOIN cases x ON x.id = CASE WHEN n.first_case = k.id THEN n.second_case ELSE n.first_case END
             WHERE k.id IN (n.first_case, n.second_case) ORDER BY x.number) AS linked,
       (SELECT count(*) FROM cases e WHERE e.customer_id = k.customer_id AND e.id < k.id) AS earlier,
       ({_OTHERS}) AS others,
       ({_SUGGESTION}) AS suggestion,
       ({_WAITS_ON}) AS waits_on,
       CASE WHEN k.process_type <> '{GENERAL}' THEN ({_PROCESS_NAME}) END AS process_name,
       ({TOLD}) AS told,
       (SELECT r.kind || ' ' || r.score FROM ratings r
        WHERE r.case_id = k.id ORDER BY r.id DESC LIMIT 1) AS rating
FROM cases k
JOIN customers u ON u.id = k.customer_id
JOIN conversations v ON v.id = k.conversation_id
JOIN identities i ON i.id = v.identity_id
LEFT JOIN entrances e ON e.workspace_id = v.workspace_id AND e.channel = v.channel AND e.site = v.site
LEFT JOIN cases f ON f.id = k.follows_case_id
LEFT JOIN cases g ON g.id = k.merged_into
LEFT JOIN absences a ON a.workspace_id = k.workspace_id AND a.member = k.owner
LEFT JOIN triage t ON t.case_id = k.id
LEFT JOIN problem_cases pc ON pc.case_id = k.id AND pc.active
LEFT JOIN problems p ON p.id = pc.problem_id
WHERE k.id = %(case)s
"""

_NOTE = """
INSERT INTO messages (workspace_id, case_id, conversation_id, direction, author_name, author_slack, text,
                      files, slack_channel, slack_ts, created_at)
SELECT k.workspace_id, k.id, k.conversation_id, 'internal', %(author)s::text, %(author)s::text, %(text)s,
       %(files)s, %(channel)s::text, %(ts)s, %(now)s
FROM cases k
WHERE k.workspace_id = %(workspace)s AND k.slack_channel = %(channel)s::text AND k.thread_ts = %(thread)s
ON CONFLICT DO NOTHING
"""

# Nobody's, or somebody's who is away without a cover.
_BOARD = f"""
SELECT k.id, k.token, k.number, k.subject, k.status, k.owner, k.opened_at, k.last_customer_at,
       k.last_reply_at, k.slack_channel, k.thread_ts, u.name AS customer, {UNCLAIMED} AS unclaimed,
       count(*) OVER () AS fitting
FROM cases k JOIN customers u ON u.id = k.customer_id
WHERE k.workspace_id = %(workspace)s AND k.status <> 'closed'
  AND (%(owner)s::text IS NULL OR k.owner = %(owner)s)
  AND (NOT %(unclaimed)s OR {UNCLAIMED})
  AND (%(channel)s::text IS NULL OR k.slack_channel = %(channel)s)
ORDER BY (k.status IN ('waiting_customer')), coalesce(k.last_customer_at, k.opened_at)
LIMIT %(limit)s
"""

# Apart, so that the board reads the index of open cases only.
_OF_NUMBER = _BOARD.replace("k.status <> 'closed'", "k.number = %(number)s")

_COUNTS = f"""
SELECT status, count(*) AS cases, count(*) FILTER (WHERE {UNCLAIMED}) AS unclaimed
FROM cases k WHERE k.workspace_id = %(workspace)s AND k.status <> 'closed'
GROUP BY status
"""


async def card(db: Database, case: int) -> CaseCard | None:
    """What the card of a case shows now."""
    row = await db.one(_CARD, {"case": case})
    if row is None:
        return None
    others, suggestion = row["others"] or (), row["suggestion"]
    return CaseCard(
        case_id=row["id"],
        token=row["token"],
        number=row["number"],
        customer=row["customer"],
        customer_verified=row["verified"],
        channel=Channel(row["channel"]),
        site=row["site"],
        language=language_of(row["language"] or ""),
        subject=row["subject"],
        status=Status(row["status"]),
        owner=row["owner"],
        opened_at=row["opened_at"],
        closed_at=row["closed_at"],
        close_reason=row["close_reason"],
        orders=row["orders"],
        earlier_cases=row["earlier"],
        follows=row["follows"],
        priority=Priority(row["priority"]),
        tags=row["tags"],
        away_until=row["away_until"],
        cover=row["cover"],
        linked=row["linked"],
        merged_into=row["merged_into"],
        problem=row["problem"],
        problem_title=row["problem_title"] or "",
        others=[
            OtherCase(each["number"], each["subject"], UUID(each["token"]), each["url"]) for each in others
        ],
        others_left_out=others[0]["many"] - len(others) if others else 0,
        suggestion=Suggestion(**suggestion | {"token": UUID(suggestion["token"])}) if suggestion else None,
        waits_on=[_waits_on(each) for each in row["waits_on"] or ()],
        triaged=_triaged(row) if row["triaged"] else None,
        process=row["process_type"],
        process_name=row["process_name"] or "",
        department=row["department"],
        told=told_of(row["told"], row["closed_at"]),
        handle=row["handle"] or "",
        place=row["place"] or "",
        icon=row["icon"],
        public=bool(row["public"]),
        rating=_rating(row["rating"]) if row["rating"] else None,
    )


def _rating(written: str) -> tuple[SurveyKind, int]:
    kind, score = written.split()
    return SurveyKind(kind), int(score)


def _waits_on(row: Row) -> WaitsOn:
    later = row["later_at"]
    return WaitsOn(
        row["department"],
        datetime.fromisoformat(row["since"]),
        row["taken_by"],
        datetime.fromisoformat(later) if later else None,
    )


def _triaged(row: Row) -> Triaged:
    return Triaged(None if row["asks"] else row["department_name"], row["confidence"], row["model"])


async def by_token(db: Database, token: UUID) -> Row | None:
    """The case that a button belongs to, with the number of the customer's last message."""
    return await db.one(
        """SELECT k.id, k.workspace_id, k.number, k.token, k.status, k.owner, k.slack_channel, k.thread_ts,
                  k.conversation_id, k.customer_id, k.merged_into, k.opened_at, k.last_reply_at,
                  v.last_in_seq, v.channel
           FROM cases k JOIN conversations v ON v.id = k.conversation_id
           WHERE k.token = %(token)s""",
        {"token": token},
    )


async def case_of_messages(tx: Connection, workspace: int, channel: str, stamps: Sequence[str]) -> Row | None:
    """A case that one of the Slack messages belongs to: as its card, or as kept talk."""
    cursor = await tx.execute(
        """SELECT k.number FROM cases k WHERE k.workspace_id = %(workspace)s AND k.slack_channel = %(channel)s
             AND k.thread_ts = ANY(%(stamps)s)
           UNION ALL
           SELECT k.number FROM messages m JOIN cases k ON k.id = m.case_id
           WHERE m.workspace_id = %(workspace)s AND m.slack_channel = %(channel)s
             AND m.slack_ts = ANY(%(stamps)s)
           LIMIT 1""",
        {"workspace": workspace, "channel": channel, "stamps": list(stamps)},
    )
    return await cursor.fetchone()


async def by_thread(db: Database, workspace: int, channel: str, thread: str) -> Row | None:
    """The case whose thread this is."""
    return await db.one(
        """SELECT id, token, number, status, owner FROM cases
           WHERE workspace_id = %(workspace)s AND slack_channel = %(channel)s AND thread_ts = %(thread)s""",
        {"workspace": workspace, "channel": channel, "thread": thread},
    )


async def by_id(db: Database, case: int) -> Row | None:
    """A case with its thread."""
    return await db.one(
        """SELECT k.id, k.workspace_id, k.number, k.token, k.status, k.owner, k.slack_channel, k.thread_ts,
                  k.conversation_id, v.channel
           FROM cases k JOIN conversations v ON v.id = k.conversation_id WHERE k.id = %(case)s""",
        {"case": case},
    )


async def thread_of(db: Database, case: int) -> tuple[str, str] | None:
    """The Slack channel and timestamp of a case's card, once it is posted."""
    row = await db.one("SELECT slack_channel, thread_ts FROM cases WHERE id = %(case)s", {"case": case})
    return (row["slack_channel"], row["thread_ts"]) if row and row["thread_ts"] else None


async def card_place(db: Database, case: int) -> tuple[str, str] | None:
    """Where the card of a case stands, once it is posted: the Slack channel and timestamp."""
    row = await db.one(
        "SELECT slack_channel, coalesce(card_ts, thread_ts) AS ts FROM cases WHERE id = %(case)s",
        {"case": case},
    )
    return (row["slack_channel"], row["ts"]) if row and row["ts"] else None


async def add_note(
    tx: Connection,
    *,
    workspace: int,
    channel: str,
    thread: str,
    ts: str,
    author: str,
    text: str,
    files: int,
    now: datetime,
) -> None:
    """Keep what a person wrote in a case's thread, and how many ``files`` came along.

    Nothing happens in other threads.
    """
    await tx.execute(
        _NOTE,
        {
            "workspace": workspace,
            "channel": channel,
            "thread": thread,
            "ts": ts,
            "author": author,
            "text": text,
            "files": files,
            "now": now,
        },
    )


async def edit_note(
    tx: Connection, workspace: int, channel: str, ts: str, text: str, files: int, edited: str
) -> bool:
    """Follow an edit of a thread message; False when it, or a later one, was followed before.

    ``edited`` is Slack's time of it, in whole seconds: another edit may lie in the same.
    What went to the customer stays as it went.
    """
    cursor = await tx.execute(
        """UPDATE messages SET text = %(text)s, files = %(files)s, slack_edited_ts = %(edited)s
           WHERE workspace_id = %(workspace)s AND slack_channel = %(channel)s AND slack_ts = %(ts)s
             AND direction = 'internal'
             AND (slack_edited_ts IS NULL OR slack_edited_ts::numeric < %(edited)s::numeric
                  OR slack_edited_ts::numeric = %(edited)s::numeric
                     AND (text, files) IS DISTINCT FROM (%(text)s, %(files)s))
           RETURNING id""",
        {
            "workspace": workspace,
            "channel": channel,
            "ts": ts,
            "text": text,
            "files": files,
            "edited": edited,
        },
    )
    return await cursor.fetchone() is not None


async def delete_note(tx: Connection, workspace: int, channel: str, ts: str, now: datetime) -> None:
    """Note that a thread message was deleted."""
    await tx.execute(
        """UPDATE messages SET deleted_at = %(now)s
           WHERE workspace_id = %(workspace)s AND slack_channel = %(channel)s AND slack_ts = %(ts)s
             AND direction = 'internal'""",
        {"workspace": workspace, "channel": channel, "ts": ts, "now": now},
    )


async def note(db: Database, workspace: int, channel: str, ts: str) -> Row | None:
    """A thread message with the case of its thread."""
    return await db.one(
        """SELECT m.id, m.text, m.files, m.author_slack, m.case_id, m.slack_edited_ts, m.deleted_at
           FROM messages m
           WHERE m.workspace_id = %(workspace)s AND m.slack_channel = %(channel)s AND m.slack_ts = %(ts)s
             AND m.direction = 'internal'""",
        {"workspace": workspace, "channel": channel, "ts": ts},
    )


async def hold_note(tx: Connection, note: Row) -> bool:
    """Keep a thread message as ``note`` says it is until ``tx`` ends; False when it changed since."""
    cursor = await tx.execute(
        """SELECT id FROM messages
           WHERE id = %(id)s AND deleted_at IS NULL AND slack_edited_ts IS NOT DISTINCT FROM %(edited)s
           FOR SHARE""",
        {"id": note["id"], "edited": note["slack_edited_ts"]},
    )
    return await cursor.fetchone() is not None


async def board(
    db: Database,
    workspace: int,
    *,
    number: int | None = None,
    owner: str | None = None,
    channel: str | None = None,
    unclaimed: bool = False,
    limit: int = MOST_ON_BOARD,
) -> list[Row]:
    """Open cases, those that wait for us first and longest-waiting on top; or the one of ``number``."""
    return await db.fetch(
        _BOARD if number is None else _OF_NUMBER,
        {
            "workspace": workspace,
            "number": number,
            "owner": owner,
            "channel": channel,
            "unclaimed": unclaimed,
            "limit": limit,
        },
    )


async def counts(db: Database, workspace: int) -> dict[Status, tuple[int, int]]:
    """Open cases by status: how many, and how many of them nobody owns."""
    rows = await db.fetch(_COUNTS, {"workspace": workspace})
    return {Status(row["status"]): (row["cases"], row["unclaimed"]) for row in rows}
