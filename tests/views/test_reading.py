"""Articles as customers read them: plain paragraphs, whatever their source wrote."""

from __future__ import annotations

import pytest

from tests.support.texts import HOSTILE
from views.reading import MAX_CHARACTERS, paragraphs

MARKDOWN = """Within **sixty** days, see [the page](https://shop.example/x), [x](javascript:x) or <b>ask</b>.

- the label
  1. in the *pocket*

## Then
![a lamp](https://evil.example/pixel.png)

<script>alert(1)</script>

| size | price |
|---|---|
| S | 5 |

    cx import kb
"""


def test_the_shape_stays_and_no_markup_does() -> None:
    assert [(part["kind"].value, part["text"]) for part in paragraphs(MARKDOWN)] == [
        (
            "text",
            "Within sixty days, see the page (https://shop.example/x), [x](javascript:x) or ask.",
        ),
        ("item", "the label"),
        ("item", "in the pocket"),
        ("head", "Then"),
        ("text", "a lamp"),
        ("item", "size · price"),
        ("item", "S · 5"),
        ("code", "cx import kb"),
    ]


def test_an_address_that_says_itself_stands_once() -> None:
    assert [part["text"] for part in paragraphs("See <https://shop.example/x>.")] == [
        "See https://shop.example/x."
    ]


@pytest.mark.parametrize("words", HOSTILE)
def test_strange_texts_can_be_read(words: str) -> None:
    assert all(part["text"] for part in paragraphs(words))


def test_a_very_long_article_is_cut() -> None:
    assert sum(len(part["text"]) for part in paragraphs("word " * 5_000)) <= MAX_CHARACTERS
