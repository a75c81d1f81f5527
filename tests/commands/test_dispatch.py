from __future__ import annotations

import pytest

from commands.dispatch import WORDS, dispatch
from commands.request import Request
from storage.db import Database
from tests.support.office import ANNA, Office
from tests.views import limits
from views.thread import Rendered


async def answer(text: str, db: Database | None = None) -> Rendered:
    """What ``/cx`` answers Anna; without ``db`` it must not look into one."""
    nowhere = Database("postgresql://cx@nowhere/cx")
    rendered = await dispatch(Request(db or nowhere, 1, "https://shop.slack.com/", ANNA.id, text))
    limits.check(rendered)
    return rendered


@pytest.mark.parametrize("text", ["help", "HELP", "", "   ", "help me please"])
async def test_help_names_every_word(text: str) -> None:
    shown = limits.markup_of(await answer(text))[1]
    for word in WORDS.values():
        assert f"`/cx {word.usage}`: {word.what}" in shown


@pytest.mark.parametrize("text", ["status", " Status ", "STATUS"])
async def test_a_word_is_known_however_it_is_typed(office: Office, text: str) -> None:
    assert (await answer(text, office.db)).text == "0 open · 0 unclaimed"


@pytest.mark.parametrize(
    ("typed", "nearest"),
    [("stauts", "status"), ("statu mine", "status"), ("hlep", "help"), ("helpp", "help"), ("xyzzy", None)],
)
async def test_a_typo_suggests_the_nearest_word(typed: str, nearest: str | None) -> None:
    said = limits.markup_of(await answer(typed))[1]
    assert said.startswith(f"There is no `/cx {typed.split(maxsplit=1)[0]}`.")
    assert said.endswith(f"Did you mean `/cx {nearest}`?" if nearest else "`.")


@pytest.mark.parametrize("typed", ["<!channel>", "x" * 5_000, "\u202e", "`*_~"])
async def test_what_is_typed_cannot_ping(typed: str) -> None:
    assert "<!" not in str(limits.markup_of(await answer(typed)))


@pytest.mark.parametrize("name", WORDS)
def test_each_usage_begins_with_its_word(name: str) -> None:
    assert WORDS[name].usage.split()[0] == name
