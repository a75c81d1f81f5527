"""Who administers the Slack workspace, and how they are told something."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

from bot.workspace import Posted, Workspace
from cases.reader import use
from views.thread import Rendered

MOST = 5
"""So many are told at most."""


async def tell_admins(slack: Workspace, write: Callable[[], Rendered]) -> bool:
    """Send a direct message to those who administer the workspace, each in their language.

    False when nobody could be told; raises as the client does.
    """
    told = False
    for admin in await _admins(slack):
        with use(await slack.reader(admin)):
            rendered = write()
        told |= isinstance(await slack.post(admin, None, rendered, uuid4()), Posted)
    return told


async def _admins(slack: Workspace) -> list[str]:
    found: list[str] = []
    cursor = ""
    while True:
        answer = await slack.client.users_list(limit=200, cursor=cursor)
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
