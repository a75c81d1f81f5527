"""Slack says that the app was taken out of a workspace."""

from __future__ import annotations

import structlog
from slack_sdk.errors import SlackApiError

from bot.context import Bot
from bot.inbox import Event
from bot.workspace import TOKEN_REFUSED, error_code
from storage import inbox, installations

log = structlog.get_logger(__name__)


async def taken_away(bot: Bot, inbox_id: int, event: Event) -> None:
    """``app_uninstalled`` or ``tokens_revoked``: if Slack refuses our token, the workspace waits.

    Slack is asked, because such an event may be about a person's token, or come after another installation.
    """
    await bot.rooms.look_at_token()
    gone = bot.sealed is not None and await _is_gone(bot)
    async with bot.db.transaction() as tx:
        if not await inbox.take(tx, inbox_id):
            return
        if gone and bot.sealed is not None:
            log.warning("installed.taken_away", team=bot.slack.team, event_type=event["type"])
            await installations.revoke_in(tx, bot.workspace_id, bot.sealed, event["type"], bot.clock.now())
        await inbox.finish(tx, inbox_id)


async def _is_gone(bot: Bot) -> bool:
    try:
        await bot.slack.client.auth_test()
    except SlackApiError as error:
        if error_code(error) not in TOKEN_REFUSED:
            raise
        return True
    return False
