"""Slack over Socket Mode."""

from __future__ import annotations

import structlog
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.edge import Body, Edge

PING_SECONDS = 1.0
"""Between two pings; also how soon Slack's client notices that it was cut off."""

log = structlog.get_logger(__name__)


class Socket:
    """One Socket Mode connection, kept up by Slack's own client."""

    def __init__(self, app_token: str, web_client: AsyncWebClient, edge: Edge) -> None:
        self._edge = edge
        self._client = SocketModeClient(
            app_token=app_token, web_client=web_client, ping_interval=PING_SECONDS
        )
        self._client.socket_mode_request_listeners.append(self._receive)

    async def connect(self) -> None:
        """Connect and stay connected; raises SlackApiError when the app token is refused."""
        await self._client.connect()

    async def connected(self) -> bool:
        """Whether Slack can reach us now."""
        return bool(await self._client.is_connected())

    async def close(self) -> None:
        """Hang up for good; again does nothing."""
        if not self._client.closed:
            await self._client.close()

    async def _receive(self, client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        async def ack(payload: Body | None) -> None:
            await client.send_socket_mode_response(
                SocketModeResponse(envelope_id=request.envelope_id, payload=payload)
            )

        try:
            if request.type == "events_api":
                await self._edge.event(request.payload, ack)
            elif request.type in {"slash_commands", "interactive"}:
                await self._edge.act(request.payload, ack)
        except Exception as error:
            # Without an acknowledgement Slack delivers an event again.
            log.warning("socket.not_acknowledged", type=request.type, error=type(error).__name__)
