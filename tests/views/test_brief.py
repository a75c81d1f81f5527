from __future__ import annotations

from dataclasses import replace

from tests.views import limits, samples
from views.brief import WITHOUT_MODEL, brief_note


def test_it_says_what_was_asked_answered_and_is_open() -> None:
    shown = "\n".join(limits.markup_of(brief_note(samples.brief("Where is it?"))))
    for part in (
        "CX-1042",
        "*Asked first*",
        "“Where is it?”",
        "*Our last answer*",
        "*Since then, unanswered*",
    ):
        assert part in shown


def test_without_an_answer_it_says_so() -> None:
    shown = str(brief_note(replace(samples.brief(), last_answer=None)).blocks)
    assert "Not answered yet" in shown
    assert "last answer" not in shown


def test_what_is_not_known_is_not_made_up() -> None:
    shown = str(brief_note(replace(samples.brief(), orders=[], earlier=[])).blocks)
    assert "No order is known" in shown
    assert "No other case" in shown


def test_it_says_that_no_model_wrote_it() -> None:
    assert str(WITHOUT_MODEL) in str(brief_note(samples.brief()).blocks)
