"""The departments that can be asked, and the Slack channels in which that is done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack_channels import is_shared, join, list_channels
from cases.errors import ConfigError, InvalidInput
from cases.routing import Desk

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Departments:
    """Which departments there are, and where each is asked in this workspace."""

    desks: Sequence[Desk] = ()
    channels: Mapping[str, str] = field(default_factory=dict)
    """The ids of the Slack channels by the department's key; one that is missing cannot be asked."""

    def choices(self, but: str | None = None) -> list[tuple[str, str]]:
        """Key and name of each that can be asked; raises InvalidInput when there is none."""
        found = [
            (desk.key, desk.name) for desk in self.desks if desk.key in self.channels and desk.key != but
        ]
        if not found:
            raise InvalidInput("There is no department that can be asked: departments.yml names none.")
        return found[:100]

    def find(self, word: str) -> tuple[Desk, str]:
        """The department of a key or name, with its Slack channel; raises InvalidInput."""
        for desk in self.desks:
            if word.casefold() in {desk.key, desk.name.casefold()} and desk.key in self.channels:
                return desk, self.channels[desk.key]
        names = ", ".join(key for key, _ in self.choices())
        raise InvalidInput("Please name a department that can be asked: {departments}.", departments=names)

    @property
    def ids(self) -> frozenset[str]:
        """All their Slack channels."""
        return frozenset(self.channels.values())


async def open_departments(
    client: AsyncWebClient, desks: Sequence[Desk]
) -> tuple[Departments, dict[str, dict[str, Any]]]:
    """The departments with their channels joined, and these by id as Slack describes them.

    One whose channel is not there (any more) cannot be asked, which ``cx doctor`` says: customers are
    not shut out for that.
    """
    if not any(desk.channel for desk in desks):
        return Departments(desks), {}
    try:
        seen = await list_channels(client)
    except (SlackClientError, aiohttp.ClientError, TimeoutError) as error:
        raise ConfigError(f"Slack does not list its channels ({type(error).__name__}).") from None
    known = {key: channel for channel in seen for key in (channel["name"], channel["id"])}
    channels, described = {}, {}
    for desk in desks:
        if not desk.channel:
            continue
        channel = known.get(desk.channel)
        if channel is None or not await _joined(client, channel, desk):
            log.error("departments.no_channel", department=desk.key, channel=desk.channel)
            continue
        channels[desk.key] = channel["id"]
        described[channel["id"]] = channel
    return Departments(desks, channels), described


async def _joined(client: AsyncWebClient, channel: Mapping[str, Any], desk: Desk) -> bool:
    """Whether the bot is in the channel now; in a shared one it need not be, nothing is asked there."""
    if is_shared(channel):
        return True
    try:
        await join(client, channel["id"], desk.channel)
    except (ConfigError, SlackApiError):
        return False
    return True
