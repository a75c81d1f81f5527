"""``cx replay --channels``: each turn on another channel, one case, whatever is killed and goes wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.sandbox import ROOT

CONVERSATIONS = ROOT / "tests" / "data" / "conversations.jsonl"
KILLS = 12 if os.environ.get("CX_ALL_KILLS") else 2
ZERO = ("lost", "doubled", "out_of_order", "elsewhere", "mixed", "strange", "unmarked", "loose", "strays")


@pytest.mark.slow
def test_mail_chat_and_api_with_kills_and_a_bad_day(tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    words = ["--channels", "mail,chat,api", "--seed", "3", "--undo-seconds", "0.5", "--cases-at-once", "4"]
    drills = ["--kill", str(KILLS), "--faults", "--json", str(out)]
    done = subprocess.run(
        [sys.executable, "-m", "bot.cli", "replay", str(CONVERSATIONS), *words, *drills],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    figures = json.loads(out.read_text())
    assert {key: figures[key] for key in ZERO} == dict.fromkeys(ZERO, 0)
    assert figures["closed"] == figures["conversations"] >= 4
    assert figures["kills"] == KILLS
    assert set(figures["channels"]) == {"api", "chat", "mail"}
    assert figures["merged"] >= 2
