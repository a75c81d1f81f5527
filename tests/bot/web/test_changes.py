"""A customer edits and deletes messages of their own, over HTTP and on the live connection."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest
from aiohttp import ClientResponse
from yarl import URL

from bot.web.context import WebContext
from bot.web.limits import Rate
from tests.bot.web.test_socket import connected, frame, frames
from tests.support.webchat import ChatClient, agent_says, ok, refusal, web_chat


async def put(chat: ChatClient, key: str, text: object, edit: object = 1) -> ClientResponse:
    body = json.dumps({"edit": edit, "text": text})
    headers = {**chat.headers, "Content-Type": "application/json"}
    address = chat.at(f"messages/{quote(key, safe='')}")
    async with chat.http.put(URL(address, encoded=True), data=body, headers=headers) as answer:
        await answer.read()
        return answer


async def delete(chat: ChatClient, key: str) -> ClientResponse:
    async with chat.http.delete(chat.at(f"messages/{key}"), headers=chat.headers) as answer:
        await answer.read()
        return answer


@pytest.mark.parametrize("key", ["m-1", "a/b c?ü"])
async def test_an_edit_is_seen_by_whoever_reads(chat: ChatClient, key: str) -> None:
    await chat.open()
    await chat.say("Were is it?", key)
    answer = await ok(await put(chat, key, "Where is it?"))
    assert answer["applied"]
    assert (answer["message"]["text"], answer["message"]["edits"]) == ("Where is it?", 1)
    assert answer["message"]["edited_at"]
    assert await ok(await put(chat, key, "Where is it?")) == answer | {"applied": False}
    read = await chat.read()
    assert read["messages"] == [answer["message"]]
    assert (read["changes"], read["revision"]) == ([], 1)
    later = await chat.read(after=1)
    assert (later["messages"], later["changes"]) == ([], [answer["message"]])


async def test_a_deleted_message_leaves_its_place_and_nothing_else(chat: ChatClient) -> None:
    await chat.open()
    file = await chat.upload(b"secret", "secret.txt")
    await chat.say("My PIN is 1234", "m-1", file_ids=[file["file_id"]])
    url = (await chat.read())["messages"][0]["files"][0]["url"]
    for applied in (True, False):
        answer = await ok(await delete(chat, "m-1"))
        assert answer["applied"] is applied
        shown = answer["message"]
        assert (shown["deleted"], shown["text"], shown["files"]) == (True, "", [])
    async with chat.http.get(chat.address + url) as response:
        assert (await refusal(response))[:2] == (404, "unknown_file")


async def test_screens_learn_of_changes_once_and_at_once(chat: ChatClient) -> None:
    await chat.open()
    await chat.say("One", "m-1")
    await chat.say("Two", "m-2")
    async with connected(chat, after=2) as socket:
        await frames(socket, "status", 1)
        await put(chat, "m-1", "Uno")
        (changed,) = await frames(socket, "changed", 1)
        assert (changed["message"]["seq"], changed["message"]["text"]) == (1, "Uno")
        await delete(chat, "m-2")
        (changed,) = await frames(socket, "changed", 1)
        assert (changed["message"]["seq"], changed["message"]["deleted"]) == (2, True)
        await socket.send_json({"type": "ping"})
        assert await frame(socket) == {"type": "pong"}
    async with chat.http.ws_connect(chat.at("ws")) as socket:
        await socket.send_json({"type": "hello", "token": chat.token, "after": 2, "revision": 1})
        (changed,) = await frames(socket, "changed", 1)
        assert changed["message"]["seq"] == 2


async def test_a_change_before_its_message_waits_for_it(chat: ChatClient) -> None:
    await chat.open()
    early = await put(chat, "m-1", "Changed")
    assert early.status == 202
    assert await early.json() == {"message": None, "applied": False}
    answer = await chat.say("First", "m-1")
    assert (answer["message"]["text"], answer["duplicate"]) == ("Changed", False)


@pytest.mark.parametrize(
    ("edit", "text", "expected"),
    [
        (0, "x", (400, "bad_request")),
        (True, "x", (400, "bad_request")),
        (1.5, "x", (400, "bad_request")),
        (10**9, "x", (400, "bad_request")),
        (1, None, (400, "bad_request")),
        (1, "x" * 10_001, (413, "text_too_long")),
        (1, "  ", (400, "empty_message")),
    ],
)
async def test_odd_edits_are_refused(
    chat: ChatClient, edit: object, text: object, expected: tuple[int, str]
) -> None:
    await chat.open()
    await chat.say("Hello", "m-1")
    assert (await refusal(await put(chat, "m-1", text, edit)))[:2] == expected
    assert (await chat.read())["revision"] == 0


async def test_nobody_changes_what_others_said(chat: ChatClient, web: WebContext) -> None:
    await chat.open()
    await chat.say("Mine", "m-1")
    await agent_says(web, chat, "Ours")
    await chat.open()
    assert (await put(chat, "m-1", "Yours")).status == 202, "unknown here: it waits, in this conversation"
    assert (await delete(chat, "x" * 65)).status == 400
    chat.token = "forged"
    assert (await delete(chat, "m-1")).status == 401


async def test_changes_are_limited_like_messages(web: WebContext) -> None:
    async with web_chat(replace(web, message_rate=Rate(3, 60))) as chat:
        await chat.open()
        await chat.say("Hello", "m-1")
        answers = [await put(chat, "m-1", f"{n}", n) for n in range(1, 6)]
        assert [answer.status for answer in answers] == [200, 200, 200, 429, 429]


async def test_another_website_may_ask_for_put_and_delete(chat: ChatClient) -> None:
    headers = {"Origin": "https://shop.example", "Access-Control-Request-Method": "DELETE"}
    async with chat.http.options(chat.at("messages/m-1"), headers=headers) as answer:
        allowed: Any = answer.headers["Access-Control-Allow-Methods"]
        assert {"PUT", "DELETE"} <= set(allowed.split(", "))


async def test_many_edits_at_once_end_with_the_highest(chat: ChatClient) -> None:
    await chat.open()
    await chat.say("0", "m-1")
    await asyncio.gather(*(put(chat, "m-1", str(number), number) for number in range(1, 13)))
    message = (await chat.read())["messages"][0]
    assert (message["text"], message["edits"]) == ("12", 12)
