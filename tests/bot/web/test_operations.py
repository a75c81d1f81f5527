"""Health and metrics, the widget's script, and the demo's shop page."""

from __future__ import annotations

import asyncio
import re
import subprocess
from dataclasses import replace
from html import unescape
from pathlib import Path
from shutil import which

import pytest

from bot.web import operations
from bot.web.bundle import widget_script
from bot.web.context import Backlog, WebContext
from cases.errors import Unavailable
from channels.tokens import check_user
from tests.support.webchat import SITE_SECRET, ChatClient, web_chat


async def well() -> None:
    return None


async def away() -> str:
    raise Unavailable("The database does not answer.")


async def silent() -> str:
    return "No connection to Slack for 12 seconds."


async def broken() -> str:
    raise RuntimeError("password=hunter2")


async def stuck() -> str:
    await asyncio.sleep(60)
    return "never"


async def test_all_is_well(web: WebContext) -> None:
    async with web_chat(replace(web, health={"database": well, "slack": well, "workers": well})) as chat:
        answer = await chat.http.get(f"{chat.address}/healthz")
        assert answer.status == 200
        assert await answer.json() == {
            "status": "ok",
            "checks": {"database": "ok", "slack": "ok", "workers": "ok"},
        }


async def test_what_is_not_well_is_said_in_a_sentence(
    web: WebContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operations, "CHECK_SECONDS", 0.2)
    health = {"database": away, "slack": silent, "workers": stuck, "other": broken, "fine": well}
    async with web_chat(replace(web, health=health)) as chat:
        answer = await chat.http.get(f"{chat.address}/healthz")
        assert answer.status == 503
        assert await answer.json() == {
            "status": "failing",
            "checks": {
                "database": "The database does not answer.",
                "slack": "No connection to Slack for 12 seconds.",
                "workers": "No answer within 0.2 seconds.",
                "other": "The check failed; the log says why.",
                "fine": "ok",
            },
        }


async def test_metrics_count_what_happened(web: WebContext) -> None:
    async def backlog() -> Backlog:
        return Backlog(outbox=7, inbox=2)

    async with web_chat(replace(web, backlog=backlog)) as chat:
        await chat.open()
        await chat.say("Hello", "same")
        await chat.say("Hello", "same")
        await (await chat.post("x" * 10_001)).read()
        answer = await chat.http.get(f"{chat.address}/metrics")
        assert answer.headers["Content-Type"].startswith("text/plain")
        lines = (await answer.text()).splitlines()
    for line in (
        'cx_messages_in_total{channel="webchat"} 1.0',
        'cx_message_repeats_total{channel="webchat"} 1.0',
        'cx_chat_refused_total{code="text_too_long"} 1.0',
        "cx_outbox_waiting 7.0",
        "cx_inbox_waiting 2.0",
        "cx_intake_seconds_count 2.0",
        "# HELP cx_slack_posts_total Attempts to post to Slack, by result: posted, refused, unclear.",
    ):
        assert line in lines


async def test_metrics_answer_while_the_database_does_not(web: WebContext) -> None:
    async def unknown() -> Backlog:
        raise Unavailable

    async with web_chat(replace(web, backlog=unknown)) as chat:
        answer = await chat.http.get(f"{chat.address}/metrics")
        assert answer.status == 200
        assert "cx_outbox_waiting NaN" in await answer.text()


async def test_the_widget_is_one_cacheable_script(chat: ChatClient) -> None:
    url = f"{chat.address}/chat/widget.js"
    answer = await chat.http.get(url)
    script = await answer.text()
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert "class Chat" in script
    again = await chat.http.get(url, headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status == 304
    assert await again.read() == b""


def test_the_widget_reaches_for_nothing_from_outside() -> None:
    script = widget_script()[0].decode()
    addresses = set(re.findall(r"https?://[\w.-]+", script))
    assert addresses == {"http://www.w3.org"}, "only the name of SVG"
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(", script)


@pytest.mark.skipif(which("node") is None, reason="node is not installed")
def test_the_widget_is_valid_javascript(tmp_path: Path) -> None:
    path = tmp_path / "widget.js"
    path.write_bytes(widget_script()[0])
    subprocess.run(["node", "--check", str(path)], check=True)


async def test_the_shop_lets_one_be_a_customer(chat: ChatClient) -> None:
    page = await (await chat.http.get(f"{chat.address}/demo?as=bela")).text()
    assert '<option value="bela" selected>Béla O’Neill &lt;b&gt;</option>' in page
    tag = re.search(r"<script ([^>]*chat/widget\.js[^>]*)></script>", page)
    assert tag
    data = {name: unescape(value) for name, value in re.findall(r'data-([a-z-]+)="([^"]*)"', tag[1])}
    assert (data["site"], data["user-id"], data["name"]) == ("shop", "bela", "Béla O’Neill <b>")
    check_user(SITE_SECRET, "bela", data["signature"])


@pytest.mark.parametrize("query", ["", "?as=", "?as=nobody", "?as=%22%3E%3Cscript%3E"])
async def test_the_shop_takes_anonymous_visitors(chat: ChatClient, query: str) -> None:
    page = await (await chat.http.get(f"{chat.address}/demo/{query}")).text()
    assert "data-user-id" not in page
    assert page.count("<script") == 1


async def test_there_is_no_shop_outside_the_demo(web: WebContext) -> None:
    async with web_chat(replace(web, shoppers=None)) as chat:
        answer = await chat.http.get(f"{chat.address}/demo/")
        await answer.read()
        assert answer.status == 404
