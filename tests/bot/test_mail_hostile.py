"""Odd and hostile mails go the whole way: each into its sender's case or aside, and none into another's.

``CX_HOSTILE_MAILS=500`` takes so many instead of some of each family.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage.db import Database, Row
from tests.bot.test_mail_reading import answered, mail, settled, takes
from tests.support.hostile_mail import HostileMail, Target, Verdict, hostile_mails
from tests.support.mail import MailProvider, provider
from tests.support.office import open_office
from tests.support.postbox import Postbox, read_on

MANY = int(os.environ.get("CX_HOSTILE_MAILS", "40"))
CUSTOMER, SENT = "jan@example.com", "<7d1.CX-1042@shop.example>"


@pytest.fixture
async def server() -> AsyncIterator[MailProvider]:
    """A mail provider of its own."""
    async with provider() as running:
        yield running


async def test_hostile_mails_get_into_nobody_elses_case(
    database: Database, server: MailProvider, tmp_path: Path
) -> None:
    box = Postbox(await open_office(database), server, tmp_path)
    await takes(box, mail(sender=CUSTOMER))
    conversation = await answered(box, SENT)
    target = Target(reply_to=box.tokens.address("support@shop.example", conversation), sent=SENT)
    hostile = hostile_mails(target, MANY)
    places = [await sent_in(box, each.raw) for each in hostile]
    async with read_on(box.reader()):
        await settled(box, len(hostile) + 2, seconds=MANY)
    rows = await box.office.db.fetch(_WHAT_BECAME)
    found = {place: row for row in rows for place in (("uid", row["uid"]), ("id", row["id"]))}
    wrong = [
        f"{each.name}: {each.verdict}, but {dict(found[place])}"
        for place, each in zip(places, hostile, strict=True)
        if not right(each, found[place])
    ]
    assert wrong == []
    assert {row["state"] for row in rows} == {"done", "ignored", "quarantined"}
    joined = [row for row in rows if row["number"] == 1001]
    assert len(joined) > MANY // 10, "those of the customer do come in"


async def sent_in(box: Postbox, raw: bytes) -> tuple[str, int]:
    """A mail comes; where its row is found."""
    try:
        return "uid", await box.provider.deliver(raw)
    except (RecursionError, ValueError, IndexError, AttributeError, UnicodeError, TypeError, KeyError):
        # The test's own mail server reads it as it comes, and cannot.
        return "id", await box.write_down(raw)


_WHAT_BECAME = """
SELECT m.id, m.uid, m.state, m.why, k.number, i.value AS who, m.sender
FROM mails m LEFT JOIN messages t ON t.id = m.message_id LEFT JOIN cases k ON k.id = t.case_id
LEFT JOIN conversations v ON v.id = t.conversation_id LEFT JOIN identities i ON i.id = v.identity_id
WHERE m.direction = 'in'
"""


def right(hostile: HostileMail, row: Row) -> bool:
    """Whether that could become of it. A copy of another one is one with it."""
    match hostile.verdict:
        case Verdict.QUARANTINE:
            return bool(row["state"] == "quarantined" or row["why"] == "A copy of it is here already.")
        case Verdict.JOINS:
            return (row["number"], row["who"]) == (1001, CUSTOMER) or row["state"] == "ignored"
        case _:
            return bool(row["number"] != 1001)
