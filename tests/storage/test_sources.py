"""Reading ``sources.yml``: what is meant, or where the mistake is."""

from __future__ import annotations

from pathlib import Path

import pytest

from cases.arrivals import Entrance
from cases.enums import Channel
from cases.errors import ConfigError
from storage.sources import Source, read_sources
from tests.support.sandbox import ROOT

START = "sources:\n  - key: desk\n    title: Desk\n    slack_channel: support\n"


def test_the_sample_is_read() -> None:
    found = read_sources(ROOT / "config" / "sources.sample.yml")
    assert list(found) == ["help-desk", "reviews", "telephone"]
    assert found["help-desk"] == Source(
        Entrance(Channel.API, "help-desk", "Help desk", "support", "sources.yml", icon=":ticket:"),
        "https://desk.example.com/cx/replies",
    )
    assert found["reviews"].entrance.public
    assert found["reviews"].deliver_to is None
    assert not found["help-desk"].receipts


def test_without_the_file_there_are_none(tmp_path: Path) -> None:
    assert read_sources(tmp_path / "sources.yml") == {}
    (tmp_path / "sources.yml").write_text("# nothing yet\n")
    assert read_sources(tmp_path / "sources.yml") == {}


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("sources: 7", 1, "here a list is needed"),
        ("source: []", 1, "did you mean `sources`"),
        ("sources:\n  - key: desk\n", 2, "a source needs `title`"),
        (START.replace("desk", "Desk"), 2, "small letters, digits and hyphens"),
        (f"{START}    icon: ticket\n", 5, "an emoji such as :ticket:"),
        (f"{START}    public: maybe\n", 5, "true or false"),
        (f"{START}    workspace: shop\n", 5, "the id of a Slack workspace"),
        (f"{START}    deliver_to: desk.example.com\n", 5, "an address such as"),
        (f"{START}    deliver_to: http://desk.example.com/\n", 5, "over https:// only"),
        (f"{START}    deliver_to: 'https://desk.example.com:x/'\n", 5, "an address such as"),
        (f"{START}    receipts: maybe\n", 5, "true or false"),
        (f"{START}    receipts: true\n", 5, "receipts are posted to `deliver_to`"),
        (f"{START}    deliver_to: https://x.example\n    public: true\n    receipts: true\n", 7, "everybody"),
        (START + START.removeprefix("sources:\n"), 5, "there is a source `desk` already"),
    ],
)
def test_a_mistake_is_shown_with_its_line(tmp_path: Path, text: str, line: int, words: str) -> None:
    path = tmp_path / "sources.yml"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        read_sources(path)
    assert f"line {line}: " in str(caught.value)
    assert words in str(caught.value)


def test_receipts_are_switched_on(tmp_path: Path) -> None:
    path = tmp_path / "sources.yml"
    path.write_text(f"{START}    deliver_to: https://desk.example.com/\n    receipts: true\n")
    assert read_sources(path)["desk"].receipts


def test_plain_http_is_for_this_machine_only(tmp_path: Path) -> None:
    path = tmp_path / "sources.yml"
    path.write_text(f"{START}    deliver_to: http://127.0.0.1:8400/\n")
    assert read_sources(path)["desk"].deliver_to == "http://127.0.0.1:8400/"
