"""``cx replay`` against ``cx demo``: recorded conversations arrive exactly once, whatever is killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support import postgres
from tests.support.demo import DemoProcess
from tests.support.sandbox import ROOT

CONVERSATIONS = ROOT / "tests" / "data" / "conversations.jsonl"

ALL_KILLS = bool(os.environ.get("CX_ALL_KILLS"))
"""Each kill takes seconds, so most of them only by CX_ALL_KILLS=1."""


def replay(
    demo: DemoProcess, out: Path, *words: str
) -> tuple[subprocess.CompletedProcess[str], dict[str, Any]]:
    """Run it to its end; returns what it said and its figures."""
    command = [sys.executable, "-m", "bot.cli", "replay", str(CONVERSATIONS), "--json", str(out), *words]
    done = subprocess.run(
        command, cwd=ROOT, env=demo.environment, capture_output=True, text=True, timeout=300, check=False
    )
    return done, json.loads(out.read_text()) if out.exists() else {}


def assert_exactly_once(done: subprocess.CompletedProcess[str], figures: dict[str, Any]) -> None:
    assert done.returncode == 0, done.stdout + done.stderr
    wrong = {key: figures[key] for key in ("lost", "doubled", "out_of_order", "mixed")}
    assert set(wrong.values()) == {0}, wrong
    assert figures["closed"] == figures["conversations"] >= 4


@pytest.mark.slow
def test_two_replicas_and_two_workers_on_a_database_by_address(postgres_url: str, tmp_path: Path) -> None:
    with postgres.fresh_database(postgres_url) as url:
        demo = DemoProcess("--undo-seconds", "0.5", "--workers", "2", "--database-url", url, replicas=2)
        demo.start()
        try:
            kills = 20 if ALL_KILLS else 4
            words = ["--kill", str(kills), "--faults", "--cases-at-once", "4"]
            done, figures = replay(demo, tmp_path / "out.json", *words)
            assert_exactly_once(done, figures)
            assert figures["kills"] == kills
        finally:
            demo.remove()


@pytest.mark.slow
def test_over_http_with_two_replicas_kills_and_a_bad_day(tmp_path: Path) -> None:
    kills = 6 if ALL_KILLS else 3
    demo = DemoProcess("--undo-seconds", "0.5", "--http", replicas=2)
    demo.start()
    try:
        words = ["--kill", str(kills), "--faults", "--cases-at-once", "4"]
        done, figures = replay(demo, tmp_path / "out.json", *words)
        assert_exactly_once(done, figures)
        assert figures["kills"] == kills
        assert "over HTTP" in demo.screen()
        assert demo.control("state")["request_url"] == f"http://127.0.0.1:{demo.port + 3}/slack/events"
    finally:
        demo.remove()
