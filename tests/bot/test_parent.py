"""Children that end with their parent, however it ends."""

from __future__ import annotations

import subprocess
import sys

import psutil
import pytest

from bot import parent
from storage.embedded_files import ended
from tests.support.demo import alive

# A parent that starts a child, says its number, and stays.
_FOLLOWED = """
import os, subprocess, sys, time
child = subprocess.Popen(
    [sys.executable, "-c", "import time; from bot import parent; parent.follow(); time.sleep(60)"],
    env=os.environ | {"CX_PARENT_PID": str(os.getpid())},
)
print(child.pid, flush=True)
time.sleep(60)
"""
_LEASHED = """
import os, subprocess, sys, time
from bot import parent
child = subprocess.Popen(parent.leash(["sleep", "60"]))
print(child.pid, flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("program", [_FOLLOWED, _LEASHED], ids=["follow", "leash"])
def test_a_child_ends_when_its_parent_is_killed(program: str) -> None:
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        child = psutil.Process(int(process.stdout.readline()))
        assert alive(child.pid)
        process.kill()
    assert ended(child, 10)


def test_a_leash_held_by_nobody_lets_nothing_start() -> None:
    words = [sys.executable, "-m", "bot.parent", str(2**22 + 1), "echo", "started"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")


def test_a_leashed_program_keeps_its_words_and_its_end() -> None:
    done = subprocess.run(
        parent.leash(["sh", "-c", "echo $0; exit 3", "words"]), capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (3, "words\n")
