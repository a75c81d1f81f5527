"""Named places between two effects at which a drill may pull the plug.

``CX_CRASH_AT=name`` makes the process kill itself with SIGKILL when it gets there; ``name@FILE``
only as long as FILE does not exist yet (it is made on the way out), so that a restarted process
goes on. Without the variable a crash point costs one comparison.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

NAMES = (
    "intake.before_commit",
    "intake.after_commit",
    "inbox.before_store",
    "inbox.after_store",
    "inbox.after_ack",
    "inbox.after_effect",
    "post.after_stamp",
    "post.after_call",
    "post.after_commit",
    "call.after_claim",
    "call.after_call",
    "click.after_ack",
    "send.after_approve",
    "send.after_commit",
    "close.after_commit",
    "job.after_start",
    "job.after_effect",
)

_armed: str | None = None
_once: Path | None = None


def arm(setting: str | None) -> None:
    """Choose the crash point, once, at start; raises ValueError for an unknown name."""
    global _armed, _once
    if not setting:
        _armed, _once = None, None
        return
    name, _, once = setting.partition("@")
    if name not in NAMES:
        raise ValueError(f"CX_CRASH_AT names no crash point: {name}. Known: {', '.join(NAMES)}")
    _armed, _once = name, Path(once) if once else None


def reach(name: str) -> None:
    """Die here if this is the chosen place."""
    if name != _armed or (_once is not None and _once.exists()):
        return
    if _once is not None:
        _once.touch()
    os.kill(os.getpid(), signal.SIGKILL)
