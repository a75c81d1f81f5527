"""A child process ends when its parent does, also when the parent is killed."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time
from collections.abc import Callable

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


def end_with(parent: int) -> Callable[[], None] | None:
    """What a new child calls before it becomes its program, so that the kernel ends it with ``parent``.

    For programs that cannot ``follow``; None where the kernel cannot do it (only Linux can).
    """
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None, use_errno=True)

    def in_the_child() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)

    return in_the_child
