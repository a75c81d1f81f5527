"""The local workspace draws every emoji that the app writes, also on machines without an emoji font."""

from __future__ import annotations

import re

import emoji
import pytest

from tests.support.sandbox import ROOT

PAGE = ROOT / "sandbox" / "page"
ROOMS = ("bot", "cases", "commands", "copilot", "flows", "views")
DRAWN = set(re.findall(r': "([^"]+)",', (PAGE / "js" / "emojidata.js").read_text()))


def bare(char: str) -> str:
    """Without the mark that asks for colour."""
    return char.replace("\ufe0f", "")


def written() -> set[str]:
    """Every emoji in the code of what people read."""
    files = [path for room in ROOMS for path in (ROOT / room).rglob("*.py")]
    lines = [line for path in files for line in path.read_text().splitlines() if not line.isascii()]
    return {bare(found["emoji"]) for found in emoji.emoji_list("\n".join(lines))}


WRITTEN = written()


def test_there_are_emoji() -> None:
    assert {"📨", "🧩", "👁"} <= WRITTEN


@pytest.mark.parametrize("char", sorted(WRITTEN))
def test_the_page_knows_and_draws_it(char: str) -> None:
    assert char in {bare(each) for each in DRAWN}
    assert (PAGE / "emoji" / f"{ord(char[0]):x}.svg").exists()
