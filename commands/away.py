"""``/cx away``: somebody is not here for a while."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from cases.errors import InvalidInput
from cases.language import _
from cases.reader import reader
from commands.naming import mentioned
from commands.request import Request
from commands.times import day_named
from flows import away
from views.preview import outcome
from views.thread import Rendered


def parse_until(word: str, now: datetime) -> datetime:
    """The end of the day that ``word`` names, in the reader's zone: 2026-03-05, friday, tomorrow.

    Raises InvalidInput.
    """
    day = day_named(word, now.astimezone(reader().zone).date())
    if day is None:
        raise InvalidInput("Please name a day: 2026-03-05, friday or tomorrow.")
    return datetime.combine(day + timedelta(days=1), time(), reader().zone)


async def run_away(request: Request) -> Rendered:
    """``/cx away until DAY [cover @person]`` and ``/cx away off``."""
    hands = request.hands
    words = [word for word in request.arguments if word.lower() not in {"until", "cover"}]
    if words == ["off"]:
        await away.back(request.db, request.workspace_id, hands.actor, hands.now)
        return outcome(_("Welcome back: your cases are yours again."))
    if not 1 <= len(words) <= 2:
        raise InvalidInput("Please write: /cx away until 2026-03-05 cover @person, or /cx away off.")
    until = parse_until(words[0], hands.now)
    cover = None
    if len(words) == 2:
        person = mentioned(words[1])
        if person is None:
            raise InvalidInput("Please name who covers for you as @person.")
        cover = await hands.owner(person)
    await away.leave(request.db, request.workspace_id, until, cover, hands.actor, hands.now)
    if cover:
        return outcome(
            _("You are away until {moment}; <@{cover}> covers for you.", moment=until, cover=cover.id)
        )
    return outcome(_("You are away until {moment}; meanwhile your cases show as unclaimed.", moment=until))
