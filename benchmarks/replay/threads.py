"""Taking a case's thread apart, as the control side of the sandbox shows it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from benchmarks.replay.audit import Entry

Json = dict[str, Any]
_MARK = re.compile(r"^m:([0-9a-f-]{32,36}):(\d+)")
_TOKEN = re.compile(r"<([^<>|]*)(?:\|([^<>]*))?>")
SENT_MARK = "incoming_envelope"
CLOSED = "Closed"


def block_text(block: Json) -> str:
    """The plain text of a rich_text or section block."""
    if block["type"] == "section":
        return to_plain(str((block.get("text") or {}).get("text", "")))
    return "".join(_texts(block.get("elements") or []))


def _texts(elements: Sequence[Json]) -> Iterator[str]:
    for element in elements:
        if "elements" in element:
            yield from _texts(element["elements"])
        else:
            yield element.get("text") or element.get("url") or ""


def to_plain(markup: str) -> str:
    """A Slack message's ``text`` as its author typed it."""
    text = _TOKEN.sub(lambda token: token[2] or token[1], markup)
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def parts_of(message: Json) -> list[tuple[str, int, str]]:
    """(message id, part, text) of each mirrored block of a post."""
    found = []
    for block in message.get("blocks") or []:
        mark = _MARK.match(block.get("block_id") or "")
        if mark:
            found.append((mark[1].replace("-", ""), int(mark[2]), block_text(block)))
    return found


def is_app(message: Json) -> bool:
    """Whether the app posted it."""
    return bool(message.get("bot_id"))


def entries(thread: Sequence[Json]) -> list[Entry]:
    """What was said in a thread (root and replies, oldest first), without the app's own remarks.

    Parts of one message are joined; a part that stands there twice begins another message.
    """
    said: list[Entry] = []
    open_id, next_part = "", 0
    for message in thread:
        if not is_app(message):
            if "thread_ts" in message and "subtype" not in message:
                said.append(("agent", to_plain(message["text"]).strip()))
            continue
        role = "agent" if _is_sent(message) else "customer"
        for message_id, part, text in parts_of(message):
            if (message_id, part) == (open_id, next_part) and said and part:
                said[-1] = (role, said[-1][1] + text)
            else:
                said.append((role, text))
            open_id, next_part = message_id, part + 1
    return [(role, text.strip()) for role, text in said]


def _is_sent(message: Json) -> bool:
    """Whether this post of the app shows what went to the customer."""
    return "sent to the customer" in small_print(message).lower()


def small_print(message: Json) -> str:
    """The words of a post's context blocks."""
    return "\n".join(
        element.get("text", "")
        for block in message.get("blocks") or []
        if block["type"] == "context"
        for element in block["elements"]
    )


def reference_of(root: Json) -> str:
    """The reference of the case whose card this is: the first word of its text."""
    return str(root.get("text", "")).partition(" ")[0]


def goes_on_in(root: Json, reference: str) -> bool:
    """Whether a case's card says that it was merged into the case of that reference."""
    return bool(re.search(rf"goes on in {re.escape(reference)}(?!\d)", small_print(root)))


def unmarked(thread: Sequence[Json], bot_user: str) -> int:
    """How many of the people's messages in a thread lack the app's 📨."""
    return sum(
        not is_app(message)
        and "thread_ts" in message
        and "subtype" not in message
        and not any(
            reaction["name"] == SENT_MARK and bot_user in reaction["users"]
            for reaction in message.get("reactions") or []
        )
        for message in thread
    )


def card_says_closed(root: Json) -> bool:
    """Whether a case's card shows the status Closed."""
    fields = [field["text"] for block in root.get("blocks") or [] for field in block.get("fields") or []]
    return any(text.startswith("*Status*") and CLOSED in text for text in fields)


def is_card_of(message: Json, reference: str) -> bool:
    """Whether a post is the card of the case with that reference."""
    return (
        is_app(message)
        and message.get("thread_ts") in (None, message["ts"])
        and str(message.get("text", "")).startswith(f"{reference} ")
    )
