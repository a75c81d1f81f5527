"""``/cx customer``: one history over all channels, for whoever asks."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cases.arrivals import Handle
from cases.enums import Channel
from cases.errors import InvalidInput, NotFound
from flows import begin
from storage import cases, facts, history, identities, imports, workspaces
from tests.commands.test_acts import say
from tests.flows.test_arrive import MAIL, arrives, import_mia
from tests.flows.test_begin import to
from tests.support.office import ANNA, NOW, Office
from tests.tools.test_tools import run, scope_of
from tests.views import limits
from tools.history import history_of_customer

BY_API = replace(
    MAIL,
    channel=Channel.API,
    site="helpdesk",
    who=Handle("api", "helpdesk:mia"),
    client_message_id="a",
    subject="My lamp",
)


async def mia_everywhere(office: Office) -> tuple[int, int, int]:
    """Her cases by mail, by another system and in the chat."""
    mia = await import_mia(office)
    mail, api = (await arrives(office, MAIL)).case_id, (await arrives(office, BY_API)).case_id
    chat = (await office.says(await office.conversation(name="Mia"), "And my chair?")).case_id
    await office.db.fetch("UPDATE identities SET customer_id = %(mia)s", {"mia": mia})
    await office.db.fetch("UPDATE cases SET customer_id = %(mia)s", {"mia": mia})
    return mail, api, chat


async def test_everybody_sees_the_cases_of_all_channels(office: Office) -> None:
    mail, api, chat = await mia_everywhere(office)
    shown = str((await say(office, "customer CX-1001")).blocks)
    assert [sign in shown for sign in ("📧 · My parcel", "🌐 · My lamp", "💬 · And my chair?")] == [True] * 3
    assert "3 cases on all channels" in shown
    card = await cases.card(office.db, mail)
    assert card is not None
    assert {other.subject for other in card.others} == {"My lamp", "And my chair?"}
    assert card.earlier_cases == 0
    told = await history_of_customer(await scope_of(office, mail))
    assert [(each["subject"], each["channels"]) for each in told] == [
        ("And my chair?", ["webchat"]),
        ("My lamp", ["api"]),
    ]
    assert "Where is my parcel?" in await run(await scope_of(office, api), "history_of_customer")
    about = await facts.of_case(office.db, chat)
    assert about is not None
    assert [each["subject"] for each in about["earlier"]] == ["My lamp", "My parcel"]


async def test_a_case_that_changed_its_channel_shows_both(office: Office) -> None:
    case = (await office.case()).case_id
    await begin.by_mail(office.db, case, to("new@x.example"), ANNA, NOW)
    shown = str((await say(office, "customer new@x.example")).blocks)
    assert "📧💬 · Where is my parcel?" in shown
    assert f"new@x.example · not proven · told by <@{ANNA.id}>" in shown
    assert "💬 shop:c1 · proven" in shown
    linked = await say(office, "customer <mailto:new@x.example|new@x.example>")
    assert str(linked.blocks) == shown, "Slack makes a link of it"


async def test_another_system_is_called_by_its_name(office: Office) -> None:
    await arrives(office, BY_API)
    assert "🌐 helpdesk:mia · " in str((await say(office, "customer Mia")).blocks)
    await office.db.fetch(
        """INSERT INTO entrances (workspace_id, channel, site, title, icon, public)
           VALUES (%(workspace)s, 'api', 'helpdesk', 'Help desk', '🎧', false)""",
        {"workspace": office.workspace},
    )
    assert "🎧 Help desk · mia · " in str((await say(office, "customer Mia")).blocks)


async def test_who_they_are(office: Office) -> None:
    await import_mia(office)
    await office.db.fetch(
        """UPDATE customers SET language = 'pl', profile = '{"time_zone": "Europe/Warsaw"}'"""
    )
    assert (await say(office, "customer mia")).text == "Mia M."
    await office.db.fetch("UPDATE customers SET external_id = '77'")
    assert (await say(office, "customer 77")).text == "Mia M.", "there is no case of that number"
    await office.db.fetch("UPDATE customers SET external_id = 'mia'")
    order = b'{"order_id": "#H1", "customer_id": "mia", "status": "sent", "items": []}'
    await imports.load(office.db, office.workspace, imports.ORDERS, [order], NOW)
    shown = str((await say(office, "customer Mia M")).blocks)
    for fact in ("customer number mia · Polish · Europe/Warsaw · known since", "📧 mia@x.example · proven"):
        assert fact in shown
    assert "1 order · the newest #H1 (sent)" in shown
    assert "No case yet." in shown
    assert "menu_merge_customers" not in shown, "without a case there is nothing to press"


async def test_of_several_one_is_chosen(office: Office) -> None:
    for name in ("Anna A", "Anna B"):
        await office.says(await office.conversation(name=name), "Hello")
    found = await say(office, "customer anna")
    assert str(found.blocks).count("customer_show") == 2
    limits.check(found)


async def test_five_hundred_cases_and_long_names_fit(office: Office) -> None:
    await office.case("<" * 900)
    await office.db.fetch(
        """UPDATE customers
           SET name = repeat('&<', 400), email = repeat('e', 300), phone = repeat('9', 300)"""
    )
    await office.db.fetch(
        """INSERT INTO identities (workspace_id, customer_id, kind, value, told_by, created_at)
           SELECT workspace_id, customer_id, 'told', repeat('&', 300) || n, 'U1', created_at
           FROM identities, generate_series(1, 40) n"""
    )
    await office.db.fetch(
        """INSERT INTO cases (token, workspace_id, number, customer_id, conversation_id, subject, status,
                              slack_channel, thread_ts, opened_at, closed_at)
           SELECT gen_random_uuid(), workspace_id, 2000 + n, customer_id, conversation_id,
                  repeat(chr(8238), 100), 'closed', slack_channel, '1.' || n, opened_at, opened_at
           FROM cases, generate_series(1, 499) n"""
    )
    shown = await say(office, "customer CX-1001")
    limits.check(shown)
    assert len(str(shown.blocks)) < 13_000
    assert "and 490 more" in str(shown.blocks)
    assert "and 33 more" in str(shown.blocks)
    row = await office.row("SELECT id FROM customers")
    theirs = await history.of_customer(office.db, row["id"], 10)
    assert [each["number"] for each in theirs] == list(range(2499, 2489, -1))


async def test_of_another_workspace_nothing_is_found(office: Office) -> None:
    await office.case()
    other = await workspaces.register(
        office.db, team="T2", name="B", url="https://b.slack.com/", bot_user="U2", bot="B2", now=NOW
    )
    strangers = Office(office.db, other)
    for words in ("CX-1001", "Maria"):
        with pytest.raises(NotFound):
            await say(strangers, f"customer {words}")
    assert await identities.search(office.db, other, "Maria") == []


@pytest.mark.parametrize("words", ["", "x" * 201])
async def test_what_is_missing_is_said(office: Office, words: str) -> None:
    with pytest.raises(InvalidInput, match="Name a case or a customer"):
        await say(office, f"customer {words}")


async def test_nobody_fits(office: Office) -> None:
    with pytest.raises(NotFound, match="No customer fits"):
        await say(office, "customer nobody")
