"""Socket Mode: connections, envelopes, redelivery."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp

from benchmarks.conformance.checks import check
from benchmarks.conformance.verdicts import has, same, true
from benchmarks.conformance.workspace import ANN, APP_TOKEN, DESK
from benchmarks.conformance.world import World


async def _address(w: World) -> str:
    return str((await w.another_client(APP_TOKEN).apps_connections_open(app_token=APP_TOKEN))["url"])


async def _alone(w: World) -> None:
    """Waits until only the suite's own app is connected."""

    async def alone() -> bool:
        return bool((await w.look("state"))["connections"] == 1)

    await w.until(alone, "one connection")


@check("delivery", "hello", "greets with connections, app and debug info; an address is good once")
async def _(w: World) -> None:
    url = await _address(w)
    async with aiohttp.ClientSession() as web, web.ws_connect(url) as socket:
        hello = await socket.receive_json(timeout=5)
        has(hello, type="hello", num_connections=2, connection_info={"app_id": "A0APP"})
        true(hello["debug_info"]["host"], "no host")
        try:
            async with web.ws_connect(url):
                true(False, "the address works twice")
        except aiohttp.WSServerHandshakeError as refused:
            same(refused.status, 404)
    await _alone(w)


@check("delivery", "envelope", "carries id, type, payload and retry fields; goes to one connection")
async def _(w: World) -> None:
    async with aiohttp.ClientSession() as web, web.ws_connect(await _address(w)) as socket:
        await socket.receive_json(timeout=5)
        for number in range(2):
            await w.act(ANN, "post", channel=DESK, text=str(number))
        envelope = await socket.receive_json(timeout=5)
        has(envelope, type="events_api", accepts_response_payload=False, retry_attempt=0, retry_reason="")
        await socket.send_json({"envelope_id": envelope["envelope_id"]})
        await w.event("message")
        same(len([body for body in w.heard if body["event"]["type"] == "message"]), 1)
    await _alone(w)


@check("delivery", "redelivery", "an event without acknowledgement comes again, a command does not")
async def _(w: World) -> None:
    await w.faults({"kind": "swallow_ack", "method": "message", "times": 1})
    await w.act(ANN, "post", channel=DESK, text="again")

    def twice() -> bool:
        return len({body["event_id"] for body in w.heard}) == 1 and len(w.heard) == 2

    await w.until(twice, "the same event again", w.ack_seconds + 3)


@check("delivery", "disconnect", "asks to make way; the client comes back and loses nothing")
async def _(w: World) -> None:
    await w.do("refresh_sockets")
    await w.act(ANN, "post", channel=DESK, text="meanwhile")
    await w.event("message", text="meanwhile")
    await _alone(w)


@check("delivery", "cut sockets", "what happens meanwhile comes with the next connection")
async def _(w: World) -> None:
    await w.do("disconnect_sockets")
    await w.act(ANN, "post", channel=DESK, text="meanwhile")
    body: dict[str, Any] = await w.until(
        lambda: next((each for each in w.heard if each["event"].get("text") == "meanwhile"), None),
        "the event",
        15,
    )
    true(body["event_id"], "no id")
    await _alone(w)


@check("delivery", "too_many_websockets", "an eleventh connection is sent away")
async def _(w: World) -> None:
    async with aiohttp.ClientSession() as web:
        sockets = [await web.ws_connect(await _address(w)) for _ in range(10)]
        frames = [await socket.receive_json(timeout=5) for socket in sockets]
        same([frame["type"] for frame in frames], ["hello"] * 9 + ["disconnect"])
        same(frames[-1]["reason"], "too_many_websockets")
        await asyncio.gather(*(socket.close() for socket in sockets))
    await _alone(w)
