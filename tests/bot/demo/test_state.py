"""demo.json: written at once, for its owner, and believed only while the demo runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from bot.demo import state
from bot.settings import Settings

DEMO = state.Demo(
    addresses=state.Addresses(
        "http://s/", "http://c/demo/", ["http://c"], "http://s/api/", "http://s/control"
    ),
    secrets=state.Secrets("control", {"shop": "key"}, "signing", "xoxb", "xapp"),
    database_url="postgresql:///cx",
    team={"support": "C1"},
    undo_seconds=3.0,
    supervisor=1,
    processes=[state.Process("bot", 7, "http://c"), state.Process("worker", 8)],
)


def test_it_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / state.NAME
    state.write(path, DEMO)
    assert state.read(path) == DEMO
    assert path.stat().st_mode & 0o777 == 0o600
    assert json.loads(path.read_text())["processes"][1] == {"role": "worker", "pid": 8, "address": None}


def test_a_rewrite_replaces_it_whole(tmp_path: Path) -> None:
    path = tmp_path / state.NAME
    state.write(path, DEMO)
    with path.open() as reader:
        state.write(path, replace(DEMO, processes=[]))
        assert len(json.load(reader)["processes"]) == 2
    assert len(json.loads(path.read_text())["processes"]) == 0
    assert list(tmp_path.iterdir()) == [path]


def test_none_or_a_damaged_one_is_none(tmp_path: Path) -> None:
    path = tmp_path / state.NAME
    assert state.read(path) is None
    for content in ("", "{", "[]", '{"addresses": 1}'):
        path.write_text(content)
        assert state.read(path) is None


def test_one_that_does_not_run_any_more_is_not_believed(tmp_path: Path) -> None:
    state.write(tmp_path / state.NAME, replace(DEMO, supervisor=os.getpid()))
    assert state.running(tmp_path) is None


def test_one_that_runs_is(tmp_path: Path) -> None:
    words = [sys.executable, "-c", "import sys; sys.stdin.read()", "bot.cli", "demo"]
    with subprocess.Popen(words, stdin=subprocess.PIPE) as process:
        running = replace(DEMO, supervisor=process.pid)
        state.write(tmp_path / state.NAME, running)
        assert state.running(tmp_path) == running


def test_its_settings_are_settings() -> None:
    assert set(state.as_settings(DEMO, Path("/x"))) <= set(Settings.model_fields)
