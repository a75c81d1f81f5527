"""Who hands replies over, by channel: the one visible table."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from bot.settings import Settings
from cases.deliveries import Sender
from cases.enums import Channel
from storage.db import Database


@asynccontextmanager
async def senders_of(settings: Settings, db: Database) -> AsyncIterator[Mapping[Channel, Sender]]:
    """The senders of the channels that are set up."""
    yield {}
