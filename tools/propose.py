"""Proposals: noted for a person to confirm. Nothing happens here."""

from __future__ import annotations

from datetime import datetime

from cases import citations
from cases.deeds import MAX_QUESTION, AskWish, RemindWish, ReplyWish, StatusWish, Wish
from cases.enums import BY_HAND, Status
from cases.reminding import FARTHEST, MAX_TEXT
from cases.text import show_invisible, storable
from tools.scope import Scope

_MOST = 3
_LONGEST_REPLY = 4_000
"""Characters."""


async def propose_ask(scope: Scope, department: str, question: str) -> str:
    """Propose to ask a department. `department` is a key of `departments`; `question` is what its people
    read, without markers; they do not know the case."""
    desk = next((each for each in scope.desks if each.key == department), None)
    if desk is None:
        keys = ", ".join(each.key for each in scope.desks)
        return f"Refused: the departments are {keys}." if keys else "Refused: there are no departments."
    words = _plain(question)
    if not _fits(words, MAX_QUESTION):
        return f"Refused: a question has between 1 and {MAX_QUESTION} characters."
    return _noted(scope, AskWish(desk.key, desk.name, words))


async def propose_draft(scope: Scope, reply: str) -> str:
    """Propose a reply to the customer, in their language, with markers behind its facts. Once."""
    words = storable(reply).strip()
    if not _fits(words, _LONGEST_REPLY):
        return f"Refused: a reply has between 1 and {_LONGEST_REPLY} characters."
    if any(isinstance(wish, ReplyWish) for wish in scope.wishes):
        return "Refused: there is a reply already."
    return _noted(scope, ReplyWish(words))


async def propose_reminder(scope: Scope, at: str, words: str) -> str:
    """Propose to remind the colleague who asks: `at` is a time such as 2026-05-01T09:00+02:00, `words` what
    of, in a sentence without markers."""
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        return "Refused: give the time as 2026-05-01T09:00+02:00."
    if moment.tzinfo is None or not scope.now < moment <= scope.now + FARTHEST:
        return "Refused: the time needs an offset, and lies within the next year."
    said = _plain(words)
    if not _fits(said, MAX_TEXT):
        return f"Refused: a reminder has between 1 and {MAX_TEXT} characters."
    return _noted(scope, RemindWish(moment, said))


async def propose_status(scope: Scope, status: str) -> str:
    """Propose where the case stands: `open` (we owe the next word), `waiting_customer` or `answered`."""
    if status not in set(BY_HAND):
        return f"Refused: the status is one of {', '.join(BY_HAND)}."
    return _noted(scope, StatusWish(Status(status)))


def _fits(words: str, most: int) -> bool:
    """Whether there are words, and not more than ``most`` characters as a card shows them."""
    return len(words) > 0 and len(show_invisible(words)) <= most


def _plain(words: str) -> str:
    return citations.parse(storable(words))[0].strip()


def _noted(scope: Scope, wish: Wish) -> str:
    if wish in scope.wishes:
        return "Refused: this is proposed already."
    if len(scope.wishes) >= _MOST:
        return f"Refused: there are {_MOST} proposals already."
    scope.wishes.append(wish)
    return "Noted: a person sees it below your answer, and decides."
