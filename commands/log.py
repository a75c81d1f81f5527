"""``/cx log call``: what was said with a customer by phone, kept in their case."""

from __future__ import annotations

from cases.errors import InvalidInput
from cases.language import _
from cases.messages import case_number
from cases.text import storable
from commands.acts import case_at
from commands.request import Request
from flows import phone
from storage import identities, links
from storage.db import Row
from views.blocks import case_link
from views.preview import outcome
from views.thread import Rendered

_MAX_NAME = 80


async def run_log(request: Request) -> Rendered:
    """``/cx log call CX-1042 what was said`` or ``/cx log call name: what was said``."""
    if [word.lower() for word in request.arguments[:1]] != ["call"]:
        raise InvalidInput("Only calls can be logged: /cx log call CX-1042 what was said")
    words = request.hands.without_links(storable(request.text)).split(maxsplit=2)[2:]
    said = words[0] if words else ""
    first, _space, rest = said.partition(" ")
    if case_number(first.rstrip(":")) is not None:
        row = await _in_case(request, rest)
    else:
        row = await _of_customer(request, said)
    place = await links.place(request.db, row["id"])
    return outcome(_("📞 Noted in {case}.", case=case_link(place.number, place.url)))


async def _in_case(request: Request, said: str) -> Row:
    case = await case_at(request, 1)
    if case["merged_into"] is not None:
        await links.refuse_closed(request.db, case)
    async with request.db.transaction() as tx:
        return await phone.log_in_case(tx, case["id"], said, request.hands.actor, request.hands.now)


async def _of_customer(request: Request, words: str) -> Row:
    name, colon, said = (part.strip() for part in words.partition(":"))
    if not colon or not name or len(name) > _MAX_NAME:
        raise InvalidInput(
            "Please name the case, or the customer with a colon: /cx log call Anna Nowak: what was said"
        )
    found = await identities.search(request.db, request.workspace_id, name)
    if len(found) > 1:
        raise InvalidInput(
            "Several customers fit “{name}”: please name their case, or their e-mail address or number.",
            name=name,
        )
    hands = request.hands
    async with request.db.transaction() as tx:
        return await phone.log_of_customer(
            tx,
            request.workspace_id,
            found[0]["id"] if found else None,
            name,
            hands.case_channel,
            said,
            hands.actor,
            hands.key,
            hands.now,
        )
