"""The manifest asks for what the code uses: no more, no less."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from bot.listeners import actions
from bot.listeners.events import Events
from bot.manifest import for_http, for_several
from cases.errors import ConfigError

ROOT = Path(__file__).parent.parent.parent

# Slack's reference: what each method that the bot calls, and each event that it takes, asks for.
SCOPES_OF_METHODS: dict[str, set[str]] = {
    "agents.sessions.setStatus": {"chat:write"},
    "assistant.threads.setSuggestedPrompts": {"assistant:write"},
    "auth.test": set(),
    "apps.connections.open": set(),
    "chat.postMessage": {"chat:write"},
    "chat.postEphemeral": {"chat:write"},
    "chat.startStream": {"chat:write"},
    "chat.appendStream": {"chat:write"},
    "chat.stopStream": {"chat:write"},
    "chat.update": {"chat:write"},
    "conversations.history": {"channels:history", "groups:history"},
    "conversations.replies": {"channels:history", "groups:history", "im:history"},
    "conversations.list": {"channels:read", "groups:read"},
    "conversations.info": {"channels:read", "groups:read"},
    "conversations.members": {"channels:read", "groups:read"},
    "conversations.join": {"channels:join"},
    "files.getUploadURLExternal": {"files:write"},
    "files.completeUploadExternal": {"files:write"},
    "files.delete": {"files:write"},
    "reactions.add": {"reactions:write"},
    "reactions.remove": {"reactions:write"},
    "usergroups.list": {"usergroups:read"},
    "users.info": {"users:read"},
    "users.list": {"users:read"},
    "views.open": set(),
    "views.publish": set(),
    "views.push": set(),
    "views.update": set(),
}
NO_METHODS = {"api_call", "is_connected", "send_socket_mode_response"}
SCOPES_OF_EVENTS = {
    "agent_session_stopped": {"assistant:write"},
    "app_home_opened": set(),
    "app_mention": {"app_mentions:read"},
    "app_uninstalled": set(),
    "channel_archive": {"channels:read"},
    "channel_deleted": {"channels:read"},
    "channel_left": {"channels:read"},
    "channel_rename": {"channels:read"},
    "channel_shared": {"channels:read", "groups:read"},
    "channel_unarchive": {"channels:read"},
    "channel_unshared": {"channels:read", "groups:read"},
    "group_archive": {"groups:read"},
    "group_deleted": {"groups:read"},
    "group_left": {"groups:read"},
    "group_rename": {"groups:read"},
    "group_unarchive": {"groups:read"},
    "member_joined_channel": {"channels:read", "groups:read"},
    "message.channels": {"channels:history"},
    "message.groups": {"groups:history"},
    "message.im": {"im:history"},
    "reaction_added": {"reactions:read"},
    "reaction_removed": {"reactions:read"},
    "subteam_members_changed": {"usergroups:read"},
    "subteam_updated": {"usergroups:read"},
    "tokens_revoked": set(),
}


def manifest() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "manifest.yml").read_text())
    return loaded


def source() -> str:
    """The bot's files that speak to Slack."""
    texts = [path.read_text() for path in sorted((ROOT / "bot").rglob("*.py"))]
    return "\n".join(text for text in texts if "slack_sdk" in text)


def called_methods() -> set[str]:
    """Every Web API method in the bot's source, by name or as a method of Slack's client."""
    text = source()
    dotted = set(re.findall(r'"((?:chat|conversations|reactions|users|views|usergroups|files)\.\w+)"', text))
    called = re.findall(r"client\.([a-z]+(?:_[a-z]+)*_[a-zA-Z]+)\(", text)
    names = {name.lower() for name in set(called) - NO_METHODS}
    by_underscore = {name.replace(".", "_").lower(): name for name in SCOPES_OF_METHODS}
    unknown = names - set(by_underscore)
    assert not unknown, f"methods that this test does not know: {unknown}"
    return dotted | {by_underscore[name] for name in names}


