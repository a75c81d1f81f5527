"""A case is opened by hand: from a message anywhere in Slack, with its thread, or from nothing but words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cases import text
from cases.actor import Actor
from cases.errors import AlreadyDone, TextMissing
from cases.language import _
from cases.messages import reference
from storage import calls, cases, opening, suggestions
from storage.db import Connection, Row

MAX_BACKFILL = 200
"""Messages of a thread that are taken along: the newest ones."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """Something said in Slack before there was a case."""

    author: str | None
    name: str
    text: str
    """In Slack's markup."""
    ts: str
    at: datetime
    files: int = 0


async def from_message(
    tx: Connection,
    workspace: int,
    source: tuple[str, str],
    into: str,
    said: Sequence[Earlier],
    actor: Actor,
    now: datetime,
    *,
    owns: bool = True,
) -> Row:
    """Open a case in the channel ``into`` from the Slack message ``source`` (channel, ts).

    ``actor`` owns it if they may (``owns``). ``said`` is the message with the earlier ones of its thread,
    in order. Asked for again, the first case is told.

    Raises AlreadyDone when the message stands in a case's thread.
    """
    held = await cases.case_of_messages(tx, workspace, source[0], [each.ts for each in said])
    key = f"{source[0]}:{source[1]}"
    known = await opening.opened(tx, workspace, key)
    if known is None and held is not None:
        raise AlreadyDone("This message belongs to {case} already.", case=reference(held["number"]))
    case = known or await _open(tx, workspace, key, into, _subject(said), actor, now, owns=owns)
    if known is None:
        for each in said[-MAX_BACKFILL:]:
            await opening.record(
                tx,
                workspace,
                case,
                author=each.author,
                name=each.name,
                text=each.text,
                files=each.files,
                source=(source[0], each.ts),
                sizes=[text.escaped_bytes(part) for part in text.split(each.text)],
                at=each.at,
            )
    payload = {"user": actor.id, "note": "opened", "channel": source[0]}
    await calls.add(tx, workspace, case["slack_channel"], case["id"], "note", payload)
    return case


async def from_words(
    tx: Connection,
    workspace: int,
    key: str,
    into: str,
    subject: str,
    actor: Actor,
    now: datetime,
    *,
    owns: bool = True,
) -> Row:
    """Open a case about ``subject``; ``key`` repeated = the same case. Raises TextMissing."""
    if not subject.strip():
        raise TextMissing("Please say what the case is about.")
    known = await opening.opened(tx, workspace, key)
    if known is not None:
        return known
    case = await _open(tx, workspace, key, into, text.one_line(subject), actor, now, owns=owns)
    await suggestions.look(tx, [case["id"]])
    return case


def _subject(said: Sequence[Earlier]) -> str:
    return text.one_line(said[-1].text) or text.one_line(said[0].text) or _("A message without words")


async def _open(
    tx: Connection,
    workspace: int,
    key: str,
    into: str,
    subject: str,
    actor: Actor,
    now: datetime,
    *,
    owns: bool = True,
) -> Row:
    case = await opening.open_case(
        tx,
        workspace=workspace,
        channel=into,
        subject=subject,
        key=key,
        actor=actor.id,
        owner=actor.id if owns else None,
        origin={"from": key},
        now=now,
    )
    # Somebody opened it between the look and now: their row is committed and found.
    found = case or await opening.opened(tx, workspace, key)
    assert found is not None
    return found
