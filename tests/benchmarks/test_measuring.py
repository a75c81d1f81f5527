"""The measuring tools: what they count must be what is there."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientSession
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.signature import SignatureVerifier

from benchmarks import rig, signed
from benchmarks.crash.load import Side
from benchmarks.crowd import Sightings, crowd
from benchmarks.mirror import cost, latency
from benchmarks.mirror.table import Line, failed, faster, must, slower, sooner
from benchmarks.programs import CHANNELS, FLOOR, STACK, Place, Program, start
from benchmarks.replay.report import percentile, spread


@given(st.lists(st.floats(0, 1e6), min_size=1))
def test_percentiles_are_samples_in_order(samples: list[float]) -> None:
    found = list(spread(samples).values())
    assert set(found) <= set(samples)
    assert found == sorted(found, key=lambda value: value or 0.0)
    assert percentile(samples, 1) == max(samples)


def test_percentiles_by_nearest_rank() -> None:
    samples = [float(value) for value in range(1, 101)]
    assert spread(samples) == {"p50": 50.0, "p95": 95.0, "p99": 99.0}
    assert spread([]) == {"p50": None, "p95": None, "p99": None}


def test_aims_are_held_or_not() -> None:
    assert slower("", [0.2], [0.1], "floor", 2).held
    assert not slower("", [0.21], [0.1], "floor", 2).held
    assert not slower("", [], [0.1], "floor", 2).held
    assert sooner("", [0.001], [0.02], "bare Bolt", 20).held
    assert not sooner("", [0.0011], [0.02], "bare Bolt", 20).held
    assert faster("", 200, 100, "stack", 2).held
    assert not faster("", 199, 100, "stack", 2).held


def test_only_what_must_hold_can_fail() -> None:
    missed = Line("a missed aim", "3", held=False)
    assert not failed([missed, must("lost", "0", "0", held=True)])
    assert failed([missed, must("lost", "1", "0", held=False)])


def test_requests_are_signed_as_slack_does() -> None:
    verifier = SignatureVerifier(rig.SIGNING_SECRET)
    for body, headers in (signed.command("help"), signed.event({"type": "message"})):
        assert verifier.is_valid_request(body, headers)
        assert not verifier.is_valid_request(body + b" ", headers)


async def test_what_was_acknowledged_and_never_seen_is_lost() -> None:
    seen = Sightings()

    async def send(number: int) -> None:
        if number == 1:
            raise ConnectionError
        if number != 2:
            seen.see(number, time.monotonic())
        if number == 4:
            seen.see(number, time.monotonic())

    side = Side(send, seen)
    for number in range(5):
        await side.send(number)
    assert (side.lost(), side.doubled(), side.in_flight()) == ({2}, 1, {1, 2})


@pytest.fixture
async def place(tmp_path: Path, database_url: str) -> AsyncIterator[Place]:
    """A sandbox and a database for a reference program."""
    async with (
        ClientSession() as http,
        rig.sandbox(http, tmp_path, channels=CHANNELS, limits=False) as slack,
    ):
        yield Place(tmp_path, slack, database_url)


@pytest.mark.slow
@pytest.mark.parametrize("program", [FLOOR, STACK])
async def test_a_reference_program_does_the_job(place: Place, program: Program) -> None:
    with rig.stopping(start(program, place)) as running:
        async with ClientSession() as http:
            await rig.wait_ready(http, running)
        async with crowd(place.slack, running.address) as people:
            await people.gather(4, CHANNELS)
            inward = await latency.customer_to_thread(people, 0.5)
            outward = await latency.click_to_customer(people, 0.5, needs_preview=False)
    for way in (inward, outward):
        assert way.unseen == 0
        assert [len(way.latency[pace]) for pace in latency.PACES] == [4, 25]
        assert way.most[0] > 10


@pytest.mark.slow
async def test_connections_are_counted(place: Place) -> None:
    """AsyncWebClient as it comes opens one for every post."""
    async with cost.doorkeeper(place.slack) as keeper:
        relayed = {"SLACK_API_URL": f"{keeper.address}/api/"}
        with rig.stopping(start(STACK, place, changes=relayed)) as running:
            async with ClientSession() as http:
                await rig.wait_ready(http, running)
            async with crowd(place.slack, running.address) as people:
                await people.gather(2, CHANNELS, screens=False)
                before = keeper.connections
                for _ in range(10):
                    await people.in_slack.wait(await people.write(people.seats[0]))
                assert keeper.connections - before == 10
                assert running.cpu_seconds() > 0
