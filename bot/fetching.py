"""Agents' files on their way to a customer: fetched from Slack before anybody is asked to approve them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import structlog

from bot.web.errors import FileTooLarge, NoRoom
from bot.web.uploads import FileStore
from bot.workspace import Workspace
from cases.errors import Unavailable
from cases.files import MAX_FILES, Attached, Files, LeftOut, is_refused
from channels.webchat import clean_file_name

_SECONDS = 60.0
_CHUNK = 256 * 1024

log = structlog.get_logger(__name__)


class Refused(Exception):
    """Slack did not give the file out."""


async def fetch(slack: Workspace, store: FileStore, known: Mapping[str, Attached], message: Any) -> Files:
    """The files of a Slack message, each in our store or left out with the reason.

    ``known`` are those that were fetched before, by Slack's id.
    """
    attached: list[Attached] = []
    left_out: list[LeftOut] = []
    for file in message.get("files") or ():
        if file.get("mode") == "tombstone":
            continue
        name = str(file.get("name") or file.get("title") or "file")
        why = _refusal(file, name, store.max_bytes, len(attached))
        if why is None:
            found = known.get(file["id"]) or await _fetch(slack, store, file, name)
            if isinstance(found, Attached):
                attached.append(found)
                continue
            why = found
        left_out.append(LeftOut(name, why))
    return Files(attached, left_out)


def _refusal(file: Any, name: str, limit: int, count: int) -> str | None:
    if (
        file.get("is_external")
        or not file.get("url_private_download")
        or file.get("mode") == "hidden_by_limit"
    ):
        return "elsewhere"
    if is_refused(clean_file_name(name)):
        return "type"
    if int(file.get("size") or 0) > limit:
        return "large"
    return "many" if count >= MAX_FILES else None


async def _fetch(slack: Workspace, store: FileStore, file: Any, name: str) -> Attached | str:
    try:
        async with aclosing(_content(slack, str(file["url_private_download"]))) as content:
            kept = await store.keep(content, name, file.get("mimetype"))
    except FileTooLarge:
        return "large"
    except (Refused, NoRoom, Unavailable, aiohttp.ClientError, TimeoutError) as error:
        log.warning("fetching.failed", file=file["id"], error=type(error).__name__)
        return "failed"
    return Attached(kept.uuid, kept.name, kept.mime, kept.size, kept.sha256, str(file["id"]))


async def _content(slack: Workspace, url: str) -> AsyncGenerator[bytes]:
    """The bytes of a file, only from Slack's own hosts and never by a redirect: our token goes along."""
    if not slack.is_own_address(url):
        raise Refused(urlsplit(url).hostname)
    assert slack.client.session is not None
    headers = {"Authorization": f"Bearer {slack.client.token}"}  # not translated
    timeout = aiohttp.ClientTimeout(total=_SECONDS)
    session = slack.client.session
    async with session.get(url, headers=headers, allow_redirects=False, timeout=timeout) as answer:
        if answer.status != 200:
            raise Refused(answer.status)
        async for chunk in answer.content.iter_chunked(_CHUNK):
            yield chunk
