from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.citations import check, parse


@pytest.mark.parametrize(
    ("text", "words", "markers"),
    [
        ("It left on Monday [m12].", "It left on Monday.", ["m12"]),
        ("It left [m12] on Monday.", "It left on Monday.", ["m12"]),
        ("It left [m12, m13].", "It left.", ["m12", "m13"]),
        ("It left [m12][o:W2378156].", "It left.", ["m12", "o:W2378156"]),
        ("It left [m12] [m13].", "It left.", ["m12", "m13"]),
        ("It left [M12; K:17]", "It left", ["m12", "k:17"]),
        ("It left (m12).", "It left.", ["m12"]),
        ("It left 【m12】.", "It left.", ["m12"]),
        ("It left \\[m12\\].", "It left.", ["m12"]),
        ("It left [^m12].", "It left.", ["m12"]),
        ("It left [m:12] [o: #W2378156]", "It left", ["m12", "o:W2378156"]),
        ("As before [c:cx-1042], they say [a:3]", "As before, they say", ["c:CX-1042", "a:3"]),
        ("[m12] It left.\n[m13] It came.", "It left.\nIt came.", ["m12", "m13"]),
        ("", "", []),
    ],
)
def test_markers(text: str, words: str, markers: list[str]) -> None:
    assert parse(text) == (words, markers)


@pytest.mark.parametrize(
    "text",
    [
        "They wrote [sic] so.",
        "Screws (M3), paper [A4], room (12), [12], (k17).",
        "[m12](https://shop.example/m12)",
        "[link](https://shop.example)",
        "[EMAIL-3f9c2a]",
        "[x] done [ ] open",
        "[m] [o:] [c:1042] [k:x]",
        "a[m1]b",
        "(12) [o W1] m12",
    ],
)
def test_other_brackets_stay(text: str) -> None:
    assert parse(text) == (text, [])


def test_only_known_ones_are_kept() -> None:
    known = {"m12", "o:#W2378156", "c:CX-1042"}
    assert check(["m12", "m13", "o:w2378156", "m12", "c:cx-1042"], known) == (
        ["m12", "o:#W2378156", "c:CX-1042"],
        ["m13"],
    )
    assert check([], known) == ([], [])


PIECES = st.sampled_from(
    ["[m1]", "(m2)", "[", "]", "(", ")", "m", "1", ",", " ", "\n", "word", "[o:W1]", "\\"]
)


@given(st.lists(PIECES | st.text(max_size=3), max_size=12).map("".join))
def test_nothing_but_markers_and_blanks_goes(text: str) -> None:
    words, markers = parse(text)
    assert parse(words) == (words, [])
    if not markers:
        assert words == text
    left = iter(text)
    assert all(char in left for char in words)


@pytest.mark.parametrize("piece", ["[m1", "[m1,", "(m1;", " ", "[o:", "\\[", "[m1]"])
def test_hostile_texts_come_to_an_end(piece: str) -> None:
    parse(piece * 100_000)
