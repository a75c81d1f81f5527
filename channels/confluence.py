"""Pages of a Confluence space as articles: Cloud by its REST API v2, Data Center by `rest/api/content`.

https://developer.atlassian.com/cloud/confluence/rest/v2/ and
https://developer.atlassian.com/server/confluence/pagination-in-the-rest-api say how they answer.
"""

from __future__ import annotations

import html
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cases.articles import MAX_TITLE, Article
from cases.errors import ConfigError
from channels.fetch import Fetch, Unreadable, part
from channels.markup import DEPTH, MAX_CHARACTERS, Token, markdown, plain, tokens

_AT_ONCE = "50"
"""Pages in one answer."""
_MOST_ANSWERS = 2_000

_BOXES = {"info", "note", "warning", "tip", "panel", "expand"}
_SILENT = {
    "ac:parameter",
    "ac:task-id",
    "ac:task-uuid",
    "ac:task-status",
    "ac:placeholder",
    "ac:adf-node",
    "ac:adf-attribute",
    "ac:adf-content",
    "ac:image",
}


async def articles(
    fetch: Fetch,
    base: str,
    space: str,
    *,
    cloud: bool,
    language: str,
    progress: Callable[[int], None] = lambda read: None,
) -> list[Article]:
    """All current pages of a space, or an error; for the company's own people, not for customers.

    ``progress`` hears how many were read. Raises ConfigError when nobody shows us such a space, and what
    ``fetch`` raises.
    """
    found: dict[str, Article] = {}
    async for page in _cloud(fetch, space) if cloud else _data_center(fetch, space):
        article = _article(page, base, language)
        found[article.external_id] = article
        progress(len(found))
    if not found:
        raise ConfigError(f"The space {space} has no pages, or none that these credentials may read.")
    return list(found.values())


async def _cloud(fetch: Fetch, space: str) -> AsyncIterator[Any]:
    answer = await fetch("api/v2/spaces", {"keys": space, "limit": "1"})
    number = part((_results(answer.value) or [None])[0], "id")
    if not isinstance(number, str | int):
        raise ConfigError(f"Confluence shows us no space {space}: check its key, and who may read it.")
    query = {"space-id": str(number), "status": "current", "body-format": "storage", "limit": _AT_ONCE}
    cursors: set[str] = set()
    while True:
        answer = await fetch("api/v2/pages", query)
        for page in _results(answer.value):
            yield page
        following = part(answer.value, "_links", "next")
        if not following:
            return
        # Only the cursor is taken: a link may lead anywhere.
        cursor = parse_qs(urlsplit(str(following)).query).get("cursor", [""])[0]
        if not cursor or cursor in cursors or len(cursors) >= _MOST_ANSWERS:
            raise Unreadable("Confluence does not say where its list of pages goes on.")
        cursors.add(cursor)
        query = query | {"cursor": cursor}


async def _data_center(fetch: Fetch, space: str) -> AsyncIterator[Any]:
    start = 0
    for _answer in range(_MOST_ANSWERS):
        query = {
            "spaceKey": space,
            "type": "page",
            "status": "current",
            "expand": "body.storage",
            "limit": _AT_ONCE,
            "start": str(start),
        }
        answer = await fetch("rest/api/content", query)
        pages = _results(answer.value)
        for page in pages:
            yield page
        start += len(pages)
        if not pages or not part(answer.value, "_links", "next"):
            return
    raise Unreadable("Confluence does not say where its list of pages ends.")


def _results(value: object) -> list[Any]:
    results = part(value, "results")
    if not isinstance(results, list):
        raise Unreadable("Confluence answered something else than a list; is the address right?")
    return results


def _article(page: object, base: str, language: str) -> Article:
    number, title = part(page, "id"), part(page, "title")
    body = part(page, "body", "storage", "value")
    if not isinstance(number, str | int) or not isinstance(title, str) or not isinstance(body, str):
        raise Unreadable("Confluence answered a page without id, title or text.")
    where = part(page, "_links", "webui")
    url = base.rstrip("/") + where if isinstance(where, str) and where.startswith("/") else None
    named = plain(html.escape(title))[:MAX_TITLE] or str(number)
    return Article(str(number), named, markdown(as_html(body)), language, url, public=False)


@dataclass(slots=True)
class _Frame:
    """An element of Confluence's own that is not closed yet."""

    tag: Token
    said: list[str] = field(default_factory=list)
    parameters: dict[str, str] = field(default_factory=dict)
    target: str = ""
    """The title of the page, or the name of the file, to which it leads."""


def as_html(storage: str) -> str:
    """Confluence's storage format as plain HTML: macros as what a reader sees of them.

    https://confluence.atlassian.com/doc/confluence-storage-format-790796544.html has its elements.
    """
    frames = [_Frame(Token("open", ""))]
    skipped = 0
    for token in tokens(storage[:MAX_CHARACTERS]):
        if token.kind == "text":
            frames[-1].said.append(token.value)
        elif not token.value.startswith(("ac:", "ri:")):
            frames[-1].said.append(_again(token))
        elif token.kind == "empty":
            _refer(frames[-1], token)
        elif token.kind == "open":
            _refer(frames[-1], token)
            if len(frames) > DEPTH:
                skipped += 1
            else:
                frames.append(_Frame(token))
        elif skipped:
            skipped -= 1
        elif frames[-1].tag.value == token.value:
            _finish(frames)
    while len(frames) > 1:
        _finish(frames)
    return "".join(frames[0].said)


def _again(token: Token) -> str:
    slash, end = ("/", "") if token.kind == "close" else ("", "/" if token.kind == "empty" else "")
    return f"<{slash}{token.value}{token.attributes}{end}>"


def _refer(frame: _Frame, token: Token) -> None:
    """What an element says by its attributes alone."""
    title = token.attribute("ri:content-title") or token.attribute("ri:filename")
    if token.value in {"ri:page", "ri:blog-post", "ri:attachment"} and title:
        frame.target = title
    elif token.value == "ac:emoticon":
        frame.said.append(html.escape(token.attribute("ac:emoji-fallback") or ""))


def _finish(frames: list[_Frame]) -> None:
    """Close the innermost element: what is to be seen of it goes to the one around it."""
    frame = frames.pop()
    said, around = "".join(frame.said), frames[-1]
    if frame.tag.value == "ac:parameter":
        around.parameters[frame.tag.attribute("ac:name") or ""] = said
    if frame.tag.value not in _SILENT:
        around.said.append(_shown(frame, said))


def _shown(frame: _Frame, said: str) -> str:
    match frame.tag.value:
        case "ac:structured-macro" | "ac:macro":
            return _macro(frame.tag.attribute("ac:name") or "", frame.parameters, said)
        case "ac:link":
            return said if said.strip() else html.escape(frame.target)
        case "ac:task-list":
            return f"<ul>{said}</ul>"
        case "ac:task":
            return f"<li>{said}</li>"
        case "ac:layout-cell" | "ac:layout-section":
            return f"<div>{said}</div>"
        case _:
            return said


def _macro(name: str, parameters: dict[str, str], said: str) -> str:
    title = parameters.get("title", "")
    match name:
        case "code" | "noformat":
            return f"<pre>{said}</pre>"
        case "status":
            return title
        case "jira":
            return parameters.get("key", "")
        case _ if name in _BOXES:
            head = f"<p><b>{title}</b></p>" if title else ""
            return f"<blockquote>{head}{said}</blockquote>"
        case _:
            return said
