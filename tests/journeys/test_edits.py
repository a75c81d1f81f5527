"""Edits, deletions and files, from both sides, over the real wire."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.support import postgres
from tests.support.sandbox import until
from tests.support.stack import AGENT, CHANNEL, Company, company

ADMIN = "U0ADA"


@pytest.fixture(scope="module")
async def shop(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Company]:
    with postgres.fresh_database(postgres_url) as url:
        async with company(tmp_path_factory.mktemp("company"), url) as running:
            yield running


async def offered(shop: Company, action: str, words: str) -> str:
    """The newest private note to the agent with that button and those words; its ts."""

    async def there() -> str | None:
        for message in reversed((await shop.sandbox.person(AGENT))["ephemerals"]):
            if action in str(message) and words in str(message):
                return str(message["ts"])
        return None

    found: str = await until(there, 10)
    return found


async def click(shop: Company, ts: str, action: str, user: str = AGENT) -> None:
    await shop.sandbox.act(user, "click", channel=CHANNEL, ts=ts, action_id=action)


async def flags(visitor: Any) -> list[tuple[str, bool, bool]]:
    """(text, edited, deleted) of each message of ours on the customer's screen."""
    return [
        (each["text"], bool(each["edited_at"]), each["deleted"])
        for each in (await visitor.transcript())["messages"]
        if each["author"] == "agent"
    ]


async def test_an_edit_after_sending_is_corrected_only_by_a_click(shop: Company) -> None:
    visitor = await shop.visit("e1", "Ola")
    root = (await shop.card((await visitor.write("When?"))["reference"]))["ts"]
    ts = await shop.reply(root, "On Mondey")
    await visitor.sees(("customer", "When?"), ("agent", "On Mondey"))
    await shop.sandbox.act(AGENT, "edit", channel=CHANNEL, ts=ts, text="On *Monday*")
    offer = await offered(shop, "correction_send", "On Monday")
    assert await flags(visitor) == [("On Mondey", False, False)]
    await click(shop, offer, "correction_send")
    await visitor.sees(("customer", "When?"), ("agent", "On Monday"))
    assert await flags(visitor) == [("On Monday", True, False)]
    await shop.whispered(AGENT, "The customer sees the corrected words now.")

    async def said_so() -> bool:
        return any("sent the customer a correction" in line for line in await shop.thread(root))

    await until(said_so, 10)


async def test_a_preview_follows_the_edit_of_its_message(shop: Company) -> None:
    visitor = await shop.visit("e2", "Pia")
    root = (await shop.card((await visitor.write("Which?"))["reference"]))["ts"]
    posted = await shop.sandbox.act(AGENT, "post", channel=CHANNEL, text="The blu one", thread_ts=root)
    await shop.sandbox.act(AGENT, "react", channel=CHANNEL, ts=posted["ts"], name="outbox_tray")
    await shop.preview(AGENT, root, "The blu one")
    await shop.sandbox.act(AGENT, "edit", channel=CHANNEL, ts=posted["ts"], text="The blue one")
    newer = await shop.preview(AGENT, root, "The blue one")
    await click(shop, newer["ts"], "reply_send")
    await visitor.sees(("customer", "Which?"), ("agent", "The blue one"))


async def test_a_message_deleted_here_is_taken_back_there_only_by_a_click(shop: Company) -> None:
    visitor = await shop.visit("e3", "Ron")
    root = (await shop.card((await visitor.write("My code?"))["reference"]))["ts"]
    ts = await shop.reply(root, "It is 4711")
    await visitor.sees(("customer", "My code?"), ("agent", "It is 4711"))
    await shop.sandbox.act(AGENT, "delete", channel=CHANNEL, ts=ts)
    offer = await offered(shop, "retract_send", "It is 4711")
    assert await flags(visitor) == [("It is 4711", False, False)]
    await click(shop, offer, "retract_send")
    await visitor.sees(("customer", "My code?"), ("agent", ""))
    assert await flags(visitor) == [("", False, True)]


async def test_a_deleted_mirror_and_a_deleted_card_come_back(shop: Company) -> None:
    visitor = await shop.visit("e4", "Sam")
    first = await visitor.write("Where is it?")
    root = (await shop.card(first["reference"]))["ts"]
    await shop.thread_shows(root, "Sam: Where is it?")
    mirrored = next(
        message["ts"] for message in await shop.sandbox.messages(CHANNEL, root) if message["ts"] != root
    )
    await shop.sandbox.act(ADMIN, "delete", channel=CHANNEL, ts=mirrored)

    async def shown_again() -> bool:
        messages = await shop.sandbox.messages(CHANNEL, root)
        return any("Where is it?" in str(m) and "Somebody deleted this" in str(m) for m in messages)

    await until(shown_again, 10)
    await shop.sandbox.act(ADMIN, "delete", channel=CHANNEL, ts=root)

    async def card_again() -> str | None:
        messages = await shop.sandbox.messages(CHANNEL, root)
        return next((m["ts"] for m in messages if "the case goes on here" in str(m)), None)

    card = await until(card_again, 10)
    await click(shop, card, "case_take")

    async def updated() -> bool:
        messages = await shop.sandbox.messages(CHANNEL, root)
        return any(m["ts"] == card and f"<@{AGENT}>" in str(m["blocks"]) for m in messages)

    await until(updated, 10)
    await visitor.write("Hello?")
    await until(lambda: in_thread(shop, root, "Sam: Hello?"), 10)


async def in_thread(shop: Company, root: str, line: str) -> bool:
    return line in await shop.thread(root)


async def test_unfurls_broadcasts_and_other_bots_change_nothing_for_the_customer(shop: Company) -> None:
    """FAULTS 12, 13 and 17."""
    visitor = await shop.visit("e5", "Tea")
    root = (await shop.card((await visitor.write("Link?"))["reference"]))["ts"]
    ts = await shop.reply(root, "See https://shop.example/returns")
    await visitor.sees(("customer", "Link?"), ("agent", "See https://shop.example/returns"))
    await shop.sandbox.do("unfurl", channel=CHANNEL, ts=ts, url="https://shop.example/returns")
    shout = await shop.sandbox.act(
        AGENT, "post", channel=CHANNEL, text="Look at this", thread_ts=root, broadcast=True
    )
    await shop.sandbox.act(AGENT, "react", channel=CHANNEL, ts=shout["ts"], name="outbox_tray")
    preview = await shop.preview(AGENT, root, "Look at this")
    await click(shop, preview["ts"], "reply_send")
    screen = [("customer", "Link?"), ("agent", "See https://shop.example/returns"), ("agent", "Look at this")]
    await visitor.sees(*screen)
    ephemerals = (await shop.sandbox.person(AGENT))["ephemerals"]
    offers = [each for each in ephemerals if "correction_send" in str(each) and "returns" in str(each)]
    assert offers == [], "an unfurl is no edit"
