"""``python -m benchmarks.simulate.again MODULE WORD…``: a program that is started again whenever it ended.

It is forked from this process, which has imported before what takes seconds: a thousand times those would be
an hour. From there on it is what ``python -m`` makes of it. Ends by SIGTERM, and the program with it.
"""

from __future__ import annotations

import gc
import importlib
import os
import runpy
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import NoReturn

_IMPORTS = ("bot.logs", "bot.run", "bot.worker")
_SHORTEST_SECONDS = 0.5
"""A program that ends sooner is not started again at once."""


def main(module: str, words: Sequence[str]) -> NoReturn:
    """Start it, and again, until SIGTERM."""
    for name in _IMPORTS:
        importlib.import_module(name)
    gc.freeze()  # what was imported is no garbage
    while True:
        begun = time.monotonic()
        child = os.fork()
        if not child:
            _become(module, words)
        signal.signal(signal.SIGTERM, lambda *_: _end(child))  # noqa: B023 - the present one
        os.waitpid(child, 0)
        time.sleep(max(0.0, begun + _SHORTEST_SECONDS - time.monotonic()))


def _become(module: str, words: Sequence[str]) -> NoReturn:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    sys.argv[1:] = words
    runpy.run_module(module, run_name="__main__", alter_sys=True)
    sys.exit()


def _end(child: int) -> NoReturn:
    with suppress(ProcessLookupError, ChildProcessError):
        os.kill(child, signal.SIGTERM)
        os.waitpid(child, 0)
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
