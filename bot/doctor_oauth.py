"""What `cx doctor` checks of installations by OAuth."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping

import aiohttp
from slack_sdk.errors import SlackApiError

from bot.connection import slack_session
from bot.doctor_slack import bot_token, channels
from bot.finding import Finding, State
from bot.installing import REDIRECT
from bot.settings import Settings
from bot.vault import Vault
from bot.workspace import error_code
from cases.errors import ConfigError
from storage import installations
from storage.config import Site
from storage.db import Database, Row


def ways_back(settings: Settings) -> Iterator[Finding]:
    """Whether the app can be installed, and what Slack must know for it."""
    if not settings.oauth:
        return
    if not (settings.slack_client_secret and settings.slack_client_secret.get_secret_value()):
        mend = "Copy the client secret of Basic Information into CX_SLACK_CLIENT_SECRET."
        yield Finding("installing", State.BLOCKED, "CX_SLACK_CLIENT_SECRET is not set.", mend)
    if not settings.public_url:
        mend = "Put the address under which browsers reach this server into CX_PUBLIC_URL."
        yield Finding("installing", State.BLOCKED, "CX_PUBLIC_URL is not set.", mend)
        return
    back = settings.public_url.rstrip("/") + REDIRECT
    what = f"Slack must know the redirect URL {back}."
    yield Finding("installing", State.NOTE, what, "Paste what `cx manifest --oauth URL` prints.")
    if settings.encryption_keys is None:
        what = "CX_ENCRYPTION_KEYS is not set: tokens are encrypted with a key of CX_SECRET_KEY."
        yield Finding("encryption", State.NOTE, what, "Set it, so that the two can be changed apart.")


async def installed(settings: Settings, db: Database, sites: Mapping[str, Site]) -> AsyncIterator[Finding]:
    """Each workspace in which the app was installed by OAuth."""
    rows = await installations.listed(db)
    if len(rows) > 1:
        for site in sites.values():
            if site.workspace is None:
                what = "Several workspaces are installed, and it does not say whose it is."
                yield Finding(f"chat site {site.key}", State.BLOCKED, what, "Give it a `workspace:`.")
    for row in rows:
        if row["token"] is not None:
            own = {
                key: site
                for key, site in sites.items()
                if site.workspace == row["team_id"] or (site.workspace is None and len(rows) == 1)
            }
            async for finding in _workspace(settings, row, own):
                yield finding


async def _workspace(settings: Settings, row: Row, sites: Mapping[str, Site]) -> AsyncIterator[Finding]:
    check = f"workspace {row['team_id']}"
    again = "Open /slack/install and install the app there again."
    if row["revoked_at"] is not None:
        what = f"{row['name']} took the app out at {row['revoked_at']:%Y-%m-%d %H:%M} UTC; its queue waits."
        yield Finding(check, State.FAILED, what, again)
        return
    try:
        token = Vault(settings.encryption_secrets).open(row["team_id"], row["token"])
    except ConfigError as error:
        yield Finding(check, State.FAILED, error.sentence, "List the secret again, or install again.")
        return
    async with slack_session(settings) as connect:
        client = connect(token)
        try:
            yield await bot_token(client)
            for finding in await channels(client, sites):
                yield finding
        except SlackApiError as error:
            yield Finding(check, State.FAILED, f"Slack answers {error_code(error)}.", again)
        except (aiohttp.ClientError, TimeoutError):
            what = f"Slack cannot be reached at {client.base_url}."
            yield Finding(check, State.FAILED, what, "Check the network, or SLACK_API_URL.")
