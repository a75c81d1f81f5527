"""Slack's user groups and who is in them."""

from __future__ import annotations

from collections.abc import Mapping

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.workspace import error_code

Groups = Mapping[str, frozenset[str]]
"""The members' ids of each group, by the group's id and also by its handle."""

# A plan without user groups, as Slack says it.
_NONE_HERE = frozenset({"paid_teams_only", "paid_only", "plan_upgrade_required", "feature_not_enabled"})


async def read_groups(client: AsyncWebClient) -> Groups:
    """Every enabled user group, in one call; none where the Slack plan has none.

    Raises as the client does.
    """
    try:
        answer = await client.usergroups_list(include_users=True)
    except SlackApiError as error:
        if error_code(error) in _NONE_HERE:
            return {}
        raise
    found: dict[str, frozenset[str]] = {}
    for group in answer["usergroups"]:
        if not group.get("date_delete"):
            found[group["id"]] = found[group["handle"]] = frozenset(group.get("users") or ())
    return found
