"""How far each person has read: channels, the threads they follow, and what they search for."""

from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.model import Channel, Json, Message, User
from sandbox.text import mentions
from sandbox.workspace import Workspace

MOST_UNREAD = 100
MOST_THREADS = 30
MOST_FOUND = 20


@dataclass(frozen=True, slots=True)
class Waiting:
    """Messages of others since a person last looked, and how many of them mention this person."""

    unread: int
    mentions: int


def thread_key(channel: Channel, root: Message) -> str:
    """Under this name a person's mark in a thread is kept, beside those of channels."""
    return f"{channel.id}/{root.ts}"


def in_channel(workspace: Workspace, me: User, channel: Channel) -> Waiting:
    """What waits in a channel's own list; counted up to 100."""
    return _waiting(reversed(channel.top), me, workspace.marks.get((me.id, channel.id), ""))


def in_thread(workspace: Workspace, me: User, channel: Channel, root: Message) -> Waiting:
    """What waits in a thread; nothing in one that the person does not follow."""
    if not follows(me, root):
        return Waiting(0, 0)
    seen = workspace.marks.get((me.id, thread_key(channel, root)), "")
    own = [reply.ts for reply in root.replies if reply.user == me.id]
    return _waiting(reversed(root.replies), me, max([seen, *own]))


def _waiting(newest_first: Iterator[Message], me: User, seen: str) -> Waiting:
    unread = mentioned = 0
    for message in newest_first:
        if message.ts <= seen or unread >= MOST_UNREAD:
            break
        if message.user != me.id:
            unread += 1
            mentioned += mentions(message.body.get("text", ""), me.id)
    return Waiting(unread, mentioned)


def follows(me: User, root: Message) -> bool:
    """As in Slack: whoever wrote in a thread or was mentioned there follows it."""
    return any(
        message.user == me.id or mentions(message.body.get("text", ""), me.id)
        for message in (root, *root.replies)
    )


def seen_by(me: User, workspace: Workspace) -> list[Channel]:
    return [channel for channel in workspace.channels.values() if me.id in channel.members]


def threads(workspace: Workspace, me: User) -> Iterator[tuple[Channel, Message]]:
    """The threads a person follows."""
    for channel in seen_by(me, workspace):
        for root in channel.top:
            if root.replies and not root.is_reply and follows(me, root):
                yield channel, root


def newest_threads(workspace: Workspace, me: User) -> list[tuple[Channel, Message]]:
    """Those with the newest replies first."""
    found = sorted(threads(workspace, me), key=lambda pair: pair[1].replies[-1].ts, reverse=True)
    return found[:MOST_THREADS]


def waiting_threads(workspace: Workspace, me: User) -> list[Json]:
    """The followed threads with something new, for the page's start."""
    found = []
    for channel, root in threads(workspace, me):
        waiting = in_thread(workspace, me, channel, root)
        if waiting.unread:
            where = {"channel": channel.id, "thread_ts": root.ts}
            found.append({**where, "unread": waiting.unread, "mentions": waiting.mentions})
    return found


def search(workspace: Workspace, me: User, words: str) -> list[Message]:
    """Messages with all the words in their text or blocks, newest first."""
    wanted = words.casefold().split()
    if not wanted:
        return []
    found = [
        message
        for channel in seen_by(me, workspace)
        for message in channel.messages.values()
        if all(word in searched_text(message).casefold() for word in wanted)
    ]
    return sorted(found, reverse=True)[:MOST_FOUND]


def searched_text(message: Message) -> str:
    """The words of a message as people see them."""
    texts = list(_texts(message.body.get("blocks") or []))
    return " ".join(dict.fromkeys([str(message.body.get("text") or ""), *texts]))


def _texts(part: object) -> Iterator[str]:
    if isinstance(part, list):
        for each in part:
            yield from _texts(each)
    elif isinstance(part, dict):
        for key, value in part.items():
            if key == "text" and isinstance(value, str):
                yield value
            elif isinstance(value, list | dict):
                yield from _texts(value)
