"""Mail addresses of customers to whom we write first."""

from __future__ import annotations

from datetime import datetime

from cases.arrivals import TOLD
from storage.db import Connection, Database, Row
from storage.identities import MAIL_KINDS

_MOST = 40

# Not the one that the case's replies go to already.
_ADDRESSES = f"""
WITH k AS (
    SELECT k.customer_id, CASE WHEN v.channel = 'mail' THEN i.value END AS now
    FROM cases k JOIN conversations v ON v.id = k.conversation_id JOIN identities i ON i.id = v.identity_id
    WHERE k.id = %(case)s
), known AS (
    SELECT i.value AS address, i.verified AS proven FROM k JOIN identities i ON i.customer_id = k.customer_id
    WHERE i.kind IN {MAIL_KINDS}
    UNION ALL
    SELECT lower(u.email), u.email_proven FROM k
    JOIN customers u ON u.id = k.customer_id OR u.merged_into = k.customer_id
    WHERE u.email IS NOT NULL
)
SELECT address, bool_or(proven) AS proven FROM known, k WHERE address IS DISTINCT FROM k.now
GROUP BY address ORDER BY bool_or(proven) DESC, address LIMIT {_MOST}
"""

_BEGUN = f"""
SELECT v.id FROM cases k
JOIN identities i ON i.workspace_id = k.workspace_id AND i.kind IN {MAIL_KINDS}
                 AND i.value = %(address)s
JOIN conversations v ON v.workspace_id = k.workspace_id AND v.channel = 'mail' AND v.site = %(site)s
                    AND v.identity_id = i.id AND v.thread_key = %(thread)s
WHERE k.id = %(case)s
"""

# Who writes from there counts before whom somebody said it to be of; of whom else that was said is nothing.
_IDENTITY = f"""
SELECT id, customer_id, verified, kind = '{TOLD}' AS told FROM identities
WHERE workspace_id = %(workspace)s AND kind IN {MAIL_KINDS} AND value = %(address)s
  AND (kind = 'email' OR customer_id = %(customer)s)
ORDER BY kind = '{TOLD}', id LIMIT 1
"""

_OF_ANOTHER = """
SELECT FROM customers
WHERE workspace_id = %(workspace)s AND lower(email) = %(address)s AND email_proven
  AND coalesce(merged_into, id) <> %(customer)s
LIMIT 1
"""

# Somebody of whom not even a name was known is called so. What we knew is told of whose it is, so that it
# goes with them when customers who were merged by mistake are split.
_TELL = f"""
WITH named AS (
    UPDATE customers SET name = %(address)s WHERE id = %(customer)s AND name = ''
), own AS (
    SELECT id, email_proven FROM customers
    WHERE (id = %(customer)s OR merged_into = %(customer)s) AND lower(email) = %(address)s
)
INSERT INTO identities (workspace_id, customer_id, kind, value, verified, told_by, told_of, created_at)
SELECT %(workspace)s, %(customer)s, '{TOLD}', %(address)s, EXISTS (SELECT FROM own WHERE email_proven),
       CASE WHEN NOT EXISTS (SELECT FROM own) THEN %(actor)s END,
       coalesce((SELECT id FROM own ORDER BY email_proven DESC, id <> %(customer)s, id LIMIT 1),
                %(customer)s),
       %(now)s
ON CONFLICT DO NOTHING
"""

# Nothing goes there by itself until somebody wrote: we, or whoever it leads to.
_START = """
INSERT INTO conversations (uuid, workspace_id, channel, site, slack_channel, identity_id, language,
                           thread_key, subject, automatic_ok, created_at)
SELECT gen_random_uuid(), k.workspace_id, 'mail', %(site)s, %(slack_channel)s, %(identity)s,
       coalesce(v.language, u.language), %(thread)s, %(subject)s, false, %(now)s
FROM cases k JOIN conversations v ON v.id = k.conversation_id JOIN customers u ON u.id = k.customer_id
WHERE k.id = %(case)s
ON CONFLICT (workspace_id, channel, site, identity_id, thread_key) WHERE thread_key IS NOT NULL
DO UPDATE SET subject = excluded.subject
RETURNING id
"""


BEGUN_SUBJECT = "CASE WHEN v.thread_key = 'b:' || k.id THEN coalesce(v.subject, k.subject) ELSE k.subject END"
"""What a mail about a case ``k`` is called that begins an exchange ``v``."""


def _thread(case: int) -> str:
    return f"b:{case}"


async def addresses(db: Database, case: int) -> list[Row]:
    """Other mail addresses of a case's customer, the ``proven`` ones first; at most 40."""
    return await db.fetch(_ADDRESSES, {"case": case})


async def begun(tx: Connection, case: int, address: str, site: str) -> list[int]:
    """The exchanges with an address that were begun from a mailbox for a case, to be locked before it."""
    params = {"case": case, "address": address, "site": site, "thread": _thread(case)}
    cursor = await tx.execute(_BEGUN.encode(), params)
    return [row["id"] for row in await cursor.fetchall()]


async def identity(tx: Connection, workspace: int, customer: int, address: str) -> Row | None:
    """Whose a mail address is: ``id``, ``customer_id``, ``verified``, whether it was only ``told`` us.

    Whoever writes from there, or else ``customer``, if it was told of them.
    """
    params = {"workspace": workspace, "customer": customer, "address": address}
    return await (await tx.execute(_IDENTITY.encode(), params)).fetchone()


async def is_of_another(tx: Connection, workspace: int, customer: int, address: str) -> bool:
    """Whether a mail address is known to be somebody else's."""
    params = {"workspace": workspace, "customer": customer, "address": address}
    return await (await tx.execute(_OF_ANOTHER, params)).fetchone() is not None


async def tell(
    tx: Connection, workspace: int, customer: int, address: str, actor: str, now: datetime
) -> None:
    """Note that a mail address from which nobody writes is said to be ``customer``'s."""
    params = {"workspace": workspace, "customer": customer, "address": address, "actor": actor, "now": now}
    await tx.execute(_TELL.encode(), params)


async def goes_to(tx: Connection, conversation: int, address: str, site: str) -> bool:
    """Whether a conversation is by mail with that address over that mailbox."""
    cursor = await tx.execute(
        """SELECT FROM conversations v JOIN identities i ON i.id = v.identity_id
           WHERE v.id = %(id)s AND v.channel = 'mail' AND v.site = %(site)s AND i.value = %(address)s""",
        {"id": conversation, "address": address, "site": site},
    )
    return await cursor.fetchone() is not None


async def start(
    tx: Connection,
    case: int,
    identity: int,
    site: str,
    slack_channel: str,
    subject: str | None,
    now: datetime,
) -> int:
    """The exchange by mail with an identity that was begun for a case: there is one for each mailbox.

    Its first mail is called ``subject``, or as its case.
    """
    cursor = await tx.execute(
        _START,
        {
            "case": case,
            "identity": identity,
            "site": site,
            "slack_channel": slack_channel,
            "thread": _thread(case),
            "subject": subject,
            "now": now,
        },
    )
    row = await cursor.fetchone()
    assert row is not None
    return int(row["id"])
