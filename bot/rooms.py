"""Slack channels in which we may not post: shared ones (FAULTS 21), and those we lost (FAULTS 11)."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.admins import Admins
from bot.slack_channels import is_shared, read_members
from bot.workspace import TOKEN_REFUSED, Workspace, error_code
from cases.enums import HoldReason, NoticeAbout
from cases.errors import ConfigError, NotAllowed, SharedChannel, Unavailable
from storage import holds, notices
from storage.db import Database
from storage.holds import EVERYWHERE
from views.admin_notices import held_here

_FRESH_SECONDS = 300.0
_REASONS = {
    "not_in_channel": HoldReason.REMOVED,
    "is_archived": HoldReason.ARCHIVED,
    "channel_not_found": HoldReason.GONE,
}

log = structlog.get_logger(__name__)


class Rooms:
    """Which channels are held, and why. What is meant for such a channel waits."""

    def __init__(self, db: Database, workspace_id: int, slack: Workspace, admins: Admins) -> None:
        self._db = db
        self._workspace_id = workspace_id
        self._slack = slack
        self._admins = admins
        self._configured: dict[str, str] = {}
        self._asked: frozenset[str] = frozenset()
        self._known: dict[str, tuple[float, bool]] = {}
        self._members: dict[str, tuple[float, frozenset[str]]] = {}
        self._held: Mapping[str, HoldReason] = {}

    async def open(self, configured: Mapping[str, Mapping[str, Any]]) -> None:
        """Take the configured channels (by name, as Slack describes them).

        Raises ConfigError for one that is shared; where cases live already it is held instead, as is one
        that was lost, so that a restart does not shut the customers out.
        """
        for name, channel in configured.items():
            reason = _reason(channel)
            if reason is HoldReason.SHARED and not await holds.has_cases(
                self._db, self._workspace_id, channel["id"]
            ):
                raise ConfigError(
                    f"sites.yml names the Slack channel “{name}”, which is shared with others: "
                    "cases never live in shared channels, so unshare it or name another."
                )
            if reason is HoldReason.REMOVED and not channel.get("is_private"):
                reason = None  # It is joined next.
            await self._note(channel["id"], reason)
        self._held = await holds.held(self._db, self._workspace_id)
        self._configured = {channel["id"]: name for name, channel in configured.items()}

    async def watch(self, asked: Mapping[str, Mapping[str, Any]]) -> None:
        """Take the channels (by id) in which departments are asked: shared ones are held."""
        self._asked = frozenset(asked)
        for channel, described in asked.items():
            if channel in self._configured:
                continue
            await self._note(channel, HoldReason.SHARED if is_shared(described) else None)
        self._held = await holds.held(self._db, self._workspace_id)

    async def refuse_shared(self, channel: str) -> None:
        """Raises SharedChannel for a channel that others can read, Unavailable when Slack cannot say."""
        if channel.startswith("D"):
            return
        until, shared = self._known.get(channel, (0.0, False))
        if until < time.monotonic():
            try:
                shared = await self._ask(channel) is HoldReason.SHARED
            except (SlackClientError, aiohttp.ClientError, TimeoutError) as error:
                if not until:
                    raise Unavailable from error
        if shared:
            raise SharedChannel

    async def of(self, user: str) -> list[str]:
        """The configured channels that somebody is in, as of the last minutes."""
        return [channel for channel in self._configured if user in await self._members_of(channel)]

    async def refuse_outsider(self, channel: str, user: str) -> None:
        """Raises NotAllowed for somebody who is not in a channel; who just came in is asked for anew."""
        if user not in await self._members_of(channel):
            self._members.pop(channel, None)
            if user not in await self._members_of(channel):
                raise NotAllowed("Only people in {channel} can do this.", channel=f"<#{channel}>")

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
        """Something happened to the channel: what is known of it counts no more."""
        self._known.pop(channel, None)

    def trouble_in(self, channel: str) -> str | None:
        """What to say to somebody who acts in a channel in which nothing can be shown."""
        reason = self._held.get(EVERYWHERE) or self._held.get(channel)
        return held_here(reason) if reason else None

    @property
    def held(self) -> Mapping[str, HoldReason]:
        """The held channels as of the last look, the empty one standing for all."""
        return self._held

    async def refused(self, channel: str, error: str) -> bool:
        """Slack refused to have something done in ``channel``: whether that needs mending by people.

        Then it is held, and nothing more is tried there until it is mended.
        """
        if error in TOKEN_REFUSED:
            await self._note(EVERYWHERE, HoldReason.TOKEN)
        elif error in _REASONS:
            await self._note(channel, _REASONS[error])
        else:
            return False
        return True

    async def look(self, channel: str) -> None:
        """See how a channel is now; hold back or let go what is meant for it. Raises as the client does."""
        reason = await self._ask(channel)
        if reason and not await self._ours(channel):
            reason = None
        await self._note(channel, reason)

    async def look_at_token(self) -> None:
        """See whether Slack still accepts the bot's token."""
        await self._try_to_look(EVERYWHERE)

    async def renamed(self, channel: str) -> None:
        """Note a new name of a channel that ``sites.yml`` has by its old one. Raises as the client does."""
        old = self._configured.get(channel)
        if old is None or old == channel:
            return
        answer = await self._slack.client.conversations_info(channel=channel)
        if answer["channel"]["name"] != old:
            log.warning("rooms.channel_renamed", channel=channel, old=old)
            now, detail = datetime.now(UTC), {"old": old}
            await notices.add(self._db, self._workspace_id, NoticeAbout.RENAMED, now, channel, detail)

    async def look_at_all(self) -> None:
        """See how the configured and the held channels are, should Slack's word have been lost."""
        held = await holds.held(self._db, self._workspace_id)
        for channel in (self._configured.keys() | self._asked | held.keys()) - {EVERYWHERE}:
            await self._try_to_look(channel)

    async def tick(self) -> None:
        """See whether held channels are mended, when it is time to; tell who is to be told."""
        self._held = await holds.held(self._db, self._workspace_id)
        if self._held:
            for channel in await holds.claim_due(self._db, self._workspace_id):
                await self._try_to_look(channel)
        await self._admins.tell()

    async def _try_to_look(self, channel: str) -> None:
        try:
            if channel == EVERYWHERE:
                await self._slack.client.auth_test()
                await self._note(EVERYWHERE, None)
            else:
                await self.look(channel)
        except (SlackClientError, aiohttp.ClientError, TimeoutError) as error:
            log.info("rooms.not_seen", channel=channel, error=type(error).__name__)
            if isinstance(error, SlackApiError):
                await self.refused(channel, error_code(error))

    async def _ours(self, channel: str) -> bool:
        return (
            channel in self._configured
            or channel in self._asked
            or await holds.has_cases(self._db, self._workspace_id, channel)
        )

    async def _ask(self, channel: str) -> HoldReason | None:
        """Why nothing may be posted in a channel."""
        try:
            answer = await self._slack.client.conversations_info(channel=channel)
            reason = _reason(answer["channel"])
        except SlackApiError as error:
            if error_code(error) not in {"channel_not_found", "missing_scope"}:
                raise
            reason = HoldReason.GONE if error_code(error) == "channel_not_found" else None
        self._known[channel] = (time.monotonic() + _FRESH_SECONDS, reason is HoldReason.SHARED)
        return reason

    async def _note(self, channel: str, reason: HoldReason | None) -> None:
        if reason is None:
            if await holds.release(self._db, self._workspace_id, channel):
                log.warning("rooms.released", channel=channel or "all")
        elif await holds.hold(self._db, self._workspace_id, channel, reason, datetime.now(UTC)):
            log.error("rooms.held", channel=channel or "all", reason=reason)
        else:
            return
        self._held = await holds.held(self._db, self._workspace_id)


def _reason(channel: Mapping[str, Any]) -> HoldReason | None:
    if channel.get("is_gone"):
        return HoldReason.GONE
    if is_shared(channel):
        return HoldReason.SHARED
    if channel.get("is_archived"):
        return HoldReason.ARCHIVED
    return None if channel.get("is_member", True) else HoldReason.REMOVED
