"""The brief of the copilot that needs no model: stored facts, nothing made up."""

from __future__ import annotations

from cases.articles import Embed
from cases.brief import Brief, EarlierCase, Spoken
from cases.customer_data import CustomerData
from cases.errors import NotFound
from copilot.desks import Desks
from storage import commitments, facts, knowledge
from storage.customer_data import StoredData
from storage.db import Database


async def brief(
    db: Database,
    case: int,
    desks: Desks | None = None,
    *,
    embed: Embed | None = None,
    customers: CustomerData | None = None,
) -> Brief:
    """What is known about a case and its customer; raises NotFound.

    ``customers`` is where their orders are known; our own tables unless that is said.
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
    orders = await (customers or StoredData(db)).orders(case)
    return Brief(
        number=row["number"],
        customer=row["name"],
        email=row["email"],
        opened_with=next((said for said in spoken if said.by_customer), None),
        unanswered=spoken[answers[-1] + 1 :] if answers else spoken,
        last_answer=spoken[answers[-1]] if answers else None,
        messages=len(spoken),
        orders=orders.found,
        earlier=[
            EarlierCase(other["number"], other["subject"], other["status"], other["opened_at"])
            for other in row["earlier"]
        ],
        articles=[article["title"] for article in articles],
        department=await desks.suggest(row["workspace_id"], asked) if desks else None,
        promised=await commitments.promised(db, case),
        stale=orders.stale,
    )
