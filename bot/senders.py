"""Who hands replies over, by channel: the one visible table."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from bot.mail.office import sender_of
from bot.settings import Settings
from cases.deliveries import Sender
from cases.enums import Channel
from storage.db import Database


@asynccontextmanager
async def senders_of(settings: Settings, db: Database) -> AsyncIterator[Mapping[Channel, Sender]]:
    """The senders of the channels that are set up; raises ConfigError."""
    senders: dict[Channel, Sender] = {}
    if (mail := sender_of(settings, db)) is not None:
        senders[Channel.MAIL] = mail
    yield senders
