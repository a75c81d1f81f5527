"""Who is what: the roles file together with Slack's user groups."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

import aiohttp
import structlog
from slack_sdk.errors import SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack_groups import Groups, read_groups
from bot.workspace import Member
from cases.errors import ConfigError, SettingRefused, Unavailable
from cases.roles import People, RoleBook, Standing, standing
from cases.settings import ROLES_FILE, Change
from storage.roles import read_roles

FRESH_SECONDS = 60.0
"""How long the groups are believed without asking again; Slack tells us of changes sooner."""
STALE_SECONDS = 900.0
"""How long they are believed when Slack cannot be asked and has told us of no change."""

log = structlog.get_logger(__name__)


class Directory:
    """The roles of people, as the file says now and as the groups are now."""

    def __init__(
        self, client: AsyncWebClient, path: Path, changes: Callable[[], Sequence[Change]] = tuple
    ) -> None:
        """``changes`` are those that supervisors made of the company's files, as they are now."""
        self._client = client
        self.path = path
        self._changes = changes
        self._seen = self._state()
        self._book = self._read()
        self._groups: Groups = {}
        self._asked_at = float("-inf")
        self._changed = 0
        self._known = -1
        self._asking = asyncio.Lock()

    @property
    def book(self) -> RoleBook:
        """What the file says, with what was changed of it."""
        return self._book

    def _read(self) -> RoleBook:
        try:
            return read_roles(self.path, self._changes())
        except SettingRefused as error:
            log.error("roles.changes_refused", error=error.sentence)
            return read_roles(self.path)

    async def check(self) -> None:
        """Raises ConfigError when the file names a user group that Slack does not have."""
        named = read_roles(self.path).groups()
        if not named:
            return
        try:
            missing = await self.unknown(named)
        except Unavailable as error:
            raise ConfigError(error.sentence) from None
        if missing:
            raise ConfigError(
                f"{self.path} names the Slack user group “{missing[0]}”, which is disabled or not there: "
                "correct the file, or list `members` where the Slack plan has no user groups."
            )

    def reload(self) -> None:
        """Read again what says who is what if it changed; a mistake is logged, and the roles stay."""
        state = self._state()
        if state == self._seen:
            return
        self._seen = state
        try:
            self._book = self._read()
        except ConfigError as error:
            log.error("roles.file_refused", error=error.sentence)
            return
        self.forget()
        log.info("roles.file_read", path=str(self.path))

    def _state(self) -> object:
        own = [change for change in self._changes() if change.setting.file == ROLES_FILE]
        try:
            found = self.path.stat()
        except OSError:
            return own, None
        return own, (found.st_mtime_ns, found.st_size, found.st_ino)

    def forget(self) -> None:
        """The groups changed: what is known of them counts no more."""
        self._changed += 1

    async def standing(self, member: Member) -> Standing:
        """What a full member is now; raises Unavailable when a group matters and Slack cannot say."""
        return await self.standing_by(self._book, member)

    async def standing_by(self, book: RoleBook, member: Member) -> Standing:
        """What a full member would be by another ``book``; raises as ``standing``."""
        if book.groups():
            await self._refresh()
        return standing(book, lambda people: self._belongs(member.id, people), administers=member.admin)

    async def unknown(self, groups: Collection[str]) -> list[str]:
        """Those of some user groups that Slack does not have; raises Unavailable when it cannot say."""
        await self._refresh()
        return sorted(set(groups) - self._groups.keys())

    async def admins(self) -> list[str] | None:
        """Whom the file names to be told when the app is cut off; None when it names nobody."""
        named = self._book.admins
        return None if named is None else await self.members(named)

    async def members(self, people: People) -> list[str]:
        """Who that is now; raises Unavailable when a group matters and Slack cannot say."""
        if people.groups:
            await self._refresh()
        return sorted(people.members.union(*(self._groups.get(group, ()) for group in people.groups)))

    def _belongs(self, user: str, people: People) -> bool:
        return user in people.members or any(user in self._groups.get(group, ()) for group in people.groups)

    def _age(self) -> float:
        return time.monotonic() - self._asked_at

    async def _refresh(self) -> None:
        """Ask Slack for the groups, unless what is known is fresh and no change was told of."""
        async with self._asking:
            if self._known == self._changed and self._age() < FRESH_SECONDS:
                return
            telling, asked_at = self._changed, time.monotonic()
            try:
                self._groups = await read_groups(self._client)
            except (SlackClientError, aiohttp.ClientError, TimeoutError) as error:
                if self._known == self._changed and self._age() < STALE_SECONDS:
                    log.warning("roles.groups_not_read", error=type(error).__name__)
                    return
                raise Unavailable("Slack does not say who is in its user groups; please try again.") from None
            self._known, self._asked_at = telling, asked_at
