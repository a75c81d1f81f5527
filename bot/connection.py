"""Slack's client, and whom a token belongs to."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import aiohttp
from pydantic import SecretStr
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.settings import Settings
from bot.workspace import REQUEST_TIMEOUT, Workspace, error_code
from cases.errors import ConfigError

_CONNECTIONS = 32

OWN = "SLACK_BOT_TOKEN"

Connect = Callable[[str | None], AsyncWebClient]
"""A client for a token, over the process's one HTTP session."""


class NotLetIn(ConfigError):
    """Slack refuses a token, or is away: it may let us in later."""


def required(secret: SecretStr | None, name: str) -> str:
    """The value of a setting that must be there; raises ConfigError naming it."""
    if secret is None or not secret.get_secret_value():
        raise ConfigError(f"{name} is not set; `cx doctor` lists what a real workspace needs.")
    return secret.get_secret_value()


def own_token(settings: Settings) -> str | None:
    """The token of the one workspace; none is needed where workspaces come by OAuth."""
    given = settings.slack_bot_token.get_secret_value() if settings.slack_bot_token else ""
    if settings.oauth and not given:
        return None
    return required(settings.slack_bot_token, OWN)


@asynccontextmanager
async def slack_session(settings: Settings) -> AsyncIterator[Connect]:
    """Makes clients over one shared HTTP session, without retries of their own."""
    timeout = aiohttp.ClientTimeout(total=REQUEST_TIMEOUT)
    connector = aiohttp.TCPConnector(limit=_CONNECTIONS, keepalive_timeout=60)
    async with aiohttp.ClientSession(timeout=timeout, connector=connector) as session:

        def connect(token: str | None) -> AsyncWebClient:
            # Its default retry handler posts again when a connection breaks.
            return AsyncWebClient(
                token=token, base_url=settings.slack_api_url, session=session, retry_handlers=[]
            )

        yield connect


async def open_workspace(client: AsyncWebClient, token: str) -> tuple[Workspace, str, str]:
    """The workspace of the client's bot token, its name and address.

    Raises NotLetIn, naming the ``token`` as the operator knows it, when Slack refuses it or is away.
    """
    try:
        who = await client.auth_test()
    except SlackApiError as error:
        raise NotLetIn(f"Slack refuses {token}: {error_code(error)}.") from None
    except (aiohttp.ClientError, TimeoutError):
        raise NotLetIn(f"Slack cannot be reached at {client.base_url}.") from None
    workspace = Workspace(client, who["team_id"], who["user_id"], who["bot_id"])
    workspace.url = str(who["url"])
    return workspace, str(who["team"]), str(who["url"])
