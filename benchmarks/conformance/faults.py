"""Faults that drills order."""

from __future__ import annotations

import time
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError

from benchmarks.conformance.checks import fault
from benchmarks.conformance.limits import limited
from benchmarks.conformance.verdicts import Wrong, same, true
from benchmarks.conformance.workspace import ANN, DESK
from benchmarks.conformance.world import World


@fault("drop_reply", "accepts a post and drops the answer")
async def _(w: World) -> None:
    await w.faults({"kind": "drop_reply", "times": 1})
    try:
        await w.client.chat_postMessage(channel=DESK, text="x")
    except aiohttp.ClientError:
        same(len(await w.messages(DESK)), 1)
        return
    raise Wrong("answered")


@fault("timeout", "accepts a post and never answers")
async def _(w: World) -> None:
    await w.faults({"kind": "timeout", "times": 1})
    try:
        await w.another_client(timeout=1).chat_postMessage(channel=DESK, text="x")
    except TimeoutError:
        same(len(await w.messages(DESK)), 1)
        return
    raise Wrong("answered")


@fault("error_429", "refuses with Retry-After")
async def _(w: World) -> None:
    await w.faults({"kind": "error_429", "times": 1, "retry_after": 7})
    same(await limited(w.client.chat_postMessage(channel=DESK, text="x")), 7)
    same(await w.messages(DESK), [])


@fault("error_500", "refuses with a server error")
async def _(w: World) -> None:
    await w.faults({"kind": "error_500", "times": 1})
    try:
        await w.client.chat_postMessage(channel=DESK, text="x")
    except SlackApiError as problem:
        same(problem.response.status_code, 500)
        return
    raise Wrong("answered")


@fault("delay", "answers late")
async def _(w: World) -> None:
    await w.faults({"kind": "delay", "times": 1, "delay_ms": 200})
    started = time.monotonic()
    await w.client.auth_test()
    true(time.monotonic() - started >= 0.2, "too early")


@fault("unreadable", "accepts a post that history shows later")
async def _(w: World) -> None:
    await w.faults({"kind": "unreadable", "times": 1, "delay_ms": 300})
    await w.client.chat_postMessage(channel=DESK, text="x")
    same((await w.client.conversations_history(channel=DESK))["messages"], [])

    async def there() -> list[Any]:
        return list((await w.client.conversations_history(channel=DESK))["messages"])

    await w.until(there, "the message")


@fault("duplicate_delivery", "delivers an event twice")
async def _(w: World) -> None:
    await w.faults({"kind": "duplicate_delivery", "times": 1})
    await w.act(ANN, "post", channel=DESK, text="x")
    await w.until(lambda: len(w.heard) == 2, "the second one")
    same(len({body["event_id"] for body in w.heard}), 1)


@fault("reorder_delivery", "delivers two events the other way round")
async def _(w: World) -> None:
    for _ in range(3):  # the SDK hands events to several workers, which may turn them round once more
        w.heard.clear()
        await w.faults({"kind": "reorder_delivery", "times": 1})
        for text in ("one", "two"):
            await w.act(ANN, "post", channel=DESK, text=text)
        await w.until(lambda: len(w.heard) == 2, "both")
        if [body["event"]["text"] for body in w.heard] == ["two", "one"]:
            return
    raise Wrong("they came in order")


@fault("delay_delivery", "delivers an event late")
async def _(w: World) -> None:
    await w.faults({"kind": "delay_delivery", "times": 1, "delay_ms": 300})
    started = time.monotonic()
    await w.act(ANN, "post", channel=DESK, text="x")
    await w.event("message", text="x")
    true(time.monotonic() - started >= 0.3, "too early")


@fault("post_stream", "writes a timed stream of posts")
async def _(w: World) -> None:
    await w.do("post_stream", **{"as": ANN, "channel": DESK, "count": 5, "per_second": 50, "text": "n {n}"})

    async def all_there() -> bool:
        return [each["text"] for each in await w.messages(DESK)] == [f"n {n}" for n in range(1, 6)]

    await w.until(all_there, "five posts")
