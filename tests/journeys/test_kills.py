"""Nothing lost, nothing doubled, nothing out of order: wherever and whenever a process dies or freezes."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import psycopg

from bot.crashpoints import NAMES
from bot.ending import end
from storage.urls import libpq_url
from tests.support.persistent import one_case, persistent_correction, persistent_reply
from tests.support.sandbox import until
from tests.support.stack import AGENT, CHANNEL, BotProcess, Company, company, lines_of


async def test_the_bot_dies_at_every_point_between_two_effects(database_url: str, tmp_path: Path) -> None:
    """FAULTS 5 and 7: its crash points armed at once, each kills once; the case goes on at the next start."""
    points = [name for name in NAMES if not name.startswith(("job.", "stream.", "mail.", "delivery."))]
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
            await end(keeping)
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


async def one_mention(shop: Company, root: str) -> None:
    """A question in a case's thread, however often the bot dies over it: one answer, and one note."""
    await shop.sandbox.act(AGENT, "post", channel=CHANNEL, text="<@U0COPILOT> who owns it?", thread_ts=root)

    async def answers() -> int:
        return sum("*Owner*" in str(each) for each in await shop.sandbox.messages(CHANNEL, root))

    await until(answers, 90)
    assert await answers() == 1


async def afterthoughts(shop: Company) -> None:
    """Files both ways, a correction, a deleted post, questions to the app: each has its one effect."""
    visitor = await shop.visit("after", "Vera")
    file = await visitor.upload("photo.png", b"1" * 1_000)
    root = (await shop.card((await visitor.write("When?", files=[file]))["reference"]))["ts"]
    await until(lambda: files_in(shop, root, "photo.png"), 30)
    asking = asyncio.create_task(one_answer(shop))
    mentioning = asyncio.create_task(one_mention(shop, root))
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
    await persistent_correction(shop, visitor, offer, ("customer", "When?"), ("agent", "Monday"))
    mirrored = next(
        message["ts"] for message in thread if "When?" in lines_of(message)[0] and message["ts"] != root
    )
    await shop.sandbox.act("U0ADA", "delete", channel=CHANNEL, ts=mirrored)

    async def again() -> bool:
        return (await shop.thread(root)).count("Vera: When?") == 1

    await until(again, 30)
    await asking
    await mentioning


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


async def test_fault_51_killed_at_random_with_two_replicas(database_url: str, tmp_path: Path) -> None:
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


async def test_fault_51_of_three_replicas_the_frozen_one_loses_its_channels(
    database_url: str, tmp_path: Path
) -> None:
    async with company(tmp_path, database_url, replicas=3) as shop:
        visitor = await shop.visit("frozen", "Fay")
        first = await visitor.write("One")
        root = (await shop.card(first["reference"]))["ts"]
        await shop.thread_shows(root, "Fay: One")
        poster = await lease_holder(database_url)
        frozen = next(bot for bot in shop.bots if bot.process is not None and bot.process.pid == poster)
        awake = [bot for bot in shop.bots if bot is not frozen]
        assert frozen.process is not None
        frozen.process.send_signal(signal.SIGSTOP)
        try:
            shop.bots[:] = awake
            await visitor.write("Two")
            await shop.thread_shows(root, "Fay: One", "Fay: Two", seconds=40)
        finally:
            frozen.process.send_signal(signal.SIGCONT)
            shop.bots[:] = [*awake, frozen]
        await visitor.write("Three")
        await shop.thread_shows(root, "Fay: One", "Fay: Two", "Fay: Three")


async def lease_holder(url: str) -> int:
    """The process whose connection holds a poster's lease, by the name it gave the database."""
    async with await psycopg.AsyncConnection.connect(libpq_url(url), autocommit=True) as connection:
        cursor = await connection.execute(
            """SELECT a.application_name FROM pg_locks l JOIN pg_stat_activity a USING (pid)
               WHERE l.locktype = 'advisory' AND l.granted AND a.datname = current_database()
                 AND a.application_name LIKE 'cx %'"""
        )
        row = await cursor.fetchone()
        assert row is not None
        return int(str(row[0]).rpartition(" ")[2])
