"""What `cx doctor` asks one workspace: does its token count, and does the bot see its channels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from slack_sdk.web.async_client import AsyncWebClient

from bot.finding import Finding, State
from bot.manifest import wanted_scopes
from bot.slack_channels import is_shared, list_channels
from cases.routing import Desk
from storage.config import Site


async def bot_token(client: AsyncWebClient) -> Finding:
    """Whether it has all scopes of the manifest; raises as the client does."""
    who = await client.auth_test()
    granted = {scope.strip() for scope in _header(who.headers, "x-oauth-scopes").split(",")}
    missing = sorted(wanted_scopes() - granted)
    if missing:
        mend = "Paste manifest.yml again under App Manifest, and reinstall the app."
        return Finding("Slack bot", State.FAILED, f"Scopes are missing: {', '.join(missing)}.", mend)
    return Finding("Slack bot", State.GOOD, f"{who['user']} in {who['team']}, with all scopes.")


def _header(headers: Mapping[str, str], name: str) -> str:
    return next((value for key, value in headers.items() if key.lower() == name), "")


async def channels(client: AsyncWebClient, sites: Mapping[str, Site]) -> list[Finding]:
    """Whether the bot sees the channels of each site; raises as the client does."""
    seen = await list_channels(client)
    known = {key: channel for channel in seen for key in (channel["id"], channel["name"])}
    return [
        _channel(f"#{name} ({who})", known.get(name))
        for site in sites.values()
        for name, who in site.channels().items()
    ]


async def asked(client: AsyncWebClient, desks: Sequence[Desk]) -> list[Finding]:
    """Whether departments can be asked in their channels; raises as the client does."""
    if not any(desk.channel for desk in desks):
        return []
    seen = await list_channels(client)
    known = {key: channel for channel in seen for key in (channel["id"], channel["name"])}
    return [_asked(desk, known.get(desk.channel)) for desk in desks if desk.channel]


def _asked(desk: Desk, channel: Mapping[str, object] | None) -> Finding:
    check = f"#{desk.channel} ({desk.key})"
    if channel is None:
        mend = "Create or unarchive it, or invite the bot if it is private; or change departments.yml."
        what = "The bot sees no such channel: the department cannot be asked."
        return Finding(check, State.FAILED, what, mend)
    if is_shared(channel):
        mend = "Unshare it, or name another channel in departments.yml."
        return Finding(check, State.FAILED, "It is shared with others: nothing is asked there.", mend)
    if not channel.get("is_member"):
        return Finding(check, State.NOTE, "The bot is not in it yet.", "`cx run` joins it.")
    return Finding(check, State.GOOD, "The department is asked there.")


def _channel(check: str, channel: Mapping[str, object] | None) -> Finding:
    if channel is None:
        mend = "Create or unarchive it, or invite the bot if it is private; or change sites.yml."
        return Finding(check, State.BLOCKED, "The bot sees no such channel.", mend)
    if is_shared(channel):
        mend = "Unshare it, or name another channel in sites.yml."
        return Finding(check, State.BLOCKED, "It is shared with others: cases never live there.", mend)
    if not channel.get("is_member"):
        return Finding(check, State.NOTE, "The bot is not in it yet.", "`cx run` joins it.")
    return Finding(check, State.GOOD, "The bot is in it.")
