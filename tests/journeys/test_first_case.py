"""The main way: a customer writes, an agent answers from the thread, the case is closed back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from storage.urls import libpq_url
from tests.support import postgres
from tests.support.sandbox import until
from tests.support.stack import AGENT, CHANNEL, GUEST, Company, buttons, company


@pytest.fixture(scope="module")
async def shop(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Company]:
    with postgres.fresh_database(postgres_url) as url:
        async with company(tmp_path_factory.mktemp("company"), url) as running:
            yield running


async def test_a_case_from_first_word_to_closing(shop: Company) -> None:
    maria = await shop.visit()
    first = await maria.write("Where is my lamp? <!channel> & *more*")
    await maria.write("It should have come on Friday.")
    root = (await shop.card(first["reference"]))["ts"]
    await shop.thread_shows(
        root,
        "Maria Kowalska: Where is my lamp? <!channel> & *more*",
        "Maria Kowalska: It should have come on Friday.",
    )
    await shop.sandbox.act(AGENT, "post", channel=CHANNEL, text="Tom, do you know?", thread_ts=root)
    ts = await shop.reply(root, "It is on its way & arrives <tomorrow>.")
    said = [
        ("customer", "Where is my lamp? <!channel> & *more*"),
        ("customer", "It should have come on Friday."),
    ]
    await maria.sees(*said, ("agent", "It is on its way & arrives <tomorrow>."))

    async def marked() -> bool:
        messages = await shop.sandbox.messages(CHANNEL, root)
        reactions = next(m for m in messages if m["ts"] == ts).get("reactions", [])
        return "incoming_envelope" in {reaction["name"] for reaction in reactions}

    await until(marked)
    view = await shop.open_form(root)
    answer = await shop.submit(view, text="")
    assert answer["ack"]["errors"] == {"text": "Please write what the customer should read."}
    assert (await shop.submit(view, text="Thank you for waiting. Enjoy it!"))["closed"]
    await maria.sees(
        *said,
        ("agent", "It is on its way & arrives <tomorrow>."),
        ("agent", "Thank you for waiting. Enjoy it!"),
    )
    assert (await maria.transcript())["status"] == "closed"
    await shop.thread_shows(
        root,
        "Maria Kowalska: Where is my lamp? <!channel> & *more*",
        "Maria Kowalska: It should have come on Friday.",
        f"{AGENT}: Tom, do you know?",
        f"{AGENT}: It is on its way &amp; arrives &lt;tomorrow&gt;.",
        f"app: 🙋 <@{AGENT}> owns this case now.",
        "app: Thank you for waiting. Enjoy it!",
    )

    async def card_closed() -> bool:
        return buttons(await shop.card(first["reference"])) == ["case_more"]

    await until(card_closed)
    await maria.write("Thanks!")
    assert (await maria.transcript())["status"] == "closed"
    await maria.write("It arrived broken.")
    assert (await maria.transcript())["status"] == "open"


async def test_a_message_of_a_case_where_nothing_waits_needs_no_round_over_the_queue(shop: Company) -> None:
    visitor = await shop.visit("c27", "Ilse")
    first = await visitor.write("Is it open?")
    root = (await shop.card(first["reference"]))["ts"]
    await shop.thread_shows(root, "Ilse: Is it open?")
    async with await psycopg.AsyncConnection.connect(
        libpq_url(shop.bots[0].database_url), autocommit=True
    ) as db:

        async def stamped_by_its_own_commit(text: str) -> bool | None:
            cursor = await db.execute(
                """SELECT o.xmin = m.xmin FROM messages m JOIN outbox o ON o.message_id = m.id
                   JOIN posts p ON p.id = o.post_id AND p.state = 'posted' WHERE m.text = %s""",
                [text],
            )
            row = await cursor.fetchone()
            return row[0] if row else None

        async def noted(text: str) -> bool:
            async def known() -> bool:
                return await stamped_by_its_own_commit(text) is not None

            await until(known)
            return bool(await stamped_by_its_own_commit(text))

        assert not await noted("Is it open?")
        await visitor.write("On Sunday, too?")
        await shop.thread_shows(root, "Ilse: Is it open?", "Ilse: On Sunday, too?")
        assert await noted("On Sunday, too?")


async def propose(shop: Company, root: str, text: str) -> tuple[str, str]:
    """Write in the thread and put 📤 on it: the timestamps of the message and of its preview."""
    posted = await shop.sandbox.act(AGENT, "post", channel=CHANNEL, text=text, thread_ts=root)
    await shop.sandbox.act(AGENT, "react", channel=CHANNEL, ts=posted["ts"], name="outbox_tray")
    return posted["ts"], (await shop.preview(AGENT, root, text))["ts"]


async def click(shop: Company, ts: str, action: str) -> None:
    await shop.sandbox.act(AGENT, "click", channel=CHANNEL, ts=ts, action_id=action)


async def shows(shop: Company, ts: str, words: str, *expected: str) -> None:
    """Wait until the private message ``ts`` says ``words`` and has just these buttons."""

    async def there() -> bool:
        shown = (await shop.sandbox.person(AGENT))["ephemerals"]
        return any(
            message["ts"] == ts and words in str(message["blocks"]) and buttons(message) == list(expected)
            for message in shown
        )

    await until(there)


async def test_undo_and_cancel_keep_it_among_us(postgres_url: str, tmp_path: Path) -> None:
    with postgres.fresh_database(postgres_url) as url:
        async with company(tmp_path, url, CX_UNDO_CHAT_SECONDS="10") as shop:
            visitor = await shop.visit("c2", "Béla")
            first = await visitor.write("Hello?")
            root = (await shop.card(first["reference"]))["ts"]
            _, preview = await propose(shop, root, "Not for him")
            await click(shop, preview, "reply_cancel")
            await shows(shop, preview, "Not sent. The message stays among us.")
            _, preview = await propose(shop, root, "Sent by mistake")
            # The second press, on its way before the first is answered, must leave Undo in its place.
            await asyncio.gather(*(click(shop, preview, "reply_send") for _ in range(2)))
            await shows(shop, preview, "Sending in 10 seconds: Sent by mistake", "reply_undo")
            await click(shop, preview, "reply_undo")
            await shows(shop, preview, "Not sent. The message stays among us.")
            await shop.reply(root, "But this is")
            await visitor.sees(("customer", "Hello?"), ("agent", "But this is"))
            assert (await shop.submit(await shop.open_form(root), text="Goodbye too early"))["closed"]
            await shop.whispered(AGENT, "Goodbye too early")
            ephemerals = (await shop.sandbox.person(AGENT))["ephemerals"]
            (undo,) = [each["ts"] for each in ephemerals if buttons(each) == ["reply_undo"]]
            await click(shop, undo, "reply_undo")
            await shows(shop, undo, "Not sent. The message stays among us.")
            await shop.reply(root, "Still here")
            await visitor.sees(("customer", "Hello?"), ("agent", "But this is"), ("agent", "Still here"))
            assert (await visitor.transcript())["status"] == "open"


async def test_the_preview_of_other_words_says_that_it_is_out_of_date(shop: Company) -> None:
    visitor = await shop.visit("c8", "Hana")
    first = await visitor.write("Which one?")
    root = (await shop.card(first["reference"]))["ts"]
    message, old = await propose(shop, root, "Take A")
    await shop.sandbox.act(AGENT, "edit", channel=CHANNEL, ts=message, text="Take B :wave::skin-tone-3:")

    async def asked_again() -> str | None:
        # The bot may hear of the edit after the wish to send: then the old words are shown once more.
        await shop.sandbox.act(
            AGENT, "message_shortcut", callback_id="send_to_customer", channel=CHANNEL, ts=message
        )
        with suppress(AssertionError):
            return str((await shop.preview(AGENT, root, "Take B", seconds=1))["ts"])
        return None

    new = await until(asked_again, 10)
    await click(shop, old, "reply_send")
    await shows(shop, old, "This preview is out of date")
    await click(shop, new, "reply_send")
    await visitor.sees(("customer", "Which one?"), ("agent", "Take B 👋🏼"))


async def test_a_second_send_does_nothing(shop: Company) -> None:
    visitor = await shop.visit("c3", "Cyd")
    first = await visitor.write("One answer please")
    root = (await shop.card(first["reference"]))["ts"]
    posted = await shop.sandbox.act(AGENT, "post", channel=CHANNEL, text="Only once", thread_ts=root)
    await shop.sandbox.act(AGENT, "react", channel=CHANNEL, ts=posted["ts"], name="outbox_tray")
    preview = await shop.preview(AGENT, root, "Only once")
    for _ in range(3):
        await shop.sandbox.try_act(AGENT, "click", channel=CHANNEL, ts=preview["ts"], action_id="reply_send")
    await visitor.sees(("customer", "One answer please"), ("agent", "Only once"))
    await shop.reply(root, "And now another")
    await visitor.sees(
        ("customer", "One answer please"), ("agent", "Only once"), ("agent", "And now another")
    )


async def test_the_customer_wrote_meanwhile_is_shown_first(shop: Company) -> None:
    visitor = await shop.visit("c4", "Dora")
    first = await visitor.write("Question")
    root = (await shop.card(first["reference"]))["ts"]
    posted = await shop.sandbox.act(AGENT, "post", channel=CHANNEL, text="An answer", thread_ts=root)
    await shop.sandbox.act(AGENT, "react", channel=CHANNEL, ts=posted["ts"], name="outbox_tray")
    preview = await shop.preview(AGENT, root, "An answer")
    await visitor.write("Wait, I found it")
    await shop.sandbox.act(AGENT, "click", channel=CHANNEL, ts=preview["ts"], action_id="reply_send")
    await shop.whispered(AGENT, "The customer wrote in the meantime.")
    assert ("agent", "An answer") not in await visitor.texts()
    again = await shop.preview(AGENT, root, "The customer wrote in the meantime.")
    await shop.sandbox.act(AGENT, "click", channel=CHANNEL, ts=again["ts"], action_id="reply_send")
    await visitor.sees(("customer", "Question"), ("customer", "Wait, I found it"), ("agent", "An answer"))


async def test_taking_commands_and_guests(shop: Company) -> None:
    visitor = await shop.visit("c5", "Eve")
    first = await visitor.write("Take me")
    root = (await shop.card(first["reference"]))["ts"]
    await shop.sandbox.act("U0TOM", "click", channel=CHANNEL, ts=root, action_id="case_take")
    await shop.thread_shows(root, "Eve: Take me", "app: 🙋 <@U0TOM> owns this case now.")

    async def on_card() -> bool:
        return "<@U0TOM>" in str((await shop.card(first["reference"]))["blocks"])

    await until(on_card)
    await shop.sandbox.act("U0TOM", "command", channel=CHANNEL, text="/cx status mine")
    await shop.whispered("U0TOM", first["reference"])
    await shop.sandbox.act("U0TOM", "command", channel=CHANNEL, text="/cx statsu")
    await shop.whispered("U0TOM", "Did you mean `/cx status`?")
    await shop.sandbox.act(GUEST, "click", channel=CHANNEL, ts=root, action_id="case_take")
    await shop.whispered(GUEST, "Only full members of this workspace can work on cases.")


async def test_closing_without_telling_wants_a_reason(shop: Company) -> None:
    visitor = await shop.visit("c6", "Finn")
    first = await visitor.write("asdf")
    root = (await shop.card(first["reference"]))["ts"]
    view = await shop.open_form(root)
    refused = await shop.submit(view, how="silent")
    assert refused["ack"]["errors"] == {"reason": "Please say why the customer is not told."}
    await shop.submit(view, how="silent", reason="Spam")
    await shop.thread_shows(
        root, "Finn: asdf", f"app: ✅ Closed by <@{AGENT}> without telling the customer: Spam"
    )
    await visitor.sees(("customer", "asdf"))


async def test_a_long_message_arrives_whole(shop: Company) -> None:
    visitor = await shop.visit("c7", "Gil")
    text = "\n\n".join(f"Paragraph {number}: " + "words & more " * 30 for number in range(20)).strip()
    first = await visitor.write(text)
    root = (await shop.card(first["reference"]))["ts"]

    async def whole() -> bool:
        lines = await shop.thread(root)
        return "".join(line.removeprefix("Gil: ") for line in lines) == text

    await until(whole)
    assert len(await shop.thread(root)) >= 3


async def test_edits_and_deletions_of_the_customer_are_followed_in_place(shop: Company) -> None:
    visitor = await shop.visit("c10", "Jan")
    first = await visitor.write("Were is it?", key="a")
    await visitor.write("PIN 1234", key="b")
    root = (await shop.card(first["reference"]))["ts"]
    await shop.thread_shows(root, "Jan: Were is it?", "Jan: PIN 1234")
    count = len(await shop.sandbox.messages(CHANNEL, root))
    _, preview = await propose(shop, root, "It is on its way")
    await visitor.edit("a", "Where is it?")
    await visitor.delete("b")
    await shop.thread_shows(root, "Jan: Where is it?", f"{AGENT}: It is on its way")
    shown = str(await shop.sandbox.messages(CHANNEL, root))
    assert "_edited_" in shown
    assert "Deleted by the customer" in shown
    assert "PIN" not in shown
    assert len(await shop.sandbox.messages(CHANNEL, root)) == count + 1
    await shop.whispered(AGENT, "changed a message* while your draft waits")
    await click(shop, preview, "reply_send")
    await shop.whispered(AGENT, "in the meantime")
    assert ("agent", "It is on its way") not in await visitor.texts()
