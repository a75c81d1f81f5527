"""``/cx remind`` and ``/cx snooze``: be reminded of a case, and put off what reminds of it."""

from __future__ import annotations

from cases import reminding
from cases.errors import InvalidInput
from cases.language import _
from commands.acts import case_at, shown_case
from commands.request import Request
from commands.times import when_named
from flows import remind
from storage import links
from views.preview import outcome
from views.thread import Rendered


async def run_remind(request: Request) -> Rendered:
    """``/cx remind CX-1042 friday 14:00 call the carrier``."""
    hands, case = request.hands, await case_at(request)
    await links.refuse_closed(request.db, case)
    due, words = when_named(request.arguments[1:], hands.now)
    # As it was typed: a line's end may say something.
    text = request.text.split(maxsplit=len(request.arguments) + 1 - len(words))[-1] if words else ""
    key = f"command:{hands.key}"
    await remind.propose(request.db, case, hands.actor.id, due, text, hands.actor, key, hands.now)
    shown = await shown_case(request, case["id"])
    return outcome(_("You are reminded of {case}: {moment}.", case=shown, moment=due))


async def run_snooze(request: Request) -> Rendered:
    """``/cx snooze CX-1042 [tomorrow]``: an hour where nothing else is said."""
    hands, case = request.hands, await case_at(request)
    said = request.arguments[1:]
    until, rest = when_named(said, hands.now) if said else (hands.now + reminding.SNOOZE, ())
    if rest:
        raise InvalidInput("Please write: /cx snooze CX-1042 tomorrow, or 1h, friday 14:00, 2026-03-05.")
    assert request.at is not None
    until = await remind.put_off_case(
        request.db,
        request.workspace_id,
        case["id"],
        until,
        request.at.plan,
        hands.actor,
        hands.now,
        exact=bool(said),
    )
    shown = await shown_case(request, case["id"])
    return outcome(_("Put off until {moment}: what reminds of {case}.", moment=until, case=shown))
