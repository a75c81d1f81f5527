"""Our programs as processes of their own, without the seconds in which each would import the same.

A server imports once what they need, and forks itself for each. From there on a process is what ``python -m``
makes of it: with its own environment, folder, output and signals. The demo's tests and ``cx bench start``
test whole starts.
"""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import os
import runpy
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

IMPORTS = ("bot.logs", "bot.run", "bot.worker", "langchain.agents", "langchain_openai", "sandbox.web.server")
"""What takes longest to import."""

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload([__name__, *IMPORTS])
_looking = threading.Lock()
"""A status is read once, and each start looks for those of all others."""


class Prepared:
    """``python -m module words``, started in ``folder``.

    What it says is added to the file ``log``, what it says on standard error to ``errors`` if that is given.
    """

    def __init__(
        self,
        module: str,
        words: Sequence[str],
        *,
        environment: Mapping[str, str],
        folder: Path,
        log: Path,
        errors: Path | None = None,
    ) -> None:
        self._words = ["-m", module, *words]
        arguments = (module, list(words), dict(environment), str(folder), str(log), str(errors or log))
        self._process = _context.Process(target=_become, args=arguments, daemon=True)
        with _looking:
            self._process.start()

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self._process.pid is not None
        return self._process.pid

    def poll(self) -> int | None:
        """The exit status, negative for the signal that ended it; None while it runs."""
        with _looking:
            return self._process.exitcode

    def wait(self, seconds: float | None = None) -> int:
        """Wait for its end; returns the exit status. Raises subprocess.TimeoutExpired."""
        deadline = None if seconds is None else time.monotonic() + seconds
        while (status := self.poll()) is None:
            if seconds is not None and deadline is not None and time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(self._words, seconds)
            time.sleep(0.01)
        return status

    def send_signal(self, number: signal.Signals) -> None:
        """Does nothing when it has ended."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)


def run(
    module: str, *words: str, environment: Mapping[str, str], folder: Path, seconds: float = 120
) -> subprocess.CompletedProcess[str]:
    """``python -m module words`` in ``folder``, to its end. Raises subprocess.TimeoutExpired."""
    with tempfile.TemporaryDirectory() as place:
        out, errors = Path(place, "out"), Path(place, "errors")
        process = Prepared(module, words, environment=environment, folder=folder, log=out, errors=errors)
        try:
            status = process.wait(seconds)
        finally:
            process.send_signal(signal.SIGKILL)
        return subprocess.CompletedProcess([module, *words], status, out.read_text(), errors.read_text())


def _become(
    module: str, words: list[str], environment: dict[str, str], folder: str, log: str, errors: str
) -> None:
    """Go on as ``python -m module words``."""
    gc.freeze()  # what was imported is no garbage
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    for path, number in ((log, 1), (errors, 2)):
        output = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        os.dup2(output, number)
        os.close(output)
    sys.argv[1:] = words
    runpy.run_module(module, run_name="__main__", alter_sys=True)
