"""Articles as people see them in Slack."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.texts import HOSTILE
from tests.views import limits, samples
from views.knowledge import article_gaps, article_page, case_articles, found_articles
from views.markdown import MAX_CHARACTERS, gist, rich_text

MARKDOWN = """Within **sixty** days, see [the page](https://evil.example/x) or <b>ask</b>.

- the label
  1. in the *pocket*
- `code`

## Then
![a lamp](https://evil.example/pixel.png)

    cx import kb
"""


def said(blocks: list[dict[str, Any]]) -> list[tuple[str, Any]]:
    """Every text with its style."""
    found: list[tuple[str, Any]] = []

    def walk(element: Any) -> None:
        if isinstance(element, dict):
            if element.get("type") == "text":
                found.append((element["text"], element.get("style")))
            assert element.get("type") not in {"link", "user", "channel", "broadcast", "usergroup", "image"}
            for value in element.values():
                walk(value)
        elif isinstance(element, list):
            for each in element:
                walk(each)

    walk(blocks)
    return found


def test_markdown_keeps_its_shape_and_links_nothing() -> None:
    texts = said(rich_text(MARKDOWN))
    assert ("sixty", {"bold": True}) in texts
    assert (" (https://evil.example/x)", None) in texts
    assert ("<b>", None) in texts
    assert ("pocket", {"italic": True}) in texts
    assert ("code", {"code": True}) in texts
    assert ("Then", {"bold": True}) in texts
    assert ("🖼 a lamp", None) in texts
    assert ("cx import kb", None) in texts
    lists = [element for element in rich_text(MARKDOWN)[0]["elements"] if "style" in element]
    assert [(each["style"], each["indent"]) for each in lists] == [
        ("bullet", 0),
        ("ordered", 1),
        ("bullet", 0),
    ]


def test_a_very_long_article_is_cut_and_says_so() -> None:
    row = samples.article("word " * 5_000)
    limits.check_blocks(article_page(row, None)["blocks"])
    assert "The rest is at its source." in str(article_page(row, None))
    assert len("".join(text for text, _style in said(rich_text(row["body"])))) <= MAX_CHARACTERS


@pytest.mark.parametrize("words", HOSTILE)
def test_articles_ping_nobody(words: str) -> None:
    row = samples.article(words or "x")
    page = article_page(row, str(samples.TOKEN))
    listed = case_articles(samples.card(), [row], {7: "U1", None: "U2"}, None)
    for view in (page, listed):
        limits.check_blocks(view["blocks"])
        said(view["blocks"])
    for rendered in (found_articles([row]), article_gaps(_gaps(words or "x"), SHOP)):
        limits.check(rendered)


SHOP = "https://shop.slack.com/"


def _gaps(words: str) -> list[tuple[list[str], list[dict[str, Any]]]]:
    said = {"said_by": "U1", "said_at": samples.NOW}
    case = samples.board_row(subject=words, words=None, **said)
    looked = samples.board_row(number=None, words=words, **said)
    closed = samples.board_row(subject=words, words=None, said_by=None, said_at=samples.NOW)
    return [([], [case]), ([words] * 3, [case, looked, closed] * 4), ([], [looked, looked])] * 3


@pytest.mark.parametrize(
    ("markdown", "words"),
    [
        (
            "## After **sixty** days\nsee [the page](https://x.example) or `cx`",
            "After sixty days see the page or cx",
        ),
        ("It takes:\n\n- Poland: *one* day\n- Norway:\n  four", "It takes: · Poland: one day · Norway: four"),
        ("| way | when |\n| --- | --- |\n| card | soon |", "way · when · card · soon"),
        ("| card | soon |\n| cash | now |", "| card | soon | | cash | now |"),
        ("    cx import kb\n", "cx import kb"),
        ("a < b <b>c</b>", "a < b <b>c</b>"),
        ("<div>\nc\n</div>", "<div> c </div>"),
        ("", ""),
    ],
)
def test_a_passage_is_shown_without_its_marks(markdown: str, words: str) -> None:
    assert gist(markdown, 300) == words


def test_a_long_passage_is_cut() -> None:
    assert gist("- one two\n- three", 12) == "one two · t…"
