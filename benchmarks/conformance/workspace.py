"""The workspace of the suite: two channels, five people, one app that may do everything."""

from __future__ import annotations

from typing import Any

BOT_TOKEN = "xoxb-conformance"
APP_TOKEN = "xapp-conformance"
SIGNING_SECRET = "conformance-signing"
CLIENT_ID = "111.222"
CLIENT_SECRET = "conformance-client"
DESK = "C0DESK"
OTHER = "C0OTHER"
CLOSED = "C0CLOSED"
ANN = "U0ANN"
BEN = "U0BEN"
BOT = "U0BOT"

WORKSPACE: dict[str, Any] = {
    "team": {"id": "T0TEAM", "name": "Conformance", "domain": "conformance"},
    "app": {
        "app_id": "A0APP",
        "bot_id": "B0BOT",
        "bot_user_id": BOT,
        "bot_name": "Helper",
        "bot_token": BOT_TOKEN,
        "app_token": APP_TOKEN,
        "signing_secret": SIGNING_SECRET,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
    },
    "workspaces": [
        {
            "team": {"id": "T2TEAM", "name": "Second", "domain": "second"},
            "app": {"bot_id": "B2BOT", "bot_user_id": "U2BOT"},
            "users": [{"id": "U2CLARA", "name": "clara", "real_name": "Clara"}],
            "channels": [{"id": "C2ROOM", "name": "room"}],
        }
    ],
    "users": [
        {"id": ANN, "name": "ann", "real_name": "Ann Agent", "locale": "pl-PL", "tz": "Asia/Tokyo"},
        {"id": BEN, "name": "ben", "real_name": "Ben Boss", "is_admin": True},
        {"id": "U0GUEST", "name": "gil", "real_name": "Gil Guest", "is_restricted": True},
        {"id": "U0SINGLE", "name": "sue", "real_name": "Sue Single", "is_ultra_restricted": True},
        {"id": "U0OUT", "name": "olga", "real_name": "Olga Outside", "team": "T0PARTNER"},
    ],
    "usergroups": [{"id": "S0LEADS", "handle": "leads", "name": "Leads", "users": [BEN]}],
    "channels": [
        {"id": DESK, "name": "desk", "topic": "Where customers are answered"},
        {"id": OTHER, "name": "other", "partners": ["T0PARTNER"]},
        {"id": CLOSED, "name": "closed", "members": [ANN, BEN]},
        {"id": "C0HIDDEN", "name": "hidden", "is_private": True, "members": [ANN]},
        {"id": "C0INNER", "name": "inner", "is_private": True, "members": [ANN, "bot"]},
    ],
}
SCOPES = [
    "app_mentions:read",
    "assistant:write",
    "bookmarks:read",
    "bookmarks:write",
    "channels:history",
    "channels:join",
    "channels:manage",
    "channels:read",
    "chat:write",
    "chat:write.customize",
    "commands",
    "files:read",
    "files:write",
    "groups:history",
    "groups:read",
    "groups:write",
    "im:history",
    "im:read",
    "im:write",
    "pins:read",
    "pins:write",
    "reactions:read",
    "reactions:write",
    "team:read",
    "usergroups:read",
    "usergroups:write",
    "users:read",
    "users:read.email",
]
EVENTS = [
    "agent_session_stopped",
    "app_home_opened",
    "app_mention",
    "app_uninstalled",
    "channel_archive",
    "channel_created",
    "channel_left",
    "channel_rename",
    "channel_shared",
    "channel_unarchive",
    "channel_unshared",
    "file_created",
    "file_deleted",
    "file_shared",
    "group_left",
    "member_joined_channel",
    "member_left_channel",
    "message.channels",
    "message.groups",
    "message.im",
    "pin_added",
    "pin_removed",
    "reaction_added",
    "reaction_removed",
    "subteam_created",
    "subteam_members_changed",
    "subteam_updated",
    "team_join",
    "tokens_revoked",
    "user_change",
]
MANIFEST: dict[str, Any] = {
    "display_information": {"name": "Helper"},
    "features": {
        "app_home": {"home_tab_enabled": True, "messages_tab_enabled": True},
        "agent_view": {"agent_description": "Helps"},
        "bot_user": {"display_name": "Helper"},
        "slash_commands": [{"command": "/help-me", "description": "Help", "should_escape": True}],
        "shortcuts": [
            {"name": "New", "type": "global", "callback_id": "new", "description": "New case"},
            {"name": "Send", "type": "message", "callback_id": "send", "description": "Send this"},
        ],
    },
    "oauth_config": {"scopes": {"bot": SCOPES}},
    "settings": {
        "event_subscriptions": {"bot_events": EVENTS},
        "interactivity": {"is_enabled": True},
        "socket_mode_enabled": True,
    },
}
