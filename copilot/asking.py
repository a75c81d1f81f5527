"""What somebody wants who mentions the app in a case's thread: recognised by their words, without a model."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from cases.language import later
from copilot.pane import HELP
from copilot.wishes import begins, last_place, named


class Want(StrEnum):
    """What is wanted: first the deeds, which are told apart from a question about them."""

    ASK = "ask"
    """Ask a department, or somebody else."""
    WRITE = "write"
    """Write a text, or write it another way."""
    ACT = "act"
    """Change the case, or something in the shop."""
    ARTICLES = "articles"
    """What the knowledge base has about some words, or about the case."""
    HOW = "how"
    """How something is done here."""
    EARLIER = "earlier"
    """Other cases of the customer."""
    ORDERS = "orders"
    BRIEF = "brief"
    STATE = "state"
    """Whose the case is, and what is open."""
    HELP = "help"


# Words by which a wish is recognised (see ``copilot.wishes``); translators give those of their language.
_DEEDS = (
    (Want.ASK, later("ask, tell the, check with, find out, forward, escalate")),
    (
        Want.WRITE,
        later(
            "make it, make this, make that, rewrite, rephrase, shorten, translate, draft, write, answer her, "
            "answer him, answer them, answer the, reply, respond, friendlier, shorter, in Polish, in English"
        ),
    ),
    (
        Want.ACT,
        later(
            "take, close, assign, hand over, hand it, give it, give this, reopen, merge, split, link, "
            "remind, snooze, tag, send, cancel, refund, delete, undo, change, call"
        ),
    ),
)
_QUESTIONS = (
    (Want.ARTICLES, later("knowledge base, knowledge, kb, article-, handbook")),
    (
        Want.HOW,
        later("how do, how does, how can, how to, how long, policy, policies, are we allowed, may we"),
    ),
    (
        Want.EARLIER,
        later(
            "earlier case-, other case-, previous case-, past case-, old case-, cases before, history, "
            "written before, wrote before, contacted us before"
        ),
    ),
    (Want.ORDERS, later("order-, bought, buy, buys, purchase-")),
    (
        Want.BRIEF,
        later(
            "summar-, sum up, brief-, catch me up, what is this about, what's this about, what happened, "
            "what is the problem, what's the problem, tl;dr"
        ),
    ),
    (
        Want.STATE,
        later(
            "who owns, who has, whose, owner, who is on, who's on, who takes care, status, open, waiting, "
            "waits, unanswered, what is left, what's left, what do we owe, what next"
        ),
    ),
    (Want.HELP, HELP),
)
_ARTICLES = dict(_QUESTIONS)[Want.ARTICLES]
_ORDERS = dict(_QUESTIONS)[Want.ORDERS]
_MONTHS = (
    later("January"),
    later("February"),
    later("March"),
    later("April"),
    later("in May, of May, from May, since May, last May, this May, May 20-, May orders"),
    later("June"),
    later("July"),
    later("August"),
    later("September"),
    later("October"),
    later("November"),
    later("December"),
)
_YEAR = re.compile(r"(?<!\w)20\d\d(?!\w)")
_NUMBER = re.compile(r"(?<!\w)#?(?=[\w-]*\d)\w[\w-]{2,}")
_LEAST_NUMBER = 3
"""Characters that an order's number has at least, where it alone says what is meant."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asked."""

    want: Want | None
    """None where no word of it is known."""
    search: str = ""
    """What is to be looked for in the knowledge base, where only some words are."""
    month: date | None = None
    """The first day of the month that is meant."""
    order: str | None = None
    """What looks like an order's number."""


def understand(text: str, today: date) -> Asked:
    """What ``text`` (see ``copilot.wishes.tidy``) asks for, in the reader's words or in English."""
    search = named(text, _ARTICLES) or ""
    return Asked(_want(text), search, _month(text, today), _order_number(text))


def _want(text: str) -> Want | None:
    for deed, words in _DEEDS:
        if begins(text, words):
            return deed
    return next((want for want, words in _QUESTIONS if named(text, words) is not None), None)


def _month(text: str, today: date) -> date | None:
    """The month that ``text`` names last: of the year it names, else the latest one."""
    places = [last_place(text, words) for words in _MONTHS]
    if max(places) < 0:
        return None
    number = places.index(max(places)) + 1
    year = _YEAR.search(text)
    return date(int(year[0]) if year else today.year - (number > today.month), number, 1)


def _order_number(text: str) -> str | None:
    """What looks like a number behind the word for orders; a year does not."""
    found = _NUMBER.search(named(text, _ORDERS) or "")
    return found[0] if found and not _YEAR.fullmatch(found[0]) else None


def names_order(text: str, number: str) -> bool:
    """Whether ``text`` names the order ``number``, with or without a leading #."""
    plain = number.lstrip("#")
    if len(plain) < _LEAST_NUMBER:
        return False
    return re.search(rf"(?<!\w){re.escape(plain)}(?!\w)", text, re.IGNORECASE) is not None


def other_case(text: str, number: int) -> int | None:
    """The number of a case that ``text`` names and that is not ``number``."""
    named_cases = [int(found) for found in re.findall(r"\bCX-(\d{1,12})\b", text, re.IGNORECASE)]
    return next((each for each in named_cases if each != number), None)
