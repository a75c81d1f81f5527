"""The week is played: the clock is turned to each act, people act, and what happened is written down."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from itertools import groupby
from typing import Any

from benchmarks import rig
from benchmarks.chat import Api, Customer, Visitor
from benchmarks.signals import Signal
from benchmarks.simulate import world
from benchmarks.simulate.clock import Clock
from benchmarks.simulate.eyes import Eyes, Json, Place, buttons
from benchmarks.simulate.log import Log
from benchmarks.simulate.people import (
    IMPATIENCE_SECONDS,
    PATIENCE_SECONDS,
    People,
    Refused,
    Stuck,
    closed,
    promised,
)
from benchmarks.simulate.script import Act
from benchmarks.simulate.wall import MINUTE, Wall

_AT_ONCE = 8


@dataclass
class Thread:
    """One case as its people know it."""

    number: int
    customer: Customer
    reference: str = ""
    card: Place = ("", "")
    owner: str | None = None
    status: str = "new"
    process: str = "general"
    asks: dict[str, Json] = field(default_factory=dict)
    """Open questions: where, and whose."""
    known: set[Place] = field(default_factory=set)
    """Where its questions stand, also those that are done with."""
    told: int = 0
    reasons: list[str] = field(default_factory=list)
    """Why a date may have moved since it was told."""
    replied: bool = False
    closed: bool = False


class Play:
    """Plays all acts; ``facts`` is what happened."""

    def __init__(
        self,
        clock: Clock,
        eyes: Eyes,
        api: Callable[[int], Api],
        walls: dict[str, Wall],
        log: Log,
        suffer: Callable[[float], Awaitable[None]],
        say: Callable[[str], None],
    ) -> None:
        self._clock = clock
        self._eyes = eyes
        self._people = People(eyes)
        self._api = api
        self._walls = walls
        self._office = next(iter(walls.values()))
        self._log = log
        self._suffer = suffer
        self._say = say
        self._threads: dict[int, Thread] = {}
        self.facts: list[Json] = []

    async def play(self, acts: list[Act]) -> list[Thread]:
        """All acts, at their moments."""
        done, begun = 0, time.monotonic()
        for minute, together in groupby(acts, lambda act: act.minute):
            at = self._office.of(minute * MINUTE)
            took = time.monotonic() - begun
            self._say(f"{at.astimezone(world.ZONE):%a %d %b %H:%M}, {done} of {len(acts)} acts, {took:.0f} s")
            await self._clock.turn(at)
            limit, now = asyncio.Semaphore(_AT_ONCE), list(together)
            async with asyncio.TaskGroup() as group:
                for act in now:
                    group.create_task(self._limited(limit, act))
            done += len(now)
            await self._suffer(done / len(acts))
        await self._clock.turn(self._clock.now() + timedelta(hours=1))
        return list(self._threads.values())

    async def _limited(self, limit: asyncio.Semaphore, act: Act) -> None:
        async with limit:
            await self._do(act)

    async def _do(self, act: Act) -> None:
        thread = self._threads.get(act.case)
        if thread is None:
            customer = Customer(self._api(act.case), Signal())
            thread = self._threads[act.case] = Thread(act.case, customer)
        if thread.closed:
            return
        await self._clock.early()
        begun = self._clock.now()
        way: Callable[..., Awaitable[list[Json]]] = getattr(self, f"_{act.do}")
        happened = await way(thread, **act.details)
        self.facts += await self._log.dated(thread.reference, happened, begun)

    async def _write(self, thread: Thread, text: str) -> list[Json]:
        if not thread.reference:
            return await self._open(thread, text)
        await thread.customer.write(text)
        if thread.status not in {"waiting_customer", "answered"}:
            return [{"what": "wrote"}]
        thread.reasons.append("the customer had the next word")
        return [{"what": "wrote"}, *self._stands(thread, "open")]

    async def _open(self, thread: Thread, text: str) -> list[Json]:
        visitor = Visitor(f"c{thread.number}", f"Customer {thread.number}")
        await thread.customer.start(visitor, rig.SITE_SECRET)
        await thread.customer.write(text)
        thread.reference = thread.customer.reference
        start = f"{thread.reference} "
        find = lambda: next(  # noqa: E731
            (place for place, one in self._eyes.first.items() if one.get("text", "").startswith(start)), None
        )
        thread.card = await self._shown(find, f"the card of {thread.reference}")
        return [{"what": "opened", "channel": thread.card[0], "thread": thread.card[1]}]

    def _stands(self, thread: Thread, status: str) -> list[Json]:
        was, thread.status = thread.status, status
        return [{"what": "status", "status": status}] if was != status else []

    async def _take(self, thread: Thread, who: str, **_: Any) -> list[Json]:
        if thread.owner == who:
            return []
        await self._people.take(who, thread.card)
        thread.owner = who
        new = self._stands(thread, "open") if thread.status == "new" else []
        return [{"what": "owner", "who": who}, *new]

    async def _sort(self, thread: Thread, process: str) -> list[Json]:
        if thread.owner is None:
            return []
        shows = f"process: {process.title()}"
        await self._people.sort(thread.owner, thread.card, shows, process=process)
        thread.process = process
        facts: list[Json] = [{"what": "process", "process": process}]
        step = world.PROCESSES[process]["steps"][0]
        if "ask" in step:
            question = f"Please look at {thread.reference}: {process}."
            find = lambda: self._people.question(thread.reference, question)  # noqa: E731
            place = await self._shown(find, question)
            facts += self._asked(thread, place, step["department"])
        return facts

    def _asked(self, thread: Thread, place: Place, department: str, **more: Any) -> list[Json]:
        name = f"{place[0]} {place[1]}"
        thread.known.add(place)
        thread.asks[name] = {"place": place, "department": department}
        fact = {"what": "asked", "ask": name, "department": department, "channel": place[0]}
        return [fact | {"thread": place[1]} | more, *self._stands(thread, "waiting_department")]

    async def _settle(self, thread: Thread) -> list[Json]:
        if thread.owner is None or thread.asks:
            return []
        await self._people.sort(thread.owner, thread.card, "Answered", status="answered")
        return self._stands(thread, "answered")

    async def _reply(self, thread: Thread, text: str, calls_in: int = 0) -> list[Json]:
        if thread.owner is None:
            return []
        fact: Json = {"what": "replied"}
        words = f"{text} ({len(self.facts)}.{thread.number})"
        if calls_in:
            day = self._clock.now().astimezone(world.ZONE).date() + timedelta(days=calls_in)
            words += f" We will call you on {day:%A}."
            fact["promises"] = day.isoformat()
        await self._people.reply(thread.owner, thread.card, words, thread.customer)
        thread.replied = True
        return [fact, *self._stands(thread, "waiting_customer")]

    async def _nudge(self, thread: Thread) -> list[Json]:
        post = self._newest(thread.card, "case_nudge")
        if post is None or thread.owner is None:
            return []
        owner = thread.owner
        await self._people.send(
            owner,
            thread.card,
            "We have not heard from you",
            lambda: self._people.click(owner, post, "case_nudge"),
            thread.customer,
        )
        return [{"what": "replied"}, *self._stands(thread, "waiting_customer")]

    def _newest(self, thread: Place, action: str) -> Place | None:
        """The newest post in a thread that has this button."""
        found = [
            (channel, ts)
            for (channel, ts), message in self._eyes.now.items()
            if (channel, message.get("thread_ts")) == thread
            and any(each.get("action_id") == action for each in buttons(message))
        ]
        return max(found, default=None)

    async def _tell(self, thread: Thread) -> list[Json]:
        """Tell the date, where there is one that the customer does not know."""
        card, owner = self._eyes.now.get(thread.card, {}), thread.owner
        if owner is None or not any(each.get("action_id") == "case_tell_date" for each in buttons(card)):
            return []
        words = world.PROMISE.split("{")[0]
        click = lambda: self._people.click(owner, thread.card, "case_tell_date")  # noqa: E731
        try:
            text = await self._people.send(owner, thread.card, words, click, thread.customer)
        except Refused:
            # The card stands for a while: what it shows may be over by now.
            return []
        reason = "" if not thread.told else (thread.reasons or ["a step is late"])[-1]
        thread.told, thread.reasons, thread.replied = thread.told + 1, [], True
        told = {"what": "told", "date": promised(text).isoformat(), "reason": reason}
        return [{"what": "replied"}, told]

    async def _ask(self, thread: Thread, department: str, *, dated: bool = False) -> list[Json]:
        if thread.owner is None:
            return []
        question = f"Please look at {thread.reference}, {department} ({len(self.facts)})."
        fields: Json = {"department": department}
        if dated:
            day = self._clock.now().astimezone(world.ZONE).date() + timedelta(days=1)
            fields["due"] = day.isoformat()
        place = await self._people.ask(thread.owner, thread.card, thread.reference, question, **fields)
        return self._asked(thread, place, department, **({"due": fields["due"]} if dated else {}))

    async def _desk_take(self, thread: Thread, who: str) -> list[Json]:
        for name, ask in thread.asks.items():
            if ask.get("taken") != who:
                shows = f"<@{who}> looks after this"
                await self._people.press(who, ask["place"], "ask_take", shows)
                ask["taken"] = who
                return [{"what": "took", "ask": name, "who": who}]
        return []

    async def _desk_later(self, thread: Thread, who: str, hours: int) -> list[Json]:
        for name, ask in thread.asks.items():
            until = (self._clock.now() + timedelta(hours=hours)).astimezone(world.ZONE)
            until = until.replace(minute=0, second=0, microsecond=0)
            fields = {"day": f"{until:%Y-%m-%d}", "time": f"{until:%H:%M}", "why": "It takes longer."}
            await self._people.desk_form(
                who, ask["place"], "ask_later", "ask_later_form", "To be answered by", **fields
            )
            thread.reasons.append(f"{ask['department']} answers later: It takes longer.")
            return [{"what": "later", "ask": name, "until": until.astimezone(UTC).isoformat()}]
        return []

    async def _desk_pass(self, thread: Thread, who: str, to: str) -> list[Json]:
        for name, ask in thread.asks.items():
            await self._people.desk_form(
                who, ask["place"], "ask_not_us", "ask_not_us_form", "passed this on", department=to
            )
            place = await self._passed_on(thread, world.desk_channel(to))
            del thread.asks[name]
            return self._asked(thread, place, to, instead_of=name)
        return []

    async def _passed_on(self, thread: Thread, channel: str) -> Place:
        """Where a question stands that has just come into a department's channel."""
        start = f"Question about {thread.reference}:"
        find = lambda: next(  # noqa: E731
            (
                place
                for place, one in self._eyes.first.items()
                if place[0] == channel
                and place not in thread.known
                and one.get("text", "").startswith(start)
                and "thread_ts" not in one
            ),
            None,
        )
        return await self._shown(find, start)

    async def _shown(self, find: Callable[[], Place | None], what: str) -> Place:
        """Where it stands, once it does: what a killed process had taken is free again after a minute.

        Raises Stuck.
        """
        found: Place | None = await self._eyes.until(find, PATIENCE_SECONDS)
        if found is None:
            raise Stuck(f"there is no “{what}”")
        return found

    async def _desk_answer(self, thread: Thread, who: str, **_: Any) -> list[Json]:
        for name, ask in list(thread.asks.items()):
            await self._people.desk_form(
                who, ask["place"], "ask_answer", "ask_answer_form", "Answered by", words="It is done."
            )
            del thread.asks[name]
            facts: list[Json] = [{"what": "answered", "ask": name}]
            if thread.asks:
                return facts
            facts += self._stands(thread, "open")
            return facts + await self._by_itself(thread)
        return []

    async def _by_itself(self, thread: Thread) -> list[Json]:
        """Some cases close with the last answer."""
        if world.PROCESSES.get(thread.process, {}).get("closes") != "automatic":
            return []
        return self._ended(thread, "automatic") if await closed(thread.customer, IMPATIENCE_SECONDS) else []

    async def _snooze(self, thread: Thread, how: str) -> list[Json]:
        return await self._put_off(thread.card, thread.owner or world.SUPERVISORS[0], how)

    async def _desk_snooze(self, thread: Thread, who: str) -> list[Json]:
        for ask in thread.asks.values():
            return await self._put_off(ask["place"], who, "hour")
        return []

    async def _put_off(self, thread: Place, who: str, how: str) -> list[Json]:
        action = "duty_snooze" if how == "hour" else "duty_tomorrow"
        post = self._newest(thread, action)
        if post is None:
            return []
        await self._people.press(who, post, action, "put off until")
        return [{"what": "snoozed", "how": how, "thread": thread[1], "post": float(post[1])}]

    async def _close(self, thread: Thread, how: str, **_: Any) -> list[Json]:
        if thread.asks:
            return []
        who = thread.owner or world.SUPERVISORS[0]
        how = how if thread.replied else "tell"
        text = f"All is settled, thank you. {thread.reference} is closed."
        await self._people.close(who, thread.card, thread.customer, how, text)
        return self._ended(thread, how)

    def _ended(self, thread: Thread, how: str) -> list[Json]:
        thread.closed = True
        return [{"what": "closed", "how": how}]
