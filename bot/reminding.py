"""The tick of reminders in one workspace: what is due is posted, and whom to mention is asked of Slack."""

from __future__ import annotations

from bot.context import Bot
from bot.pacing import now
from cases.duties import Policy
from flows import remind

_FRESH_SECONDS = 60.0
"""How long leads and supervisors are believed to be the same people."""
MOST_MENTIONED = 10


class Reminding:
    """Follows the company's files, and knows whom to mention where something has been late for long."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self._follows: Policy | None = None
        self._whom: remind.Whom | None = None
        self._asked_at = float("-inf")

    async def tick(self) -> None:
        """Look at what changed, and have everything posted that is due."""
        bot, at = self._bot, self._bot.clock.now()
        policy = bot.planned.now().policy
        if policy is not self._follows:
            await remind.follow(bot.db, bot.workspace_id, policy)
            self._follows = policy
        for channel in await remind.send_due(bot.db, bot.workspace_id, at):
            bot.poster.wake(channel)
        for channel in await remind.send_owed(bot.db, bot.workspace_id, policy, self.whom, at):
            bot.poster.wake(channel)

    async def whom(self) -> remind.Whom:
        """Leads and supervisors; raises Unavailable when Slack cannot say who is in their groups."""
        if self._whom is None or now() - self._asked_at > _FRESH_SECONDS:
            directory = self._bot.directory
            leads = {
                department.key: (await directory.members(department.lead))[:MOST_MENTIONED]
                for department in directory.book.departments
            }
            self._whom = remind.Whom(leads, await self._bot.admins.supervisors())
            self._asked_at = now()
        return self._whom
