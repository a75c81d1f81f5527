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


@pytest.mark.parametrize(
    ("files", "line"),
    [
        (0, None),
        (1, "⚠️ The file does not go along: this version sends text only."),
        (3, "⚠️ The 3 files do not go along: this version sends text only."),
    ],
)
def test_it_says_which_files_do_not_go_along(files: int, line: str | None) -> None:
    shown = limits.markup_of(preview("d1", "Hi", "Maria", files=files))
    assert [text for text in shown if "go along" in text] == ([line] if line else [])


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
