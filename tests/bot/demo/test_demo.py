"""``cx demo``, started, hurt, stopped and started again."""

from __future__ import annotations

import json
import os
import signal
import socket
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from playwright.async_api import expect

from tests.support.chromium import OpenPage
from tests.support.demo import DemoProcess, alive
from tests.support.ports import free_ports
from tests.support.sandbox import until
from tests.support.windows import PATIENCE_MS, Desk

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def demo() -> Iterator[DemoProcess]:
    """One that has been started for the first time, with two bots."""
    process = DemoProcess("--undo-seconds", "0.5", replicas=2)
    try:
        process.start()
        yield process
    finally:
        process.remove()


def rows(demo: DemoProcess, statement: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(demo.state()["database_url"]) as connection:
        return connection.execute(statement.encode()).fetchall()


def test_everything_answers_at_the_addresses_it_names(demo: DemoProcess) -> None:
    state = demo.state()
    assert json.loads(demo.ready_file.read_text()) == state
    assert "<!doctype html>" in demo.get(state["addresses"]["slack"])
    assert "Harbour &amp; Hill" in demo.get(f"{state['addresses']['shop']}?as=piotr_zielinski")
    assert len(state["addresses"]["chat"]) == 2
    for bot in state["addresses"]["chat"]:
        assert json.loads(demo.get(f"{bot}/healthz"))["status"] == "ok"
    roles = sorted(process["role"] for process in state["processes"])
    assert roles == ["bot", "bot", "database", "mail", "sandbox", "worker"]
    assert all(alive(process["pid"]) for process in state["processes"])
    assert state["team"]["support"] == "C0SUPPORT"
    assert state["undo_seconds"] == 0.5


def test_its_secrets_are_for_its_owner_only(demo: DemoProcess) -> None:
    for path in (demo.home / "demo.json", demo.ready_file, demo.home / "demo" / "secrets.json"):
        assert path.stat().st_mode & 0o777 == 0o600


async def test_the_first_screen_says_where_to_go_and_who_speaks(demo: DemoProcess) -> None:
    # It is written once the demo is ready, line by line.
    await until(lambda: "the next start finds its data" in demo.screen(), 10)
    screen = demo.screen()
    assert f"http://127.0.0.1:{demo.port + 1}/" in screen
    assert f"http://127.0.0.1:{demo.port}/demo/" in screen
    assert "without a model" in screen
    assert "OPENAI_API_KEY" in screen
    assert str(demo.home) in screen


def test_it_opens_with_a_living_shop(demo: DemoProcess) -> None:
    statuses = dict(rows(demo, "SELECT status, count(*) FROM cases GROUP BY 1"))
    assert set(statuses) == {"new", "open", "waiting_customer", "closed"}
    assert rows(demo, "SELECT count(*) FROM cases WHERE follows_case_id IS NOT NULL") == [(1,)]
    assert rows(demo, "SELECT count(*) FROM customers WHERE external_id IS NOT NULL") == [(12,)]
    assert rows(demo, "SELECT count(*) FROM orders") == [(21,)]
    assert rows(demo, "SELECT count(*) FROM posts WHERE state <> 'posted'") == [(0,)]
    assert rows(demo, "SELECT count(*) FROM cases WHERE opened_at > now() - interval '10 minutes'") == [(0,)]
    threads = rows(demo, "SELECT slack_channel, thread_ts FROM cases")
    messages = demo.control("state")["messages"]
    roots = {(channel, message["ts"]) for channel, all_of in messages.items() for message in all_of}
    assert set(threads) <= roots


def test_a_second_one_on_the_same_data_is_refused(demo: DemoProcess) -> None:
    second = demo.run("--port", str(free_ports(2)))
    assert second.returncode == 2
    assert f"A demo runs on {demo.home} already at http://127.0.0.1:{demo.port + 1}/" in second.stderr
    assert "Traceback" not in second.stderr


async def answer(desk: Desk, subject: str, text: str) -> None:
    """As an agent does who finds the case in the channel."""
    await desk.open_thread(subject)
    await desk.write(text)
    await desk.put_outbox_on(text)
    await desk.press("Send")


@pytest.mark.browser
async def test_a_customer_writes_by_mail_and_by_text_message(demo: DemoProcess, open_page: OpenPage) -> None:
    addresses = demo.state()["addresses"]
    page = await open_page(f"{addresses['shop']}?as=piotr_zielinski")
    desk = Desk(await open_page(f"{addresses['slack']}?as=U0TOMAS#/C0SUPPORT"))
    mails = page.get_by_role("list", name="Mails")
    await page.get_by_role("button", name="Mailbox").click()
    await page.get_by_role("button", name="Write to the shop").click()
    await page.get_by_label("Subject").fill("A scratch on my lamp")
    await page.get_by_role("textbox", name="Mail", exact=True).fill("What can we do?")
    await page.get_by_role("button", name="Send mail").click()
    await expect(desk.card("A scratch on my lamp")).to_contain_text("proven", timeout=PATIENCE_MS)
    await expect(desk.card("A scratch on my lamp")).to_contain_text("Mail")
    await answer(desk, "A scratch on my lamp", "A new foot is on its way.")
    await expect(mails).to_contain_text("A new foot is on its way.", timeout=PATIENCE_MS)
    await mails.get_by_role("button", name="A new foot").click()
    await page.get_by_role("button", name="Reply").click()
    await page.get_by_role("textbox", name="Mail", exact=True).fill("That is kind!")
    await page.get_by_role("button", name="Send mail").click()
    await expect(desk.thread.get_by_text("That is kind!", exact=True)).to_be_visible(timeout=PATIENCE_MS)

    texts = page.get_by_role("log", name="Text messages")
    await page.get_by_role("button", name="Phone").click()
    await page.get_by_label("Text message", exact=True).fill("Is my throw in stock?")
    await page.get_by_role("button", name="Send text").click()
    await expect(desk.card("Is my throw in stock?")).to_contain_text("Text message", timeout=PATIENCE_MS)
    await answer(desk, "Is my throw in stock?", "It is!")
    await expect(texts.get_by_text("It is!")).to_be_visible(timeout=PATIENCE_MS)

    # Nothing of it is only in memory: the page of the next process shows the same. Meanwhile nobody looks.
    await page.goto("about:blank")
    (carriers,) = demo.pids("mail")
    os.kill(carriers, signal.SIGKILL)
    await until(lambda: demo.pids("mail") != [carriers] and well(demo), 30)
    await page.goto(f"{addresses['shop']}?as=piotr_zielinski")
    for words in ("What can we do?", "A new foot is on its way.", "That is kind!"):
        await expect(mails).to_contain_text(words, timeout=PATIENCE_MS)
    await expect(texts.get_by_text("It is!")).to_be_visible(timeout=PATIENCE_MS)


@pytest.mark.parametrize("role", ["bot", "worker", "sandbox", "database"])
async def test_a_killed_process_comes_back(demo: DemoProcess, role: str) -> None:
    before = demo.pids(role)
    others = {each["pid"] for each in demo.state()["processes"] if each["role"] != role}
    os.kill(before[0], signal.SIGKILL)
    await until(lambda: before[0] not in demo.pids(role), 20)
    assert len(demo.pids(role)) == len(before)
    # One file is written after the other.
    await until(lambda: json.loads(demo.ready_file.read_text()) == demo.state(), 5)
    await until(lambda: well(demo), 30)
    if role != "database":  # without it a worker that is just starting begins again
        assert {each["pid"] for each in demo.state()["processes"] if each["role"] != role} == others


def well(demo: DemoProcess) -> bool:
    try:
        demo.control("state")
        places = [each["address"] for each in demo.state()["processes"] if each["role"] in {"bot", "mail"}]
        return all("ok" in demo.get(f"{place}/healthz") for place in places)
    except OSError:
        return False


async def test_interrupting_stopping_killing_and_starting_over() -> None:
    demo = DemoProcess()
    try:
        # A stop while it is starting leaves nothing behind.
        with pytest.raises(AssertionError):
            demo.start(seconds=0)
        await until(lambda: demo.left() and any("sandbox" in words for words in demo.left()), 90)
        assert demo.stop() == 0
        assert demo.left() == []

        # Interrupted while the shop was being opened: it is opened anew, once.
        demo.start()
        assert rows(demo, "SELECT count(*) FROM orders") == [(21,)]
        assert rows(demo, "SELECT count(*) FROM conversations") == [(12,)]
        secrets = demo.state()["secrets"]
        addresses = demo.state()["addresses"]
        cases = rows(demo, "SELECT number, thread_ts FROM cases ORDER BY 1")
        demo.turn(3_600)
        await until(lambda: demo.clock()["to"] is None, 30)
        assert 3_500 < demo.clock()["ahead_seconds"] < 3_700

        # Ctrl-C leaves no process behind, and no file that says that something runs.
        assert demo.stop(signal.SIGINT) == 0
        assert demo.left() == []
        assert not demo.ready_file.exists()
        assert not (demo.home / "demo.json").exists()

        # The next start finds its data, and customers' sessions stay valid.
        demo.start()
        assert demo.state()["secrets"] == secrets
        assert rows(demo, "SELECT number, thread_ts FROM cases ORDER BY 1") == cases
        assert 3_500 < demo.clock()["ahead_seconds"] < 3_700
        await until(lambda: "0 d 1 h ahead of real time" in demo.screen(), 10)
        posted = demo.control("state")["messages"]["C0SUPPORT"]

        # A killed supervisor takes bots, workers and the sandbox with it; the database is adopted.
        kin = [each["pid"] for each in demo.state()["processes"] if each["role"] != "database"]
        database = demo.pids("database")
        demo.kill()
        await until(lambda: not any(alive(pid) for pid in kin), 10)
        demo.start()
        assert demo.pids("database") == database
        assert demo.state()["addresses"] == addresses
        assert demo.control("state")["messages"]["C0SUPPORT"] == posted
        assert demo.stop(signal.SIGTERM) == 0
        assert demo.left() == []

        # Starting over forgets all of it, and nothing else.
        (demo.home / "postgres").mkdir()
        demo.start("--fresh")
        assert demo.state()["secrets"] != secrets
        assert (demo.home / "postgres").is_dir()
        assert demo.clock()["ahead_seconds"] == 0
        assert demo.stop() == 0
        assert demo.left() == []
    finally:
        demo.remove()


def test_an_external_database_is_used_and_never_emptied(postgres_url: str) -> None:
    from tests.support import postgres

    with postgres.fresh_database(postgres_url) as url:
        demo = DemoProcess("--database-url", url)
        try:
            demo.start()
            assert demo.pids("database") == []
            assert demo.state()["database_url"] == url
            assert rows(demo, "SELECT count(*) FROM orders") == [(21,)]
            assert demo.stop() == 0
            refused = demo.run("--fresh")
            assert refused.returncode == 2
            assert "only with a database of its own" in refused.stderr
        finally:
            demo.remove()


def test_a_port_in_use_is_named() -> None:
    demo = DemoProcess()
    try:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", demo.port + 1))
            taken.listen()
            refused = demo.run()
        assert refused.returncode == 2
        assert refused.stderr == (
            f"cx: Port {demo.port + 1} cannot be used (Address already in use); "
            "choose another first port with --port.\n"
        )
        assert not (demo.home / "demo").exists()
    finally:
        demo.remove()


def test_a_database_that_does_not_answer_is_said() -> None:
    demo = DemoProcess()
    try:
        refused = demo.run("--database-url", f"postgresql://nobody@127.0.0.1:{demo.port}/none")
        assert refused.returncode == 2
        assert "cannot be used: Connection refused. Check DATABASE_URL." in refused.stderr
        assert "Traceback" not in refused.stderr
    finally:
        demo.remove()
