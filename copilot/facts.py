"""The brief of the copilot that needs no model: stored facts, nothing made up."""

from __future__ import annotations

from datetime import date
from typing import Any

from cases.articles import Embed
from cases.brief import Brief, EarlierCase, KnownOrder, Spoken
from cases.errors import NotFound
from copilot.desks import Desks
from storage import facts, knowledge
from storage.db import Database, Row

_PLACED = ("ordered_at", "order_date", "placed_at", "created_at", "date")


async def brief(db: Database, case: int, desks: Desks | None = None, *, embed: Embed | None = None) -> Brief:
    """What is known about a case and its customer; raises NotFound.

    Without ``desks`` no department is suggested: learning whom to ask is for workers, not for the loop
    that acknowledges and posts.
    """
    row = await facts.of_case(db, case)
    if row is None:
        raise NotFound("This case does not exist any more.")
    question = await knowledge.question_of(db, case)
    articles = await knowledge.search(db, row["workspace_id"], question, limit=3, embed=embed)
    spoken = [
        Spoken(said["direction"] == "in", said["author_name"], said["text"], said["created_at"])
        for said in row["spoken"]
    ]
    asked = [said.text for said in spoken if said.by_customer]
    answers = [place for place, said in enumerate(spoken) if not said.by_customer]
    return Brief(
        number=row["number"],
        customer=row["name"],
        email=row["email"],
        opened_with=next((said for said in spoken if said.by_customer), None),
        unanswered=spoken[answers[-1] + 1 :] if answers else spoken,
        last_answer=spoken[answers[-1]] if answers else None,
        messages=len(spoken),
        orders=[_order(order) for order in row["orders"]],
        earlier=[
            EarlierCase(other["number"], other["subject"], other["status"], other["opened_at"])
            for other in row["earlier"]
        ],
        articles=[article["title"] for article in articles],
        department=await desks.suggest(asked) if desks else None,
    )


async def orders(db: Database, case: int, limit: int) -> list[KnownOrder]:
    """The orders of a case's customer, the latest first."""
    return [_order(row) for row in await facts.orders_of(db, case, limit)]


def _order(row: Row) -> KnownOrder:
    data = row["data"]
    return KnownOrder(row["external_id"], row["status"], _items(data), _placed(data))


def _placed(data: dict[str, Any]) -> date | None:
    """When an order was placed, by the names that shops give that; None where no date is to be read."""
    said = next((data[key] for key in _PLACED if isinstance(data.get(key), str)), "")
    try:
        return date.fromisoformat(said[:10])
    except ValueError:
        return None


def _items(data: dict[str, Any]) -> list[str]:
    return [str(item.get("name", "")) for item in data.get("items", []) if isinstance(item, dict)]
