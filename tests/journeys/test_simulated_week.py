"""``cx simulate week``: a dose of it, with replicas of which some are killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.support.sandbox import ROOT

KILLS = 30 if os.environ.get("CX_ALL_KILLS") else 3


@pytest.fixture(scope="module")
def outcome(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    file = tmp_path_factory.mktemp("week") / "week.json"
    words = ["--cases", "9", "--days", "5", "--replicas", "2", "--kill", str(KILLS), "--json", str(file)]
    command = [sys.executable, "-m", "bot.cli", "simulate", "week", *words, "--database-url", postgres_url]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert file.exists(), done.stderr
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    assert done.returncode == 0, done.stdout
    return found


def test_each_reminder_comes_as_the_oracle_says_although_processes_are_killed(
    outcome: dict[str, Any],
) -> None:
    assert outcome["seen"] == outcome["expected"]
    assert len(outcome["seen"]) > 40
    assert len({each["kind"] for each in outcome["seen"]}) > 4
    assert outcome["kills"] > 0


def test_every_case_ends_told(outcome: dict[str, Any]) -> None:
    closed = {fact["case"] for fact in outcome["facts"] if fact["what"] == "closed"}
    assert len(closed) == 9
    assert outcome["untold"] == outcome["after_close"] == outcome["outside_hours"] == []
