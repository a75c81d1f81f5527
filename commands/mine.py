"""``/cx mine``, ``/cx find`` and ``/cx case``: one's own cases, cases by words, one case."""

from __future__ import annotations

from cases.errors import InvalidInput, NotFound
from cases.language import _
from cases.messages import case_number, reference
from commands.request import Request
from storage import cases, desk, search
from views.desk import case_details, case_list
from views.thread import Rendered


async def run_mine(request: Request) -> Rendered:
    """The cases one owns, those whose customer waits first."""
    rows = await desk.mine(request.db, request.workspace_id, request.user)
    return case_list(_("My cases"), rows, request.workspace_url, _("You own no open case. 🎉"))


async def run_find(request: Request) -> Rendered:
    """Cases in which some words stand; raises InvalidInput without words."""
    words = " ".join(request.arguments)
    if not search.terms(words):
        raise InvalidInput("Say what to look for, as in `/cx find broken lamp`.")
    rows = await search.find(request.db, request.workspace_id, words)
    empty = _("No case has these words. Fewer words find more, and the beginning of a word is enough.")
    return case_list(_("Found"), rows, request.workspace_url, empty, search.terms(words))


async def run_case(request: Request) -> Rendered:
    """One case in short; raises InvalidInput for what is no reference, and NotFound."""
    number = case_number(request.arguments[0]) if request.arguments else None
    if number is None:
        raise InvalidInput("Name the case, as in `/cx case CX-1042`.")
    row = await desk.case(request.db, request.workspace_id, number)
    if row is None:
        raise NotFound("There is no {case}.", case=reference(number))
    card = await cases.card(request.db, row["id"])
    assert card is not None
    return case_details(row, card, await desk.last_words(request.db, row["id"]), request.workspace_url)
