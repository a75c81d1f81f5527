"""The live connection: everything once, in order, whoever announces it and whenever it breaks."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientWebSocketResponse, WSMsgType

from bot.web import socket as socket_module
from bot.web.context import WebContext
from storage.db import Database
from tests.support.webchat import ChatClient, agent_says, make_context, web_chat

Frame = dict[str, Any]


@asynccontextmanager
async def connected(chat: ChatClient, after: int = 0) -> AsyncIterator[ClientWebSocketResponse]:
    """A socket that has said hello and was let in."""
    async with chat.http.ws_connect(chat.at("ws")) as socket:
        await socket.send_json({"type": "hello", "token": chat.token, "after": after})
        assert await frame(socket) == {"type": "ready"}
        yield socket


async def frame(socket: ClientWebSocketResponse) -> Frame:
    async with asyncio.timeout(5):
        message = await socket.receive()
    assert message.type is WSMsgType.TEXT, message
    parsed: Frame = json.loads(message.data)
    return parsed


async def frames(socket: ClientWebSocketResponse, kind: str, count: int) -> list[Frame]:
    """The next ``count`` frames of a kind; others in between are skipped."""
    found: list[Frame] = []
    while len(found) < count:
        received = await frame(socket)
        found += [received] if received["type"] == kind else []
    return found


async def seqs(socket: ClientWebSocketResponse, count: int) -> list[int]:
    return [received["message"]["seq"] for received in await frames(socket, "message", count)]


async def test_a_reply_arrives_at_once_and_as_it_is_read_later(chat: ChatClient, web: WebContext) -> None:
    await chat.open()
    await chat.say("Hello")
    async with connected(chat, after=1) as socket:
        await agent_says(web, chat, "Hi!")
        [received] = await frames(socket, "message", 1)
    assert received["message"] == (await chat.read())["messages"][1]
    assert received["message"]["author"] == "agent"


async def test_what_was_missed_comes_first(chat: ChatClient, web: WebContext) -> None:
    await chat.open()
    for n in range(3):
        await chat.say(f"Line {n}")
    await agent_says(web, chat, "Hi!", announce=False)
    async with connected(chat, after=2) as socket:
        assert await seqs(socket, 2) == [3, 4]
        await agent_says(web, chat, "Still there?")
        assert await seqs(socket, 1) == [5]


async def test_all_screens_of_a_visitor_see_everything_once(chat: ChatClient, web: WebContext) -> None:
    await chat.open()
    async with connected(chat) as one, connected(chat) as two:
        for n in range(10):
            await chat.say(f"Line {n}")
            await agent_says(web, chat, f"Answer {n}", announce=n % 2 == 0)
        web.hub.push(web.signer.read_past_session(chat.token, "shop").conversation_id)
        assert await seqs(one, 20) == list(range(1, 21))
        assert await seqs(two, 20) == list(range(1, 21))


async def test_an_announcement_that_was_lost_heals(chat: ChatClient, web: WebContext) -> None:
    await chat.open()
    await chat.say("Hello")
    async with connected(chat, after=1) as socket:
        await agent_says(web, chat, "Nobody announced this", announce=False)
        assert await seqs(socket, 1) == [2]


async def test_announcements_out_of_order_are_put_in_order(database: Database, tmp_path: Path) -> None:
    web = await make_context(database, tmp_path, poll_seconds=60)
    async with web_chat(web) as chat:
        await chat.open()
        await chat.say("Hello")
        async with connected(chat, after=1) as socket:
            await frames(socket, "status", 1)
            await agent_says(web, chat, "Two", announce=False)
            await agent_says(web, chat, "Three")
            assert await seqs(socket, 2) == [2, 3]


async def test_several_announcements_of_one_message_show_it_once(chat: ChatClient, web: WebContext) -> None:
    await chat.open()
    await chat.say("Hello")
    conversation_id = web.signer.read_past_session(chat.token, "shop").conversation_id
    async with connected(chat, after=1) as socket:
        await agent_says(web, chat, "Once")
        for _ in range(5):
            web.hub.notify(conversation_id, "message")
        await agent_says(web, chat, "Twice")
        assert await seqs(socket, 2) == [2, 3]


async def test_status_and_typing_are_told_when_they_change(chat: ChatClient, web: WebContext) -> None:
    await chat.open()
    conversation_id = web.signer.read_past_session(chat.token, "shop").conversation_id
    async with connected(chat) as socket:
        assert await frame(socket) == {"type": "status", "status": "new", "reference": None}
        reference = (await chat.say("Hello"))["reference"]
        assert (await frames(socket, "status", 1)) == [
            {"type": "status", "status": "open", "reference": reference}
        ]
        web.hub.notify(conversation_id, "typing_on")
        assert await frame(socket) == {"type": "typing", "on": True}
        web.hub.notify(conversation_id, "typing_off")
        assert await frame(socket) == {"type": "typing", "on": False}
        await web.db.fetch(
            "UPDATE cases SET status = 'closed', closed_at = now() WHERE conversation_id = %(id)s",
            {"id": conversation_id},
        )
        web.hub.notify(conversation_id, "status")
        assert (await frame(socket))["status"] == "closed"


async def test_receipts_are_remembered_and_never_go_back(chat: ChatClient, web: WebContext) -> None:
    await chat.open()
    await chat.say("Hello")
    await agent_says(web, chat, "Hi!")
    await agent_says(web, chat, "How can I help?")
    session = web.signer.read_past_session(chat.token, "shop")

    async def marks() -> tuple[int, int]:
        row = await web.db.one(
            "SELECT delivered_seq, read_seq FROM conversations WHERE id = %(id)s",
            {"id": session.conversation_id},
        )
        assert row is not None
        return row["delivered_seq"], row["read_seq"]

    async def ping(socket: ClientWebSocketResponse) -> None:
        await socket.send_json({"type": "ping"})
        await frames(socket, "pong", 1)

    async with connected(chat) as socket:
        await seqs(socket, 3)
        await socket.send_json({"type": "received", "seq": 2})
        await ping(socket)
        assert await marks() == (2, 0)
        await socket.send_json({"type": "read", "seq": 3})
        await socket.send_json({"type": "read", "seq": 1})
        await socket.send_json({"type": "typing", "on": True})
        await ping(socket)
        assert await marks() == (3, 3)
        await socket.send_json({"type": "read", "seq": 999})
        await ping(socket)
        assert await marks() == (3, 3)


async def test_one_conversation_has_only_so_many_windows(
    chat: ChatClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket_module, "MAX_SOCKETS", 1)
    await chat.open()
    async with connected(chat), chat.http.ws_connect(chat.at("ws")) as second:
        await second.send_json({"type": "hello", "token": chat.token, "after": 0})
        assert (await frame(second))["code"] == "rate_limited"


async def refused(chat: ChatClient, *sent: str, headers: dict[str, str] | None = None) -> Frame:
    async with chat.http.ws_connect(chat.at("ws"), headers=headers) as socket:
        for text in sent:
            await socket.send_str(text)
        error = await frame(socket)
        async with asyncio.timeout(5):
            assert (await socket.receive()).type is WSMsgType.CLOSE
        return error


async def test_a_socket_needs_a_session(chat: ChatClient, web: WebContext) -> None:
    await chat.open()
    hello = {"type": "hello", "token": chat.token, "after": 0}
    assert (await refused(chat, json.dumps({**hello, "token": "made up"})))["code"] == "bad_token"
    session = web.signer.read_past_session(chat.token, "shop")
    over = web.signer.session(replace(session, expires_at=session.expires_at - timedelta(days=1)))
    assert (await refused(chat, json.dumps({**hello, "token": over})))["code"] == "session_expired"
    answer = await refused(chat, json.dumps(hello), headers={"Origin": "https://evil.example"})
    assert answer["code"] == "origin_not_allowed"
    chat.site = "nowhere"
    assert (await refused(chat, json.dumps(hello)))["code"] == "unknown_site"


@pytest.mark.parametrize(
    "sent",
    ["{", "[]", "null", '{"type":"hello"}', '{"type":"ping"}', '{"type":"hello","token":"x"', "x" * 5_000],
)
async def test_a_first_frame_that_is_no_hello_is_refused(chat: ChatClient, sent: str) -> None:
    assert (await refused(chat, sent))["code"] == "bad_request"


async def test_a_binary_frame_is_refused_with_a_sentence(chat: ChatClient) -> None:
    await chat.open()
    async with connected(chat) as socket:
        await socket.send_bytes(b'{"type":"ping"}')
        [error] = await frames(socket, "error", 1)
        assert (error["code"], error["message"]) == ("bad_request", "A frame must be text.")
        async with asyncio.timeout(5):
            assert (await socket.receive()).type is WSMsgType.CLOSE
    assert socket.close_code == 4_400


@pytest.mark.parametrize(
    "wrong", ['{"type":"read","seq":-1}', '{"type":"read","seq":true}', '{"type":"read"}', "["]
)
async def test_a_later_frame_that_cannot_be_read_ends_the_connection(chat: ChatClient, wrong: str) -> None:
    await chat.open()
    async with connected(chat) as socket:
        await socket.send_str(wrong)
        assert (await frames(socket, "error", 1))[0]["code"] == "bad_request"


async def test_a_session_that_ends_while_connected_says_so(web: WebContext) -> None:
    async with web_chat(replace(web, session_lifetime=timedelta(seconds=1.2))) as chat:
        await chat.open()
        async with connected(chat) as socket:
            assert (await frames(socket, "error", 1))[0]["code"] == "session_expired"


async def test_connected_widgets_are_counted(chat: ChatClient, web: WebContext) -> None:
    await chat.open()
    conversation_id = web.signer.read_past_session(chat.token, "shop").conversation_id
    async with connected(chat), connected(chat):
        assert b"cx_widgets_connected 2.0" in web.metrics.render()
        assert web.hub.is_watched(conversation_id)
    async with asyncio.timeout(5):
        while web.hub.is_watched(conversation_id):
            await asyncio.sleep(0.01)
    assert b"cx_widgets_connected 0.0" in web.metrics.render()
