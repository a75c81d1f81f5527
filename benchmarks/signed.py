"""Requests as Slack signs them, for programs that take them over HTTP."""

from __future__ import annotations

import hmac
import time
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import orjson

from benchmarks import rig


def headers(body: bytes, content_type: str) -> dict[str, str]:
    """The headers of a signed request (scheme v0)."""
    at = str(int(time.time()))
    mac = hmac.new(rig.SIGNING_SECRET.encode(), f"v0:{at}:".encode() + body, sha256).hexdigest()
    return {
        "Content-Type": content_type,
        "X-Slack-Request-Timestamp": at,
        "X-Slack-Signature": f"v0={mac}",
    }


def event(content: dict[str, Any], event_id: str | None = None) -> tuple[bytes, dict[str, str]]:
    """(body, headers) of an Events API request."""
    body = orjson.dumps(
        {
            "token": "unused",
            "team_id": rig.TEAM,
            "api_app_id": "A0BENCH",
            "type": "event_callback",
            "event_id": event_id or f"Ev{uuid4().hex[:12].upper()}",
            "event_time": int(time.time()),
            "authorizations": [{"team_id": rig.TEAM, "user_id": rig.BOT_USER, "is_bot": True}],
            "is_ext_shared_channel": False,
            "event": content,
        }
    )
    return body, headers(body, "application/json")


def command(text: str) -> tuple[bytes, dict[str, str]]:
    """(body, headers) of a slash command."""
    fields = {
        "token": "unused",
        "team_id": rig.TEAM,
        "team_domain": "bench",
        "channel_id": rig.channel_id(0),
        "channel_name": "load-0",
        "user_id": rig.AGENTS[0],
        "user_name": "agent0",
        "command": "/cx",
        "text": text,
        "api_app_id": "A0BENCH",
        "response_url": "http://127.0.0.1:9/response",
        "trigger_id": "1.2.3",
    }
    body = urlencode(fields).encode()
    return body, headers(body, "application/x-www-form-urlencoded")


def message_event(channel: str, ts: str, thread_ts: str, user: str, text: str) -> dict[str, Any]:
    """A person's message in a thread."""
    return {
        "type": "message",
        "channel": channel,
        "channel_type": "channel",
        "user": user,
        "text": text,
        "ts": ts,
        "event_ts": ts,
        "thread_ts": thread_ts,
        "team": rig.TEAM,
    }


def reaction_event(channel: str, ts: str, user: str, name: str) -> dict[str, Any]:
    """A person's reaction to their own message."""
    return {
        "type": "reaction_added",
        "user": user,
        "item_user": user,
        "reaction": name,
        "item": {"type": "message", "channel": channel, "ts": ts},
        "event_ts": f"{time.time():.6f}",
    }
