"""What arrives from Slack, over whichever wire: stored or acknowledged first, then dispatched."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, Protocol

import structlog
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from bot.inbox import Inbox
from bot.listening import Listening

Body = dict[str, Any]
Ack = Callable[[Body | None], Awaitable[None]]


class Served(Protocol):
    """A workspace, as far as what arrives is concerned."""

    @property
    def bolt(self) -> AsyncApp:
        """Its listeners."""

    @property
    def inbox(self) -> Inbox:
        """Where its events go."""

    @property
    def listening(self) -> Listening:
        """Who is told since when Slack holds events back."""


Find = Callable[[Body], Served | None]
"""The workspace that something is for; None for one that is not ours, Unavailable for one that is closed."""

log = structlog.get_logger(__name__)


class Edge:
    """Events are written down before they are acknowledged; clicks and commands are acknowledged
    at once, before Bolt; only forms wait for Bolt, because their acknowledgement is an answer.
    """

    def __init__(self, find: Find) -> None:
        self._find = find
        self._tasks: set[asyncio.Task[None]] = set()

    async def event(self, body: Body, ack: Ack) -> None:
        """An event of Slack's Events API; raises, without acknowledging, when it cannot be stored."""
        if body.get("type") == "app_rate_limited":
            await self._limited(body, datetime.fromtimestamp(body["minute_rate_limited"], UTC))
        if body.get("type") != "event_callback":
            await ack(None)
            return
        team = self._find(body)
        if team is None:
            log.info("edge.not_ours", kind=body["event"].get("type"))
        start = await team.inbox.store(body) if team else None
        await ack(None)
        if start is not None:
            start()

    async def _limited(self, body: Body, since: datetime) -> None:
        team = self._find(body)
        if team is not None:
            await team.listening.limited(since)

    async def act(self, body: Body, ack: Ack) -> None:
        """A slash command, a click, a shortcut or a submitted form.

        A form that could not be handled raises without acknowledging: Slack keeps it open then.
        """
        team = self._find(body)
        if team is None:
            log.info("edge.not_ours", kind=body.get("type") or body.get("command"))
            await ack(None)
            return
        if body.get("type") == "view_submission":
            response = await self._dispatch(team.bolt, body)
            if response.status != 200:
                raise RuntimeError(f"The form was not taken: {response.status}")
            await ack(json.loads(response.body) if response.body else None)
            return
        await ack(None)
        self._spawn(self._dispatch(team.bolt, body))

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

    async def _dispatch(self, bolt: AsyncApp, body: Body) -> BoltResponse:
        request = AsyncBoltRequest(mode="socket_mode", body=body)
        response = await bolt.async_dispatch(request)
        if response.status != 200:
            log.warning("edge.unhandled", kind=body.get("type") or body.get("command"))
        return response
