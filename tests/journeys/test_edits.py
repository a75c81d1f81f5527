"""Edits, deletions and files, from both sides, over the real wire."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

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
    """FAULTS 14."""
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
    stranger = await shop.sandbox.do("other_bot_post", channel=CHANNEL, text="Build 7 failed", thread_ts=root)
    await shop.sandbox.act(AGENT, "react", channel=CHANNEL, ts=stranger["ts"], name="outbox_tray")
    await shop.whispered(AGENT, "Only a message in the thread of a case can be sent to a customer.")
    screen = [("customer", "Link?"), ("agent", "See https://shop.example/returns"), ("agent", "Look at this")]
    await visitor.sees(*screen)
    ephemerals = (await shop.sandbox.person(AGENT))["ephemerals"]
    offers = [each for each in ephemerals if "correction_send" in str(each) and "returns" in str(each)]
    assert offers == [], "an unfurl is no edit"


async def attach(visitor: Any, text: str, **files: bytes) -> dict[str, Any]:
    """The customer sends files (name with _ for the dot) with a text."""
    ids = [await visitor.upload(name.replace("_", "."), content) for name, content in files.items()]
    key = uuid4().hex
    answer: dict[str, Any] = await visitor.write(text, key, ids)
    return answer | {"key": key}


async def shared(shop: Company, root: str) -> list[str]:
    """The names of the files that stand in a thread, in order."""
    messages = await shop.sandbox.messages(CHANNEL, root)
    return [file["name"] for message in messages for file in message.get("files") or () if "name" in file]


@pytest.mark.parametrize(
    "rules",
    [
        pytest.param([], id="all is well"),
        pytest.param(
            [{"kind": "drop_reply", "method": "files.completeUploadExternal", "times": 1}], id="no reply"
        ),
        pytest.param(
            [{"kind": "error_500", "method": "files.completeUploadExternal", "times": 1}], id="HTTP 500"
        ),
        pytest.param(
            [{"kind": "error_429", "method": "files.getUploadURLExternal", "times": 1}], id="HTTP 429"
        ),
    ],
)
async def test_files_of_the_customer_come_into_the_thread_once_and_in_order(
    shop: Company, rules: list[dict[str, Any]]
) -> None:
    visitor = await shop.visit(f"f{uuid4().hex[:6]}", "Uma")
    await shop.sandbox.faults(*rules)
    try:
        first = await attach(visitor, "Look", one_png=b"1" * 2_000, two_png=b"2" * 2_000)
        await visitor.write("Do you see?")
        root = (await shop.card(first["reference"]))["ts"]

        async def all_there() -> bool:
            lines = [line for line in await shop.thread(root) if "Do you see?" in line]
            return bool(lines) and await shared(shop, root) == ["one.png", "two.png"]

        await until(all_there, 30)
    finally:
        await shop.sandbox.faults()
    texts = [str(message) for message in await shop.sandbox.messages(CHANNEL, root)]
    places = [
        next(n for n, text in enumerate(texts) if part in text) for part in ("Look", "'one.png'", "Do you")
    ]
    assert places == sorted(places)
    assert len(texts) == 4
    await visitor.delete(first["key"])

    async def gone() -> bool:
        return await shared(shop, root) == [] and "Files deleted" in str(
            await shop.sandbox.messages(CHANNEL, root)
        )

    await until(gone, 10)


async def test_files_that_slack_refuses_are_said_to_be_missing_and_can_be_tried_again(shop: Company) -> None:
    visitor = await shop.visit("f2", "Vic")
    await shop.sandbox.faults({"kind": "error_429", "method": "chat.postMessage", "retry_after": 1})
    try:
        first = await attach(visitor, "", bill_png=b"x" * 100)
        await visitor.write("Well?")
        uuid = first["message"]["files"][0]["id"]
        lost = shop.bots[0].folder / "files" / uuid[:2] / uuid
        lost.rename(lost.with_suffix(".away"))
    finally:
        await shop.sandbox.faults()
    root = (await shop.card(first["reference"]))["ts"]

    async def said() -> str | None:
        messages = await shop.sandbox.messages(CHANNEL, root)
        return next((m["ts"] for m in messages if "could not be brought here" in str(m)), None)

    notice = await until(said, 15)
    lost.with_suffix(".away").rename(lost)
    for _ in range(2):
        await click(shop, notice, "files_retry")
    await shop.whispered(AGENT, "here already, or on their way")

    async def there() -> bool:
        return await shared(shop, root) == ["bill.png"]

    await until(there, 15)


async def upload(shop: Company, root: str, text: str, **files: bytes) -> str:
    """The agent attaches files to a thread message; its ts."""
    parts = [
        {"name": name.replace("_", "."), "content": b64encode(content).decode()}
        for name, content in files.items()
    ]
    posted = await shop.sandbox.act(AGENT, "upload", channel=CHANNEL, thread_ts=root, text=text, files=parts)
    return str(posted["ts"])


@pytest.mark.parametrize("text", ["Here is the invoice", ""])
async def test_files_of_an_agent_go_to_the_customer_as_shown_in_the_preview(shop: Company, text: str) -> None:
    visitor = await shop.visit(f"f3{len(text)}", "Wim")
    root = (await shop.card((await visitor.write("The invoice, please"))["reference"]))["ts"]
    content = b"%PDF" + b"x" * 300_000
    ts = await upload(shop, root, text, invoice_pdf=content, setup_exe=b"MZ")
    await shop.sandbox.act(AGENT, "react", channel=CHANNEL, ts=ts, name="outbox_tray")
    preview = await shop.preview(AGENT, root, "invoice.pdf · 300 kB")
    assert "setup.exe does not go along: programs and scripts" in str(preview["blocks"])
    assert [each["author"] for each in (await visitor.transcript())["messages"]] == ["customer"]
    await click(shop, preview["ts"], "reply_send")
    await visitor.sees(("customer", "The invoice, please"), ("agent", text))
    (file,) = (await visitor.transcript())["messages"][1]["files"]
    assert (file["name"], file["size"], file["type"]) == ("invoice.pdf", len(content), "application/pdf")
    async with shop.session.get(shop.bots[0].url + file["url"]) as answer:
        assert await answer.read() == content
        assert answer.headers["content-disposition"].startswith("attachment")


async def test_what_the_customer_has_read_shows_on_the_answer(shop: Company) -> None:
    visitor = await shop.visit("r1", "Xia")
    root = (await shop.card((await visitor.write("Hello?"))["reference"]))["ts"]
    ts = await shop.reply(root, "Hello!")
    await visitor.sees(("customer", "Hello?"), ("agent", "Hello!"))
    async with visitor.window() as window:
        await window.send_json({"type": "received", "seq": 2})
        await window.send_json({"type": "read", "seq": 2})

        async def marked() -> bool:
            messages = await shop.sandbox.messages(CHANNEL, root)
            names = {each["name"] for m in messages if m["ts"] == ts for each in m.get("reactions") or ()}
            return {"incoming_envelope", "eye"} <= names

        await until(marked, 15)
    messages = await shop.sandbox.messages(CHANNEL, root)
    assert "mailbox_with_mail" not in str(messages), "read at once, it is not shown as merely delivered"
