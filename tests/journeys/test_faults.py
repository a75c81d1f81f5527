"""Nothing lost, nothing doubled, nothing out of order: whatever Slack, the network and the plug do."""

from __future__ import annotations

import asyncio
import signal
from base64 import b64encode
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from bot.crashpoints import NAMES
from storage.urls import libpq_url
from tests.support import postgres
from tests.support.sandbox import until
from tests.support.stack import AGENT, CHANNEL, BotProcess, Company, company, lines_of

POST = "chat.postMessage"


@pytest.fixture(scope="module")
async def shop(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Company]:
    with postgres.fresh_database(postgres_url) as url:
        async with company(tmp_path_factory.mktemp("company"), url) as running:
            yield running


@pytest.mark.parametrize(
    "rules",
    [
        pytest.param(
            [{"kind": "drop_reply", "method": POST, "times": 2}], id="FAULTS 4, reply dropped after accepting"
        ),
        pytest.param([{"kind": "error_500", "method": POST, "times": 2}], id="HTTP 500"),
        pytest.param(
            [{"kind": "error_429", "method": POST, "times": 3, "retry_after": 1}], id="FAULTS 8, HTTP 429"
        ),
        pytest.param([{"kind": "timeout", "method": POST, "times": 1}], id="accepted, never answered"),
        pytest.param(
            [
                {"kind": "unreadable", "method": POST, "times": 2, "delay_ms": 3000},
                {"kind": "drop_reply", "method": POST, "times": 2},
                {"kind": "delay_delivery", "delay_ms": 7000, "times": 4},
            ],
            id="FAULTS 6, accepted, unreadable for a while, no echo in time",
        ),
        pytest.param([{"kind": "duplicate_delivery", "probability": 1.0}], id="FAULTS 3, each event twice"),
        pytest.param([{"kind": "swallow_ack", "probability": 0.5}], id="FAULTS 1, acknowledgements lost"),
        pytest.param([{"kind": "reorder_delivery", "probability": 0.5}], id="FAULTS 15, events out of order"),
    ],
)
async def test_slack_misbehaves(shop: Company, rules: list[dict[str, Any]]) -> None:
    await shop.sandbox.faults(*rules)
    try:
        await one_case(shop)
    finally:
        await shop.sandbox.faults()


async def one_case(shop: Company, seconds: float = 60) -> None:
    """Two messages, one of them edited, an answer, a message, a closing text: each exactly once, in order,
    on both sides."""
    visitor = await shop.visit(f"f{id(object())}", "Vera")
    first = await visitor.write("One")
    await visitor.write("Tow", key="two")
    root = (await shop.card(first["reference"], seconds))["ts"]
    await visitor.edit("two", "Two")
    await shop.thread_shows(root, "Vera: One", "Vera: Two", seconds=seconds)
    await persistent_reply(shop, root, "Answer")
    screen = [("customer", "One"), ("customer", "Two"), ("agent", "Answer")]
    await visitor.sees(*screen, seconds=seconds)
    await visitor.write("Three")
    await shop.thread_shows(
        root,
        "Vera: One",
        "Vera: Two",
        f"{AGENT}: Answer",
        f"app: 🙋 <@{AGENT}> owns this case now.",
        "Vera: Three",
        seconds=seconds,
    )
    await persistent_close(shop, root, "Bye")
    await visitor.sees(*screen, ("customer", "Three"), ("agent", "Bye"), seconds=seconds)
    await shop.thread_shows(
        root,
        "Vera: One",
        "Vera: Two",
        f"{AGENT}: Answer",
        f"app: 🙋 <@{AGENT}> owns this case now.",
        "Vera: Three",
        "app: Bye",
        seconds=seconds,
    )
    roots = [
        m for m in await shop.sandbox.messages(CHANNEL) if m["text"].startswith(f"{first['reference']} ")
    ]
    assert len(roots) == 1


async def persistent_reply(shop: Company, root: str, text: str, **files: bytes) -> None:
    """📤 and Send as a person does it: once more when nothing happens for a while."""
    parts = [{"name": name, "content": b64encode(content).decode()} for name, content in files.items()]
    do, more = ("upload", {"files": parts}) if files else ("post", {})
    posted = await shop.sandbox.act(AGENT, do, channel=CHANNEL, text=text, thread_ts=root, **more)
    ts = posted["ts"]
    for _ in range(12):
        await shop.sandbox.try_act(AGENT, "unreact", channel=CHANNEL, ts=ts, name="outbox_tray")
        await shop.sandbox.try_act(AGENT, "react", channel=CHANNEL, ts=ts, name="outbox_tray")
        try:
            preview = await shop.preview(AGENT, root, text, seconds=10)
        except AssertionError:
            continue
        for _ in range(4):
            await shop.sandbox.try_act(
                AGENT, "click", channel=CHANNEL, ts=preview["ts"], action_id="reply_send"
            )
            if await sent(shop, root, ts):
                return
    raise AssertionError(f"{text} was never sent")


