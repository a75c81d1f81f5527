"""The table of checks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from benchmarks.conformance.world import World

Run = Callable[[World], Awaitable[None]]

KINDS = ("method", "refusal", "event", "interaction", "delivery", "limit", "block", "fault")


@dataclass(frozen=True)
class Check:
    """One line of the report. `limits`: with Slack's rate limits on."""

    kind: str
    name: str
    says: str
    run: Run
    limits: bool = False


CHECKS: list[Check] = []


def check(kind: str, name: str, says: str, *, limits: bool = False) -> Callable[[Run], Run]:
    """Puts a function into the table."""

    def put(run: Run) -> Run:
        CHECKS.append(Check(kind, name, says, run, limits))
        return run

    return put


def method(name: str, says: str) -> Callable[[Run], Run]:
    return check("method", name, says)


def event(name: str, says: str) -> Callable[[Run], Run]:
    return check("event", name, says)


def interaction(name: str, says: str) -> Callable[[Run], Run]:
    return check("interaction", name, says)


def fault(name: str, says: str) -> Callable[[Run], Run]:
    return check("fault", name, says)
