from __future__ import annotations

import os
from pathlib import Path

import pytest

from storage.watched import Live, Watched


def test_a_file_that_is_being_written_is_left_until_nobody_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program empties it first: what is half there must not count as all that there is."""
    file, now = tmp_path / "words", [100.0]
    monkeypatch.setattr("storage.watched.monotonic", lambda: now[0])
    file.write_text("one two")
    watched = Watched((file,), lambda: file.read_text().split() if file.exists() else [], settled=True)
    for half in ("", "one"):
        file.write_text(half)
        assert watched.now() == ["one", "two"]
        now[0] += 0.9
    file.unlink()
    assert watched.now() == ["one", "two"]
    file.write_text("one two three")
    assert watched.now() == ["one", "two"]
    now[0] += 1.1
    assert watched.now() == ["one", "two", "three"]


def test_a_file_that_was_written_before_or_put_in_place_counts_at_once(tmp_path: Path) -> None:
    file, other = tmp_path / "words", tmp_path / "other"
    file.write_text("one")
    words = Live(Watched((file,), lambda: dict.fromkeys(file.read_text().split(), 1), settled=True).now)
    other.write_text("one two")
    os.utime(other, (1_000_000_000, 1_000_000_000))
    other.replace(file)
    assert (list(words), len(words), words.get("two")) == (["one", "two"], 2, 1)
