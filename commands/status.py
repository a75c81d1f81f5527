"""``/cx status``: the board."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cases.errors import InvalidInput, NotFound
from cases.language import later
from cases.messages import case_number, reference
from cases.text import escape, one_line, show_invisible
from commands.naming import mentioned
from commands.request import Request
from storage import cases, closings, waiting
from storage.db import Database, Row
from views.board import SILENT_IN, status_board
from views.thread import Rendered

_ALL = later("Open cases")


@dataclass(frozen=True, slots=True)
class Filter:
    """Which cases to show."""

    title: later | str = _ALL
    number: int | None = None
    owner: str | None = None
    channel: str | None = None
    unclaimed: bool = False


def parse_filter(arguments: list[str], user: str) -> Filter:
    """Read what follows ``/cx status``; raises InvalidInput for what is no filter."""
    if not arguments:
        return Filter()
    word = arguments[0]
    if word.lower() in {"mine", "me"}:
        return Filter(later("Your open cases"), owner=user)
    if word.lower() == "unclaimed":
        return Filter(later("Unclaimed cases"), unclaimed=True)
    if (number := case_number(word)) is not None:
        return Filter(reference(number), number=number)
    if person := mentioned(word):
        return Filter(later("Their open cases"), owner=person)
    if match := re.fullmatch(r"<#(C[A-Z0-9]+)(?:\|[^>]*)?>", word):
        return Filter(later("Open cases of that channel"), channel=match[1])
    shown = escape(one_line(show_invisible(word), 40))
    raise InvalidInput(
        "“{word}” is no filter: try mine, unclaimed, a case such as CX-1042, @person or #channel.", word=shown
    )


async def fitting(
    db: Database, workspace: int, wanted: Filter, *, limit: int = cases.MOST_ON_BOARD
) -> list[Row]:
    """The cases that a filter names, as ``storage.cases.board`` gives them."""
    return await cases.board(
        db,
        workspace,
        number=wanted.number,
        owner=wanted.owner,
        channel=wanted.channel,
        unclaimed=wanted.unclaimed,
        limit=limit,
    )


async def run_status(request: Request) -> Rendered:
    """The open cases, or those that a filter names."""
    wanted = parse_filter(request.arguments, request.user)
    rows = await fitting(request.db, request.workspace_id, wanted)
    if wanted.number is not None and not rows:
        raise NotFound("There is no {case}.", case=reference(wanted.number))
    counts = await cases.counts(request.db, request.workspace_id)
    silent = 0
    if wanted == Filter() and request.does is not None:
        silent = await closings.silent(request.db, request.workspace_id, request.does.now - SILENT_IN)
    waited = None
    if wanted.number is not None and request.at is not None:
        case = rows[0]["id"]
        waited = (await waiting.waited_of(request.db, request.workspace_id, [case], request.at))[case]
    return status_board(counts, rows, request.workspace_url, str(wanted.title), silent, waited)
