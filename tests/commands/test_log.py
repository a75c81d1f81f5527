from __future__ import annotations

from dataclasses import replace
from functools import partial
from uuid import UUID

import pytest

from cases.errors import InvalidInput, NotFound, TextMissing
from channels.pages import case_link, without_links
from channels.tokens import Signer
from commands.dispatch import dispatch
from commands.request import Hands, Request
from storage import cases
from tests.support.office import ANNA, NOW, Office

SIGNER = Signer("a secret for tests")


async def say(office: Office, text: str, key: str = "k") -> str:
    async def nothing(*_given: object) -> None:
        raise AssertionError

    known = partial(without_links, signer=SIGNER)
    hands = Hands(ANNA, NOW, nothing, nothing, nothing, nothing, key, "C1", known)  # type: ignore[arg-type]
    request = Request(office.db, office.workspace, "https://shop.slack.com/", ANNA.id, text, hands)
    return (await dispatch(replace(request))).text


async def test_a_customers_link_is_not_kept(office: Office) -> None:
    await office.case()
    link = case_link("https://x", SIGNER, UUID(int=1))
    await say(office, f"log call CX-1001 She reads {link} and waits.")
    await say(office, f"log call Jan Novák: {link}", "k2")
    assert [row[2] for row in await notes(office)] == [
        "She reads [link to the page] and waits.",
        "[link to the page]",
    ]
    assert "/c/" not in str(await office.column("SELECT subject FROM cases"))


async def notes(office: Office) -> list[tuple[object, ...]]:
    rows = await office.db.fetch(
        "SELECT k.number, m.author_name, m.text FROM messages m JOIN cases k ON k.id = m.case_id "
        "WHERE m.direction = 'internal' ORDER BY m.id"
    )
    return [tuple(row.values()) for row in rows]


async def test_a_call_is_kept_in_the_case_and_keeps_what_was_promised(office: Office) -> None:
    await office.case()
    assert await say(office, "log call CX-1001 She is fine & waits.") == "📞 Noted in CX-1001."
    assert await notes(office) == [(1001, "Anna, by phone", "She is fine &amp; waits.")]
    assert await office.column("SELECT action FROM audit WHERE action LIKE 'case.call%%'") == [
        "case.call_logged"
    ]
    with pytest.raises(TextMissing):
        await say(office, "log call CX-1001")
    with pytest.raises(NotFound):
        await say(office, "log call CX-1999 What?")


async def test_a_customer_is_found_by_name_or_is_new(office: Office) -> None:
    await office.case()
    await office.db.fetch("UPDATE customers SET name = 'Maria Kowalska'")
    await say(office, "log call maria kowalska: asks again")
    await say(office, "log call Jan Novák: a new lamp", "k2")
    assert [row[0] for row in await notes(office)] == [1001, 1002]
    (second,) = await office.column("SELECT id FROM cases WHERE number = 1002")
    assert isinstance(second, int)
    card = await cases.card(office.db, second)
    assert card is not None
    assert (card.customer, card.subject, card.site, card.owner) == (
        "Jan Novák",
        "a new lamp",
        "phone",
        ANNA.id,
    )


async def test_what_cannot_be_understood_is_said(office: Office) -> None:
    for name in ("Maria", "Marian"):
        await office.conversation(name=name)
    for text in (
        "log mail x",
        "log",
        "log call Maria she called",
        "log call : words",
        "log call Mari: words",
    ):
        with pytest.raises(InvalidInput):
            await say(office, text)
    assert await notes(office) == []
