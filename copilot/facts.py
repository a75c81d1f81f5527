"""The brief of the copilot that needs no model: stored facts, nothing made up."""

from __future__ import annotations

from typing import Any

from cases.brief import Brief, EarlierCase, KnownOrder, Spoken
from cases.errors import NotFound
from copilot.desks import Desks
from storage import facts, knowledge
from storage.db import Database


async def brief(db: Database, case: int, desks: Desks | None = None) -> Brief:
    """What is known about a case and its customer; raises NotFound.

    Without ``desks`` no department is suggested: learning whom to ask is for workers, not for the loop
    that acknowledges and posts.
    """
    row = await facts.of_case(db, case)
    if row is None:
        raise NotFound("This case does not exist any more.")
    question = await knowledge.question_of(db, case)
    articles = await knowledge.search(db, row["workspace_id"], question, limit=3)
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
        orders=[
            KnownOrder(order["external_id"], order["status"], _items(order["data"]))
            for order in row["orders"]
        ],
        earlier=[
            EarlierCase(other["number"], other["subject"], other["status"], other["opened_at"])
            for other in row["earlier"]
        ],
        articles=[article["title"] for article in articles],
        department=await desks.suggest(asked) if desks else None,
    )


def _items(data: dict[str, Any]) -> list[str]:
    return [str(item.get("name", "")) for item in data.get("items", []) if isinstance(item, dict)]
