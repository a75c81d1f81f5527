"""Cutting articles into passages, and questions into sentences."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from cases.articles import MAX_PIECES, MAX_SENTENCES, fused, passages, pieces, sentences
from tests.support.texts import TEXTS


def test_paragraphs_and_items_are_packed_until_a_passage_is_full() -> None:
    body = (
        "# Returns\n\nWithin sixty days.\n- the label is in the pocket\n- drop it anywhere\n\nThen we refund."
    )
    assert passages(body, 60) == [
        "# Returns\nWithin sixty days.\n- the label is in the pocket",
        "- drop it anywhere\nThen we refund.",
    ]


def test_a_long_paragraph_is_cut_after_a_sentence() -> None:
    assert passages("One is here. Two is there. Three is gone.", 20) == [
        "One is here.",
        "Two is there.",
        "Three is gone.",
    ]


@given(TEXTS, st.integers(5, 80))
def test_no_word_is_lost_and_no_passage_is_too_long(text: str, limit: int) -> None:
    cut = passages(text, limit)
    assert all(len(passage) <= limit for passage in cut)
    assert re.sub(r"\s", "", "".join(cut)) == re.sub(r"\s", "", text)


def test_a_question_is_asked_sentence_by_sentence() -> None:
    asked = "Hello!\nMy lamp came broken. Can you send a new one? Thanks"
    assert sentences(asked) == ["My lamp came broken.", "Can you send a new one?"]


def test_a_single_word_is_a_question_too() -> None:
    assert sentences(" label ") == ["label"]
    assert sentences(" \n") == []


def test_of_a_very_long_question_the_end_counts() -> None:
    asked = sentences("\n".join(f"line number {number}" for number in range(MAX_SENTENCES + 5)))
    assert (len(asked), asked[-1]) == (MAX_SENTENCES, f"line number {MAX_SENTENCES + 4}")


def test_a_question_is_asked_whole_and_of_an_endless_one_the_end() -> None:
    story = [f"{number} " + "x" * 800 for number in range(MAX_PIECES + 1)]
    assert pieces("\n\n".join(story[:-1])) == story[:-1]
    assert pieces("\n\n".join(story)) == story[1:]


def test_rankings_become_one() -> None:
    assert fused({1: 9.0, 2: 8.0}, {2: 0.4, 3: 0.3}) == [2, 1, 3]
    assert fused({1: 3.0, 2: 2.0, 3: 1.0}, {}) == [1, 2, 3]
    assert fused({}, {4: 0.2, 3: 0.1}) == [4, 3]


def test_what_words_hit_squarely_stays_on_top() -> None:
    assert fused({1: 9.0, 2: 1.0}, {2: 0.4, 3: 0.3}) == [1, 2, 3]


def test_one_that_is_alone_in_a_ranking_is_found() -> None:
    """It is no nearer than the last, being that."""
    assert fused({}, {1: 0.0}) == [1]
