"""What arrives from Slack, over whichever wire: stored or acknowledged first, then dispatched."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import structlog
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from bot.inbox import Inbox

Body = dict[str, Any]
Ack = Callable[[Body | None], Awaitable[None]]

log = structlog.get_logger(__name__)


class Edge:
    """Events are written down before they are acknowledged; clicks and commands are acknowledged
    at once, before Bolt; only forms wait for Bolt, because their acknowledgement is an answer.
    """

    def __init__(self, bolt: AsyncApp, inbox: Inbox, limited: Callable[[datetime], Awaitable[None]]) -> None:
        """``limited`` is told since when Slack holds events back."""
        self._bolt = bolt
        self._inbox = inbox
        self._limited = limited
        self._tasks: set[asyncio.Task[None]] = set()

    async def event(self, body: Body, ack: Ack) -> None:
        """An event of Slack's Events API; raises, without acknowledging, when it cannot be stored."""
        if body.get("type") == "app_rate_limited":
            await self._limited(datetime.fromtimestamp(body["minute_rate_limited"], UTC))
        if body.get("type") != "event_callback":
            await ack(None)
            return
        start = await self._inbox.store(body)
        await ack(None)
        if start is not None:
            start()

    async def act(self, body: Body, ack: Ack) -> None:
        """A slash command, a click, a shortcut or a submitted form.

        A form that could not be handled raises without acknowledging: Slack keeps it open then.
        """
        if body.get("type") == "view_submission":
            response = await self._dispatch(body)
            if response.status != 200:
                raise RuntimeError(f"The form was not taken: {response.status}")
            await ack(json.loads(response.body) if response.body else None)
            return
        await ack(None)
        self._spawn(self._dispatch(body))

    async def drain(self, seconds: float) -> None:
        """Wait up to ``seconds`` for the clicks and commands that were acknowledged."""
        try:
            async with asyncio.timeout(seconds):
                while self._tasks:
                    await asyncio.wait(self._tasks)
        except TimeoutError:
            log.warning("edge.left_undone", count=len(self._tasks))

    def _spawn(self, work: Awaitable[object]) -> None:
        async def run() -> None:
            try:
                await work
            except Exception:
                log.exception("edge.failed")

        task = asyncio.create_task(run())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _dispatch(self, body: Body) -> BoltResponse:
        request = AsyncBoltRequest(mode="socket_mode", body=body)
        response = await self._bolt.async_dispatch(request)
        if response.status != 200:
            log.warning("edge.unhandled", kind=body.get("type") or body.get("command"))
        return response
