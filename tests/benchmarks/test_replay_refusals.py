"""What ``cx replay`` says when it cannot play: one clear sentence and exit status 2."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from benchmarks.replay.__main__ import app
from benchmarks.replay.recording import read_conversations

FILE = Path(__file__).parent.parent / "data" / "conversations.jsonl"


def demo_file(home: Path, **changes: Any) -> None:
    """A demo.json as a demo writes it; this test's own process stands for all of the demo's."""
    content = {
        "addresses": {"chat": ["http://127.0.0.1:1"], "control": "http://127.0.0.1:1/control"},
        "processes": [{"role": role, "pid": os.getpid(), "address": None} for role in ("sandbox", "bot")],
        "secrets": {"control": "s", "sites": {"shop": "k"}},
        "database_url": "postgresql:///nowhere",
    }
    (home / "demo.json").write_text(json.dumps(content | changes))


def refusal(home: Path, *arguments: str) -> str:
    result = CliRunner().invoke(app, [*arguments, "--home", str(home)])
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    return result.stderr


def test_without_a_demo(tmp_path: Path) -> None:
    assert "No demo is running" in refusal(tmp_path, str(FILE))


def test_with_a_demo_that_has_ended(tmp_path: Path) -> None:
    demo_file(tmp_path, processes=[{"role": "sandbox", "pid": 2**22 + 1, "address": None}])
    assert "not running any more" in refusal(tmp_path, str(FILE))


def test_with_a_file_of_something_else(tmp_path: Path) -> None:
    (tmp_path / "demo.json").write_text("{}")
    assert "not written by a demo" in refusal(tmp_path, str(FILE))
    (tmp_path / "demo.json").write_text("<html>")
    assert "cannot be read" in refusal(tmp_path, str(FILE))


def test_another_machine_is_not_played_with(tmp_path: Path) -> None:
    demo_file(tmp_path, addresses={"chat": ["https://chat.example"], "control": "http://127.0.0.1:1/control"})
    assert "another machine" in refusal(tmp_path, str(FILE))


def test_processes_that_are_not_the_products_are_not_killed(tmp_path: Path) -> None:
    demo_file(tmp_path)
    said = refusal(tmp_path, str(FILE), "--kill", "1")
    assert "--kill is refused" in said
    assert str(os.getpid()) in said


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "holds no conversations"),
        ("{", "line 1, is not JSON"),
        ('{"conversation_id": "a"}', "is missing"),
        ('{"conversation_id": "a", "customer_id": "c", "turns": []}', "does not begin with its customer"),
    ],
)
def test_files_that_hold_no_conversations(tmp_path: Path, content: str, sentence: str) -> None:
    file = tmp_path / "talk.jsonl"
    file.write_text(content)
    assert sentence in refusal(tmp_path, str(file))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert "cannot be read" in refusal(tmp_path, str(tmp_path / "none.jsonl"))


def test_lookups_are_not_said_aloud() -> None:
    first = read_conversations(FILE)[0]
    assert [turn.role for turn in first.turns] == ["customer", "agent", "customer", "agent", "customer"]
    assert first.visitor.email == "anna@example.org"


def test_customers_give_names(tmp_path: Path) -> None:
    customers = tmp_path / "customers.jsonl"
    customers.write_text(json.dumps({"customer_id": "anna", "name": "Anna Nowak", "email": "a@example.org"}))
    visitor = read_conversations(FILE, customers)[0].visitor
    assert (visitor.name, visitor.email) == ("Anna Nowak", "a@example.org")
    # HMAC-SHA256 of "anna" under "key", by openssl.
    assert (
        visitor.signed("key")["signature"]
        == "d27d461c645c7ca868ae8aca573e224c27f80f3e705a969a5430b86888eb9049"
    )
