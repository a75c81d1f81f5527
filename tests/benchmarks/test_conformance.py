"""cx conformance: it passes, and it can fail."""

import json
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