async def sent(shop: Company, root: str, ts: str) -> bool:
    """Whether 📨 appears on the message within a few seconds."""

    async def marked() -> bool:
        message = next(m for m in await shop.sandbox.messages(CHANNEL, root) if m["ts"] == ts)
        return "incoming_envelope" in {reaction["name"] for reaction in message.get("reactions") or []}

    try:
        return bool(await until(marked, 10))
    except AssertionError:
        return False


async def persistent_close(shop: Company, root: str, text: str) -> None:
    """Close as a person does it: once more when no form comes, or it cannot be submitted."""
    for _ in range(12):
        await shop.sandbox.try_act(AGENT, "click", channel=CHANNEL, ts=root, action_id="case_close")
        await asyncio.sleep(1)
        views = (await shop.sandbox.person(AGENT))["views"]
        if not views:
            if f"app: {text}" in await shop.thread(root):
                return
            continue
        values = {"how": {"how": "tell"}, "text": {"text": text}}
        view = views[-1]["id"]
        answer = await shop.sandbox.try_act(AGENT, "submit", view_id=view, values=values)
        if answer.get("ok") and (answer.get("closed") or "already" in str(answer.get("ack"))):
            await shop.sandbox.try_act(AGENT, "close_view", view_id=view)
            return
        await shop.sandbox.try_act(AGENT, "close_view", view_id=view)
    raise AssertionError("the case was never closed")


async def test_sockets_are_cut_again_and_again(shop: Company) -> None:
    async def cut() -> None:
        while True:
            await asyncio.sleep(3)
            await shop.sandbox.do("disconnect_sockets")

    cutting = asyncio.create_task(cut())
    try:
        await one_case(shop)
    finally:
        cutting.cancel()


async def test_the_database_drops_every_connection_again_and_again(shop: Company) -> None:
    url = libpq_url(shop.bots[0].environment["DATABASE_URL"])
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:

        async def drop() -> None:
            while True:
                await asyncio.sleep(1.5)
                await connection.execute(
                    """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                       WHERE datname = current_database() AND pid <> pg_backend_pid()"""
                )

        dropping = asyncio.create_task(drop())
        try:
            await one_case(shop)
        finally:
            dropping.cancel()


async def test_the_bot_dies_at_every_point_between_two_effects(database_url: str, tmp_path: Path) -> None:
    """FAULTS 5 and 7: all crash points armed at once, each kills once; the case goes on at the next start."""
    points = [name for name in NAMES if not name.startswith("job.")]
    armed = ",".join(f"{name}@{tmp_path / name}" for name in points)
    async with company(tmp_path, database_url) as shop:
        bot = shop.bots[0]
        bot.stop()
        bot.environment["CX_CRASH_AT"] = armed
        keeping = asyncio.create_task(keep_running(bot))
        try:
            await asyncio.sleep(1)
            await until(lambda: healthy(shop), 30)
            await one_case(shop, seconds=120)
            await afterthoughts(shop)
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)
        assert [name for name in points if not (tmp_path / name).exists()] == []


async def one_answer(shop: Company) -> None:
    """A question in the agent pane, however often the bot dies over it: one answer."""
    pane = (await shop.sandbox.act("U0TOM", "open_dm"))["channel"]
    asked = await shop.sandbox.act("U0TOM", "post", channel=pane, text="my cases")

    async def answers() -> int:
        return sum("bot_id" in each for each in await shop.sandbox.messages(pane, asked["ts"]))

    async def done() -> bool:
        rows = (await shop.sandbox.person("U0TOM"))["agent"]["threads"]
        return await answers() > 0 and rows[0]["session"]["status"] == "active"

    await until(done, 90)
    assert await answers() == 1


