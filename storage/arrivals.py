"""What came over outside channels: from whom, in which exchange, and that it came once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from cases.arrivals import TOLD, Arrival, phone_digits
from cases.files import Stored
from storage import locks
from storage.db import Connection, Database, Row

_CLAIM = """
INSERT INTO arrivals (workspace_id, channel, site, key, warnings, proven, created_at)
VALUES (%(workspace)s, %(channel)s, %(site)s, %(key)s, %(warnings)s, %(proven)s, %(now)s)
ON CONFLICT DO NOTHING RETURNING id
"""

_KNOWN = """
SELECT m.id, m.uuid, m.seq, m.created_at, k.id AS case_id, k.number, k.slack_channel
FROM arrivals a JOIN messages m ON m.id = a.message_id JOIN cases k ON k.id = m.case_id
WHERE a.workspace_id = %(workspace)s AND a.channel = %(channel)s AND a.site = %(site)s AND a.key = %(key)s
"""

_IDENTITY = """
SELECT i.id, i.customer_id, i.verified, u.external_id IS NOT NULL AS known
FROM identities i JOIN customers u ON u.id = i.customer_id
WHERE i.workspace_id = %(workspace)s AND i.kind = %(kind)s AND i.value = %(value)s
"""

_REACHED = f"""
SELECT i.id, i.customer_id, i.verified, u.external_id IS NOT NULL AS known
FROM conversations v JOIN identities i ON i.id = v.identity_id JOIN customers u ON u.id = i.customer_id
WHERE v.id = %(id)s AND v.workspace_id = %(workspace)s AND i.kind = '{TOLD}' AND %(kind)s = 'email'
  AND i.value = %(value)s
"""

_TOLD_OF = f"""
SELECT DISTINCT customer_id AS id FROM identities
WHERE workspace_id = %(workspace)s AND kind = '{TOLD}' AND value = lower(%(email)s) LIMIT 2
"""

# What a browser once said proves nothing, so only proven addresses count; a phone number is one that the
# company's own systems have.
_OWNERS = """
SELECT coalesce(merged_into, id) AS id, (array_agg(id ORDER BY merged_into NULLS FIRST, id))[1] AS first
FROM customers WHERE workspace_id = %(workspace)s
""".strip()
_BY_EMAIL = f"""
{_OWNERS} AND lower(email) = lower(%(email)s) AND email_proven
GROUP BY 1 LIMIT 2
"""
_BY_PHONE = rf"""
{_OWNERS} AND phone IS NOT NULL AND external_id IS NOT NULL
  AND regexp_replace(phone, '\D', '', 'g') IN (%(digits)s, '00' || %(digits)s)
GROUP BY 1 LIMIT 2
"""

_ADD_CUSTOMER = """
INSERT INTO customers (workspace_id, name, email, email_proven, phone, language, created_at)
VALUES (%(workspace)s, %(name)s, %(email)s, %(proven)s, %(phone)s, %(language)s, %(now)s) RETURNING id
"""

_ADD_IDENTITY = """
INSERT INTO identities (workspace_id, customer_id, first_of, kind, value, verified, created_at)
VALUES (%(workspace)s, %(customer)s, %(first)s, %(kind)s, %(value)s, %(verified)s, %(now)s)
ON CONFLICT DO NOTHING RETURNING id
"""

_PROVE = "UPDATE identities SET verified = true WHERE id = %(id)s AND kind = %(kind)s AND NOT verified"

_HOLD = """
SELECT FROM conversations
WHERE workspace_id = %(workspace)s AND channel = %(channel)s AND site = %(site)s
  AND identity_id = %(identity)s AND thread_key = %(thread)s
FOR UPDATE
"""

# Whoever merges customers waits for this, and so sees the case that is about to be opened. They hold the
# cases that there are, so these are locked before.
_HOLD_CUSTOMER = "SELECT FROM customers WHERE id = %(id)s FOR SHARE"

_CONVERSATION = """
INSERT INTO conversations (uuid, workspace_id, channel, site, slack_channel, identity_id, case_id, language,
                           thread_key, created_at)
