from __future__ import annotations

import pytest

from bot import pacing
from bot.pacing import Bucket


class Time:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    """The time that buckets see."""
    clock = Time()
    monkeypatch.setattr(pacing, "time", clock)
    return clock


def drain(bucket: Bucket) -> int:
    """How many tokens there are, all taken."""
    taken = 0
    while bucket.room():
        bucket.take()
        taken += 1
    return taken


def test_a_burst_then_one_every_interval(time: Time) -> None:
    bucket = Bucket(2.0, 3)
    assert drain(bucket) == 3
    assert bucket.wait() == 2.0
    time.now += 1.5
    assert (bucket.room(), bucket.wait()) == (0, 0.5)
    time.now += 0.5
    assert (drain(bucket), bucket.wait()) == (1, 2.0)


def test_a_token_that_was_not_used_is_there_again(time: Time) -> None:
    bucket = Bucket(2.0, 3)
    drain(bucket)
    bucket.put_back()
    assert drain(bucket) == 1
    bucket.empty(4.0)
    bucket.put_back()
    assert (bucket.room(), bucket.wait()) == (0, 4.0), "Slack said wait"


def test_over_a_long_time_never_more_than_burst_plus_rate(time: Time) -> None:
    bucket, taken = Bucket(1.0, 3), 0
    for _ in range(1_000):
        taken += drain(bucket)
        time.now += 0.1
    assert taken == pytest.approx(3 + 100, abs=1)


def test_rest_saves_no_more_than_a_burst(time: Time) -> None:
    bucket = Bucket(1.0, 3)
    drain(bucket)
    time.now += 3_600
    assert drain(bucket) == 3


@pytest.mark.parametrize(("idle", "tokens"), [(0.0, 0), (1.9, 1), (2.0, 2), (99.0, 3), (float("inf"), 3)])
def test_a_new_bucket_holds_what_the_last_one_left(time: Time, idle: float, tokens: int) -> None:
    assert drain(Bucket(1.0, 3, idle=idle)) == tokens


def test_credit_is_paid_back(time: Time) -> None:
    bucket = Bucket(1.0, 3)
    bucket.take(5)
    assert (bucket.room(), bucket.wait()) == (0, 3.0)
    time.now += 3
    assert bucket.room() == 1


@pytest.mark.parametrize("seconds", [0.5, 1.0, 30.0])
def test_when_slack_says_wait_there_is_nothing_for_that_long(time: Time, seconds: float) -> None:
    bucket = Bucket(1.0, 3)
    bucket.empty(seconds)
    assert bucket.wait() == pytest.approx(seconds)
    time.now += seconds - 0.01
    assert bucket.room() == 0
    time.now += 0.02
    assert drain(bucket) == 1


def test_a_shorter_wait_does_not_end_a_longer_one(time: Time) -> None:
    bucket = Bucket(1.0, 3)
    bucket.empty(30.0)
    bucket.empty(1.0)
    assert bucket.wait() == pytest.approx(30.0)


def test_without_an_interval_there_is_no_limit(time: Time) -> None:
    bucket = Bucket(0.0, 3)
    bucket.take(1_000)
    bucket.empty(30.0)
    assert (bucket.room(), bucket.wait()) == (3, 0.0)
