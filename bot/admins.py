"""Telling those who administer the workspace, once, what only they can mend."""

from __future__ import annotations

from uuid import uuid4

import aiohttp
import structlog
from slack_sdk.errors import SlackClientError

from bot.directory import Directory
from bot.workspace import Posted, Workspace
from cases.enums import NoticeAbout
from cases.errors import CxError
from cases.reader import use
from storage import notices
from storage.db import Database, Row
from views.admin_notices import admin_notice

MOST = 5
"""So many are told at most."""

log = structlog.get_logger(__name__)


class Admins:
    """Those whom ``roles.yml`` names as ``admins``; without them, who administers the workspace."""

    def __init__(self, db: Database, workspace_id: int, slack: Workspace, directory: Directory) -> None:
        self._db = db
        self._workspace_id = workspace_id
        self._slack = slack
        self._directory = directory

    async def tell(self) -> None:
        """Tell what is waiting to be told; what does not get across is told later."""
        for row in await notices.claim(self._db, self._workspace_id):
            try:
                told = await self._told(row)
            except (SlackClientError, aiohttp.ClientError, TimeoutError, CxError) as error:
                log.warning("admins.not_told", about=row["about"], error=type(error).__name__)
                continue
            if told:
                await notices.told(self._db, row["id"])
            else:
                log.warning("admins.nobody_to_tell", about=row["about"])

    async def _told(self, row: Row) -> bool:
        told = False
        for admin in await self._people():
            with use(await self._slack.reader(admin)):
                rendered = admin_notice(
                    NoticeAbout(row["about"]), row["slack_channel"], row["detail"], row["since"]
                )
            told |= isinstance(await self._slack.post(admin, None, rendered, uuid4()), Posted)
        return told

    async def supervisors(self) -> list[str]:
        """Who is called when a customer is not content: the file's supervisors, else who administers.

        Nobody while Slack cannot say it.
        """
        try:
            named = self._directory.book.supervisors
            found = await self._directory.members(named) if named is not None else []
            return found[:MOST] or await self.administering()
        except (SlackClientError, aiohttp.ClientError, TimeoutError, CxError) as error:
            log.warning("supervisors.not_known", error=type(error).__name__)
            return []

    async def _people(self) -> list[str]:
        named = await self._directory.admins()
        return named[:MOST] if named else await self.administering()

    async def administering(self) -> list[str]:
        """Members who administer the workspace, a few of them."""
        found: list[str] = []
        cursor = ""
        while True:
            answer = await self._slack.client.users_list(limit=200, cursor=cursor)
            found += [
                member["id"]
                for member in answer["members"]
                if (member.get("is_admin") or member.get("is_owner"))
                and not member.get("deleted")
                and not member.get("is_bot")
            ]
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor or len(found) >= MOST:
                return found[:MOST]
