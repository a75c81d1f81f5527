"""Token buckets."""

from __future__ import annotations

import asyncio
from time import monotonic

import pytest
from starlette.types import Message

from bot.web import limits
from bot.web.body import BodyRoom, network, read_body
from bot.web.errors import TooFast
from bot.web.limits import Rate, RateLimit
from cases.language import later
from channels.errors import SlowRequest


def test_a_burst_passes_and_then_as_many_as_the_rate_allows() -> None:
    limit = RateLimit(later("Too many messages at once."), Rate(20, 10))
    for _ in range(20):
        limit.take("a", now=100.0)
    with pytest.raises(TooFast, match=r"Too many messages at once. Please try again in 1 second\.") as caught:
        limit.take("a", now=100.0)
    assert caught.value.retry_after == 1
    limit.take("b", now=100.0)
    limit.take("a", now=100.6)
    with pytest.raises(TooFast):
        limit.take("a", now=100.6)


def test_waiting_as_told_is_enough() -> None:
    limit = RateLimit(later("Too many files at once."), Rate(1, 30))
    limit.take("a", now=0.0)
    with pytest.raises(TooFast, match="in 30 seconds") as caught:
        limit.take("a", now=0.0)
    limit.take("a", now=float(caught.value.retry_after))


def test_what_costs_more_takes_more() -> None:
    limit = RateLimit(later("Too many megabytes at once."), Rate(100, 10))
    limit.take("a", 60, now=0.0)
    with pytest.raises(TooFast, match="in 2 seconds"):
        limit.take("a", 60, now=0.0)
    limit.take("a", 40, now=0.0)


def test_what_costs_more_than_there_can_be_passes_when_all_is_there() -> None:
    limit = RateLimit(later("Too many megabytes at once."), Rate(100, 10))
    limit.take("a", 5_000, now=0.0)
    with pytest.raises(TooFast, match="in 10 seconds"):
        limit.take("a", 5_000, now=0.0)
    limit.take("a", 5_000, now=10.0)


def test_what_turned_out_to_be_harmless_is_given_back() -> None:
    limit = RateLimit(later("Too many messages at once."), Rate(1, 1_000))
    for _ in range(3):
        limit.take("a", now=0.0)
        limit.give("a")
    limit.take("a", now=0.0)
    with pytest.raises(TooFast):
        limit.take("a", now=0.0)


def test_bodies_of_one_network_and_of_all_have_only_so_much_room() -> None:
    room = BodyRoom(later("Too many requests at once."), 10, 15)
    with room.hold("a", 10):
        with pytest.raises(TooFast), room.hold("a", 1):
            pass
        with pytest.raises(TooFast), room.hold("b", 6):
            pass
        with room.hold("b", 5):
            pass
    with room.hold("a", 10):
        pass


async def test_a_body_in_many_pieces_costs_no_more_than_in_one() -> None:
    left = 8_000

    async def receive() -> Message:
        nonlocal left
        left -= 1
        return {"type": "http.request", "body": b"x" * 1_400, "more_body": left > 0}

    began = monotonic()
    assert len(await read_body({"headers": []}, receive, 12_000_000)) == 11_200_000
    assert monotonic() - began < 3


async def test_a_body_that_never_ends_is_not_waited_for() -> None:
    async def receive() -> Message:
        await asyncio.sleep(0.01)
        return {"type": "http.request", "body": b"", "more_body": True}

    with pytest.raises(SlowRequest):
        await read_body({"headers": []}, receive, 10, 0.1)


def test_without_a_rate_everything_passes() -> None:
    limit = RateLimit(later("Too many messages at once."), None)
    for _ in range(1_000):
        limit.take("a", now=0.0)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::9", "2001:db8:1:3::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("fe80::1%eth0", "fe80::/64"),
        ("testclient", "testclient"),
    ],
)
def test_whoever_has_an_ipv6_address_has_its_whole_network(address: str, expected: str) -> None:
    assert network({"type": "http", "client": (address, 1234)}) == expected


def test_a_socket_has_no_network() -> None:
    assert network({"type": "http", "client": None}) == ""


def test_full_buckets_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_SWEEP_ABOVE", 10)
    limit = RateLimit(later("Too many messages at once."), Rate(1, 60))
    for key in range(10):
        limit.take(key, now=0.0)
    limit.take("late", now=50.0)
    limit.take("later", now=61.0)
    assert set(limit._buckets) == {"late", "later"}
    with pytest.raises(TooFast):
        limit.take("later", now=62.0)
