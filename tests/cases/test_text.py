from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cases.text import POST_BYTES, escape, escaped_bytes, one_line, show_invisible, split
from tests.support.texts import CHARACTERS, TEXTS


@given(TEXTS, st.integers(5, 60))
@example("&" * 20, 5)
@example("😀" * 20, 5)
@example(" " * 40, 7)
@example("\n\n" * 40, 7)
def test_parts_join_to_the_text_and_each_fits(text: str, limit: int) -> None:
    parts = split(text, limit)
    assert "".join(parts) == text
    assert all(escaped_bytes(part) <= limit for part in parts)
    assert all(parts) or parts == [""]


@given(st.text(CHARACTERS, max_size=60).map(lambda text: text * 400))
def test_long_texts_make_few_parts(text: str) -> None:
    parts = split(text)
    assert "".join(parts) == text
    # Cutting at a paragraph wastes at most two thirds of a part.
    assert len(parts) <= 1 + 3.1 * escaped_bytes(text) / POST_BYTES


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("one two.\n\nthree four\nfive", "one two.\n\n"),
        ("one two three\nfour five six", "one two three\n"),
        ("One two. Three four five six", "One two. "),
        ("one two three four five six", "one two three four "),
        ("x" * 30, "x" * 20),
    ],
)
def test_the_cut_is_at_the_largest_break_that_fits(text: str, first: str) -> None:
    assert split(text, 20)[0] == first


@pytest.mark.parametrize(
    ("text", "count"), [("", 0), ("a", 1), ("é", 2), ("😀", 4), ("&", 5), ("<>", 8), ("a&😀", 10)]
)
def test_bytes_are_counted_as_slack_counts_them(text: str, count: int) -> None:
    assert escaped_bytes(text) == count == len(escape(text).encode())


@given(TEXTS, st.integers(1, 80))
def test_one_line_is_one_line_and_short(text: str, limit: int) -> None:
    line = one_line(text, limit)
    assert len(line) <= limit
    assert len(line.splitlines()) <= 1


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain\ntext\t😀", "plain\ntext\t😀"),
        ("\u202egnp.exe", "‹U+202E›gnp.exe"),
        ("a\u200bb", "a‹U+200B›b"),
        ("a\u00adb", "a‹U+00AD›b"),
        ("a\x00b\x1bc", "a‹U+0000›b‹U+001B›c"),
        ("\ufeffa", "‹U+FEFF›a"),
        ("a\u2028b", "a‹U+2028›b"),
        ("a\u3164b\u115fc\u2800d", "a‹U+3164›b‹U+115F›c‹U+2800›d"),
        ("a\u034fb", "a‹U+034F›b"),
        ("pay\u200dpal", "pay‹U+200D›pal"),
        ("a\U000e0041b", "a‹U+E0041›b"),
        ("a\U000e0100b", "a‹U+E0100›b"),
        ("👩\u200d👩\u200d👧 ❤\ufe0f\u200d🔥", "👩\u200d👩\u200d👧 ❤\ufe0f\u200d🔥"),
    ],
)
def test_what_cannot_be_seen_is_spelled_out(text: str, shown: str) -> None:
    assert show_invisible(text) == shown


@given(TEXTS)
def test_showing_twice_changes_nothing(text: str) -> None:
    assert show_invisible(show_invisible(text)) == show_invisible(text)