def test_each_called_method_is_known_here() -> None:
    assert called_methods() <= set(SCOPES_OF_METHODS)
    assert {"chat.postMessage", "views.open", "conversations.replies"} <= called_methods()


def test_scopes_are_exactly_those_in_use() -> None:
    needed = {"commands", "chat:write.customize"}  # /cx, and posts under a customer's name
    assert "url_private_download" in (ROOT / "bot" / "fetching.py").read_text()
    needed |= {"files:read"}
    for method in called_methods():
        needed |= SCOPES_OF_METHODS[method]
    for event in manifest()["settings"]["event_subscriptions"]["bot_events"]:
        needed |= SCOPES_OF_EVENTS[event]
    assert set(manifest()["oauth_config"]["scopes"]["bot"]) == needed
    assert '"username"' in source()


def test_events_are_exactly_those_with_a_handler() -> None:
    kinds = {kind.split(".")[0] for kind in Events(None).table()}  # type: ignore[arg-type]
    handled = (kinds - {"message"}) | {"message.channels", "message.groups", "message.im"}
    assert set(manifest()["settings"]["event_subscriptions"]["bot_events"]) == handled


@pytest.mark.parametrize(
    ("named", "handled"),
    [
        ({command["command"] for command in manifest()["features"]["slash_commands"]}, set(actions.COMMANDS)),
        (
            {shortcut["callback_id"] for shortcut in manifest()["features"]["shortcuts"]},
            set(actions.MESSAGE_SHORTCUTS),
        ),
    ],
)
def test_commands_and_shortcuts_have_listeners(named: set[str], handled: set[str]) -> None:
    assert named == handled


def test_each_button_of_a_view_has_a_listener() -> None:
    views = "\n".join(path.read_text() for path in (ROOT / "views").glob("*.py"))
    buttons = set(re.findall(r'button\(\s*(?:_\()?"[^"]+"\)?,\s*"(\w+)"', views))
    buttons |= set(re.findall(r'"action_id": "((?:home|copilot)_\w+)"', views))
    buttons |= set(re.findall(r'_choice\(\s*"(\w+)"', views))
    buttons |= set(re.findall(r'promise_blocks\(.*"(\w+_promise)"', views))
    assert buttons == set(actions.ACTIONS)
    forms = set(re.findall(r'"callback_id": "(\w+)"', views) + re.findall(r'modal\(\s*"(\w+)"', views))
    assert forms == set(actions.VIEWS)


def test_for_http_every_request_goes_to_the_one_address() -> None:
    made = for_http("https://cx.example/")
    url = "https://cx.example/slack/events"
    assert made["settings"]["socket_mode_enabled"] is False
    assert made["settings"]["event_subscriptions"]["request_url"] == url
    assert made["settings"]["interactivity"]["request_url"] == url
    assert [command["url"] for command in made["features"]["slash_commands"]] == [url]
    events = made["settings"]["event_subscriptions"]["bot_events"]
    assert events == manifest()["settings"]["event_subscriptions"]["bot_events"]


@pytest.mark.parametrize("url", ["http://cx.example", "cx.example", ""])
def test_slack_sends_to_https_only(url: str) -> None:
    with pytest.raises(ConfigError, match="https:// addresses only"):
        for_http(url)


@pytest.mark.parametrize(
    "made",
    [
        manifest(),
        for_http("https://cx.example"),
        for_several(manifest(), "https://cx.example"),
        for_several(for_http("https://cx.example"), "https://cx.example"),
    ],
    ids=["socket mode", "http", "several workspaces", "several over http"],
)
def test_slacks_published_schema_accepts_it(made: dict[str, Any]) -> None:
    file = os.environ.get("CX_SLACK_MANIFEST_SCHEMA")
    if not file:
        pytest.skip(
            "CX_SLACK_MANIFEST_SCHEMA does not name Slack's manifest schema (slackapi/manifest-schema)"
        )
    schema = json.loads(Path(file).read_text())
    problems = [error.message for error in Draft7Validator(schema).iter_errors(made)]
    assert problems == []
    assert list(Draft7Validator(schema).iter_errors({**made, "features": 1})) != []
