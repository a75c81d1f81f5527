"""Who hands replies over, by channel: the one visible table."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

import aiohttp

from bot.channel_api import ApiSender
from bot.entrances import Entrances
from bot.mail.office import sender_of
from bot.settings import Settings
from cases.deliveries import Sender
from cases.enums import Channel
from channels.tokens import Signer
from storage.db import Database
from storage.watched import Live


@asynccontextmanager
async def senders_of(
    settings: Settings, db: Database, served: Callable[[], Entrances]
) -> AsyncIterator[Mapping[Channel, Sender]]:
    """The senders of all channels, for the mailboxes and sources that are ``served``.

    Also one of which nothing is set up any more has a sender: what waits for it fails, and says so.
    """
    key = settings.secret_key.get_secret_value() if settings.secret_key else ""
    sources = Live(lambda: served().sources)
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        signer = Signer(key) if key else None
        api = ApiSender(session, sources, settings.api_secrets, signer, settings.address)
        yield {Channel.API: api, Channel.MAIL: sender_of(settings, db, lambda: served().boxes)}
