"""What a socket is sent next, when announcements and readings meet in every order."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping

import pytest

from bot.metrics import Metrics
from bot.web.hub import TYPING_OFF, TYPING_ON, Hub, News, Subscription
from cases.errors import Unavailable


class Log:
    """A conversation whose reading can be watched, held up and made to fail."""

    def __init__(self, length: int = 0) -> None:
        self.length = length
        self.readings = 0
        self.failing = False
        self.held = asyncio.Event()
        self.held.set()

    async def read(self, _: int, after: int, __: int) -> News:
        self.readings += 1
        length = self.length
        await self.held.wait()
        if self.failing:
            raise Unavailable
        return News([(seq, str(seq)) for seq in range(after + 1, length + 1)], {"status": "open"})

    def subscribe(self, after: int = 0) -> Subscription:
        return Subscription(1, after, self.read)


async def nothing_more(subscription: Subscription) -> None:
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(subscription.next(), 0.05)


async def test_the_next_message_goes_out_without_a_reading() -> None:
    log = Log(2)
    subscription = log.subscribe()
    assert await subscription.next() == ["1", "2", "open"]
    subscription.deliver(3, "three")
    subscription.deliver(4, "four")
    assert await subscription.next() == ["three", "four"]
    assert log.readings == 1
    await nothing_more(subscription)


async def test_a_gap_is_read_from_the_database() -> None:
    log = Log(1)
    subscription = log.subscribe()
    await subscription.next()
    log.length = 3
    subscription.deliver(3, "three")
    assert await subscription.next() == ["2", "3"]
    await nothing_more(subscription)


async def test_a_message_that_the_database_does_not_know_waits_for_the_next_announcement() -> None:
    log = Log(1)
    subscription = log.subscribe()
    await subscription.next()
    subscription.deliver(3, "three")
    await nothing_more(subscription)
    assert log.readings == 2, "it does not read again and again"
    log.length = 3
    subscription.refresh()
    assert await subscription.next() == ["2", "3"]


async def test_what_arrives_while_reading_is_neither_lost_nor_doubled() -> None:
    log = Log(2)
    log.held.clear()
    subscription = log.subscribe()
    reading = asyncio.create_task(subscription.next())
    await asyncio.sleep(0)
    for seq in (2, 3, 4):
        subscription.deliver(seq, f"delivered {seq}")
    log.held.set()
    assert await reading == ["1", "2", "delivered 3", "delivered 4", "open"]
    await nothing_more(subscription)


async def test_a_failed_reading_is_repeated() -> None:
    log = Log(1)
    log.failing = True
    subscription = log.subscribe()
    with pytest.raises(Unavailable):
        await subscription.next()
    log.failing = False
    assert await subscription.next() == ["1", "open"]


async def test_old_news_is_ignored() -> None:
    log = Log(5)
    subscription = log.subscribe(after=5)
    assert await subscription.next() == ["open"]
    subscription.deliver(4, "again")
    subscription.deliver(5, "again")
    subscription.refresh()
    await nothing_more(subscription)


async def test_typing_is_told_once_and_settled_after_a_message() -> None:
    answering = TYPING_OFF

    async def read(_: int, after: int, __: int) -> News:
        return News([], {"typing": answering})

    subscription = Subscription(1, 0, read)
    await nothing_more(subscription)
    answering = TYPING_ON
    subscription.refresh()
    assert await subscription.next() == [TYPING_ON]
    subscription.refresh()
    await nothing_more(subscription)
    subscription.deliver(1, "answer")
    assert await subscription.next() == ["answer"]
    subscription.refresh()
    assert await subscription.next() == [TYPING_ON], "the widget ended it; it goes on"


@pytest.mark.parametrize(("before", "then"), [(TYPING_OFF, TYPING_ON), (TYPING_ON, TYPING_OFF)])
async def test_typing_that_is_told_while_reading_is_newer_than_what_was_read(before: str, then: str) -> None:
    answering, held = TYPING_OFF, asyncio.Event()
    held.set()

    async def read(_: int, after: int, __: int) -> News:
        state = {"typing": answering}
        await held.wait()
        return News([], state)

    subscription = Subscription(1, 0, read)
    answering = before
    assert before == TYPING_OFF or await subscription.next() == [before]
    held.clear()
    subscription.refresh()
    reading = asyncio.create_task(subscription.next())
    await asyncio.sleep(0)
    subscription.typing(then)
    held.set()
    assert await reading == [then]
    answering = then
    subscription.refresh()
    await nothing_more(subscription)


async def test_typing_that_is_told_before_reading_is_older() -> None:
    async def read(_: int, after: int, __: int) -> News:
        return News([(1, "answer")] if not after else [], {"typing": TYPING_OFF})

    subscription = Subscription(1, 0, read)
    subscription.typing(TYPING_ON)
    assert await subscription.next() == [TYPING_ON, "answer", TYPING_OFF]


async def test_an_announcement_of_what_was_delivered_reads_nothing() -> None:
    log = Log(1)
    hub = Hub(log.read, no_heads, Metrics())
    subscription = hub.subscribe(1, 0)
    await subscription.next()
    hub.deliver(1, 2, "two")
    assert await subscription.next() == ["two"]
    hub.arrived(1, 2)
    await nothing_more(subscription)
    assert log.readings == 1
    log.length = 3
    hub.arrived(1, 3)
    assert await subscription.next() == ["3"]


async def no_heads(_: Collection[int]) -> Mapping[int, str]:
    return {}
