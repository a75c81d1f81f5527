"""Slack channels by the names that config files give them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.workspace import error_code
from cases.errors import ConfigError

_ID = re.compile(r"[CG][A-Z0-9]{6,}")


async def list_channels(client: AsyncWebClient) -> list[dict[str, Any]]:
    """Every channel that the bot can see, as Slack describes it."""
    found: list[dict[str, Any]] = []
    cursor = ""
    while True:
        answer = await client.conversations_list(
            types="public_channel,private_channel", exclude_archived=True, limit=200, cursor=cursor
        )
        found += answer["channels"]
        cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
        if not cursor:
            return found


async def read_members(client: AsyncWebClient, channel: str) -> frozenset[str]:
    """Who is in a channel."""
    found: set[str] = set()
    cursor = ""
    while True:
        answer = await client.conversations_members(channel=channel, limit=500, cursor=cursor)
        found.update(answer["members"])
        cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
        if not cursor:
            return frozenset(found)


async def find(
    client: AsyncWebClient, wanted: Mapping[str, str], remembered: Mapping[str, str]
) -> dict[str, dict[str, Any]]:
    """Each wanted channel (name or id, with the site that names it) as Slack describes it.

    A site of another file than sites.yml has that before it: ``sources.yml: help-desk``.

    One that is not there by its name is taken by the id that it had before (``remembered``): then it was
    renamed or archived, or is gone (``is_gone``), and customers must not be shut out by a restart. Raises
    ConfigError naming the channel that was never there, or is hidden from the bot.
    """
    try:
        seen = await list_channels(client)
        by_id = {channel["id"]: channel for channel in seen}
        by_name = {channel["name"]: channel for channel in seen}
        found = {}
        for name, site in wanted.items():
            channel = (by_id.get(name) if _ID.fullmatch(name) else None) or by_name.get(name)
            if channel is None and name in remembered:
                channel = await _as_it_is_now(client, remembered[name], name)
            if channel is None:
                file, _, key = site.rpartition(": ")
                raise ConfigError(
                    f"{file or 'sites.yml'} names the Slack channel “{name}” ({key}), but the bot sees no "
                    "such channel: "
                    "create it, or invite the bot if it is private."
                )
            found[name] = channel
    except (SlackApiError, aiohttp.ClientError, TimeoutError) as error:
        raise ConfigError(f"Slack does not list its channels ({type(error).__name__}).") from None
    return found


async def _as_it_is_now(client: AsyncWebClient, channel: str, name: str) -> dict[str, Any]:
    try:
        answer = await client.conversations_info(channel=channel)
    except SlackApiError as error:
        if error_code(error) != "channel_not_found":
            raise
        return {"id": channel, "name": name, "is_gone": True}
    described: dict[str, Any] = answer["channel"]
    return described


def is_shared(channel: Mapping[str, Any]) -> bool:
    """Whether people of other companies, or of other workspaces of this one, are in the channel."""
    return bool(channel.get("is_ext_shared") or channel.get("is_org_shared"))


async def join(client: AsyncWebClient, channel: str, name: str) -> None:
    """Join a channel, if it is public; raises ConfigError when Slack refuses."""
    try:
        await client.conversations_join(channel=channel)
    except SlackApiError as error:
        # A private channel cannot be joined; the bot sees it only because it was invited.
        if error_code(error) not in {"method_not_supported_for_channel_type", "already_in_channel"}:
            raise ConfigError(
                f"The bot cannot join the Slack channel “{name}”: {error_code(error)}."
            ) from None
