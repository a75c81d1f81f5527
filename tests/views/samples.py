"""Things to render."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from cases.brief import Brief, EarlierCase, KnownOrder, Spoken
from cases.commitments import CommitmentKind
from cases.enums import Channel, Status
from cases.ledger import Before, Entry, Note
from cases.messages import CaseCard, OtherCase, Suggestion
from cases.routing import Suggested
from cases.waiting import Spent, Waited
from views.ledger import Listed
from views.thread import Part

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TOKEN = UUID("11111111-1111-4111-8111-111111111111")
POST = UUID("22222222-2222-4222-8222-222222222222")
MESSAGE = UUID("33333333-3333-4333-8333-333333333333")


def card(status: Status = Status.NEW, **changes: Any) -> CaseCard:
    """A case of Maria's, changed as said."""
    facts: dict[str, Any] = {
        "case_id": 7,
        "token": TOKEN,
        "number": 1042,
        "customer": "Maria",
        "customer_verified": True,
        "channel": Channel.WEBCHAT,
        "site": "shop",
        "language": None,
        "subject": "Where is my parcel?",
        "status": status,
        "owner": None,
        "opened_at": NOW,
        "closed_at": NOW if status is Status.CLOSED else None,
        "close_reason": None,
        "orders": 0,
        "earlier_cases": 0,
        "follows": None,
    }
    return CaseCard(**facts | changes)


def other_case(subject: str = "My lamp?", **changes: Any) -> OtherCase:
    """Another open case of Maria's."""
    address = "https://shop.slack.com/archives/C1/p1700000000000100"
    facts: dict[str, Any] = {"number": 1042, "subject": subject, "token": MESSAGE, "url": address}
    return OtherCase(**facts | changes)


def suggestion(name: str = "Maria Kowalska", **changes: Any) -> Suggestion:
    """Whom Maria may be."""
    facts: dict[str, Any] = {"token": MESSAGE, "name": name, "customer": "c1", "order": "#H20391"}
    return Suggestion(**facts | changes)


def part(text: str = "Hello", *, number: int = 0, author: str = "Maria", **changes: Any) -> Part:
    """A part of a message."""
    facts: dict[str, Any] = {"uuid": MESSAGE, "text": text, "part": number, "author": author}
    return Part(**facts | changes)


def brief(words: str = "Where is it?", name: str = "Maria") -> Brief:
    """A brief in which everything there can be is there, all in the same words."""
    spoken = Spoken(by_customer=True, author=name, text=words, at=NOW)
    return Brief(
        number=1042,
        customer=name,
        email=words,
        opened_with=spoken,
        unanswered=[spoken],
        last_answer=spoken,
        messages=3,
        orders=[KnownOrder(words, words, [words] * 9)] * 5,
        earlier=[EarlierCase(1001, words, "closed", NOW)] * 5,
        articles=[words] * 3,
        department=Suggested(name, 0.97, sure=True),
        waited=waited(name),
    )


def waited(department: str = "Logistics") -> Waited:
    """For whom a case waited: for everybody it can."""
    spent = Spent(timedelta(hours=5), timedelta(days=2))
    return Waited(spent, spent, {department: spent})


def listed(words: str = "on Friday") -> Listed:
    """What a draft binds the company to, with every kind and note."""
    limit = (Decimal(50), "EUR")
    return Listed(
        [
            Entry(CommitmentKind.DATE, words, 0, due=NOW, notes=(Note.LATER,)),
            Entry(CommitmentKind.DATE, words, 1, due=NOW),
            Entry(CommitmentKind.DATE, words, 2),
            Entry(
                CommitmentKind.MONEY, words, 3, sum=(Decimal(60), "EUR"), notes=(Note.OVER, Note.OTHER_SUM)
            ),
            Entry(CommitmentKind.MONEY, words, 4, notes=(Note.UNSURE,)),
            Entry(CommitmentKind.POLICY, words, 5),
        ],
        {1},
        limit,
        Before(NOW, [(Decimal(40), "EUR")]),
    )


def promised(words: str = "We will call you on Friday.") -> dict[str, Any]:
    """An open promise of a case."""
    return {"token": TOKEN, "said": words, "due_at": NOW, "made_at": NOW, "made_by": "U1ANNA"}


def article(words: str = "Returns", **changes: Any) -> dict[str, Any]:
    """An article that was found, with the same words everywhere."""
    row: dict[str, Any] = {
        "id": 7,
        "token": MESSAGE,
        "source": "handbook",
        "title": words,
        "body": words,
        "passage_text": words,
        "url": words,
        "answered": 2,
        "public": False,
        "updated_at": NOW,
    }
    return row | changes


def asked(words: str = "Where is it?", **changes: Any) -> dict[str, Any]:
    """A question to a department, with the same words everywhere."""
    row: dict[str, Any] = {
        "id": 7,
        "token": TOKEN,
        "case_token": TOKEN,
        "number": 1042,
        "customer": words,
        "state": "open",
        "department": "logistics",
        "department_name": words,
        "slack_channel": "C1",
        "question": words or "x",
        "due_on": None,
        "asked_by": "U1ANNA",
        "taken_by": "U1ANNA",
        "later_at": NOW,
        "later_why": words,
        "step": None,
        "answered_by": "U1ANNA",
        "answered_at": NOW,
        "rerouted_by": "U1ANNA",
        "rerouted_to": words,
        "answers": 2,
        "asked_back": 1,
    }
    return row | changes


def board_row(**changes: Any) -> dict[str, Any]:
    """A line of the board."""
    row: dict[str, Any] = {
        "number": 1042,
        "subject": "Where is my parcel?",
        "status": "new",
        "owner": None,
        "opened_at": NOW,
        "last_customer_at": None,
        "last_reply_at": None,
        "slack_channel": "C1",
        "thread_ts": "1700000000.000100",
        "customer": "Maria",
        "fitting": 1,
        "unclaimed": False,
    }
    return row | changes
