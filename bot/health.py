"""Whether Slack answers, when nothing but our own calls can tell."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.workspace import outcome_of


class SlackAnswers:
    """A health check that asks Slack who we are, and remembers the answer for ``seconds``."""

    def __init__(self, client: Callable[[], AsyncWebClient | None], seconds: float = 30.0) -> None:
        self._client = client
        self._seconds = seconds
        self._until = 0.0
        self._said: str | None = None

    async def __call__(self) -> str | None:
        """None when all is well, else one sentence."""
        if monotonic() >= self._until:
            self._said = await self._ask()
            self._until = monotonic() + self._seconds
        return self._said

    async def _ask(self) -> str | None:
        client = self._client()
        if client is None:
            return None
        try:
            await client.auth_test()
        except SlackApiError as error:
            return f"Slack refuses the bot: {outcome_of(error).error}."
        except (aiohttp.ClientError, TimeoutError):
            return "Slack cannot be reached."
        return None
