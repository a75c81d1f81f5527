"""How a company wants its customers to be written to, by language and channel."""

from __future__ import annotations

from pathlib import Path

import pytest

from cases.enums import Channel
from cases.errors import ConfigError
from cases.reader import Language
from storage.tones import MAX_TONE, read_tones


def test_the_most_particular_policy_counts(tmp_path: Path) -> None:
    for name in ("all", "pl", "webchat", "webchat.cs"):
        (tmp_path / f"{name}.md").write_text(f"As {name}.\n")
    tones = read_tones(tmp_path)

    def words(language: Language | None, channel: Channel | None) -> str:
        tone = tones.pick(language, channel)
        assert tone is not None
        return tone.words

    assert words(Language.CS, Channel.WEBCHAT) == "As webchat.cs."
    assert words(Language.PL, Channel.WEBCHAT) == "As pl."
    assert words(Language.EN, Channel.WEBCHAT) == "As webchat."
    assert words(None, None) == words(Language.HU, Channel.INTERNAL) == "As all."


def test_another_wording_is_another_version(tmp_path: Path) -> None:
    labels = set()
    for words in ("Short.", "Shorter."):
        (tmp_path / "all.md").write_text(words)
        tone = read_tones(tmp_path).pick(None, None)
        assert tone is not None
        labels.add(tone.label)
    assert len(labels) == 2


def test_without_a_folder_or_a_fitting_file_there_is_none(tmp_path: Path) -> None:
    assert read_tones(tmp_path / "tone").pick(Language.EN, Channel.WEBCHAT) is None
    (tmp_path / "pl.md").write_text("Po polsku.")
    assert read_tones(tmp_path).pick(Language.EN, Channel.WEBCHAT) is None


@pytest.mark.parametrize(
    ("name", "words", "complaint"),
    [
        ("webchet", "x", r"webchet\.md: `webchet` is no language and no channel; did you mean `webchat`"),
        ("pl.cs", "x", "`cs` is no language"),
        ("all.pl", "x", "`all` is no language"),
        ("pl", " \n", "between 1 and 4,000 characters, not 0"),
        ("pl", "x" * (MAX_TONE + 1), "not 4,001"),
        ("pl", b"\xff", "cannot be read"),
    ],
)
def test_a_mistake_names_its_file(tmp_path: Path, name: str, words: str | bytes, complaint: str) -> None:
    (tmp_path / f"{name}.md").write_bytes(words if isinstance(words, bytes) else words.encode())
    with pytest.raises(ConfigError, match=complaint):
        read_tones(tmp_path)


def test_two_names_of_one_place_are_refused(tmp_path: Path) -> None:
    for name in ("pl.webchat", "webchat.pl"):
        (tmp_path / f"{name}.md").write_text("x")
    with pytest.raises(ConfigError, match="the same language and channel"):
        read_tones(tmp_path)
