"""Slack channels that others can read: cases never live there (FAULTS 21)."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.admins import tell_admins
from bot.slack_channels import is_shared, read_members
from bot.workspace import Workspace, error_code
from cases.clock import Clock
from cases.enums import HoldReason
from cases.errors import ConfigError, SharedChannel, Unavailable
from storage import holds
from storage.db import Database
from views.hold import hold_notice

_FRESH_SECONDS = 300.0
# Channels that the bot cannot see are nobody's that we post to.
_UNSEEN = frozenset({"channel_not_found", "missing_scope"})

log = structlog.get_logger(__name__)


class Rooms:
    """Which channels are shared with others. What is meant for such a channel is held back."""

    def __init__(self, db: Database, clock: Clock, workspace_id: int, slack: Workspace) -> None:
        self._db = db
        self._clock = clock
        self._workspace_id = workspace_id
        self._slack = slack
        self._configured: frozenset[str] = frozenset()
        self._known: dict[str, tuple[float, bool]] = {}
        self._members: dict[str, tuple[float, frozenset[str]]] = {}

    async def open(self, configured: Mapping[str, Mapping[str, Any]]) -> None:
        """Take the configured channels (by name, as Slack describes them).

        Raises ConfigError for one that is shared; where cases live already it is held instead, so
        that a restart does not shut the customers out.
        """
        for name, channel in configured.items():
            shared = is_shared(channel)
            if shared and not await holds.has_cases(self._db, self._workspace_id, channel["id"]):
                raise ConfigError(
                    f"sites.yml names the Slack channel “{name}”, which is shared with others: "
                    "cases never live in shared channels, so unshare it or name another."
                )
            await self._note(channel["id"], shared=shared)
        self._configured = frozenset(channel["id"] for channel in configured.values())

    async def refuse_shared(self, channel: str) -> None:
        """Raises SharedChannel for a channel that others can read, Unavailable when Slack cannot say."""
        if channel.startswith("D"):
            return
        until, shared = self._known.get(channel, (0.0, False))
        if until < time.monotonic():
            try:
                shared = await self._ask(channel)
            except (SlackClientError, aiohttp.ClientError, TimeoutError) as error:
                if not until:
                    raise Unavailable from error
        if shared:
            raise SharedChannel

    async def of(self, user: str) -> list[str]:
        """The configured channels that somebody is in, as of the last minutes."""
        return [channel for channel in self._configured if user in await self._members_of(channel)]

    async def _members_of(self, channel: str) -> frozenset[str]:
        until, members = self._members.get(channel, (0.0, frozenset()))
        if until > time.monotonic():
            return members
        try:
            members = await read_members(self._slack.client, channel)
        except (SlackClientError, aiohttp.ClientError, TimeoutError) as error:
            log.info("rooms.members_unknown", channel=channel, error=type(error).__name__)
        self._members[channel] = (time.monotonic() + _FRESH_SECONDS, members)
        return members

    def forget(self, channel: str) -> None:
        """The channel was opened to others, or closed."""
        self._known.pop(channel, None)

    async def look(self, channel: str) -> None:
        """See how a channel is now; hold back or let go what is meant for it. Raises as the client does."""
        shared = await self._ask(channel)
        ours = channel in self._configured or await holds.has_cases(self._db, self._workspace_id, channel)
        await self._note(channel, shared=shared and ours)

    async def look_at_all(self) -> None:
        """See how the configured and the held channels are, should Slack's word have been lost."""
        for channel in self._configured.union(await holds.held(self._db, self._workspace_id)):
            try:
                await self.look(channel)
            except (SlackClientError, aiohttp.ClientError, TimeoutError) as error:
                log.info("rooms.not_seen", channel=channel, error=type(error).__name__)

    async def _ask(self, channel: str) -> bool:
        try:
            answer = await self._slack.client.conversations_info(channel=channel)
            shared = is_shared(answer["channel"])
        except SlackApiError as error:
            if error_code(error) not in _UNSEEN:
                raise
            shared = False
        self._known[channel] = (time.monotonic() + _FRESH_SECONDS, shared)
        return shared

    async def _note(self, channel: str, *, shared: bool) -> None:
        if not shared:
            await holds.release(self._db, self._workspace_id, channel, HoldReason.SHARED)
            return
        await holds.hold(self._db, self._workspace_id, channel, HoldReason.SHARED, self._clock.now())
        await self._tell()

    async def _tell(self) -> None:
        for row in await holds.claim_untold(self._db, self._workspace_id, self._clock.now()):
            channel, reason = row["slack_channel"], HoldReason(row["reason"])
            log.error("rooms.channel_held", channel=channel, reason=reason)
            if not await self._told(channel, reason):
                await holds.untell(self._db, self._workspace_id, channel)

    async def _told(self, channel: str, reason: HoldReason) -> bool:
        try:
            return await tell_admins(self._slack, lambda: hold_notice(channel, reason))
        except (SlackClientError, aiohttp.ClientError, TimeoutError) as error:
            log.warning("rooms.not_told", channel=channel, error=type(error).__name__)
            return False
