"""cx conformance: it passes, and it can fail."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from tests.support.sandbox import ROOT


def run(folder: Path, *words: str) -> tuple[int, dict[str, object]]:
    file = folder / "outcome.json"
    command = [sys.executable, "-m", "benchmarks.conformance", "--json", str(file), *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert file.exists(), done.stderr
    return done.returncode, json.loads(file.read_text(encoding="utf-8"))


def test_the_workspace_conforms(tmp_path: Path) -> None:
    code, outcome = run(tmp_path, "--ack-seconds", "0.5")
    lines = outcome["lines"]
    assert isinstance(lines, list)
    assert [line for line in lines if line["problem"]] == []
    assert (code, outcome["right"]) == (0, True)
    assert len(lines) > 240


def test_nothing_checked_is_a_failure(tmp_path: Path) -> None:
    assert run(tmp_path, "--only", "no such check") == (1, {"right": False, "lines": []})


def test_a_terminal_shows_how_far_it_has_come(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmarks.conformance", "--only", "conversations.m"]
    terminal = os.environ | {"FORCE_COLOR": "1", "COLUMNS": "120"}
    done = subprocess.run(
        command, cwd=ROOT, env=terminal, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    shown = re.findall(r"starting|\d/2|conversations\.mark", done.stdout)
    assert list(dict.fromkeys(shown)) == ["starting", "0/2", "1/2", "conversations.mark"]
