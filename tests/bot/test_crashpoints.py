from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import crashpoints

PROGRAM = """
import sys
from bot import crashpoints
crashpoints.arm(sys.argv[1])
for name in sys.argv[2:]:
    crashpoints.reach(name)
print("alive")
"""
ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def disarm() -> Iterator[None]:
    """Nothing stays armed after a test."""
    yield
    crashpoints.arm(None)


def run(setting: str, *reached: str) -> int:
    """How a process ends that is armed with ``setting`` and gets to ``reached``."""
    command = [sys.executable, "-c", PROGRAM, setting, *reached]
    return subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, check=False).returncode


@pytest.mark.parametrize(
    ("setting", "reached", "dies"),
    [
        ("", ["post.after_call"], False),
        ("post.after_call", ["post.after_call"], True),
        ("post.after_call", ["post.after_stamp"], False),
        ("post.after_call, inbox.after_ack", ["inbox.after_ack"], True),
    ],
)
def test_a_process_dies_where_it_is_told_to(setting: str, reached: list[str], dies: bool) -> None:
    assert run(setting, *reached) == (-signal.SIGKILL if dies else 0)


def test_once_means_once(tmp_path: Path) -> None:
    mark = tmp_path / "died"
    setting = f"send.after_commit@{mark}"
    assert run(setting, "send.after_commit") == -signal.SIGKILL
    assert mark.exists()
    assert run(setting, "send.after_commit") == 0


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"no\.where.*post\.after_call"):
        crashpoints.arm("no.where")


def test_nothing_is_armed_by_itself() -> None:
    for name in crashpoints.NAMES:
        crashpoints.reach(name)


def test_every_name_is_a_place_in_the_code_and_every_place_has_a_name() -> None:
    code = "".join(path.read_text() for path in ROOT.joinpath("bot").rglob("*.py"))
    places = re.findall(r'crashpoints\.reach\("([a-z_.]+)"\)', code)
    assert set(places) == set(crashpoints.NAMES)