VALUES (gen_random_uuid(), %(workspace)s, %(channel)s, %(site)s, %(slack_channel)s, %(identity)s,
        (SELECT k.id FROM conversations v JOIN cases k ON k.id = v.case_id
         JOIN identities i ON i.id = %(identity)s AND i.customer_id = k.customer_id
         WHERE v.id = %(beside)s),
        %(language)s, %(thread)s, %(now)s)
ON CONFLICT (workspace_id, channel, site, identity_id, thread_key) WHERE thread_key IS NOT NULL
DO UPDATE SET slack_channel = excluded.slack_channel,
              language = coalesce(excluded.language, conversations.language)
RETURNING id
"""

_REFERRED = """
SELECT v.id, v.identity_id, v.channel = %(channel)s AND v.site = %(site)s AS here, i.customer_id,
       k.id AS case_id
FROM conversations v JOIN identities i ON i.id = v.identity_id
LEFT JOIN cases k ON k.id = v.case_id AND k.customer_id = i.customer_id
WHERE v.id = %(id)s AND v.workspace_id = %(workspace)s
"""

_SUGGEST = """
WITH s AS (
    INSERT INTO customer_suggestions (workspace_id, case_id, customer_id, known_id, address)
    SELECT k.workspace_id, k.id, k.customer_id, %(known)s, %(address)s
    FROM cases k JOIN customers c ON c.id = k.customer_id
    WHERE k.id = %(case)s AND c.external_id IS NULL AND c.id <> %(known)s AND k.status || '' <> 'closed'
      AND NOT EXISTS (SELECT FROM customer_merges r WHERE r.undone_at IS NOT NULL
                      AND r.into_id IN (c.id, %(known)s) AND r.customer_id IN (c.id, %(known)s))
    ON CONFLICT DO NOTHING RETURNING case_id
)
INSERT INTO slack_calls (workspace_id, slack_channel, case_id, kind)
SELECT k.workspace_id, k.slack_channel, k.id, 'card' FROM s JOIN cases k ON k.id = s.case_id
ON CONFLICT (case_id) WHERE kind = 'card' AND claimed_at IS NULL AND done_at IS NULL
DO UPDATE SET created_at = clock_timestamp()
"""

_ENTRANCE = """
INSERT INTO entrances (workspace_id, channel, site, title, icon, public)
VALUES (%(workspace)s, %(channel)s, %(site)s, %(title)s, %(icon)s, %(public)s)
ON CONFLICT (workspace_id, channel, site) DO UPDATE
SET title = excluded.title, icon = excluded.icon, public = excluded.public
WHERE (entrances.title, entrances.icon, entrances.public)
      IS DISTINCT FROM (excluded.title, excluded.icon, excluded.public)
"""


def thread_of(arrival: Arrival) -> str:
    """By what its exchange is known: the channel's own name of it, or else its first message."""
    if arrival.thread_key is None:
        return f"m:{arrival.client_message_id}"
    return f"t:{arrival.thread_key}"


def own_name(thread: str | None) -> str | None:
    """The channel's own name of an exchange, where it gave one."""
    return thread[2:] or None if thread and thread.startswith("t:") else None


async def claim(
    tx: Connection,
    workspace: int,
    channel: str,
    site: str,
    key: str,
    warnings: Sequence[str],
    now: datetime,
    *,
    proven: bool = False,
) -> int | None:
    """Note that something came under that id; None when it came before. Somebody at it is waited for.

    ``proven``: this very message is known to be from whom it names.
    """
    cursor = await tx.execute(
        _CLAIM,
        {
            "workspace": workspace,
            "channel": channel,
            "site": site,
            "key": key,
            "warnings": list(warnings),
            "proven": proven,
            "now": now,
        },
    )
    row = await cursor.fetchone()
    return row["id"] if row else None


