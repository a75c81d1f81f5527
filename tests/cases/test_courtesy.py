from __future__ import annotations

import unicodedata

import pytest

from cases.courtesy import only_thanks


@pytest.mark.parametrize(
    "text",
    [
        "Thanks!",
        "thank you so much 🙏",
        "THX",
        "Ok, thanks a lot.\n",
        "Dziękuję bardzo!",
        "Köszönöm szépen",
        "Díky moc, hezký den",
        "Thanks for your help, have a nice day",
        unicodedata.normalize("NFD", "Dziękuję"),
    ],
)
def test_thanks(text: str) -> None:
    assert only_thanks(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "🙏",
        "ok",
        "Good day",
        "Thanks?",
        "Thanks, but it is broken again",
        "No thanks",
        "thank you " * 5,
        "Danke, aber wo ist mein Paket",
    ],
)
def test_more_than_thanks(text: str) -> None:
    assert not only_thanks(text)
