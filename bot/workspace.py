"""The only code that writes to Slack."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from cases.reader import Reader, reader_of
from cases.reader import reader as current_reader
from views.blocks import Block
from views.plain import mentioned_users, to_plain
from views.thread import Rendered

REQUEST_TIMEOUT = 4.0
"""Seconds that a request may take: shorter than the poster's wait before it looks for a lost post."""

UPLOAD_TIMEOUT = 60.0
"""Seconds that the bytes of a file may take."""

METADATA_EVENT = "cx_post"

_ANYBODY = Reader()
_MEMBER_SECONDS = 300.0
TOKEN_REFUSED = frozenset(
    {"token_revoked", "token_expired", "invalid_auth", "not_authed", "account_inactive", "team_disabled"}
)
"""What Slack says of a token that no longer counts."""
ROOM_REFUSED = frozenset({"not_in_channel", "is_archived", "channel_not_found", "user_not_in_channel"})
"""What Slack says of a channel in which the app may not act now."""
_PASSING = frozenset({"ratelimited", "rate_limited", "accesslimited", "missing_scope", "ekm_access_denied"})
_UNCLEAR = frozenset({"fatal_error", "internal_error", "service_unavailable", "request_timeout", "timeout"})


@dataclass(frozen=True, slots=True)
class Posted:
    """Slack took it; ``ts`` is where it stands."""

    ts: str


@dataclass(frozen=True, slots=True)
class Taken:
    """Slack took it, and will show it; where is not known yet."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Slack surely did not take it."""

    error: str
    retry_after: float | None = None
    """Seconds that Slack asked to wait."""


@dataclass(frozen=True, slots=True)
class Unclear:
    """Nobody knows whether Slack took it."""

    error: str


log = structlog.get_logger(__name__)

Outcome = Posted | Refused | Unclear


@dataclass(frozen=True, slots=True)
class Member:
    """A person of the workspace."""

    id: str
    name: str
    full: bool
    """Not a guest, not a bot, not deactivated, not from another workspace."""
    admin: bool
    """Administers or owns the workspace."""
    reader: Reader = _ANYBODY
    """In which language and time zone they read."""


def error_code(error: SlackApiError) -> str:
    """Slack's own word for what is wrong; empty where the answer was no JSON, as with HTTP 500."""
    data = getattr(error.response, "data", None)
    return str(data.get("error", "")) if isinstance(data, dict) else ""


def _status_of(error: SlackApiError) -> int:
    # The SDK gives its own response, or aiohttp's when the body could not be read.
    return int(getattr(error.response, "status_code", None) or getattr(error.response, "status", 0) or 0)


def outcome_of(error: Exception) -> Refused | Unclear:
    """What a failed call tells about its effect."""
    if isinstance(error, SlackApiError):
        status, code = _status_of(error), error_code(error)
        if status == 429:
            return Refused("ratelimited", float(error.response.headers.get("Retry-After", 1)))
        if code and code not in _UNCLEAR and status < 500:
            return Refused(code)
        return Unclear(code or f"HTTP {status}")  # not translated
    if isinstance(error, aiohttp.ClientConnectorError):
        return Refused("Slack cannot be reached")  # not translated
    return Unclear(type(error).__name__)


def can_pass(error: Exception) -> bool:
    """Whether a failed call may work later, by itself or once somebody has mended what Slack complains of.

    What Slack refuses for what the call says (``invalid_blocks``, ``message_not_found``) it refuses always.
    """
    if not isinstance(error, SlackApiError):
        return True
    code, status = error_code(error), _status_of(error)
    passing = TOKEN_REFUSED | ROOM_REFUSED | _PASSING | _UNCLEAR
    return not code or code in passing or status == 429 or status >= 500


