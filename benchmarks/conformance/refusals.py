"""What Slack refuses, and in which word: a line each."""

from __future__ import annotations

from typing import Any

from benchmarks.conformance.checks import check
from benchmarks.conformance.verdicts import same, true
from benchmarks.conformance.workspace import ANN, BEN, BOT, CLOSED, DESK
from benchmarks.conformance.world import World

NOWHERE = "C0NOWHERE"
POST = "chat.postMessage"
DIVIDERS = [{"type": "divider"}]
HOME = {"type": "home", "blocks": DIVIDERS}

REFUSED: list[tuple[str, dict[str, Any], str]] = [
    (POST, {"channel": NOWHERE, "text": "x"}, "channel_not_found"),
    (POST, {"channel": "C0HIDDEN", "text": "x"}, "channel_not_found"),
    (POST, {"channel": CLOSED, "text": "x"}, "not_in_channel"),
    (POST, {"channel": DESK}, "no_text"),
    (POST, {"channel": DESK, "text": " "}, "no_text"),
    (POST, {"channel": DESK, "text": "x", "thread_ts": "1.000001"}, "thread_not_found"),
    (POST, {"channel": DESK, "text": "x", "markdown_text": "y"}, "markdown_text_conflict"),
    (POST, {"channel": DESK, "blocks": DIVIDERS, "markdown_text": "y"}, "markdown_text_conflict"),
    (POST, {"channel": DESK, "markdown_text": "y" * 12_001}, "msg_too_long"),
    (POST, {"channel": DESK, "text": "x", "blocks": "{"}, "invalid_blocks_format"),
    (POST, {"channel": DESK, "text": "x", "blocks": [{"type": "confetti"}]}, "invalid_blocks"),
    (POST, {"channel": DESK, "text": "x", "metadata": {"event_type": 1}}, "invalid_metadata_format"),
    (POST, {"channel": DESK, "text": "x", "attachments": [{}] * 101}, "too_many_attachments"),
    ("chat.update", {"channel": DESK, "ts": "1.000001", "text": "x"}, "message_not_found"),
    ("chat.delete", {"channel": DESK, "ts": "1.000001"}, "message_not_found"),
    ("chat.postEphemeral", {"channel": DESK, "user": "U0NO", "text": "x"}, "user_not_found"),
    ("chat.postEphemeral", {"channel": "C0INNER", "user": BEN, "text": "x"}, "user_not_in_channel"),
    ("chat.getPermalink", {"channel": DESK, "message_ts": "1.000001"}, "message_not_found"),
    ("chat.scheduleMessage", {"channel": DESK, "text": "x", "post_at": 1}, "time_in_past"),
    ("chat.scheduleMessage", {"channel": DESK, "text": "x", "post_at": 9_999_999_999}, "time_too_far"),
    ("chat.appendStream", {"channel": DESK, "ts": "1.000001", "markdown_text": "x"}, "message_not_found"),
    ("conversations.history", {"channel": CLOSED}, "not_in_channel"),
    ("conversations.history", {"channel": DESK, "cursor": "!"}, "invalid_cursor"),
    ("conversations.history", {"channel": DESK, "limit": "many"}, "invalid_limit"),
    ("conversations.history", {"channel": DESK, "oldest": "soon"}, "invalid_ts_oldest"),
    ("conversations.replies", {"channel": DESK, "ts": "1.000001"}, "thread_not_found"),
    ("conversations.info", {"channel": NOWHERE}, "channel_not_found"),
    ("conversations.list", {"types": "public"}, "invalid_types"),
    ("conversations.create", {"name": "Not Plain"}, "invalid_name_specials"),
    ("conversations.invite", {"channel": DESK, "users": ANN}, "already_in_channel"),
    ("conversations.kick", {"channel": DESK, "user": BOT}, "cant_kick_self"),
    ("conversations.setTopic", {"channel": DESK, "topic": "x" * 251}, "too_long"),
    ("conversations.unarchive", {"channel": DESK}, "not_archived"),
    ("reactions.add", {"channel": DESK, "timestamp": "1.000001", "name": "eyes"}, "message_not_found"),
    ("reactions.add", {"channel": DESK, "name": "eyes"}, "no_item_specified"),
    ("reactions.add", {"channel": DESK, "timestamp": "1.000001", "name": "No name"}, "invalid_name"),
    ("users.info", {"user": "U0NO"}, "user_not_found"),
    ("usergroups.users.list", {"usergroup": "S0NO"}, "no_such_subteam"),
    ("usergroups.users.update", {"usergroup": "S0LEADS", "users": "U0NO"}, "invalid_users"),
    ("views.open", {"view": HOME, "trigger_id": "1.2.3"}, "invalid_arguments"),
    ("views.publish", {"user_id": "U0NO", "view": HOME}, "user_not_found"),
    ("files.info", {"file": "F0NO"}, "file_not_found"),
    (
        "files.getUploadURLExternal",
        {"filename": "x", "length": 1, "alt_txt": "x" * 1_001},
        "alt_txt_too_large",
    ),
    ("bookmarks.add", {"channel_id": DESK, "title": "x", "type": "link", "link": "no"}, "invalid_link"),
    ("agents.sessions.setStatus", {"channel_id": DESK, "status": "active"}, "thread_ts_required"),
    (
        "assistant.threads.setStatus",
        {"channel_id": DESK, "thread_ts": "1.1", "status": "x"},
        "invalid_thread_ts",
    ),
    ("chat.shout", {}, "unknown_method"),
]


