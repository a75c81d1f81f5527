"""The words of ``/cx`` that act on a case: they take its reference, because threads know no commands."""

from __future__ import annotations

from cases.errors import InvalidInput
from cases.language import _
from cases.messages import reference
from commands.naming import case_named, mentioned
from commands.request import Request
from flows import join, own, sort
from storage import cases, links, receipts
from storage.db import Row
from views.blocks import case_link
from views.notes import act_offer
from views.preview import outcome
from views.thread import Rendered


async def case_at(request: Request, place: int = 0) -> Row:
    """The case that the word at ``place`` names; raises InvalidInput or NotFound."""
    word = next(iter(request.arguments[place:]), "")
    known = await case_named(request.db, request.workspace_id, word)
    case = await cases.by_token(request.db, known["token"])
    assert case is not None
    return case


async def shown_case(request: Request, case: int) -> str:
    """A case's reference, as a link to its thread."""
    place = await links.place(request.db, case)
    return case_link(place.number, place.url)


async def run_take(request: Request) -> Rendered:
    """``/cx take CX-1042``."""
    case = await case_at(request)
    if not await own.take(request.db, case["token"], request.hands.actor, request.hands.now):
        return outcome(_("You own this case already."))
    return outcome(_("{case} is yours.", case=await shown_case(request, case["id"])))


async def run_assign(request: Request) -> Rendered:
    """``/cx assign CX-1042 @person [why]``."""
    case = await case_at(request)
    person = mentioned(next(iter(request.arguments[1:]), ""))
    if person is None:
        raise InvalidInput("Please name the new owner as @person.")
    why = " ".join(request.arguments[2:])
    await request.hands.hand_over(str(case["token"]), person, why)
    shown = await shown_case(request, case["id"])
    return outcome(_("{case} is {person}'s now.", case=shown, person=f"<@{person}>"))


async def run_reopen(request: Request) -> Rendered:
    """``/cx reopen CX-1042``."""
    case = await case_at(request)
    await sort.reopen(request.db, case, request.hands.actor, request.hands.now)
    return outcome(_("{case} is open again.", case=await shown_case(request, case["id"])))


async def run_withdraw(request: Request) -> Rendered:
    """``/cx withdraw CX-1042``: the link to its page, which went out with the receipt, works no more."""
    case = await case_at(request)
    now = request.hands.now
    if not await receipts.withdraw(request.db, case["id"], request.hands.actor.id, now):
        raise InvalidInput("No customer was given a link to the page of this case.")
    return outcome(
        _("The link to the page of {case} works no more.", case=await shown_case(request, case["id"]))
    )


async def run_merge(request: Request) -> Rendered:
    """``/cx merge CX-1042 CX-1007``: the first one goes on in the second."""
    case, into = await case_at(request), await case_at(request, 1)
    await join.merge(request.db, case["id"], into["id"], request.hands.actor, request.hands.now)
    shown = await shown_case(request, into["id"])
    return outcome(_("{case} goes on in {other}.", case=reference(case["number"]), other=shown))


async def run_link(request: Request) -> Rendered:
    """``/cx link CX-1042 CX-1007``."""
    case, other = await case_at(request), await case_at(request, 1)
    if not await join.link(request.db, case["id"], other["id"], request.hands.actor, request.hands.now):
        return outcome(_("These cases are linked already."))
    shown = await shown_case(request, other["id"])
    return outcome(
        _("{case} and {other} are linked.", case=await shown_case(request, case["id"]), other=shown)
    )


async def run_close(request: Request) -> Rendered:
    """``/cx close CX-1042``: a button that opens the form."""
    case = await case_at(request)
    return act_offer("close", case["number"], str(case["token"]))


async def run_ask(request: Request) -> Rendered:
    """``/cx ask CX-1042 logistics where is the parcel``: a private confirmation with Post."""
    case = await case_at(request)
    words = request.text.split(maxsplit=3)[2:]
    return await request.hands.ask(case, *[*words, "", ""][:2])


async def run_open(request: Request) -> Rendered:
    """``/cx open what it is about``."""
    case = await request.hands.open_case(" ".join(request.arguments))
    return act_offer("opened", case["number"], str(case["token"]))
