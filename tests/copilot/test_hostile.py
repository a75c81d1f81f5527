"""What holds when the model is fully in an attacker's hands, judged by effects; and each guard, switched off."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from dataclasses import replace
from random import Random

import pytest

from copilot import meter, work
from copilot.work import Copilot
from tests.support.hostile import World, build, calls, drive, form, judge, listening, pour
from tests.support.model import ModelServer
from tests.support.office import Office

CALLS = int(os.environ.get("CX_HOSTILE_CALLS", "10000"))
"""Tool calls that are made in all."""
BATCH = 25
"""Calls in one answer."""


@pytest.fixture
async def world(office: Office) -> AsyncIterator[World]:
    """Four customers, and a server to which nobody should go."""
    async with listening() as listener:
        yield await build(office, listener)


@pytest.fixture
def patient(copilot: Copilot) -> Copilot:
    """The copilot with time for large batches."""
    assert copilot.endpoint is not None
    return replace(copilot, endpoint=replace(copilot.endpoint, call_seconds=30.0, seconds=60.0))


async def test_a_hostile_model_gets_nothing_done(world: World, patient: Copilot, model: ModelServer) -> None:
    seeds = max(12, CALLS // 1_000)
    evidence = await drive(world, patient, model, iter(range(seeds)))
    assert judge(world, evidence) == []
    assert evidence.audited > seeds


async def test_batches_of_hostile_calls_get_nothing_done(
    world: World, patient: Copilot, model: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    # So that the whole batch is carried out, and its results are seen.
    monkeypatch.setattr(work, "MOST_TOOL_CALLS", BATCH + 1)
    random, many = Random(1), max(1, CALLS // 10 // BATCH)
    answers = ([*calls(random, world.words, BATCH), form("<!channel>", "m1")] for _ in range(many))
    evidence = await drive(world, patient, model, answers)
    evidence.bound = (8, BATCH)
    assert judge(world, evidence) == []
    assert all(run["outcome"] == "done" for run in evidence.runs)


async def test_tools_that_are_given_hostile_calls_get_nothing_done(world: World) -> None:
    random = Random(2)
    evidence = await pour(world, (calls(random, world.words, BATCH) for _ in range(CALLS * 9 // 10 // BATCH)))
    assert judge(world, evidence) == []
    assert evidence.audited == CALLS * 9 // 10 // BATCH * BATCH
