"""Proposals: noted for a person to confirm. Nothing happens here."""

from __future__ import annotations

from datetime import datetime, timedelta

from cases.enums import BY_HAND, Status
from tools.scope import AskProposal, DraftProposal, Proposal, ReminderProposal, Scope, StatusProposal

_MOST = 3
_LONGEST = 4_000
_NOTED = "Noted. A person will see it and decide."


def _noted(scope: Scope, proposal: Proposal) -> str:
    if len(scope.proposals) >= _MOST:
        return "Refused: there are three proposals already."
    scope.proposals.append(proposal)
    return _NOTED


async def propose_ask(scope: Scope, department: str, question: str) -> str:
    """Propose to ask a department. `department` is a key of `departments`; `question` is what they read."""
    if scope.department(department) is None:
        return f"Refused: the departments are {', '.join(scope.departments) or 'none'}."
    if not question.strip() or len(question) > _LONGEST:
        return "Refused: the question is empty or too long."
    return _noted(scope, AskProposal(department, question.strip()))


async def propose_draft(scope: Scope, reply: str) -> str:
    """Propose a reply to the customer, in their language, with markers behind facts."""
    if not reply.strip() or len(reply) > _LONGEST:
        return "Refused: the reply is empty or too long."
    return _noted(scope, DraftProposal(reply.strip()))


async def propose_reminder(scope: Scope, at: str, words: str) -> str:
    """Propose to remind the agent at a time (ISO 8601 with offset) of something."""
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        return "Refused: give the time as 2026-05-01T09:00+02:00."
    if moment.tzinfo is None or not scope.now < moment < scope.now + timedelta(days=366):
        return "Refused: the time needs an offset and lies within the next year."
    if not words.strip() or len(words) > 500:
        return "Refused: say in a sentence of what."
    return _noted(scope, ReminderProposal(moment, words.strip()))


async def propose_status(scope: Scope, status: str) -> str:
    """Propose where the case stands: `open` (we owe), `waiting_customer` or `answered`."""
    if status not in set(BY_HAND):
        return f"Refused: the status is one of {', '.join(BY_HAND)}."
    return _noted(scope, StatusProposal(Status(status)))
