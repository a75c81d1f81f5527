"""Rate limits, and the limits of text and time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from slack_sdk.errors import SlackApiError

from benchmarks.conformance.checks import check
from benchmarks.conformance.verdicts import Wrong, same, true
from benchmarks.conformance.workspace import ANN, DESK, OTHER
from benchmarks.conformance.world import World

Call = Callable[[World], Awaitable[Any]]

# (method, Slack's calls per minute, a call of it); half of a minute's calls may come at once
TIERS: list[tuple[str, int, Call]] = [
    ("users.list", 20, lambda w: w.client.users_list()),
    ("conversations.info", 50, lambda w: w.client.conversations_info(channel=DESK)),
    ("users.info", 100, lambda w: w.client.users_info(user=ANN)),
]


async def limited(call: Awaitable[Any]) -> int:
    """The seconds a 429 asks to wait; raises Wrong when it is none."""
    try:
        await call
    except SlackApiError as problem:
        response = problem.response
        same((response.status_code, response.data), (429, {"ok": False, "error": "ratelimited"}))
        return int(response.headers["Retry-After"])
    raise Wrong("no 429")


def _tier(name: str, per_minute: int, call: Call) -> None:
    @check("limit", name, f"{per_minute} a minute, then 429 with whole seconds in Retry-After", limits=True)
    async def _(w: World) -> None:
        taken = 0
        while True:
            try:
                await call(w)
            except SlackApiError:
                break
            taken += 1
            true(taken < per_minute, "no 429")
        true(taken >= per_minute // 2, f"429 after {taken} calls")
        true(1 <= await limited(call(w)) <= -(-60 // per_minute), "another time to wait")


for _name, _per_minute, _call in TIERS:
    _tier(_name, _per_minute, _call)


@check("limit", "chat.postMessage", "one a second and channel, with a small burst", limits=True)
async def _(w: World) -> None:
    for _ in range(5):
        await w.client.chat_postMessage(channel=DESK, text="x")
    same(await limited(w.client.chat_postMessage(channel=DESK, text="x")), 1)
    await w.client.chat_postMessage(channel=OTHER, text="another channel")


@check("limit", "text", "is cut at 40,000 characters")
async def _(w: World) -> None:
    posted = await w.client.chat_postMessage(channel=DESK, text="x" * 40_001)
    same(len(posted["message"]["text"]), 40_000)


@check("limit", "chat.update text", "msg_too_long beyond 4,000 bytes")
async def _(w: World) -> None:
    ts = (await w.client.chat_postMessage(channel=DESK, text="x"))["ts"]
    await w.client.chat_update(channel=DESK, ts=ts, text="é" * 2_000)
    await w.refused(w.client.chat_update(channel=DESK, ts=ts, text="é" * 2_001), "msg_too_long")


@check("limit", "stream chunk", "msg_too_long beyond 12,000 characters")
async def _(w: World) -> None:
    root = await w.client.chat_postMessage(channel=ANN, text="x")
    where = {"channel": root["channel"], "thread_ts": root["ts"]}
    over = w.client.chat_startStream(**where, markdown_text="x" * 12_001)
    await w.refused(over, "msg_too_long")


@check("limit", "app_rate_limited", "is told when Slack holds events back")
async def _(w: World) -> None:
    calls = len(w.heard)
    await w.do("app_rate_limited")
    true(len(w.heard) == calls, "came as an event of a channel")
