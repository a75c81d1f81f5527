"""Prompts: versioned, and filled in completely or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

import prompts
from prompts.loader import PromptError, load

NAMES = sorted(path.stem for path in Path(prompts.__file__).parent.glob("*.md"))


@pytest.mark.parametrize("name", NAMES)
def test_every_prompt_has_a_version_that_changes_with_its_words(name: str) -> None:
    prompt = load(name)
    number, _, digest = prompt.version.partition("-")
    assert number.isdigit()
    assert len(digest) == 8
    assert prompt.label == f"{name} {prompt.version}"
    assert "version:" not in prompt.words


def test_a_missing_or_unknown_value_is_a_mistake() -> None:
    assert "Write in English" in load("summary").fill(language="English")
    with pytest.raises(PromptError, match="language"):
        load("summary").fill()
    with pytest.raises(PromptError, match="customer"):
        load("summary").fill(language="English", customer="x")
    with pytest.raises(PromptError, match=r"no prompt nonsense\.md"):
        load("nonsense")