async def warn(tx: Connection, arrival: int, warning: str) -> None:
    """Add a sentence for the team."""
    await tx.execute(
        "UPDATE arrivals SET warnings = warnings || %(warning)s::text WHERE id = %(id)s",
        {"id": arrival, "warning": warning},
    )


async def note(tx: Connection, arrival: int, message: int) -> None:
    """Remember which message it became."""
    await tx.execute(
        "UPDATE arrivals SET message_id = %(message)s WHERE id = %(id)s", {"id": arrival, "message": message}
    )


async def known(tx: Connection, workspace: int, channel: str, site: str, key: str) -> Row | None:
    """The message that came under that id before."""
    params = {"workspace": workspace, "channel": channel, "site": site, "key": key}
    return await (await tx.execute(_KNOWN, params)).fetchone()


async def writer_of(tx: Connection, arrival: Arrival) -> Row | None:
    """``identity`` of somebody who wrote or called before."""
    params = {"workspace": arrival.workspace_id, "kind": arrival.who.kind, "value": arrival.who.value}
    return await (await tx.execute(_IDENTITY, params)).fetchone()


async def reached(tx: Connection, arrival: Arrival) -> Row | None:
    """``identity`` of somebody who answers, from there, what we wrote first to their address."""
    if arrival.conversation_id is None:
        return None
    params = {
        "id": arrival.conversation_id,
        "workspace": arrival.workspace_id,
        "kind": arrival.who.kind,
        "value": arrival.who.value,
    }
    return await (await tx.execute(_REACHED.encode(), params)).fetchone()


async def identity(tx: Connection, arrival: Arrival, now: datetime) -> Row:
    """Who writes: ``id``, ``customer_id``, ``verified``, whether our systems have them (``known``).

    Somebody new is the one known customer to whom their proven address belongs, or a customer of their own.
    """
    row = await writer_of(tx, arrival)
    if row is None:
        await _add_identity(tx, arrival, now)
        row = await writer_of(tx, arrival)
        assert row is not None
    return row


async def prove(tx: Connection, arrival: Arrival, identity: int) -> None:
    """Remember that whoever writes is proven, if they are; their exchange and case must be locked already.

    An address that somebody told us stays what it is, whoever answers from there.
    """
    if arrival.verified:
        await tx.execute(_PROVE, {"id": identity, "kind": arrival.who.kind})


async def _add_identity(tx: Connection, arrival: Arrival, now: datetime) -> None:
    made = None
    owner = await _owner_of(tx, arrival) if arrival.verified else None
    if owner is None:
        made = await _add_customer(tx, arrival, now)
        owner = {"id": made, "first": made}
    values = {
        "workspace": arrival.workspace_id,
        "kind": arrival.who.kind,
        "value": arrival.who.value,
        "customer": owner["id"],
        "first": owner["first"],
        "verified": arrival.verified,
        "now": now,
    }
    added = await (await tx.execute(_ADD_IDENTITY, values)).fetchone()
    if added is None and made is not None:
        # Somebody else added the same identity at the same moment: theirs counts.
        await tx.execute("DELETE FROM customers WHERE id = %(id)s", {"id": made})


async def _add_customer(tx: Connection, arrival: Arrival, now: datetime) -> int:
    cursor = await tx.execute(
        _ADD_CUSTOMER,
        {
            "workspace": arrival.workspace_id,
            "name": arrival.name or arrival.email or arrival.phone or arrival.who.value,
            "email": arrival.email,
            "proven": arrival.verified and arrival.email is not None,
            "phone": arrival.phone,
            "language": arrival.language,
            "now": now,
        },
    )
    row = await cursor.fetchone()
    assert row is not None
    return int(row["id"])


async def owner_of(tx: Connection, arrival: Arrival) -> int | None:
    """The only known customer to whom the given mail address, or else phone number, belongs."""
    owner = await _owner_of(tx, arrival)
    return owner["id"] if owner is not None else None


