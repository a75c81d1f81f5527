"""What is known of a case's customer, wherever that is kept: in our own tables, or in the company's CRM."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol, runtime_checkable

from cases.brief import KnownOrder

_PLACED = ("ordered_at", "order_date", "placed_at", "created_at", "date")


@dataclass(frozen=True, slots=True)
class Orders:
    """Orders of a customer, the latest first."""

    found: Sequence[KnownOrder]
    stale: bool = False
    """Whether these are stored ones because the CRM, which knows better, does not answer."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What the company knows of a customer beside their orders."""

    name: str
    fields: Mapping[str, str] = field(default_factory=dict)
    """Such as ``email``, ``phone``, ``tier``, in the words of the company."""
    stale: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """By what a case's customer may be asked for elsewhere."""

    customer: int
    external_ids: Sequence[str]
    email: str | None
    """Only one that is proven to be theirs."""


@runtime_checkable
class CustomerData(Protocol):
    """Facts of a case's customer, and of nobody else: it takes the case, never a customer."""

    async def orders(self, case: int, limit: int = 5) -> Orders:
        """Their orders, the latest first; none when there is no such case."""

    async def profile(self, case: int) -> Profile | None:
        """What is known of them; None when there is no such case."""


def stored_order(external_id: str, status: str, data: Mapping[str, Any]) -> KnownOrder:
    """An order as it was imported."""
    items = [str(item.get("name", "")) for item in data.get("items", []) if isinstance(item, dict)]
    said = next((data[key] for key in _PLACED if isinstance(data.get(key), str)), "")
    return KnownOrder(external_id, status, items, day(said))


def day(said: str) -> date | None:
    """The day in a text such as 2026-05-30T10:00:00Z; None where there is none to be read."""
    try:
        return date.fromisoformat(said[:10])
    except ValueError:
        return None
