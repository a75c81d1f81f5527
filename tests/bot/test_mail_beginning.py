"""A mail that we begin, over real servers: it goes out as a first one, and the answer finds the case."""

from __future__ import annotations

import email
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cases.mailboxes import OpenMailbox
from flows import begin
from flows.begin import Beginning
from storage.db import Database
from tests.bot.test_mail_reading import mail, takes, told
from tests.bot.test_mail_sending import approve, body, hand_over
from tests.support.mail import provider
from tests.support.office import ANNA, NOW, open_office
from tests.support.postbox import Postbox


@pytest.fixture
async def box(database: Database, tmp_path: Path) -> AsyncIterator[Postbox]:
    """The mailbox, and a customer's case in the web chat."""
    async with provider() as server:
        box = Postbox(await open_office(database), server, tmp_path)
        await box.office.case("Where is my parcel?")
        yield box


async def test_the_customer_answers_the_mail_that_we_began(box: Postbox) -> None:
    row = await box.office.row("SELECT id FROM cases")
    wanted = Beginning(OpenMailbox(box.mailbox, "C1"), "mia@x.example", "Your parcel")
    await begin.by_mail(box.office.db, row["id"], wanted, ANNA, NOW)
    await approve(box, "May I write to you here?")
    assert (await hand_over(box))["state"] == "sent"
    (handed,) = box.provider.handed
    sent = email.message_from_bytes(handed.raw)
    assert handed.recipients == ("mia@x.example",)
    assert sent["From"] == "Harbour & Hill <support@shop.example>"
    assert sent["To"] == "Maria <mia@x.example>"
    assert sent["Subject"] == "Your parcel"
    assert sent["In-Reply-To"] is None
    assert sent["References"] is None
    assert sent["Auto-Submitted"] is None
    assert body(sent).strip() == "May I write to you here?"
    to = sent["Reply-To"].split("<")[1].rstrip(">")
    await takes(
        box,
        mail("Yes.", number="<a@x.example>", to=to, subject="Re: Your parcel", proven=False),
        mail("And?", number="<b@x.example>", more=f"In-Reply-To: {sent['Message-ID']}\n"),
        mail("Me, too", sender="eve@y.example", number="<c@y.example>", to=to, proven=False),
    )
    assert [(number, text) for number, text in await told(box)] == [
        (1001, "Where is my parcel?"),
        (1001, "Yes."),
        (1001, "And?"),
        (1002, "Me, too"),
    ]
