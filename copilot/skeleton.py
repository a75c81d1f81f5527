"""A reply from a macro, for when no model writes one: the company's own words, filled in from rows."""

from __future__ import annotations

import re
from collections.abc import Sequence

from cases import links
from cases.brief import KnownOrder
from cases.formats import language_name
from cases.language import _
from cases.macros import fill
from cases.proposals import Proposal, Source
from cases.reader import Language
from copilot.flags import flags_of
from copilot.work import UNNAMED, Copilot
from storage import facts
from storage.customer_data import StoredData
from storage.db import Row


async def proposal(
    copilot: Copilot, head: Row, agent: str, language: Language | None, note: str
) -> Proposal | None:
    """The reply of the macro that answers what the customer said since our last answer.

    It is in ``language`` where the macro has a text in that, else in the team's. None where no macro surely
    answers. What is not known stays as a gap, and nothing with a gap can be sent.
    """
    said = await facts.unanswered(copilot.db, head["id"])
    macro = copilot.macros.fitting(said)
    if macro is None:
        return None
    wished = [each for each in (language, copilot.language) if each and each in macro.texts]
    written: Language = next(iter([*wished, *macro.texts]))
    values = await _values(copilot, head, agent, said)
    words, defused = links.defuse(fill(macro.texts[written], values), copilot.hosts)
    return Proposal(
        reply=words,
        cited=words,
        language=written,
        seen=head["last_in_seq"],
        sources=[Source(f"t:{macro.key}", macro.title)],
        flags=flags_of(words, written, defused),
        findings=_other_language(head, written, language),
        note=note,
    )


def _other_language(head: Row, written: Language, wanted: Language | None) -> Sequence[str]:
    """What to say where the text may not be in the language that is wanted."""
    if written is wanted:
        return []
    if wanted is None and not head["language"]:
        return [
            _("The customer's language is not known; this is in {language}.", language=language_name(written))
        ]
    return [
        _(
            "This macro has no text in the wanted language; this is in {language}.",
            language=language_name(written),
        )
    ]


async def _values(copilot: Copilot, head: Row, agent: str, said: Sequence[str]) -> dict[str, str]:
    """What is known by the names of placeholders."""
    known = await (copilot.customers or StoredData(copilot.db)).orders(head["id"])
    order = _meant(known.found, said)
    profile = await facts.profile_of(copilot.db, head["id"])
    named = profile is not None and (profile["verified"] or profile["customer_number"])
    return {
        # Of somebody unknown the name is one that we gave them.
        "customer": head["customer"] if named else "",
        "agent": agent,
        "company": copilot.company if copilot.company != UNNAMED else "",
        "order": order.external_id if order else "",
        # While the CRM is away nobody knows how an order stands.
        "order_status": order.status if order and not known.stale else "",
    }


def _meant(orders: Sequence[KnownOrder], said: Sequence[str]) -> KnownOrder | None:
    """The order whose number the customer wrote, or their only one; None where that may be another."""
    words = {word.casefold() for text in said for word in re.findall(r"[\w-]+", text)}
    written = [order for order in orders if order.external_id.lstrip("#").casefold() in words]
    (only,) = written if len(written) == 1 else orders if len(orders) == 1 and not written else [None]
    return only
