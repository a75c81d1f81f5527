"""Cases that people open by hand: without a customer's channel, until one is linked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from psycopg.types.json import Jsonb

from storage.db import Connection, Row

# The identity's uniqueness makes the second opening from the same message find nothing to do.
_OPEN = """
WITH u AS (
    INSERT INTO customers (workspace_id, name, created_at)
    SELECT %(workspace)s, '', %(now)s
    WHERE NOT EXISTS (SELECT FROM identities WHERE workspace_id = %(workspace)s
                      AND kind = 'internal' AND value = %(key)s)
    RETURNING id
), i AS (
    INSERT INTO identities (workspace_id, customer_id, first_of, kind, value, created_at)
    SELECT %(workspace)s, u.id, u.id, 'internal', %(key)s, %(now)s FROM u
    RETURNING id
)
INSERT INTO conversations (uuid, workspace_id, channel, site, slack_channel, identity_id, created_at)
SELECT gen_random_uuid(), %(workspace)s, 'internal', '', %(channel)s, i.id, %(now)s FROM i
RETURNING id, identity_id
"""

CASE = """
WITH n AS (
    UPDATE workspaces SET last_case_number = last_case_number + 1
    WHERE id = %(workspace)s RETURNING last_case_number
), k AS (
    INSERT INTO cases (token, workspace_id, number, customer_id, conversation_id, subject, status,
                       slack_channel, opened_at, owner)
    SELECT gen_random_uuid(), %(workspace)s, n.last_case_number, i.customer_id, %(conversation)s,
           %(subject)s, 'open', %(channel)s, %(now)s, %(owner)s
    FROM n, identities i WHERE i.id = %(identity)s
    RETURNING id, number, token, slack_channel
), v AS (
    UPDATE conversations SET case_id = k.id FROM k WHERE conversations.id = %(conversation)s
), o AS (
    INSERT INTO outbox (workspace_id, slack_channel, case_id, kind, author)
    SELECT %(workspace)s, %(channel)s, k.id, 'root', 'app' FROM k
), x AS (
    INSERT INTO audit (workspace_id, at, actor, action, case_id, detail)
    SELECT %(workspace)s, %(now)s, %(actor)s, 'case.opened', k.id, %(detail)s FROM k
)
SELECT id, number, token, slack_channel FROM k
"""

_SAID = """
WITH m AS (
    INSERT INTO messages (workspace_id, case_id, conversation_id, direction, author_name, author_slack, text,
                          files, slack_channel, slack_ts, created_at)
    VALUES (%(workspace)s, %(case)s, %(conversation)s, 'internal', %(name)s, %(author)s, %(text)s,
            %(files)s, %(from)s, %(ts)s, %(at)s)
    ON CONFLICT DO NOTHING
    RETURNING id
)
INSERT INTO outbox (workspace_id, slack_channel, case_id, kind, author, message_id, part, size)
SELECT %(workspace)s, %(channel)s, %(case)s, 'quote', 'quote', m.id, p.part - 1, p.size
FROM m, unnest(%(sizes)s::bigint[]) WITH ORDINALITY AS p (size, part)
ORDER BY p.part
"""

_FOUND = """
SELECT k.id, k.number, k.token, k.slack_channel FROM cases k
JOIN conversations v ON v.id = k.conversation_id OR v.case_id = k.id
JOIN identities i ON i.id = v.identity_id
WHERE i.workspace_id = %(workspace)s AND i.kind = 'internal' AND i.value = %(key)s
LIMIT 1
"""


async def open_case(
    tx: Connection,
    *,
    workspace: int,
    channel: str,
    subject: str,
    key: str,
    actor: str,
    owner: str | None,
    origin: dict[str, str],
    now: datetime,
) -> Row | None:
    """Open a case that ``owner`` owns; None when ``key`` has opened one already."""
    cursor = await tx.execute(_OPEN, {"workspace": workspace, "channel": channel, "key": key, "now": now})
    row = await cursor.fetchone()
    if row is None:
        return None
    cursor = await tx.execute(
        CASE,
        {
            "workspace": workspace,
            "conversation": row["id"],
            "identity": row["identity_id"],
            "subject": subject,
            "channel": channel,
            "actor": actor,
            "owner": owner,
            "detail": Jsonb(origin | {"status": "open"}),
            "now": now,
        },
    )
    case = await cursor.fetchone()
    assert case is not None
    return case | {"conversation_id": row["id"]}


async def opened(tx: Connection, workspace: int, key: str) -> Row | None:
    """The case that ``key`` opened."""
    cursor = await tx.execute(_FOUND, {"workspace": workspace, "key": key})
    return await cursor.fetchone()


async def record(
    tx: Connection,
    workspace: int,
    case: Row,
    *,
    author: str | None,
    name: str,
    text: str,
    files: int,
    source: tuple[str, str],
    sizes: Sequence[int],
    at: datetime,
) -> None:
    """Keep what was said elsewhere in Slack (``source`` = channel, ts) and show it in the case's thread.

    Nothing happens when the message belongs to a case already.
    """
    await tx.execute(
        _SAID,
        {
            "workspace": workspace,
            "case": case["id"],
            "conversation": case["conversation_id"],
            "name": name,
            "author": author,
            "text": text,
            "files": files,
            "from": source[0],
            "ts": source[1],
            "channel": case["slack_channel"],
            "sizes": list(sizes),
            "at": at,
        },
    )
