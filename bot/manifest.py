"""The app's manifest: what Slack is told of the app, for Socket Mode and for HTTP mode."""

from __future__ import annotations

from typing import Any

import yaml

from bot.installing import REDIRECT
from bot.settings import PROJECT_DIR
from cases.errors import ConfigError

FILE = PROJECT_DIR / "manifest.yml"
EVENTS = "/slack/events"


def read() -> dict[str, Any]:
    """The manifest as it is in the file: for Socket Mode."""
    manifest: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return manifest


def wanted_scopes() -> set[str]:
    """The scopes that it asks for: all are needed."""
    return set(read()["oauth_config"]["scopes"]["bot"])


def for_http(url: str) -> dict[str, Any]:
    """The manifest of an app whose requests Slack sends to the server at ``url``.

    Raises ConfigError for an address that Slack would refuse.
    """
    if not url.startswith("https://"):
        raise ConfigError(
            "Slack sends its requests to https:// addresses only: give this server's public one."
        )
    return delivered_to(url)


def delivered_to(url: str) -> dict[str, Any]:
    """``for_http`` with any address: the local Slack workspace sends to plain http:// too."""
    base = url.rstrip("/")
    manifest = read()
    settings = manifest["settings"]
    settings["socket_mode_enabled"] = False
    settings["event_subscriptions"] = {"request_url": base + EVENTS, **settings["event_subscriptions"]}
    settings["interactivity"] = {**settings["interactivity"], "request_url": base + EVENTS}
    for command in manifest["features"]["slash_commands"]:
        command["url"] = base + EVENTS
    return manifest


def for_several(manifest: dict[str, Any], url: str) -> dict[str, Any]:
    """``manifest`` of an app that is installed into several workspaces by OAuth."""
    oauth = manifest["oauth_config"]
    return {**manifest, "oauth_config": {"redirect_urls": [url.rstrip("/") + REDIRECT], **oauth}}
