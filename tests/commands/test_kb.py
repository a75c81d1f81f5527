"""``/cx kb``."""

from __future__ import annotations

import pytest

from cases.articles import Article
from cases.errors import InvalidInput
from commands.dispatch import dispatch
from commands.request import Hands, Request
from storage import articles, knowledge
from tests.support.office import ANNA, NOW, Office
from tests.views import limits


async def say(office: Office, text: str) -> str:
    async def nothing(*_given: str) -> None:
        raise AssertionError("only asked")

    hands = Hands(ANNA, NOW, nothing, nothing, nothing, nothing)  # type: ignore[arg-type]
    rendered = await dispatch(
        Request(office.db, office.workspace, "https://shop.slack.com/", ANNA.id, text, hands)
    )
    limits.check(rendered)
    return str(rendered.blocks)


async def test_words_find_articles_with_their_passage(office: Office) -> None:
    given = [
        Article("1", "Returns <!channel>", "The label is in the *pocket*."),
        Article("2", "Mugs", "Safe."),
    ]
    await articles.replace(office.db, office.workspace, "handbook", given, NOW)
    shown = await say(office, "kb where is the label")
    assert "*Returns &lt;!channel&gt;*\\nThe label is in the pocket." in shown
    assert "Mugs" not in shown
    assert "kb_read" in shown
    assert "without a model" in shown
    assert "No article has these words" in await say(office, "kb elephants")


async def test_missing_articles_are_listed(office: Office) -> None:
    assert "Nobody has missed an article" in await say(office, "kb gaps")
    case = await office.case("Do you ship to the moon?")
    await knowledge.mark(office.db, case.case_id, None, ANNA.id, NOW)
    assert "Do you ship to the moon?" in await say(office, "kb GAPS")


async def test_searches_in_vain_are_listed(office: Office) -> None:
    given = [Article("1", "Returns", "The label is in the pocket.")]
    await articles.replace(office.db, office.workspace, "handbook", given, NOW)
    await say(office, "kb label")
    await say(office, "kb elephants")
    await say(office, "kb <!channel> zebras")
    shown = await say(office, "kb gaps")
    assert "elephants" in shown
    assert "zebras" in shown
    assert "label" not in shown
    assert "<!channel>" not in shown


@pytest.mark.parametrize(("text", "sentence"), [("kb", "what to look for"), ("kb lamp", "no articles yet")])
async def test_what_cannot_be_answered_is_said(office: Office, text: str, sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        await say(office, text)
