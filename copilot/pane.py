"""Questions in the agent pane, over one's own cases; here without a model: what people often ask.

``copilot.speaking`` answers with one; this is what comes then when it fails.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from cases.language import _, later
from cases.messages import reference
from copilot.wishes import named
from storage import cases, desk, search
from storage.db import Database
from views.blocks import context, mrkdwn
from views.desk import case_details, case_list
from views.pane import WITHOUT_MODEL, help_answer, owner_answer, said
from views.thread import Rendered


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody asked, and where the answer may come from: the cases of ``user`` alone."""

    db: Database
    workspace_id: int
    workspace_url: str
    user: str
    text: str


Answerer = Callable[[Question], Awaitable[Rendered]]

# Words by which a wish is recognised, separated by commas; translators give those of their language.
_WHAT_WAITS = later("waiting on me, waits for me, wait for me, waiting for me, what now")
_MINE = later("my cases, my open cases, mine")
_FIND = later("find, search for, search, look for")
_OWNER = later("who owns, whose is, whose, owner of")
HELP = later("help, what can you do, hello, hi")

PROMPTS = (
    (later("Waiting on me"), later("What is waiting on me?")),
    (later("My cases"), later("Show my open cases")),
    (later("Find words"), later("Find lamp")),
    (later("What can you do?"), later("What can you do?")),
)
"""Suggested prompts: title and message."""


def prompts() -> list[dict[str, str]]:
    """The suggested prompts in the reader's language."""
    return [{"title": str(title), "message": str(message)} for title, message in PROMPTS]


async def answer(question: Question) -> Rendered:
    """Answer from stored rows alone, and say that this is so."""
    rendered = await _answer(question)
    return Rendered(rendered.text, [*rendered.blocks, context(mrkdwn(str(WITHOUT_MODEL)))])


async def _answer(question: Question) -> Rendered:
    text = " ".join(question.text.split())
    asked = re.search(r"\bCX-(\d{1,12})\b", text, re.IGNORECASE)
    if asked:
        return await _about(question, int(asked[1]), owner=named(text, _OWNER) is not None)
    if (words := named(text, _OWNER)) is not None:
        return await _find(question, words)
    if named(text, _WHAT_WAITS) is not None:
        return await _waiting(question)
    if (words := named(text, _FIND)) is not None:
        return await _find(question, words)
    if named(text, _MINE) is not None:
        return await _mine(question)
    if named(text, HELP) is not None:
        return help_answer()
    return help_answer(unknown=text)


async def _about(question: Question, number: int, *, owner: bool) -> Rendered:
    """One case: its details if it is the person's own, else only whose it is."""
    row = await desk.case(question.db, question.workspace_id, number)
    if row is None:
        return said(_("There is no {case}.", case=reference(number)))
    if owner or row["owner"] != question.user:
        return owner_answer(row, question.workspace_url, mine=row["owner"] == question.user)
    card = await cases.card(question.db, row["id"])
    assert card is not None
    words = await desk.last_words(question.db, row["id"])
    return case_details(row, card, words, question.workspace_url)


async def _waiting(question: Question) -> Rendered:
    rows = await desk.mine(question.db, question.workspace_id, question.user, unanswered=True)
    return case_list(_("Waiting on me"), rows, question.workspace_url, _("Nothing waits on you. 🎉"))


async def _mine(question: Question) -> Rendered:
    rows = await desk.mine(question.db, question.workspace_id, question.user)
    return case_list(_("My cases"), rows, question.workspace_url, _("You own no open case. 🎉"))


async def _find(question: Question, words: str) -> Rendered:
    if not search.terms(words):
        return help_answer()
    rows = await search.find(question.db, question.workspace_id, words, user=question.user)
    empty = _("None of your cases has these words; `/cx find` looks through all cases.")
    return case_list(_("Found"), rows, question.workspace_url, empty, search.terms(words))
