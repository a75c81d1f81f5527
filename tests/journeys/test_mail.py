"""A customer writes mails: to the thread and back, through workers that die in the middle."""

from __future__ import annotations

import asyncio
import email
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psycopg

from bot.entrances import LOOK_SECONDS
from storage.urls import libpq_url
from storage.watched import SETTLE_SECONDS
from tests.bot.test_mail_reading import mail
from tests.journeys.test_case_work import choose, close_all, submit
from tests.support.mail import PASSWORD, MailProvider, provider
from tests.support.sandbox import ROOT, until
from tests.support.stack import AGENT, CHANNEL, BotProcess, Company, buttons, company

ALL = ("mail.after_raw", "mail.after_store", "mail.after_identify", "mail.after_receive")
POINTS = ALL if os.environ.get("CX_ALL_KILLS") else ALL[1::2]


@asynccontextmanager
async def mail_shop(folder: Path, url: str, post: MailProvider) -> AsyncIterator[tuple[Company, BotProcess]]:
    """A shop with a mailbox, and a worker that dies once at each point of a mail's way in."""
    config = folder / "config"
    config.mkdir()
    shutil.copy(ROOT / "config" / "sites.yml", config)
    settings: dict[str, Any] = {
        "CX_CONFIG_DIR": str(config),
        "CX_MAIL_SECRETS": f"support={PASSWORD}",
        "CX_UNDO_MAIL_SECONDS": "0.5",
    }
    armed = ",".join(f"{point}@{folder / point}" for point in POINTS)
    async with company(folder, url, **settings) as shop:
        # Read without a restart, as is what changes later.
        post.write_config(config)
        home = str(shop.bots[0].folder)
        worker = BotProcess(
            folder / "worker", shop.sandbox, url, CX_CRASH_AT=armed, **(settings | {"CX_HOME": home})
        )
        try:
            yield shop, worker
        finally:
            worker.stop()


async def dies_everywhere(worker: BotProcess, folder: Path) -> None:
    """Start the worker until it has died at each point."""
    for _ in POINTS:
        worker.launch("worker")
        await until(lambda: worker.process is not None and worker.process.poll() is not None, 60)
    assert all((folder / point).exists() for point in POINTS)
    worker.launch("worker")


async def test_a_mail_to_the_thread_and_back(database_url: str, tmp_path: Path) -> None:
    async with provider() as post, mail_shop(tmp_path, database_url, post) as (shop, worker):
        import_mia(database_url)
        await post.deliver(mail())
        await dies_everywhere(worker, tmp_path)
        root = (await shop.card("CX-1001"))["ts"]
        await shop.thread_shows(root, "Mia M.: Where is my parcel?")

        ts = await shop.reply(root, "It is on its way.")
        await until(lambda: post.handed, 40)
        sent = email.message_from_bytes(post.handed[0].raw)
        assert post.handed[0].recipients == ("mia@x.example",)
        assert (sent["Subject"], sent["In-Reply-To"]) == ("Re: My parcel", "<1@x.example>")
        await until(lambda: is_marked(shop, root, ts), 40)

        post.write_config(tmp_path / "config", signature="Your parcels' friends")
        # Nothing that can be seen from here says that the worker has read it.
        await asyncio.sleep(SETTLE_SECONDS + 4 * LOOK_SECONDS)
        answer = f"In-Reply-To: {sent['Message-ID']}\nReferences: <1@x.example> {sent['Message-ID']}\n"
        await post.deliver(mail("By when?", number="<2@x.example>", more=answer))
        await shop.thread_shows(
            root,
            "Mia M.: Where is my parcel?",
            "U0MAYA: It is on its way.",
            "app: 🙋 <@U0MAYA> owns this case now.",
            "Mia M.: By when?",
        )

        await corrects(shop, root, ts, "Correction: it comes on Friday.")
        await until(lambda: len(post.handed) == 2, 40)
        assert b"Correction: it comes on Friday." in post.handed[1].raw
        assert b"Your parcels' friends" in post.handed[1].raw

        chat = await shop.visit("mia", "Mia")
        card = await shop.card((await chat.write("And by chat?"))["reference"])
        assert card["ts"] != root
        assert len(post.handed) == 2
        await goes_on_by_mail(shop, card["ts"])
        begun = f"app: 📧 <@{AGENT}> goes on by mail to mia@x.example: replies go there now, from "
        begun += "Harbour &amp; Hill."
        await shop.thread_shows(card["ts"], "Mia M.: And by chat?", begun)
        await shop.reply(card["ts"], "By mail now.")
        await until(lambda: len(post.handed) == 3, 40)
        sent = email.message_from_bytes(post.handed[2].raw)
        assert (post.handed[2].recipients, sent["Subject"]) == (("mia@x.example",), "Your chat")
        await post.deliver(mail("Fine.", number="<3@x.example>", to=sent["Reply-To"].split("<")[1][:-1]))
        await shop.thread_shows(
            card["ts"],
            "Mia M.: And by chat?",
            begun,
            f"{AGENT}: By mail now.",
            f"app: 🙋 <@{AGENT}> owns this case now.",
            "Mia M.: Fine.",
        )
    with psycopg.connect(libpq_url(database_url)) as connection:
        assert customers(connection) == [("mia",)], "by mail and by chat one customer"
        assert said(connection) == ["Where is my parcel?", "By when?", "And by chat?", "Fine."], (
            "none lost or doubled"
        )


