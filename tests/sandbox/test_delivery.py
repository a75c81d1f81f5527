"""Socket Mode as the unmodified SDK and a bare socket see it: envelopes, redelivery, cuts and faults."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import aiohttp
import pytest
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.web.async_client import AsyncWebClient

from tests.sandbox.conftest import Listening
from tests.support.sandbox import APP_TOKEN, SandboxProcess, until

Json = dict[str, Any]
SUPPORT = "C0SUPPORT"


class Line:
    """One bare connection: keeps what it gets and acknowledges only when told to."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.frames: list[Json] = []

    async def next(self, seconds: float = 5.0) -> Json:
        frame: Json = await self.socket.receive_json(timeout=seconds)
        self.frames.append(frame)
        return frame

    async def ack(self, frame: Json, payload: Json | None = None) -> None:
        answer = {"envelope_id": frame["envelope_id"], **({"payload": payload} if payload else {})}
        await self.socket.send_json(answer)


async def address(sandbox: SandboxProcess) -> str:
    client = AsyncWebClient(base_url=sandbox.api_url)
    url: str = (await client.apps_connections_open(app_token=APP_TOKEN))["url"]
    return url


@asynccontextmanager
async def line(sandbox: SandboxProcess) -> AsyncIterator[Line]:
    """A connection that has said hello."""
    async with sandbox.session.ws_connect(await address(sandbox)) as socket:
        opened = Line(socket)
        hello = await opened.next()
        assert (hello["type"], hello["connection_info"]) == ("hello", {"app_id": "A0COPILOT"})
        yield opened

    async def gone() -> bool:
        return bool((await sandbox.state())["connections"] == 0)

    await until(gone)


async def post(sandbox: SandboxProcess, text: str) -> str:
    ts: str = (await sandbox.act("U0MAYA", "post", channel=SUPPORT, text=text))["ts"]
    return ts


async def test_an_address_is_good_for_one_connection(sandbox: SandboxProcess) -> None:
    url = await address(sandbox)
    async with sandbox.session.ws_connect(url):
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await sandbox.session.ws_connect(url)


async def test_an_event_that_is_not_acknowledged_comes_again(sandbox: SandboxProcess) -> None:
    async with line(sandbox) as app:
        await post(sandbox, "again")
        first = await app.next()
        assert (first["type"], first["retry_attempt"]) == ("events_api", 0)
        assert first["accepts_response_payload"] is False
        second = await app.next()
        assert (second["retry_attempt"], second["retry_reason"]) == (1, "timeout")
        assert second["payload"]["event_id"] == first["payload"]["event_id"]
        assert second["envelope_id"] != first["envelope_id"]
        assert (await sandbox.state())["undelivered"] == 1
        await app.ack(second)

        async def delivered() -> bool:
            return bool((await sandbox.state())["undelivered"] == 0)

        await until(delivered)


async def test_each_envelope_goes_to_one_connection_in_turn(sandbox: SandboxProcess) -> None:
    async with AsyncExitStack() as stack:
        lines = [
            Line(await stack.enter_async_context(sandbox.session.ws_connect(await address(sandbox))))
            for _ in range(2)
        ]
        counts = [(await each.next())["num_connections"] for each in lines]
        assert counts == [1, 2]
        texts = [await post(sandbox, str(n)) for n in range(4)]
        heard = [[(await each.next())["payload"]["event"]["ts"] for _ in range(2)] for each in lines]
        assert sorted(heard[0] + heard[1]) == texts
        for each in lines:
            for frame in each.frames[1:]:
                await each.ack(frame)


async def test_the_eleventh_connection_is_turned_away(sandbox: SandboxProcess) -> None:
    async with AsyncExitStack() as stack:
        for _ in range(10):
            await Line(
                await stack.enter_async_context(sandbox.session.ws_connect(await address(sandbox)))
            ).next()
        late = Line(await stack.enter_async_context(sandbox.session.ws_connect(await address(sandbox))))
        frame = await late.next()
        assert (frame["type"], frame["reason"]) == ("disconnect", "too_many_websockets")
        assert (await late.socket.receive()).type is aiohttp.WSMsgType.CLOSE


async def test_pings_are_echoed(sandbox: SandboxProcess) -> None:
    async with sandbox.session.ws_connect(await address(sandbox), autoping=False) as socket:
        await socket.receive()
        await socket.ping(b"sdk-ping-pong:1")
        answer = await socket.receive(timeout=5)
        assert (answer.type, bytes(answer.data)) == (aiohttp.WSMsgType.PONG, b"sdk-ping-pong:1")


