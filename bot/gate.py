"""Nobody acts on a case but through here: who they are and what they may do, at the moment of the act."""

from __future__ import annotations

from typing import Any

from bot.directory import Directory
from bot.rooms import Rooms
from bot.workspace import Member, Workspace
from cases.actor import Actor
from cases.clock import Clock
from cases.errors import GuestsMayNot, NotAllowed
from cases.roles import Act, Standing, check
from storage import audit
from storage.db import Database


class Gate:
    """The check that every click, form, shortcut, reaction and word of ``/cx`` begins with."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        workspace_id: int,
        slack: Workspace,
        directory: Directory,
        rooms: Rooms,
    ) -> None:
        self._db = db
        self._clock = clock
        self._workspace_id = workspace_id
        self._slack = slack
        self._directory = directory
        self._rooms = rooms

    async def admit(self, body: dict[str, Any], act: Act) -> Actor:
        """The person behind a payload of Slack (a click, a form, a command), if they may do ``act``.

        Raises NotAllowed with the sentence to show them, and writes the refused act down.
        """
        user = body["user"]["id"] if "user" in body else body["user_id"]
        channel = (body.get("channel") or {}).get("id") or body.get("channel_id")
        return await self.admit_person(user, act, channel)

    async def admit_person(self, user: str, act: Act, channel: str | None) -> Actor:
        """``admit`` by the person's id and where they act."""
        try:
            member = await self._full_member(user)
            if channel is not None:
                await self._rooms.refuse_shared(channel)
            check(await self._directory.standing(member), act)
        except NotAllowed as error:
            detail = {"act": act, "channel": channel, "why": str(error)}
            await audit.note(self._db, self._workspace_id, user, "act.refused", detail, self._clock.now())
            raise
        return Actor(member.id, member.name)

    async def standing(self, user: str) -> Standing:
        """What somebody is; raises GuestsMayNot for who is no full member."""
        return await self._directory.standing(await self._full_member(user))

    async def _full_member(self, user: str) -> Member:
        member = await self._slack.member(user)
        if not member.full:
            raise GuestsMayNot
        return member
