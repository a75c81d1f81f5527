"""For whom a case waited, in one line."""

from __future__ import annotations

from cases import formats
from cases.language import _
from cases.waiting import Spent, Waited
from views.blocks import name


def waiting_line(waited: Waited) -> str:
    """How long the case waited for us, its customer and each department, whoever that was."""
    known = {_("us"): waited.agent, _("the customer"): waited.customer}
    known |= {name(waited.names.get(key, key)): spent for key, spent in waited.departments.items()}
    parts = " · ".join(_part(who, spent) for who, spent in known.items() if spent.clock)
    if not parts:
        return ""
    return _("⏳ *Waited for*, in working hours (by the clock): {parts}", parts=parts)


def _part(who: str, spent: Spent) -> str:
    working, clock = formats.working(spent.working), formats.duration(spent.clock)
    return f"{who} {working} ({clock})"
