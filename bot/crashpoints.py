"""Named places between two effects at which a drill may pull the plug.

``CX_CRASH_AT=name`` makes the process kill itself with SIGKILL when it gets there; ``name@FILE``
only as long as FILE does not exist yet (it is made on the way out), so that a restarted process
goes on. Several names are separated by commas. Without the variable a crash point costs one look
into an empty table.
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
    "change.after_commit",
    "revise.after_call",
    "correct.after_commit",
    "restore.after_commit",
    "answer.after_claim",
    "answer.after_post",
    "mention.after_commit",
    "stream.after_start",
    "stream.after_append",
    "stream.after_answer",
    "stream.after_stop",
    "fetch.after_store",
    "upload.after_bytes",
    "delivery.after_claim",
    "delivery.after_send",
    "click.after_ack",
    "send.after_approve",
    "send.after_commit",
    "close.after_commit",
    "mail.after_raw",
    "mail.after_store",
    "mail.after_identify",
    "mail.after_receive",
    "mail.before_send",
    "job.after_start",
    "job.after_effect",
)

_armed: dict[str, Path | None] = {}


def arm(setting: str | None) -> None:
    """Choose the crash points, once, at start; raises ValueError for an unknown name."""
    _armed.clear()
    for entry in (setting or "").split(","):
        name, _, once = entry.strip().partition("@")
        if name and name not in NAMES:
            raise ValueError(f"CX_CRASH_AT names no crash point: {name}. Known: {', '.join(NAMES)}")
        if name:
            _armed[name] = Path(once) if once else None


def reach(name: str) -> None:
    """Die here if this is a chosen place."""
    if name not in _armed:
        return
    once = _armed[name]
    if once is not None:
        if once.exists():
            return
        once.touch()
    os.kill(os.getpid(), signal.SIGKILL)
