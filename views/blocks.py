"""Small pieces of Block Kit, safe for text that comes from outside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from cases import formats
from cases.language import ngettext
from cases.messages import reference
from cases.reader import reader
from cases.text import escape, one_line, show_invisible, split

Block = dict[str, Any]

HEADER_TEXT = 150
"""Characters of a header block (Slack)."""
SECTION_TEXT = 3_000
"""Characters of a section block (Slack)."""


def mrkdwn(text: str) -> Block:
    """A text object in Slack's markup that links nothing by itself."""
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def plain(text: str) -> Block:
    """A text object in which nothing is markup."""
    return {"type": "plain_text", "text": text, "emoji": True}


def section(text: str) -> Block:
    """One paragraph in Slack's markup."""
    return {"type": "section", "text": mrkdwn(text)}


def sections(lines: Sequence[str]) -> list[Block]:
    """Lines in Slack's markup, in as few paragraphs as their length allows."""
    packed = [lines[0]]
    for line in lines[1:]:
        if len(packed[-1]) + 1 + len(line) <= SECTION_TEXT:
            packed[-1] += "\n" + line
        else:
            packed.append(line)
    return [section(text) for text in packed]


def context(*elements: Block) -> Block:
    """A line of small print."""
    return {"type": "context", "elements": list(elements)}


def words(text: str) -> Block:
    """Somebody's words to the letter: they can neither ping nor link nor format."""
    return {
        "type": "rich_text",
        "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}],
    }


def button(text: str, action: str, value: str, *, style: str | None = None) -> Block:
    """A button; ``style`` is None, "primary" or "danger"."""
    made: Block = {"type": "button", "text": plain(text), "action_id": action, "value": value}
    return made | {"style": style} if style else made


def link_button(text: str, action: str, url: str) -> Block:
    """A button that opens an address; Slack tells us of the click all the same."""
    return {"type": "button", "text": plain(text), "action_id": action, "url": url}


def name(text: str, limit: int = 80) -> str:
    """A person's name for Slack's markup: escaped, on one line of ``limit`` characters, nothing invisible."""
    return escape(one_line(show_invisible(" ".join(text.split())), limit))


def squeezed(said: str, limit: int) -> str:
    """Somebody's words for Slack's markup, in ``limit`` characters and a fifth more, nothing invisible."""
    # Spelled out first: one sign that nobody sees becomes nine; and `&` becomes five.
    line = one_line(show_invisible(said), limit)
    kept = split(line, limit + limit // 5)[0]
    return escape(line if kept == line else f"{kept}…")


def case_link(number: int, url: str | None) -> str:
    """A case's reference, linked to its thread where that is known."""
    return f"<{url}|{reference(number)}>" if url else reference(number)


def when(moment: datetime) -> str:
    """A moment that Slack writes for each reader in their own zone and customs."""
    fallback = f"{formats.moment(moment)} {moment.astimezone(reader().zone).tzname()}"
    return f"<!date^{int(moment.timestamp())}^{{date_short_pretty}} {{time}}|{fallback}>"


def clock_time(moment: datetime) -> str:
    """The time of day in the reader's own zone and customs; with the date in places that show no date."""
    fallback = f"{formats.clock_time(moment)} {moment.astimezone(reader().zone).tzname()}"
    return f"<!date^{int(moment.timestamp())}^{{time}}|{fallback}>"


def file_line(file: Mapping[str, Any]) -> str:
    """A file in one line of plain text: its name, complete but for its length, and size."""
    return one_line(f"📎 {show_invisible(file['name'])} · {size(file['size'])}", 200)


def size(count: int) -> str:
    """A file's size for people: bytes, kB or MB of a thousand each."""
    if count < 1000:
        return ngettext("{count} byte", "{count} bytes", count)
    if count < 1_000_000:
        return f"{formats.number(count / 1000, 0)} kB"
    return f"{formats.number(count / 1_000_000, 1)} MB"