async def afterthoughts(shop: Company) -> None:
    """Files both ways, a correction, a deleted post, a question in the pane: each has its one effect."""
    visitor = await shop.visit("after", "Vera")
    file = await visitor.upload("photo.png", b"1" * 1_000)
    root = (await shop.card((await visitor.write("When?", files=[file]))["reference"]))["ts"]
    await until(lambda: files_in(shop, root, "photo.png"), 30)
    asking = asyncio.create_task(one_answer(shop))
    await persistent_reply(shop, root, "Mondey", **{"plan.txt": b"2"})
    assert [file["name"] for file in (await visitor.transcript())["messages"][1]["files"]] == ["plan.txt"]
    await until(lambda: files_in(shop, root, "photo.png", "plan.txt"), 30)
    thread = await shop.sandbox.messages(CHANNEL, root)
    ts = next(message["ts"] for message in thread if message["text"] == "Mondey")
    await shop.sandbox.act(AGENT, "edit", channel=CHANNEL, ts=ts, text="Monday")

    async def offered() -> str | None:
        shown = (await shop.sandbox.person(AGENT))["ephemerals"]
        return next((each["ts"] for each in shown if "correction_send" in str(each)), None)

    offer = await until(offered, 30)
    await shop.sandbox.act(AGENT, "click", channel=CHANNEL, ts=offer, action_id="correction_send")
    await visitor.sees(("customer", "When?"), ("agent", "Monday"))
    mirrored = next(
        message["ts"] for message in thread if "When?" in lines_of(message)[0] and message["ts"] != root
    )
    await shop.sandbox.act("U0ADA", "delete", channel=CHANNEL, ts=mirrored)

    async def again() -> bool:
        return (await shop.thread(root)).count("Vera: When?") == 1

    await until(again, 30)
    await asking


async def files_in(shop: Company, root: str, *names: str) -> bool:
    """Whether exactly these files stand in a thread, in this order."""
    messages = await shop.sandbox.messages(CHANNEL, root)
    return [file["name"] for message in messages for file in message.get("files") or ()] == list(names)


async def healthy(shop: Company) -> bool:
    try:
        async with shop.session.get(f"{shop.bots[0].url}/healthz") as answer:
            return bool((await answer.json())["checks"]["slack"] == "ok")
    except OSError:
        return False


async def keep_running(bot: BotProcess) -> None:
    """Restart the bot whenever it dies."""
    while True:
        bot.launch()
        assert bot.process is not None
        await asyncio.to_thread(bot.process.wait)


async def test_killed_at_random_with_two_replicas(database_url: str, tmp_path: Path) -> None:
    async with company(tmp_path, database_url, replicas=2) as shop:
        stop = asyncio.Event()

        async def kill() -> int:
            count = 0
            while not stop.is_set():
                for bot in shop.bots:
                    await asyncio.sleep(2.5)
                    bot.kill()
                    bot.launch()
                    count += 1
            return count

        killing = asyncio.create_task(kill())
        try:
            await asyncio.gather(one_case(shop, 120))
        finally:
            stop.set()
            kills = await killing
        assert kills >= 2


async def test_a_frozen_replica_loses_its_channels_to_the_other(database_url: str, tmp_path: Path) -> None:
    async with company(tmp_path, database_url, replicas=2) as shop:
        visitor = await shop.visit("frozen", "Fay")
        first = await visitor.write("One")
        root = (await shop.card(first["reference"]))["ts"]
        await shop.thread_shows(root, "Fay: One")
        poster = await lease_holder(database_url)
        frozen = next(bot for bot in shop.bots if bot.process is not None and bot.process.pid == poster)
        awake = next(bot for bot in shop.bots if bot is not frozen)
        assert frozen.process is not None
        frozen.process.send_signal(signal.SIGSTOP)
        try:
            shop.bots[:] = [awake]
            await visitor.write("Two")
            await shop.thread_shows(root, "Fay: One", "Fay: Two", seconds=40)
        finally:
            frozen.process.send_signal(signal.SIGCONT)
            shop.bots[:] = [awake, frozen]
        await visitor.write("Three")
        await shop.thread_shows(root, "Fay: One", "Fay: Two", "Fay: Three")


async def lease_holder(url: str) -> int:
    """The process whose connection holds a poster's lease, by the name it gave the database."""
    async with await psycopg.AsyncConnection.connect(libpq_url(url), autocommit=True) as connection:
        cursor = await connection.execute(
            """SELECT a.application_name FROM pg_locks l JOIN pg_stat_activity a USING (pid)
               WHERE l.locktype = 'advisory' AND l.granted AND a.datname = current_database()"""
        )
        row = await cursor.fetchone()
        assert row is not None
        return int(str(row[0]).rpartition(" ")[2])


async def test_threads_that_slack_refuses_do_not_hold_up_the_others(shop: Company) -> None:
    url = libpq_url(shop.bots[0].environment["DATABASE_URL"])
    visitors = [await shop.visit(f"stuck{number}", "Stu") for number in range(18)]
    references = [(await visitor.write("Hello"))["reference"] for visitor in visitors]
    for reference in references:
        await shop.thread_shows((await shop.card(reference))["ts"], "Stu: Hello")
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        numbers = [int(reference.removeprefix("CX-")) for reference in references]
        await connection.execute(
            "UPDATE cases SET thread_ts = '1000000000.' || lpad(number::text, 6, '0') WHERE number = ANY(%s)",
            [numbers],
        )
    for visitor in visitors:
        await visitor.write("Anybody?")
    await one_case(shop)
