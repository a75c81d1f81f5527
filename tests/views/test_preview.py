from __future__ import annotations

import pytest
from hypothesis import given

from cases.text import show_invisible
from tests.support.texts import TEXTS
from tests.views import limits
from views.blocks import Block
from views.preview import outcome, preview, sending


def actions(blocks: list[Block]) -> list[tuple[str, str]]:
    return [
        (element["action_id"], element["value"])
        for block in blocks
        if block["type"] == "actions"
        for element in block["elements"]
    ]


@given(TEXTS.filter(bool).map(lambda text: text * 30))
def test_the_whole_text_is_shown_with_what_cannot_be_seen(body: str) -> None:
    rendered = preview("d1", body, "Maria")
    assert "".join(limits.words_of(rendered.blocks)) == show_invisible(body)


def test_it_can_be_sent_or_cancelled() -> None:
    assert actions(preview("d1", "Hi", "Maria").blocks) == [("reply_send", "d1"), ("reply_cancel", "d1")]


@pytest.mark.parametrize("newer", [True, False])
def test_it_says_when_the_customer_wrote_in_the_meantime(newer: bool) -> None:
    assert ("wrote in the meantime" in str(preview("d1", "Hi", "Maria", newer=newer).blocks)) is newer


def test_it_shows_the_files_that_go_along_and_those_that_do_not() -> None:
    files = [{"name": "invoice\u202egpj.exe", "size": 1_500}]
    left_out = [
        {"name": f"{why}.txt", "why": why} for why in ("large", "type", "many", "elsewhere", "failed")
    ]
    rendered = preview("d1", "", "Maria", files=files, left_out=left_out)
    limits.check(rendered)
    assert limits.words_of(rendered.blocks) == []
    assert "invoice‹U+202E›gpj.exe · 2 kB" in str(rendered.blocks)
    text = "\n".join(limits.markup_of(rendered))
    assert [name for name in left_out if f"⚠️ {name['name']} does not go along: " in text] == left_out


def test_the_undo_window_shows_what_cannot_be_seen() -> None:
    rendered = sending("d1", "a\u202eb\u200bc 👩\u200d🚀", 3)
    assert "a‹U+202E›b‹U+200B›c 👩\u200d🚀" in rendered.blocks[0]["elements"][0]["text"]


@pytest.mark.parametrize(("seconds", "left"), [(3, "3 seconds"), (1, "1 second:"), (0.5, "0.5 seconds")])
def test_the_undo_window_says_how_long_it_is(seconds: float, left: str) -> None:
    rendered = sending("d1", "Hi <!channel>", seconds)
    assert left in str(rendered.blocks)
    assert actions(rendered.blocks) == [("reply_undo", "d1")]


def test_an_outcome_is_one_line() -> None:
    assert limits.markup_of(outcome("Done.")) == ["Done.", "Done."]