async def _owner_of(tx: Connection, arrival: Arrival) -> Row | None:
    """``id`` of that customer; ``first`` is whose the address is, if they were merged into that one."""
    if arrival.email:
        params: dict[str, object] = {"workspace": arrival.workspace_id, "email": arrival.email}
        return _only(await (await tx.execute(_BY_EMAIL.encode(), params)).fetchall())
    if digits := phone_digits(arrival.phone):
        params = {"workspace": arrival.workspace_id, "digits": digits}
        return _only(await (await tx.execute(_BY_PHONE.encode(), params)).fetchall())
    return None


async def told_of(tx: Connection, arrival: Arrival) -> int | None:
    """The only customer whose the mail address is on somebody's word."""
    if not arrival.email:
        return None
    params = {"workspace": arrival.workspace_id, "email": arrival.email}
    told = _only(await (await tx.execute(_TOLD_OF.encode(), params)).fetchall())
    return told["id"] if told is not None else None


def _only(rows: Sequence[Row]) -> Row | None:
    return rows[0] if len(rows) == 1 else None


async def suggest(tx: Connection, case: int, known_customer: int, address: str) -> None:
    """Suggest on the case's card that its customer is one whom we know by that address."""
    await tx.execute(_SUGGEST, {"case": case, "known": known_customer, "address": address})


async def referred(tx: Connection, arrival: Arrival) -> Row | None:
    """The exchange that the channel found; ``here`` = on the same site."""
    params = {
        "id": arrival.conversation_id,
        "workspace": arrival.workspace_id,
        "channel": arrival.channel,
        "site": arrival.site,
    }
    return await (await tx.execute(_REFERRED, params)).fetchone()


async def conversation(
    tx: Connection, arrival: Arrival, writer: Row, thread: str, now: datetime, beside: Row | None = None
) -> int:
    """The exchange that is called ``thread``, locked.

    A new one goes on with the case of ``beside`` (``referred``), if any and the writer's.
    """
    params = {
        "workspace": arrival.workspace_id,
        "channel": arrival.channel,
        "site": arrival.site,
        "slack_channel": arrival.slack_channel,
        "identity": writer["id"],
        "beside": beside["id"] if beside else None,
        "language": arrival.language,
        "thread": thread,
        "now": now,
    }
    held = await (await tx.execute(_HOLD, params)).fetchone()
    if held is None and beside is not None and beside["case_id"] is not None:
        await locks.lock_cases(tx, [beside["case_id"]], [beside["id"]])
    await tx.execute(_HOLD_CUSTOMER, {"id": writer["customer_id"]})
    cursor = await tx.execute(_CONVERSATION, params)
    row = await cursor.fetchone()
    assert row is not None
    return int(row["id"])


async def add_files(tx: Connection, conversation_id: int, files: Sequence[Stored], now: datetime) -> None:
    """Remember the files that came along; they belong to the message that takes them."""
    for file in files:
        await tx.execute(
            """INSERT INTO attachments (uuid, workspace_id, conversation_id, name, mime, size, sha256,
                                        created_at)
               SELECT %(uuid)s, workspace_id, id, %(name)s, %(mime)s, %(size)s, %(sha256)s, %(now)s
               FROM conversations WHERE id = %(conversation)s""",
            {
                "uuid": file.uuid,
                "conversation": conversation_id,
                "name": file.name,
                "mime": file.mime,
                "size": file.size,
                "sha256": file.sha256,
                "now": now,
            },
        )


async def introduce(
    db: Database,
    workspace: int,
    channel: str,
    site: str,
    title: str,
    icon: str | None = None,
    *,
    public: bool = False,
) -> None:
    """Remember what a mailbox or an API's source is called, for all who show it."""
    params = {
        "workspace": workspace,
        "channel": channel,
        "site": site,
        "title": title,
        "icon": icon,
        "public": public,
    }
    await db.fetch(_ENTRANCE, params)
