"""A silent customer is asked once more: a preview, which a person sends, and only while it is their turn."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cases.errors import AlreadyDone
from cases.reader import Language
from flows import nudge, reply
from flows.nudge import NotSilent
from storage import cases
from tests.support.office import ANNA, NOW, Office

LATER = NOW + timedelta(days=1)


async def ask_again(office: Office, case: int) -> None:
    """As the button of the reminder does."""
    row = await cases.by_token(office.db, await office.token(case))
    assert row is not None
    async with office.db.transaction() as tx:
        await nudge.propose(tx, row, None, Language.EN, ANNA, LATER)


async def answer(office: Office, case: int) -> None:
    draft = await office.preview(case)
    await reply.approve(office.db, draft, ANNA, 0, NOW)
    assert await reply.send(office.db, draft, "It is on its way.", NOW) is not None


async def test_the_button_of_the_reminder_shows_what_asks_them_once_more(office: Office) -> None:
    case = (await office.case()).case_id
    await answer(office, case)
    await ask_again(office, case)
    await ask_again(office, case)
    (draft,) = await office.column("SELECT uuid FROM drafts WHERE state = 'preview'")
    shown = await office.column("SELECT payload ->> 'draft' FROM slack_calls WHERE kind = 'preview'")
    assert set(shown) == {str(draft)}
    await office.db.fetch("UPDATE drafts SET state = 'approved' WHERE state = 'preview'")
    with pytest.raises(AlreadyDone):
        await ask_again(office, case)


async def test_nobody_is_asked_who_waits_for_us(office: Office) -> None:
    case = (await office.case()).case_id
    with pytest.raises(NotSilent):
        await ask_again(office, case)
