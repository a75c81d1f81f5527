"""What a customer answered when they were asked how it was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cases import text
from cases.language import _
from cases.surveys import SurveyKind, is_bad, scores
from views.blocks import Block, context, plain, section, words
from views.thread import Rendered

_PART, _PARTS = 2_900, 4
"""Bytes of a block, and blocks: more than any comment has, but for one of signs that nobody sees."""


def rating_words(kind: SurveyKind, score: int) -> str:
    """An answer in short: 4 of 5."""
    return _("{score} of {most}", score=score, most=scores(kind)[-1])


def rating_post(rating: Mapping[str, Any], people: Sequence[str], block_id: str) -> Rendered:
    """The answer in the case's thread; a bad one asks ``people`` to look."""
    kind = SurveyKind(rating["kind"])
    said = rating_words(kind, rating["score"])
    line = _("⭐ The customer rates this case: *{rating}*", rating=said)
    blocks: list[Block] = [section(line) | {"block_id": block_id}]
    parts = text.split(text.show_invisible(rating["comment"]), _PART) if rating["comment"] else []
    blocks += [words(part) for part in parts[:_PARTS]]
    if rating["first_contact"] is not None:
        yes, no = _("Solved at the first contact: yes"), _("Solved at the first contact: no")
        blocks.append(context(plain(yes if rating["first_contact"] else no)))
    if is_bad(kind, rating["score"]):
        blocks.append(section(_bad(people)))
    return Rendered(_("The customer rates this case: {rating}", rating=said), blocks)


def _bad(people: Sequence[str]) -> str:
    line = _("🔁 A bad rating: this case is open again.")
    if not people:
        return line
    called = " ".join(f"<@{person}>" for person in people)
    return f"{line} " + _("🚨 {people}: please look at it.", people=called)
