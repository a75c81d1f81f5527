"""What people did in a thread and no event told us: Slack's thread compared with what we know."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.inbox import Event
from storage.db import Row
from views.plain import mentioned_users

SEND = "outbox_tray"
SETTLED_SECONDS = 60.0
"""What is younger may be missing because Slack does not show it yet."""
_TALK = frozenset({None, "file_share", "thread_broadcast", "me_message"})


@dataclass(frozen=True, slots=True)
class Known:
    """What we knew of a thread before it was read."""

    channel: str
    thread: str
    notes: Sequence[Row]
    """See ``storage.thread_reads.notes``."""
    posts: Sequence[str]
    now: float
    """When the reading began: seconds since 1970."""


@dataclass(frozen=True, slots=True)
class Ours:
    """Who we are in Slack."""

    bot: str
    user: str


def written(known: Known, thread: Sequence[Event], ours: Ours) -> Iterator[tuple[str, Event]]:
    """Messages, edits and 📤 that no event told us of, as (event id, event), in their order."""
    notes = {note["ts"]: note for note in known.notes}
    for message in thread:
        if message.get("bot_id") == ours.bot or message.get("user") == ours.user:
            yield from _own(known, message, ours)
            continue
        if message.get("bot_id") or message.get("subtype") not in _TALK or message["ts"] == known.thread:
            continue
        note = notes.get(message["ts"])
        if note is None:
            yield _event(known, message["ts"], {**message, "type": "message", "event_ts": message["ts"]})
            yield from _mention(known, message, ours)
        elif _changed(note, message):
            yield _edit(known, note, message)
        yield from _reaction(known, note, message)


def missing(known: Known, thread: Sequence[Event], ours: Ours) -> Iterator[tuple[str, str, Event]]:
    """What is not in the thread any more, as (ts, event id, event): deleted, unless it is elsewhere."""
    there = {message["ts"] for message in thread}
    for note in known.notes:
        if note["ts"] not in there and _settled(known, note["ts"]):
            before = {"user": note["author"], "text": note["text"]}
            yield note["ts"], *_deletion(known, note["ts"], before)
    for ts in known.posts:
        if ts not in there and _settled(known, ts):
            yield ts, *_deletion(known, ts, {"bot_id": ours.bot, "user": ours.user})


def _mention(known: Known, message: Event, ours: Ours) -> Iterator[tuple[str, Event]]:
    """What was said to us is told twice by Slack: as a message, and as a mention."""
    if ours.user in mentioned_users(message.get("text", "")):
        about = {key: value for key, value in message.items() if key != "subtype"}
        event = {**about, "type": "app_mention", "event_ts": message["ts"]}
        yield _event(known, f"{message['ts']}:mention", event)


def _own(known: Known, message: Event, ours: Ours) -> Iterator[tuple[str, Event]]:
    """A post whose echo was lost: the inbox knows what to do with it."""
    if message["ts"] not in known.posts:
        yield _event(known, message["ts"], {**message, "type": "message", "event_ts": message["ts"]})


def tombstone(known: Known, thread: Sequence[Event], ours: Ours) -> Iterator[tuple[str, Event]]:
    """The card was deleted, and Slack keeps a line in its place."""
    for message in thread:
        if message.get("subtype") == "tombstone" and message["ts"] in known.posts:
            before = {"ts": message["ts"], "bot_id": ours.bot, "user": ours.user}
            more = {"message": message, "previous_message": before, "event_ts": message["ts"]}
            yield _event(known, f"{message['ts']}:gone", _changed_event(more))


def _changed_event(more: Mapping[str, Any]) -> Event:
    return {"type": "message", "subtype": "message_changed", **more}


def _changed(note: Row, message: Event) -> bool:
    edited = (message.get("edited") or {}).get("ts")
    if edited is None or float(edited) <= float(note["edited"] or 0):
        return False
    return bool(note["edited"] is not None or message.get("text", "") != note["text"])


def _edit(known: Known, note: Row, message: Event) -> tuple[str, Event]:
    edited = message["edited"]["ts"]
    before = {**message, "text": note["text"]}
    more = {"message": message, "previous_message": before, "event_ts": edited, "ts": edited}
    return _event(known, f"{message['ts']}:{edited}", _changed_event(more))


def _reaction(known: Known, note: Row | None, message: Event) -> Iterator[tuple[str, Event]]:
    """📤 of the author's own: there without our knowing, or gone from what waits to be sent."""
    author = message.get("user")
    there = any(
        reaction["name"] == SEND and author in reaction["users"]
        for reaction in message.get("reactions") or ()
    )
    reacted, draft = (note["reacted"], note["draft"]) if note is not None else (None, None)
    if there and draft is None and reacted != "reaction_added":
        kind = "reaction_added"
    elif not there and draft in {"preview", "approved"} and reacted == "reaction_added":
        kind = "reaction_removed"
    else:
        return
    item = {"type": "message", "channel": known.channel, "ts": message["ts"]}
    event = {"type": kind, "user": author, "item_user": author, "reaction": SEND, "item": item}
    yield _event(known, f"{message['ts']}:{kind}:{known.now:.0f}", {**event, "event_ts": f"{known.now:.6f}"})


def _deletion(known: Known, ts: str, before: Event) -> tuple[str, Event]:
    previous = {"type": "message", "ts": ts, "thread_ts": known.thread, **before}
    event = {"type": "message", "subtype": "message_deleted", "deleted_ts": ts, "event_ts": ts, "ts": ts}
    return _event(known, f"{ts}:deleted", {**event, "previous_message": previous})


def _event(known: Known, what: str, event: Event) -> tuple[str, Event]:
    return f"read:{known.channel}:{what}", {**event, "channel": known.channel}


def _settled(known: Known, ts: str) -> bool:
    return float(ts) < known.now - SETTLED_SECONDS
