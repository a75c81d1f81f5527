"""The pages for people name what there is, and show pictures that are there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from cases.enums import Channel, Status
from commands.dispatch import WORDS
from tests.views import samples
from views.case_menu import case_menu

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
FOR_AGENTS = (ROOT / "docs" / "working-in-slack.md").read_text()


def labels(view: dict[str, Any]) -> set[str]:
    rows = [block["elements"] for block in view["blocks"] if block["type"] == "actions"]
    return {button["text"]["text"] for row in rows for button in row}


def acts() -> set[str]:
    """Every button of a case's menu, whoever looks at whichever case."""
    cards = [
        samples.card(status, owner=owner, channel=channel)
        for status in Status
        for owner in (None, "U1ANNA")
        for channel in Channel
    ]
    return {label for card in cards for label in labels(case_menu(card, "U1ANNA"))}


@pytest.mark.parametrize("label", sorted(acts()))
def test_each_button_of_the_menu_is_explained(label: str) -> None:
    first_cells = re.findall(r"^\| ([A-Z][^|]*) \|", FOR_AGENTS, re.MULTILINE)
    assert label in {each for cell in first_cells for each in (cell, *cell.split(", "))}


@pytest.mark.parametrize("word", sorted(WORDS))
def test_each_command_is_named(word: str) -> None:
    assert re.search(rf"`(?:/cx )?{word}\b", FOR_AGENTS)


def test_each_picture_is_there_and_shown() -> None:
    shown = {
        (page.parent / name).resolve()
        for page in PAGES
        for name in re.findall(r"[(\"]([\w/-]+\.png)[)\"]", page.read_text())
    }
    assert shown == set((ROOT / "docs" / "screenshots").glob("*.png"))
