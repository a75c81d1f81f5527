"""``/cx customer``: who a customer is, and their cases over all channels."""

from __future__ import annotations

from cases.enums import Channel
from cases.errors import InvalidInput, NotFound
from cases.messages import case_number
from commands.acts import case_at
from commands.request import Request
from storage import cases, customers, history, identities, joining
from storage.db import Database, Row
from views.customer_sheet import CASES, IDENTITIES, customer_sheet, customers_found
from views.notes import act_offer
from views.thread import Rendered

_MOST_WORDS = 200


async def run_customer(request: Request) -> Rendered:
    """``/cx customer CX-1042``, ``/cx customer anna@example.com`` and ``/cx customer Anna``."""
    words = " ".join(request.arguments)
    if not words or len(words) > _MOST_WORDS:
        raise InvalidInput("Name a case or a customer, as in `/cx customer anna@example.com`.")
    if await _names_a_case(request, words):
        return await _of_case(request)
    # Slack turns an address into a link.
    found = await identities.search(request.db, request.workspace_id, _without_link(words))
    if not found:
        raise NotFound("No customer fits: try a part of the name, a mail, a number, or an order.")
    if len(found) > 1:
        return customers_found(found)
    return await sheet_of(request.db, request.workspace_id, found[0]["id"], request.workspace_url)


async def _names_a_case(request: Request, words: str) -> bool:
    """A plain number may be a case's or a customer's: the case comes first, if there is one."""
    number = case_number(words)
    if number is None or not words.isdecimal():
        return number is not None
    return await joining.by_number(request.db, request.workspace_id, number) is not None


async def _of_case(request: Request) -> Rendered:
    case = await case_at(request)
    card = await cases.card(request.db, case["id"])
    assert card is not None
    if card.channel is Channel.INTERNAL and not card.customer:
        return act_offer("customer", card.number, str(card.token))
    return await sheet_of(
        request.db, request.workspace_id, case["customer_id"], request.workspace_url, case["id"]
    )


async def sheet_of(
    db: Database, workspace: int, customer: int, url: str, case: int | None = None
) -> Rendered:
    """A customer of a workspace; the buttons act on ``case``, if given. Raises NotFound."""
    who, theirs = await found_of(db, workspace, customer)
    card = await cases.card(db, case) if case is not None else None
    return customer_sheet(who, theirs, url, card)


async def found_of(db: Database, workspace: int, customer: int) -> tuple[Row, list[Row]]:
    """Who a customer of a workspace is, and their newest cases; raises NotFound."""
    who = await customers.sheet(db, workspace, customer, most=IDENTITIES)
    if who is None:
        raise NotFound("There is no such customer (any more).")
    return who, await history.of_customer(db, who["id"], CASES)


def _without_link(words: str) -> str:
    """``<mailto:a@b|a@b>`` as people typed it."""
    if words.startswith("<mailto:") and words.endswith(">"):
        return words.removeprefix("<mailto:").rstrip(">").partition("|")[0]
    return words
