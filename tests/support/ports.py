"""Ports for programs that tests start, kill and start again: nobody else must take them meanwhile.

They lie below those that the system hands out by itself, and each process of a test run has its own.
"""

from __future__ import annotations

import os
from itertools import count

from benchmarks.rig import are_free

_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 5
_OURS = range(11_000 + 4_000 * _WORKER, 15_000 + 4_000 * _WORKER)
_given = count(os.getpid())


def free_port() -> int:
    """A port that nobody uses now, and that is given to nobody else soon."""
    return free_ports(1)


def free_ports(many: int) -> int:
    """The first of at most ten neighbouring ports like that."""
    for _try in range(len(_OURS) // 10):
        first = _OURS[next(_given) * 10 % len(_OURS)]
        if are_free(range(first, first + many)):
            return first
    raise AssertionError("no free ports")
