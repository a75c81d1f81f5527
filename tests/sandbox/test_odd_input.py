"""Odd arguments get an answer with an error code, never a broken server."""

from typing import Any

import aiohttp
import pytest

from tests.support.sandbox import BOT_TOKEN, SandboxProcess

METHODS = (
    "auth.test",
    "chat.delete",
    "chat.getPermalink",
    "chat.postEphemeral",
    "chat.postMessage",
    "chat.update",
    "conversations.history",
    "conversations.info",
    "conversations.join",
    "conversations.list",
    "conversations.members",
    "conversations.open",
    "conversations.replies",
    "reactions.add",
    "reactions.get",
    "reactions.remove",
    "usergroups.list",
    "users.info",
    "users.list",
    "users.lookupByEmail",
    "views.open",
    "views.publish",
    "views.push",
    "views.update",
)
NAMES = """
attachments blocks channel cursor email external_id hash icon_emoji latest limit markdown_text message_ts
metadata name oldest reply_broadcast text thread_ts timestamp trigger_id ts types user user_id username users
view view_id
""".split()  # noqa: SIM905
ODDEST: tuple[Any, ...] = (5, [[]], {"a": None}, "💥")
DEEP: Any = [{"type": "section", "text": [], "accessory": {"type": {}}, "fields": 3}]
ODD: tuple[Any, ...] = (5, -1, True, [], {}, [[]], {"a": None}, "", "\x00", "💥" * 300, "1e400", "nan", DEEP)


@pytest.mark.parametrize("method", METHODS)
async def test_odd_arguments(sandbox: SandboxProcess, method: str) -> None:
    head = {"Authorization": f"Bearer {BOT_TOKEN}"}
    url = sandbox.api_url + method
    fine = {"channel": "C0SUPPORT", "text": "x", "user": "U0MAYA", "name": "eyes"}
    async with aiohttp.ClientSession(headers=head) as web:
        bodies: list[dict[str, Any]] = [dict.fromkeys(NAMES, odd) for odd in ODD]
        bodies += [{**fine, name: odd} for name in NAMES for odd in ODDEST]
        for body in bodies:
            async with web.post(url, json=body) as response:
                assert response.status == 200, body
                answer = await response.json()
            assert answer["ok"] or isinstance(answer["error"], str), body


@pytest.mark.parametrize(
    "do", ["post", "edit", "react", "click", "select", "submit", "command", "shortcut", "open_dm"]
)
async def test_odd_acts(sandbox: SandboxProcess, do: str) -> None:
    odds: tuple[Any, ...] = (None, *ODD)
    for odd in odds:
        names = (
            "channel",
            "text",
            "ts",
            "thread_ts",
            "name",
            "action_id",
            "view_id",
            "values",
            "callback_id",
        )
        answer = await sandbox.try_act("U0MAYA", do, **dict.fromkeys(names, odd))
        assert answer["ok"] or isinstance(answer["error"], str)
        fine = {"channel": "C0SUPPORT", "text": "x"}
        answer = await sandbox.try_act("U0MAYA", do, **{**dict.fromkeys(names, odd), **fine})
        assert answer["ok"] or isinstance(answer["error"], str)
    wrong: tuple[Any, ...] = ([], {"as": []}, {"as": "U0MAYA", "do": {}}, {"as": "U0COPILOT", "do": do})
    for body in wrong:
        async with sandbox.session.post(sandbox.control_url + "/act", json=body) as response:
            assert response.status == 200
            assert (await response.json())["ok"] is False
