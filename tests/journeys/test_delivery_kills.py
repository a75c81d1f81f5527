"""A worker dies while it hands a reply over: nothing is lost or doubled, and people say what is unclear."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from bot.crashpoints import NAMES
from cases.actor import Actor
from flows import deliver
from storage.db import Database
from storage.urls import libpq_url
from tests.bot.test_mail_reading import mail
from tests.support import postgres
from tests.support.mail import PASSWORD, MailProvider, provider
from tests.support.sandbox import ROOT, until
from tests.support.source import SECRET, Desk, Source, open_desk
from tests.support.stack import AGENT, CHANNEL, BotProcess, Company, buttons, company

POINTS = [name for name in NAMES if name.startswith("delivery.") or name == "mail.before_send"]
SOURCES = "sources:\n  - {{key: desk, title: Desk, slack_channel: support, deliver_to: '{address}'}}\n"


@dataclass
class Post:
    """A company that is written to by mail and from another system."""

    shop: Company
    provider: MailProvider
    desk: Desk
    url: str
    folder: Path
    settings: dict[str, Any]

    @asynccontextmanager
    async def worker_that_dies(self, point: str, channel: str) -> AsyncIterator[BotProcess]:
        """Meanwhile a worker runs that dies at ``point``, once, and works on when it is started again."""
        folder = self.folder / f"{channel}-{point}"
        home = {"CX_HOME": str(self.shop.bots[0].folder), "CX_CRASH_AT": f"{point}@{folder / 'dead'}"}
        worker = BotProcess(folder, self.shop.sandbox, self.url, **(self.settings | home))
        worker.launch("worker")
        try:
            yield worker
        finally:
            worker.stop()

    async def dies(self, worker: BotProcess) -> None:
        """Wait until the worker has died, pass its lease, and start another one."""
        await until(lambda: worker.process is not None and worker.process.poll() is not None, 60)
        with psycopg.connect(libpq_url(self.url)) as connection:
            leased = "UPDATE deliveries SET leased_until = clock_timestamp() WHERE state = 'sending'"
            assert connection.execute(leased).rowcount == 1
        worker.launch("worker")

    async def case(self, text: str) -> str:
        """The root of the case that is about ``text``."""

        async def there() -> str | None:
            for message in await self.shop.sandbox.messages(CHANNEL):
                if any(line.endswith(text) for line in await self.shop.thread(message["ts"])):
                    return str(message["ts"])
            return None

        found: str = await until(there, 60)
        return found

    async def asked(self, root: str, action: str) -> str:
        """What people are asked about a reply, once it is there with this button."""

        async def there() -> str | None:
            thread = await self.shop.sandbox.messages(CHANNEL, root)
            return next((each["ts"] for each in thread if action in buttons(each)), None)

        found: str = await until(there, 40)
        return found

    async def decide(self, root: str, question: str, action: str) -> None:
        """Press its button, and see that it has none any more."""
        await self.shop.sandbox.act(AGENT, "click", channel=CHANNEL, ts=question, action_id=action)

        async def answered() -> bool:
            thread = await self.shop.sandbox.messages(CHANNEL, root)
            return not any(action in buttons(each) for each in thread)

        await until(answered, 20)

    async def decided_before(self, answer: str) -> None:
        """Somebody else decides that ``answer`` is sent again; their post is not changed."""
        db = Database(self.url)
        await db.open()
        try:
            (row,) = await db.fetch(
                """SELECT d.token, d.workspace_id FROM deliveries d JOIN messages m ON m.id = d.message_id
                   WHERE m.text = %s""",
                [answer],
            )
            actor = Actor("U0TOM", "Tom")
            await deliver.again(db, row["workspace_id"], row["token"], actor, datetime.now(UTC))
        finally:
            await db.close()

    async def marked(self, root: str, ts: str, mark: str) -> None:
        """Wait until the app's only mark on an agent's message is this one."""

        async def done() -> bool:
            thread = await self.shop.sandbox.messages(CHANNEL, root)
            reactions = next(each for each in thread if each["ts"] == ts).get("reactions", [])
            return {reaction["name"] for reaction in reactions} == {"outbox_tray", mark}

        await until(done, 40)


@pytest.fixture(scope="module")
async def post(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Post]:
    """The company, with a mailbox and a desk."""
    folder: Path = tmp_path_factory.mktemp("company")
    config = folder / "config"
    config.mkdir()
    shutil.copy(ROOT / "config" / "sites.yml", config)
    async with provider() as mails, open_desk() as desk:
        mails.write_config(config)
        (config / "sources.yml").write_text(SOURCES.format(address=desk.address))
        settings: dict[str, Any] = {
            "CX_CONFIG_DIR": str(config),
            "CX_MAIL_SECRETS": f"support={PASSWORD}",
            "CX_API_SECRETS": f"desk={SECRET}",
            "CX_UNDO_MAIL_SECONDS": "0.5",
        }
        with postgres.fresh_database(postgres_url) as url:
            async with company(folder, url, **settings) as shop:
                yield Post(shop, mails, desk, url, folder, settings)


@pytest.mark.parametrize("point", POINTS)
async def test_a_mail_goes_at_most_once_and_a_person_decides(post: Post, point: str) -> None:
    """Who finds it interrupted cannot know whether the server had it, so people are asked each time."""
    number = POINTS.index(point)
    question, answer = f"Question {number}?", f"Answer {number}."
    before = len(post.provider.handed)
    async with post.worker_that_dies(point, "mail") as worker:
        await post.provider.deliver(mail(question, number=f"<{number}@x.example>"))
        root = await post.case(question)
        ts = await post.shop.reply(root, answer)
        await post.dies(worker)
        gone = point == "delivery.after_send"
        await post.marked(root, ts, "exclamation")
        action = "delivery_arrived" if gone else "delivery_again"
        asked = await post.asked(root, action)
        if point == "delivery.after_claim":
            # As if the bot had died when this was decided, before it changed the post.
            await post.decided_before(answer)
        await post.decide(root, asked, action)
        assert len(post.provider.handed) >= before + gone
        await post.marked(root, ts, "incoming_envelope")
    assert [answer.encode() in each.raw for each in post.provider.handed[before:]] == [True]


async def test_another_system_is_told_again_under_the_same_id(post: Post) -> None:
    """It takes an id once, so nobody is asked."""
    before = len(post.desk.replies)
    async with post.worker_that_dies("delivery.after_send", "api") as worker:
        source = Source(post.shop.session, post.shop.bots[0].url)
        await source.says("Where is it?", who={"id": "nils", "name": "Nils"})
        root = await post.case("Where is it?")
        ts = await post.shop.reply(root, "On its way.")
        await post.dies(worker)
        await post.marked(root, ts, "incoming_envelope")
    replies = post.desk.replies[before:]
    assert ["On its way." in str(each) for each in replies] == [True, True]
    assert len({each["webhook-id"] for each in replies}) == 1