async def goes_on_by_mail(shop: Company, root: str) -> None:
    """An agent begins a mail in a case of the chat."""
    form = await choose(shop, root, "menu_switch", "New mail to mia@x.example (proven)")
    refused = await submit(shop, form, channel="mail:mia@x.example", address="mia@y.example")
    assert list(refused["ack"]["errors"]) == ["address"]
    done = await submit(shop, form, channel="mail:mia@x.example", address="", subject="Your chat")
    assert "errors" not in (done["ack"] or {})
    await close_all(shop)


async def corrects(shop: Company, root: str, ts: str, words: str) -> None:
    """The agent edits a message that went as a mail, and sends ``words`` as a correction."""
    await shop.sandbox.act(AGENT, "edit", channel=CHANNEL, ts=ts, text="It is on its wey.")

    async def offered() -> str | None:
        shown = (await shop.sandbox.person(AGENT))["ephemerals"]
        return next((each["ts"] for each in shown if "correction_write" in buttons(each)), None)

    async def opened() -> dict[str, Any] | None:
        return next(iter((await shop.sandbox.person(AGENT))["views"]), None)

    offer = await until(offered, 40)
    await shop.sandbox.act(AGENT, "click", channel=CHANNEL, ts=offer, action_id="correction_write")
    view = await until(opened, 40)
    assert "It is on its wey." in str(view["blocks"])
    await shop.sandbox.act(AGENT, "submit", view_id=view["id"], values={"text": {"text": words}})
    preview = await shop.preview(AGENT, root, words)
    await shop.sandbox.act(AGENT, "click", channel=CHANNEL, ts=preview["ts"], action_id="reply_send")


def import_mia(url: str) -> None:
    """The company's own systems know her, with her address."""
    with psycopg.connect(libpq_url(url)) as connection:
        connection.execute(
            """INSERT INTO customers (workspace_id, external_id, name, email, email_proven, created_at)
               SELECT id, 'mia', 'Mia M.', 'mia@x.example', true, clock_timestamp() FROM workspaces"""
        )


async def is_marked(shop: Company, root: str, ts: str) -> bool:
    """Whether the agent's message carries 📨."""
    found = next(each for each in await shop.sandbox.messages(CHANNEL, root) if each["ts"] == ts)
    return "incoming_envelope" in {reaction["name"] for reaction in found.get("reactions", [])}


def customers(connection: psycopg.Connection) -> list[tuple[object, ...]]:
    """Whose cases there are."""
    return connection.execute(
        "SELECT DISTINCT u.external_id FROM cases k JOIN customers u ON u.id = k.customer_id"
    ).fetchall()


def said(connection: psycopg.Connection) -> list[object]:
    """What customers said."""
    rows = connection.execute("SELECT text FROM messages WHERE direction = 'in' ORDER BY id")
    return [row[0] for row in rows]