async def test_events_wait_for_an_app_to_come_back(sandbox: SandboxProcess) -> None:
    texts = [await post(sandbox, str(n)) for n in range(3)]
    async with line(sandbox) as app:
        frames = [await app.next() for _ in range(3)]
        assert [frame["payload"]["event"]["ts"] for frame in frames] == texts
        assert [frame["retry_attempt"] for frame in frames] == [0, 0, 0]
        for frame in frames:
            await app.ack(frame)


async def test_an_event_lost_with_its_connection_comes_to_the_next_one(sandbox: SandboxProcess) -> None:
    async with line(sandbox) as app:
        ts = await post(sandbox, "x")
        await app.next()
    async with line(sandbox) as app:
        frame = await app.next()
        assert (frame["payload"]["event"]["ts"], frame["retry_attempt"]) == (ts, 1)
        await app.ack(frame)


async def test_cut_sockets_are_taken_up_again_by_the_sdk(
    sandbox: SandboxProcess, listening: Listening
) -> None:
    assert (await sandbox.do("disconnect_sockets"))["cut"] == 1
    ts = await post(sandbox, "after the cut")
    await until(lambda: [body["event"]["ts"] for body in listening.heard] == [ts], 10)


async def test_asked_to_make_way_the_sdk_connects_anew(sandbox: SandboxProcess, listening: Listening) -> None:
    assert (await sandbox.do("refresh_sockets"))["asked"] == 1
    ts = await post(sandbox, "on the new one")
    await until(lambda: [body["event"]["ts"] for body in listening.heard] == [ts], 10)
    opened = (await sandbox.calls())["counts"]["apps.connections.open"]["ok"]
    assert opened == 2


async def test_the_bare_sdk_client_understands_the_frames(sandbox: SandboxProcess) -> None:
    web = AsyncWebClient(base_url=sandbox.api_url)
    client = SocketModeClient(app_token=APP_TOKEN, web_client=web, ping_interval=0.2)
    heard: list[Json] = []

    async def keep(frame: Json, raw: str | None) -> None:
        heard.append(frame)

    client.message_listeners.append(lambda _, frame, raw: keep(frame, raw))
    await client.connect()
    await until(lambda: heard)
    session = await client.session_id()
    await asyncio.sleep(1)  # several pings of the client
    assert await client.is_connected()
    assert await client.session_id() == session
    await client.close()


async def test_delivery_faults(sandbox: SandboxProcess) -> None:
    async with line(sandbox) as app:
        await sandbox.faults({"kind": "duplicate_delivery", "times": 1})
        ts = await post(sandbox, "twice")
        twice = [await app.next(), await app.next()]
        assert {frame["payload"]["event"]["ts"] for frame in twice} == {ts}
        assert len({frame["payload"]["event_id"] for frame in twice}) == 1
        assert [frame["retry_attempt"] for frame in twice] == [0, 0]

        await sandbox.faults({"kind": "reorder_delivery", "times": 1})
        pair = [await post(sandbox, "first"), await post(sandbox, "second")]
        swapped = [await app.next(), await app.next()]
        assert [frame["payload"]["event"]["ts"] for frame in swapped] == pair[::-1]

        await sandbox.faults({"kind": "delay_delivery", "times": 1, "delay_ms": 300})
        late = [await post(sandbox, "late"), await post(sandbox, "on time")]
        delayed = [await app.next(), await app.next()]
        assert [frame["payload"]["event"]["ts"] for frame in delayed] == late[::-1]

        for frame in [*twice, *swapped, *delayed]:
            await app.ack(frame)
        await sandbox.faults({"kind": "swallow_ack", "times": 1, "method": "message", "channel": SUPPORT})
        await post(sandbox, "swallowed")
        await app.ack(await app.next())
        again = await app.next()
        assert again["retry_attempt"] == 1
        await app.ack(again)


async def test_the_notice_of_held_back_events(sandbox: SandboxProcess) -> None:
    async with line(sandbox) as app:
        await sandbox.do("app_rate_limited")
        frame = await app.next()
        assert frame["payload"]["type"] == "app_rate_limited"
        assert frame["payload"]["api_app_id"] == "A0COPILOT"
        await app.ack(frame)
