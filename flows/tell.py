"""A department is told what a customer taught us; it reads that in a digest, and owes no answer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from cases import text
from cases.actor import Actor
from cases.deeds import MAX_TOLD
from cases.errors import InvalidInput
from cases.hours import Hours
from cases.routing import Desk
from storage import asks, tellings
from storage.db import Connection, Database, Row
from storage.named import named


async def note(
    tx: Connection, case: Row, desk: Desk, words: str, actor: Actor, key: str, now: datetime
) -> bool:
    """Keep ``words`` for the next digest of ``desk``; ``key`` is the form: once. False = kept before.

    Raises InvalidInput without words, and for what nobody may pass on: the customer's own data, too.
    """
    words = words.strip()
    if not words:
        raise InvalidInput("Please write what the department should know.")
    if len(text.show_invisible(words)) > MAX_TOLD:
        raise InvalidInput("A note has at most {count} characters.", count=MAX_TOLD)
    found = await asks.foreign(tx, case["id"], words) or await _personal(tx, case["id"], words)
    if found:
        raise InvalidInput(
            "This says who somebody is, or what nobody may pass on: {what}. Please leave it out: the "
            "department should learn what the customer taught us, not who they are.",
            what=", ".join(found[:5]),
        )
    return await tellings.add(tx, case["id"], desk.key, desk.name, words, actor, key, now)


async def _personal(tx: Connection, case: int, words: str) -> Sequence[str]:
    """What in ``words`` tells who the customer is."""
    said = named(words)
    own = await tellings.own(tx, case, said.words)
    whole = [name for name in own["names"] if _stands_in(name.casefold(), words.casefold())]
    # A part of a name counts as it is written: Rose Novák buys a rose.
    parts = {part for name in own["names"] for part in name.split()}
    names = {*whole, *(part for part in parts if _stands_in(part, words))}
    return [*sorted(names), *own["numbers"], *said.emails, *said.phones]


def _stands_in(name: str, words: str) -> bool:
    parts = name.split()
    pattern = r"\s+".join(map(re.escape, parts))
    return len("".join(parts)) > 2 and re.search(rf"(?<!\w){pattern}(?!\w)", words) is not None


async def send_due(
    db: Database, workspace: int, desk: Desk, channel: str, hours: Hours, now: datetime
) -> bool:
    """Have the digest of a department posted whose working day has begun; False where there is none to post.

    It holds what was told before that day began.
    """
    day = now.astimezone(hours.zone).date()
    open_on = hours.open_on(day)
    if not open_on or not open_on[0][0] <= now < open_on[-1][1]:
        return False
    return await tellings.send(db, workspace, desk.key, desk.name, channel, day, open_on[0][0], now)