class Workspace:
    """One Slack workspace as the bot sees it."""

    url = ""
    """The workspace's own address, as auth.test says."""

    def __init__(self, client: AsyncWebClient, team: str, bot_user: str, bot: str) -> None:
        self.client = client
        self.team = team
        self.bot_user = bot_user
        self.bot = bot
        self._members: dict[str, tuple[float, Member]] = {}

    async def post(self, channel: str, thread_ts: str | None, rendered: Rendered, post: UUID) -> Outcome:
        """Post once, without any retry; ``post`` travels along so that it can be found again."""
        arguments: dict[str, Any] = {
            "channel": channel,
            "text": rendered.text,
            "blocks": rendered.blocks,
            "metadata": {"event_type": METADATA_EVENT, "event_payload": {"post": str(post)}},
            "unfurl_links": False,
            "unfurl_media": False,
            "link_names": False,
        }
        if thread_ts:
            arguments |= {"thread_ts": thread_ts, "reply_broadcast": rendered.broadcast}
        if rendered.username:
            arguments |= {"username": rendered.username, "icon_emoji": rendered.icon}
        return await self._outcome("chat.postMessage", arguments)

    async def start_stream(
        self, channel: str, thread_ts: str, head: Block, words: str, reader: str | None
    ) -> Outcome:
        """Begin a post that grows: ``head``, then ``words`` in Markdown; once, without any retry.

        ``reader`` is for whom it is written, which Slack wants to know outside of direct messages.
        """
        arguments: dict[str, Any] = {
            "channel": channel,
            "thread_ts": thread_ts,
            "chunks": [{"type": "blocks", "blocks": [head]}, {"type": "markdown_text", "text": words}],
        }
        if reader:
            arguments |= {"recipient_user_id": reader, "recipient_team_id": self.team}
        return await self._outcome("chat.startStream", arguments)

    async def append_stream(self, channel: str, ts: str, words: str) -> Outcome:
        """More words, in Markdown, for a post that grows; once, without any retry."""
        return await self._outcome(
            "chat.appendStream", {"channel": channel, "ts": ts, "markdown_text": words}
        )

    async def stop_stream(self, channel: str, ts: str, words: str, blocks: list[Block]) -> Outcome:
        """The last words of a post that grows, and blocks below them; once, without any retry."""
        last = {"markdown_text": words} if words else {}
        return await self._outcome("chat.stopStream", {"channel": channel, "ts": ts, "blocks": blocks} | last)

    async def _outcome(self, method: str, arguments: dict[str, Any]) -> Outcome:
        try:
            answer = await self.client.api_call(method, json=arguments)
        except (SlackClientError, aiohttp.ClientError, TimeoutError) as error:
            return outcome_of(error)
        return Posted(str(answer["ts"]))

    async def show_status(self, channel: str, thread_ts: str, status: str, title: str = "") -> None:
        """Show that we are at work in a thread of the agent pane, or no more; a courtesy that may fail."""
        try:
            await self.client.agents_sessions_setStatus(
                channel_id=channel,
                thread_ts=thread_ts,
                status=status,
                **({"title": title} if title else {}),
            )
        except (SlackClientError, aiohttp.ClientError, TimeoutError) as error:
            log.info("workspace.no_status", error=type(error).__name__)

    async def upload(self, path: Path, name: str, size: int) -> str:
        """Bring a file's bytes to Slack, where nobody sees them until they are shared; Slack's id of it.

        Raises FileNotFoundError, and what Slack's client raises.
        """
        with path.open("rb") as content:
            asked = await self.client.api_call(
                "files.getUploadURLExternal", params={"filename": name, "length": size}
            )
            url = str(asked["upload_url"])
            if not self.is_own_address(url):
                raise SlackClientError("Slack gave an address outside of Slack.")
            assert self.client.session is not None
            timeout = aiohttp.ClientTimeout(total=UPLOAD_TIMEOUT)
            headers = {"Content-Type": "application/octet-stream", "Content-Length": str(size)}
            async with self.client.session.post(
                url, data=content, headers=headers, timeout=timeout, allow_redirects=False
            ) as answer:
                if answer.status != 200:
                    raise SlackClientError(f"Slack did not take the bytes: HTTP {answer.status}.")
        return str(asked["file_id"])

    async def share(
        self, channel: str, thread_ts: str | None, rendered: Rendered, files: list[dict[str, str]]
    ) -> Taken | Refused | Unclear:
        """Show uploaded files in a thread, once, without any retry; the post's first block identifies it."""
        arguments = {"files": files, "channel_id": channel, "thread_ts": thread_ts, "blocks": rendered.blocks}
        try:
            await self.client.api_call("files.completeUploadExternal", json=arguments)
        except (SlackClientError, aiohttp.ClientError, TimeoutError) as error:
            return outcome_of(error)
        return Taken()

    async def delete_file(self, slack_file: str) -> None:
        """Delete a file of the app; one that is gone is fine."""
        try:
            await self.client.api_call("files.delete", params={"file": slack_file})
        except SlackApiError as error:
            if error_code(error) not in {"file_not_found", "file_deleted"}:
                raise

    async def find(self, channel: str, thread_ts: str | None, post: UUID, oldest: float) -> str | None:
        """Look for the post ``post`` in its thread, or in the channel; raises when Slack cannot say.

        ``oldest`` is a Unix time in seconds before which it cannot have been posted.
        """
        async for message in self._messages(channel, thread_ts, oldest):
            if post_of(message) == post:
                return str(message["ts"])
        return None

    async def _messages(
        self, channel: str, thread_ts: str | None, oldest: float
    ) -> AsyncIterator[dict[str, Any]]:
        method = "conversations.replies" if thread_ts else "conversations.history"
        arguments: dict[str, Any] = {
            "channel": channel,
            "oldest": f"{oldest:.6f}",
            "limit": 200,
            "include_all_metadata": True,
        }
        if thread_ts:
            arguments["ts"] = thread_ts
        while True:
            answer = await self.client.api_call(method, params=arguments)
            for message in answer.get("messages") or []:
                yield message
            cursor = (answer.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return
            arguments["cursor"] = cursor

    async def message(self, channel: str, ts: str) -> dict[str, Any] | None:
        """One message, in a thread or not, from Slack itself."""
        answer = await self.client.api_call(
            "conversations.replies",
            params={"channel": channel, "ts": ts, "oldest": ts, "latest": ts, "inclusive": True},
        )
        return next((found for found in answer.get("messages") or [] if found.get("ts") == ts), None)

    async def thread(self, channel: str, root: str, latest: str) -> list[dict[str, Any]]:
        """The messages of a thread up to ``latest``, in order."""
        found = [one async for one in self._messages(channel, root, 0.0) if one["ts"] <= latest]
        return sorted(found, key=lambda one: str(one["ts"]))

    def is_own_address(self, url: str) -> bool:
        """Whether ``url`` leads to Slack itself: to the host of its API or of this workspace, or below."""
        asked, api = urlsplit(url), urlsplit(self.client.base_url)
        if asked.scheme != api.scheme or asked.username is not None or asked.hostname is None:
            return False
        if asked.scheme != "https":
            return asked.netloc == api.netloc
        own = {host for host in (api.hostname, urlsplit(self.url).hostname) if host}
        return asked.hostname in own or any(asked.hostname.endswith(f".{host}") for host in own)

    async def update(self, channel: str, ts: str, text: str, blocks: list[Block]) -> None:
        """Replace a message of the app."""
        await self.client.api_call(
            "chat.update", json={"channel": channel, "ts": ts, "text": text, "blocks": blocks}
        )

    async def react(self, channel: str, ts: str, name: str) -> None:
        """Add a reaction; one that is there already is fine."""
        try:
            await self.client.api_call(
                "reactions.add", params={"channel": channel, "timestamp": ts, "name": name}
            )
        except SlackApiError as error:
            if error_code(error) != "already_reacted":
                raise

    async def unreact(self, channel: str, ts: str, name: str) -> None:
        """Take a reaction of the app away; one that is not there is fine."""
        try:
            await self.client.api_call(
                "reactions.remove", params={"channel": channel, "timestamp": ts, "name": name}
            )
        except SlackApiError as error:
            if error_code(error) != "no_reaction":
                raise

    async def whisper(
        self, channel: str, user: str, rendered: Rendered, thread_ts: str | None = None
    ) -> None:
        """Show something to one person only."""
        arguments: dict[str, Any] = {
            "channel": channel,
            "user": user,
            "text": rendered.text,
            "blocks": rendered.blocks,
        }
        if thread_ts:
            arguments["thread_ts"] = thread_ts
        await self.client.api_call("chat.postEphemeral", json=arguments)

    async def answer(self, response_url: str, rendered: Rendered, *, replace: bool) -> None:
        """Answer a click or a command privately; ``replace`` puts it in the clicked message's place.

        An answer is a courtesy: when it cannot be delivered, what was done stays done.
        """
        private = {"response_type": "ephemeral", "replace_original": replace}
        await self._respond(response_url, private, rendered)

    async def replace(self, response_url: str, rendered: Rendered) -> bool:
        """Change the clicked message for everybody by the click's own address, which no method limit slows.

        False when that cannot be; Slack takes five answers to a click, for half an hour.
        """
        return await self._respond(response_url, {"replace_original": True}, rendered)

    async def _respond(self, response_url: str, how: dict[str, Any], rendered: Rendered) -> bool:
        body = how | {"text": rendered.text, "blocks": rendered.blocks}
        assert self.client.session is not None
        try:
            async with self.client.session.post(response_url, json=body) as answer:
                if answer.status == 200:
                    return True
                log.info("workspace.answer_refused", status=answer.status)
        except (aiohttp.ClientError, TimeoutError) as error:
            log.info("workspace.answer_failed", error=type(error).__name__)
        return False

    async def publish_home(self, user: str, view: Block) -> None:
        """Replace somebody's App Home."""
        await self.client.api_call("views.publish", json={"user_id": user, "view": view})

    async def open_view(self, trigger: str, view: Block, *, push: bool = False) -> None:
        """Open a modal, with ``push`` over the one that was clicked in; the trigger lasts 3 s."""
        method = "views.push" if push else "views.open"
        await self.client.api_call(method, json={"trigger_id": trigger, "view": view})

    async def update_view(self, view_id: str, view: Block) -> None:
        """Change an open modal; one that was closed meanwhile is fine."""
        try:
            await self.client.api_call("views.update", json={"view_id": view_id, "view": view})
        except SlackApiError as error:
            if error_code(error) not in {"not_found", "view_not_found"}:
                raise

    async def member(self, user: str) -> Member:
        """A person, remembered for five minutes; somebody whom Slack does not show us is no full member."""
        return await self.find_member(user) or Member(user, user, full=False, admin=False)

    async def find_member(self, user: str) -> Member | None:
        """A person as ``member`` has them; None for somebody whom Slack does not show us."""
        known = self._members.get(user)
        if known and known[0] > time.monotonic():
            return known[1]
        try:
            answer = await self.client.api_call("users.info", params={"user": user, "include_locale": True})
        except SlackApiError as error:
            if error_code(error) in {"user_not_found", "user_not_visible"}:
                return None
            raise
        info = answer["user"]
        profile = info.get("profile") or {}
        member = Member(
            id=user,
            name=profile.get("real_name") or info.get("real_name") or info.get("name") or user,
            full=not any(
                info.get(flag)
                for flag in ("is_restricted", "is_ultra_restricted", "is_bot", "deleted", "is_stranger")
            )
            and info.get("team_id", self.team) == self.team,
            admin=bool(info.get("is_admin") or info.get("is_owner")),
            reader=reader_of(info.get("locale"), info.get("tz")),
        )
        self._members[user] = (time.monotonic() + _MEMBER_SECONDS, member)
        return member

    async def plain(self, markup: str) -> str:
        """What somebody wrote in Slack (``markup``) as plain words, mentioned people by their names."""
        names = {who: (await self.member(who)).name for who in mentioned_users(markup)}
        return to_plain(markup, lambda who: names.get(who, who))

    async def reader(self, user: str) -> Reader:
        """How the person reads; as the team does when Slack cannot say."""
        try:
            return (await self.member(user)).reader
        except (SlackClientError, aiohttp.ClientError, TimeoutError) as error:
            log.info("workspace.reader_unknown", error=type(error).__name__)
            return current_reader()


def post_of(message: dict[str, Any]) -> UUID | None:
    """The id of the post that a message of the app is, from its metadata or its first block."""
    metadata = message.get("metadata") or {}
    if metadata.get("event_type") == METADATA_EVENT:
        return _uuid(metadata.get("event_payload", {}).get("post"))
    blocks = message.get("blocks") or [{}]
    return _uuid(str(blocks[0].get("block_id", "")).rpartition(":")[2])


def _uuid(text: object) -> UUID | None:
    try:
        return UUID(str(text))
    except ValueError:
        return None
