"""A child process ends when its parent does, also when the parent is killed."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from typing import NoReturn

PARENT = "CX_PARENT_PID"
_LOOK_SECONDS = 0.5
_GRACE_SECONDS = 5.0
_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def follow() -> None:
    """Watch the process of ``CX_PARENT_PID``: once it is gone, end as by SIGTERM, at the latest after 5 s."""
    parent = os.environ.get(PARENT, "")
    if parent.isdigit():
        threading.Thread(target=_watch, args=(int(parent),), name="parent", daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_GRACE_SECONDS)
    os.kill(os.getpid(), signal.SIGKILL)


def leash(command: Sequence[str]) -> list[str]:
    """``command`` for a child that cannot ``follow``: the kernel ends it with this process (on Linux)."""
    return [sys.executable, "-m", "bot.parent", str(os.getpid()), *command]


def main(parent: int, command: list[str]) -> NoReturn:
    """Become ``command``, to be killed when ``parent`` is gone."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit("The process to end with is gone already.")
    os.execvp(command[0], command)  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
