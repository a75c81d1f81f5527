"""Phone calls: whose they are, and what was said in them, as notes of the case."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from psycopg.types.json import Jsonb

from cases.enums import Channel
from storage.db import Connection, Row
from storage.opening import CASE

_OPEN_CASE = """
SELECT k.id, k.workspace_id, k.number, k.slack_channel, k.conversation_id, k.status FROM cases k
WHERE k.customer_id = %(customer)s AND k.status || '' <> 'closed' AND k.merged_into IS NULL
ORDER BY k.last_customer_at DESC NULLS LAST, k.id DESC LIMIT 1
"""

_CONVERSATION = """
INSERT INTO conversations (uuid, workspace_id, channel, site, slack_channel, identity_id, created_at)
SELECT gen_random_uuid(), %(workspace)s, 'internal', %(site)s, %(channel)s, %(identity)s, %(now)s
RETURNING id
"""

_IDENTITY = """
WITH known AS (
    SELECT id FROM identities
    WHERE customer_id = %(customer)s AND first_of = %(customer)s AND kind = 'internal' ORDER BY id LIMIT 1
), added AS (
    INSERT INTO identities (workspace_id, customer_id, first_of, kind, value, created_at)
    SELECT %(workspace)s, %(customer)s, %(customer)s, 'internal', %(key)s, %(now)s
    WHERE NOT EXISTS (SELECT FROM known)
    RETURNING id
)
SELECT id FROM known UNION ALL SELECT id FROM added
"""

_SAY = """
WITH m AS (
    INSERT INTO messages (workspace_id, case_id, conversation_id, direction, author_name, author_slack, text,
                          created_at)
    VALUES (%(workspace)s, %(case)s, %(conversation)s, 'internal', %(name)s, %(author)s, %(text)s, %(now)s)
    RETURNING id
), o AS (
    INSERT INTO outbox (workspace_id, slack_channel, case_id, kind, author, message_id, part, size)
    SELECT %(workspace)s, %(channel)s, %(case)s, 'quote', 'quote', m.id, p.part - 1, p.size
    FROM m, unnest(%(sizes)s::bigint[]) WITH ORDINALITY AS p (size, part)
    ORDER BY p.part
), x AS (
    INSERT INTO audit (workspace_id, at, actor, action, case_id)
    VALUES (%(workspace)s, %(now)s, %(actor)s, 'case.call_logged', %(case)s)
)
SELECT id FROM m
"""

_RINGS = """
INSERT INTO outbox (workspace_id, slack_channel, case_id, kind, author, payload)
VALUES (%(workspace)s, %(channel)s, %(case)s, 'notice', 'app', %(payload)s)
"""


async def open_case_of(tx: Connection, customer: int) -> Row | None:
    """The open case in which a customer wrote last."""
    return await (await tx.execute(_OPEN_CASE, {"customer": customer})).fetchone()


async def case_of(tx: Connection, case: int) -> Row:
    """A case as ``open_case_of`` gives it."""
    cursor = await tx.execute(
        """SELECT id, workspace_id, number, slack_channel, conversation_id, status
           FROM cases WHERE id = %(id)s""",
        {"id": case},
    )
    row = await cursor.fetchone()
    assert row is not None
    return row


async def add_customer(tx: Connection, workspace: int, name: str, now: datetime) -> int:
    """Somebody of whom only a name is known."""
    cursor = await tx.execute(
        """INSERT INTO customers (workspace_id, name, created_at) VALUES (%(w)s, %(name)s, %(now)s)
           RETURNING id""",
        {"w": workspace, "name": name, "now": now},
    )
    row = await cursor.fetchone()
    assert row is not None
    return int(row["id"])


async def identity_of(tx: Connection, workspace: int, customer: int, key: str, now: datetime) -> int:
    """What stands for a customer with whom we spoke, whoever is merged into them; made as ``key``."""
    params = {"workspace": workspace, "customer": customer, "key": key, "now": now}
    row = await (await tx.execute(_IDENTITY, params)).fetchone()
    assert row is not None
    return int(row["id"])


async def open_case(
    tx: Connection,
    workspace: int,
    identity: int,
    channel: str,
    subject: str,
    actor: str,
    owner: str | None,
    now: datetime,
) -> Row:
    """Open a case that began by phone: nothing can be written to its customer yet."""
    params = {
        "workspace": workspace,
        "site": Channel.PHONE,
        "channel": channel,
        "identity": identity,
        "now": now,
    }
    conversation = await (await tx.execute(_CONVERSATION, params)).fetchone()
    assert conversation is not None
    values = params | {
        "conversation": conversation["id"],
        "subject": subject,
        "actor": actor,
        "owner": owner,
        "detail": Jsonb({"from": Channel.PHONE, "status": "open"}),
    }
    case = await (await tx.execute(CASE, values)).fetchone()
    assert case is not None
    return await case_of(tx, case["id"])


async def say(
    tx: Connection,
    case: Row,
    *,
    name: str,
    author: str | None,
    actor: str,
    text: str,
    sizes: Sequence[int],
    now: datetime,
) -> int:
    """Keep what was said (in Slack's markup) as a note, under ``name``, and show it; the message's id."""
    cursor = await tx.execute(
        _SAY,
        {
            "workspace": case["workspace_id"],
            "case": case["id"],
            "conversation": case["conversation_id"],
            "channel": case["slack_channel"],
            "name": name,
            "author": author,
            "actor": actor,
            "text": text,
            "sizes": list(sizes),
            "now": now,
        },
    )
    row = await cursor.fetchone()
    assert row is not None
    return int(row["id"])


async def rings(tx: Connection, case: Row, name: str, number: str) -> None:
    """Say in the thread of a case that its customer calls now."""
    payload = {"event": "calling", "name": name, "number": number, "burst": True}
    await tx.execute(
        _RINGS,
        {
            "workspace": case["workspace_id"],
            "channel": case["slack_channel"],
            "case": case["id"],
            "payload": Jsonb(payload),
        },
    )