def _refusal(name: str, arguments: dict[str, Any], error: str) -> None:
    @check("refusal", name, error)
    async def _(w: World) -> None:
        await w.refused(w.client.api_call(name, json=arguments), error)


for _name, _arguments, _error in REFUSED:
    _refusal(_name, _arguments, _error)


@check("refusal", "tokens", "not_authed, invalid_auth, not_allowed_token_type, token_revoked")
async def _(w: World) -> None:
    await w.refused(w.another_client("").auth_test(), "not_authed")
    await w.refused(w.another_client("xoxb-wrong").auth_test(), "invalid_auth")
    await w.refused(w.another_client("xapp-conformance").auth_test(), "not_allowed_token_type")
    await w.do("revoke_token")
    await w.refused(w.client.auth_test(), "token_revoked")
    await w.do("restore_token")
    true((await w.client.auth_test())["ok"], "not restored")


@check("refusal", "chat.update", "cant_update_message, edits of others")
async def _(w: World) -> None:
    ts = (await w.act(ANN, "post", channel=DESK, text="mine"))["ts"]
    await w.refused(w.client.chat_update(channel=DESK, ts=ts, text="x"), "cant_update_message")


@check("refusal", "invalid_blocks", "names each problem with a JSON pointer, twice")
async def _(w: World) -> None:
    section = {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3_001}}
    answer = await w.refused(
        w.client.chat_postMessage(channel=DESK, text="x", blocks=[section]), "invalid_blocks"
    )
    problem = "must be less than 3001 characters [json-pointer:/blocks/0/text/text]"
    same(answer["errors"], [problem])
    same(answer["response_metadata"]["messages"], [f"[ERROR] {problem}"])


@check("refusal", "arguments", "come as query, form or JSON; JSON in text is read; broken JSON is refused")
async def _(w: World) -> None:
    url, head = f"{w.api_url}chat.postMessage", {"Authorization": "Bearer xoxb-conformance"}
    blocks = '[{"type":"divider"}]'
    async with w.session.post(url, data={"channel": DESK, "blocks": blocks}, headers=head) as answer:
        same((await answer.json())["ok"], True)
    async with w.session.get(url, params={"channel": DESK, "text": "x"}, headers=head) as answer:
        same((await answer.json())["ok"], True)
    kind = {**head, "Content-Type": "application/json"}
    async with w.session.post(url, data=b"{", headers=kind) as answer:
        same((await answer.json())["error"], "invalid_json")
