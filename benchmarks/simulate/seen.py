"""The reminders that stood in Slack, and when: read from the posts as they first appeared."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from benchmarks.simulate.clock import Turns
from benchmarks.simulate.eyes import Json, Place
from benchmarks.simulate.rules import Reminder
from benchmarks.simulate.wall import MINUTE, Wall

_LINE = re.compile(r"^⏰ (?P<people>(?:<@\w+> )*)(?P<words>.+)$")
_ROUNDUP = re.compile(r"⏰ \d+ cases? needs? somebody now")
_THREAD = re.compile(r"^\*<https?://[^|>]*/p(\d{10})(\d{6})[^|>]*\|")
"""What begins the paragraph of a case in a round-up: the way to its thread."""
_PERSON = re.compile(r"<@(\w+)>")
_KINDS = {
    "Nobody looks after this case.": "unclaimed",
    "The customer waits for a first answer.": "first_response",
    "The customer waits to hear from us again.": "next_update",
    "The customer was promised a date.": "promise",
    "A reply promised something": "said",
    "The law sets a deadline": "legal",
    "This question waits for an answer.": "department",
    "A reply promised “": "said",
    "A step of its process is late.": "step",
    "Step ": "step",
    "The customer has not answered.": "silent",
    "The customer has their answer.": "close",
}


def seen(
    posts: Mapping[Place, Json], cases: Mapping[str, str], turns: Turns, wall: Wall
) -> list[tuple[Reminder, str]]:
    """Each line of each reminder, with the ts of its post. ``cases`` is the case of each thread."""
    found = []
    for (channel, ts), message in posts.items():
        thread = str(message.get("thread_ts"))
        if not message.get("bot_id") or (thread not in cases and not _is_roundup(message)):
            continue
        minute = wall.moment(turns.business(float(ts))) // MINUTE
        for line in _lines(message):
            if link := _THREAD.match(line):
                thread = f"{link[1]}.{link[2]}"
            elif match := _LINE.match(line):
                people = tuple(sorted(_PERSON.findall(match["people"])))
                kind = _kind(match["words"])
                found.append((Reminder(cases[thread], minute, channel, thread, kind, people), ts))
    return found


def _is_roundup(message: Json) -> bool:
    """Whether it says in the channel what is due in many of its threads."""
    return "thread_ts" not in message and bool(_ROUNDUP.match(str(message.get("text"))))


def _lines(message: Json) -> Sequence[str]:
    blocks = [block for block in message.get("blocks") or [] if block["type"] == "section"]
    return [line for block in blocks for line in (block.get("text") or {}).get("text", "").splitlines()]


def _kind(words: str) -> str:
    if "has not answered. " in words and not words.startswith("The customer has not answered. Ask"):
        return "department"
    return next((kind for start, kind in _KINDS.items() if words.startswith(start)), f"unknown: {words}")
