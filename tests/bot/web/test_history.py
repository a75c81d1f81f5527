"""A long conversation is read page by page, and only so often."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from bot.web import feed as feed_module
from bot.web.context import AddressRates, WebContext
from bot.web.limits import Rate
from tests.bot.web.test_changes import put
from tests.bot.web.test_socket import connected, frame, frames, seqs
from tests.support.webchat import ChatClient, agent_says, refusal, web_chat

RARELY = Rate(3, 60)


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(feed_module, "PAGE", 3)
    return 3


async def talk(web: WebContext, chat: ChatClient, count: int) -> None:
    """A conversation of so many messages."""
    await chat.open()
    await chat.say("Line 1", "m-1")
    for n in range(2, count + 1):
        if n % 2:
            await chat.say(f"Line {n}", f"m-{n}")
        else:
            await agent_says(web, chat, f"Line {n}", announce=False)


async def test_an_answer_has_one_page_and_says_that_there_is_more(
    chat: ChatClient, web: WebContext, page: int
) -> None:
    await talk(web, chat, 7)
    found: list[int] = []
    pages = []
    for after in (0, 3, 6):
        answer = await chat.page(after)
        found += [message["seq"] for message in answer["messages"]]
        pages.append((len(answer["messages"]), answer["more"]))
    assert found == list(range(1, 8))
    assert pages == [(3, True), (3, True), (1, False)]
    assert [each["text"] for each in (await chat.read())["messages"]] == [f"Line {n}" for n in found]


async def test_changes_come_in_pages_as_well(chat: ChatClient, web: WebContext, page: int) -> None:
    await talk(web, chat, 11)
    for n in (9, 1, 7, 3):
        assert (await put(chat, f"m-{n}", f"Changed {n}")).status == 200
    first = await chat.page(11)
    assert [each["seq"] for each in first["changes"]] == [9, 1, 7]
    assert (first["revision"], first["more"]) == (3, True)
    second = await chat.page(11, first["revision"])
    assert [each["seq"] for each in second["changes"]] == [3]
    assert (second["revision"], second["more"]) == (4, False)


async def test_a_screen_is_sent_a_long_history_whole_and_in_order(
    chat: ChatClient, web: WebContext, page: int
) -> None:
    await talk(web, chat, 11)
    async with connected(chat) as socket:
        found = [await frame(socket) for _ in range(12)]
        assert [each["message"]["seq"] for each in found[:11]] == list(range(1, 12))
        assert found[11]["type"] == "status", "which says that this is all"
        await agent_says(web, chat, "Line 12")
        assert await seqs(socket, 1) == [12]


async def test_a_screen_is_sent_all_that_changed(chat: ChatClient, web: WebContext, page: int) -> None:
    await talk(web, chat, 11)
    for n in (9, 1, 7, 3, 5):
        await put(chat, f"m-{n}", f"Changed {n}")
    async with connected(chat, after=11) as socket:
        changed = await frames(socket, "changed", 5)
        assert [each["message"]["seq"] for each in changed] == [9, 1, 7, 3, 5]


@pytest.mark.parametrize("limit", [{"read_rate": RARELY}, {"per_address": AddressRates(reads=RARELY)}])
async def test_history_is_read_only_so_often(web: WebContext, limit: dict[str, Any]) -> None:
    async with web_chat(replace(web, **limit)) as chat:
        await chat.open()
        for _ in range(3):
            await chat.page()
        answer = await chat.http.get(chat.at("messages"), headers=chat.headers)
        assert (await refusal(answer))[:2] == (429, "rate_limited")
        assert int(answer.headers["Retry-After"]) >= 1
        async with chat.http.ws_connect(chat.at("ws")) as socket:
            await socket.send_json({"type": "hello", "token": chat.token})
            assert (await frame(socket))["code"] == "rate_limited"


async def test_a_hello_counts_as_a_reading(web: WebContext) -> None:
    async with web_chat(replace(web, read_rate=Rate(2, 60))) as chat:
        await chat.open()
        for _ in range(2):
            async with connected(chat):
                pass
        async with chat.http.ws_connect(chat.at("ws")) as socket:
            await socket.send_json({"type": "hello", "token": chat.token})
            assert (await frame(socket))["code"] == "rate_limited"


async def test_reloading_again_and_again_meets_no_limit(chat: ChatClient) -> None:
    await chat.open()
    await chat.say("Hello")
    for _ in range(20):
        async with asyncio.timeout(5), connected(chat):
            await chat.page()
