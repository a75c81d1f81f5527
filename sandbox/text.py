"""Message text as Slack stores it: escaped, links in angle brackets, and typed text also as rich text."""

import re
from typing import Any

TOKEN = re.compile(
    r"<(?:@(?P<user>[UW][A-Z0-9]+)(?:\|[^<>]*)?"
    r"|#(?P<channel>[CG][A-Z0-9]+)(?:\|[^<>]*)?"
    r"|!(?P<special>[a-z]+)(?:\|[^<>]*)?"
    r"|!subteam\^(?P<group>S[A-Z0-9]+)(?:\|[^<>]*)?"
    r"|(?P<date>!date\^[^<>]+)"
    r"|(?P<link>(?:https?://|mailto:)[^<>|\s]+)(?:\|(?P<label>[^<>]*))?)>"
    r"|(?P<bare>https?://[^\s<>|]+[^\s<>|.,;:!?'\")\]])"
)
ENTITY = re.compile(r"&(?!amp;|lt;|gt;)")
USER_MENTION = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^<>]*)?>")


def escape(text: str) -> str:
    """The three characters Slack escapes; source: Slack's guide to formatting text."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def stored(text: str, *, typed: bool) -> str:
    """Text as it comes back from the API.

    A person types plain characters; an app sends text that is already escaped, so its entities stay.
    Mentions and links keep their angle brackets, a bare web address gets them.
    """
    if not any(mark in text for mark in ("&", "<", ">", "http")):
        return text
    parts: list[str] = []
    end = 0
    for match in TOKEN.finditer(text):
        parts.append(_plain(text[end : match.start()], typed))
        bare = match["bare"]
        parts.append(f"<{_plain(bare, typed)}>" if bare else match[0])
        end = match.end()
    parts.append(_plain(text[end:], typed))
    return "".join(parts)


def _plain(text: str, typed: bool) -> str:
    if typed:
        return escape(text)
    return ENTITY.sub("&amp;", text).replace("<", "&lt;").replace(">", "&gt;")


def rich_text(text: str, block_id: str) -> dict[str, Any]:
    """The rich_text block Slack makes of what a person typed."""
    elements: list[dict[str, Any]] = []
    end = 0
    for match in TOKEN.finditer(text):
        if match.start() > end:
            elements.append({"type": "text", "text": text[end : match.start()]})
        elements.append(_element(match))
        end = match.end()
    if end < len(text):
        elements.append({"type": "text", "text": text[end:]})
    section = {"type": "rich_text_section", "elements": elements}
    return {"type": "rich_text", "block_id": block_id, "elements": [section]}


def _element(match: re.Match[str]) -> dict[str, Any]:
    if match["user"]:
        return {"type": "user", "user_id": match["user"]}
    if match["channel"]:
        return {"type": "channel", "channel_id": match["channel"]}
    if match["group"]:
        return {"type": "usergroup", "usergroup_id": match["group"]}
    if match["date"]:
        return {"type": "text", "text": match[0]}
    if match["special"]:
        return {"type": "broadcast", "range": match["special"]}
    link = {"type": "link", "url": match["link"] or match["bare"]}
    return {**link, "text": match["label"]} if match["label"] else link


def mentions(text: str, user_id: str) -> bool:
    return f"<@{user_id}" in text and user_id in USER_MENTION.findall(text)
