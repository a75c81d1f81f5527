"""What a terminal shows of an error."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

from tests.support.sandbox import ROOT

FAILS = """
import structlog
from bot import logs

logs.set_up("INFO")
password = "hunter" + "2"
try:
    raise ValueError("broken")
except ValueError:
    structlog.get_logger().exception("it.failed")
"""


def test_a_terminal_sees_the_traceback_but_no_local_variables() -> None:
    ours, theirs = pty.openpty()
    try:
        subprocess.run([sys.executable, "-c", FAILS], cwd=ROOT, stderr=theirs, check=True, timeout=30)
        shown = os.read(ours, 65_536).decode()
    finally:
        os.close(ours)
        os.close(theirs)
    assert "it.failed" in shown
    assert "ValueError: broken" in shown
    assert "hunter2" not in shown
