"""Where the threads of cases are in Slack."""

from __future__ import annotations

from dataclasses import dataclass

from cases.errors import CaseClosed, CaseMerged
from cases.messages import reference
from storage.db import Database, Row
from storage.merged import GOES_ON_IN, WITH_MERGED


def address_of(row: str, ts: str = "thread_ts") -> str:
    """The address of a case's card in SQL, from its table's alias and that of its workspace, ``w``.

    Or of another post, where ``row`` has its channel and the column ``ts``.
    """
    post = f"replace({row}.{ts}, '.', '')"
    return f"rtrim(w.url, '/') || '/archives/' || {row}.slack_channel || '/p' || {post}"


_PLACE = f"""
SELECT k.number, {address_of("k")} AS url
FROM cases k JOIN workspaces w ON w.id = k.workspace_id
WHERE k.id = %(case)s
"""


# Where a message stands in Slack: as somebody wrote it there, as it was sent from there, or as we posted it.
# What came before a merge stands in the thread of that case; what was split off, in two threads.
_MESSAGES = f"""
SELECT m.id, rtrim(w.url, '/') || '/archives/' || k.slack_channel || '/p' || replace(t.ts, '.', '')
             || '?thread_ts=' || k.thread_ts || '&cid=' || k.slack_channel AS url
FROM cases k JOIN workspaces w ON w.id = k.workspace_id
JOIN messages m ON m.case_id = k.id,
LATERAL (SELECT coalesce(
    CASE WHEN m.slack_channel = k.slack_channel THEN m.slack_ts END,
    (SELECT d.source_ts FROM drafts d
     WHERE d.message_id = m.id AND d.source_channel = k.slack_channel LIMIT 1),
    (SELECT p.ts FROM outbox o JOIN posts p ON p.id = o.post_id
     WHERE o.message_id = m.id AND o.case_id = k.id AND p.ts IS NOT NULL ORDER BY o.id LIMIT 1)) AS ts) t
WHERE k.id = {WITH_MERGED} AND t.ts IS NOT NULL AND k.thread_ts IS NOT NULL AND w.url <> ''
"""


_ANSWERS = f"""
SELECT o.payload ->> 'answer' AS id, rtrim(w.url, '/') || '/archives/' || o.slack_channel || '/p'
       || replace(p.ts, '.', '') || '?thread_ts=' || k.thread_ts || '&cid=' || k.slack_channel AS url
FROM cases k JOIN workspaces w ON w.id = k.workspace_id
JOIN outbox o ON o.case_id = k.id AND o.kind = 'ask_line' AND o.part = 0 AND o.payload ? 'answer'
JOIN posts p ON p.id = o.post_id AND p.ts IS NOT NULL
WHERE k.id = {WITH_MERGED} AND k.thread_ts IS NOT NULL AND w.url <> ''
"""


@dataclass(frozen=True, slots=True)
class Place:
    """A case, and the address of its card once that is posted."""

    number: int
    url: str | None


async def place(db: Database, case: int) -> Place:
    """Where a case is."""
    row = await db.one(_PLACE, {"case": case})
    assert row is not None
    return Place(row["number"], row["url"])


async def of_messages(db: Database, case: int) -> dict[str, str]:
    """Where each message of a case and each answer of a department stands in its thread: marker → address."""
    messages = await db.fetch(_MESSAGES, {"case": case})
    answers = await db.fetch(_ANSWERS, {"case": case})
    places = {f"m{row['id']}": row["url"] for row in messages}
    return places | {f"a:{row['id']}": row["url"] for row in answers}


async def goes_on_in(db: Database, case: int) -> int:
    """The case in which one that was merged goes on at last; its own id where it was not."""
    row = await db.one(GOES_ON_IN, {"case": case})
    assert row is not None
    return int(row["id"])


async def refuse_closed(db: Database, case: Row) -> None:
    """Return when the case is open; raises CaseClosed, or CaseMerged with the case that it goes on in.

    The values of CaseMerged are that one's reference (``case``) and the address of its card (``url``).
    """
    if case["status"] != "closed":
        return
    into = await goes_on_in(db, case["id"])
    if into == case["id"]:
        raise CaseClosed
    found = await place(db, into)
    raise CaseMerged(case=reference(found.number), url=found.url)
