"""One running program, a model that fails in one way after another, and customers who write all the time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks import rig
from benchmarks.crowd import Crowd, Seat, crowd
from benchmarks.mirror.latency import steady
from benchmarks.mirror.table import Line, must, shares
from benchmarks.model_server.serving import ModelServer
from benchmarks.programs import CHANNELS, OURS, start
from benchmarks.replay.report import percentile
from benchmarks.with_model import MADE, stage

PACE = 8
"""Messages of customers per second."""
RATIO = 1.5
"""What their median may grow to, so that nobody would notice: in one run on a busy machine."""
_CARD_SECONDS = 150.0
"""Until a card must be there: a piece of work may take a minute, and a worker takes a few at a time."""
SAYS = {
    "The model cannot be reached now.": "down",
    "The model did not answer in time.": "slow",
    "The model's provider does not take our requests": "denied",
    "The model gave no usable answer.": "unusable",
    "The model came to no end and was stopped.": "endless",
    "This case has used up what the model may do in an hour.": "spent",
}
"""What a card says of a model that failed → the word for it in the table."""
ANSWERS = "answers"
"""The state that the others are held against."""

State = Callable[[ModelServer], Awaitable[None]]


def _says(**answer: Any) -> State:
    async def enter(model: ModelServer) -> None:
        await model.rules({"answer": answer})

    return enter


async def _answers(model: ModelServer) -> None:
    await model.rules()


async def _down(model: ModelServer) -> None:
    model.stop()


STATES: dict[str, State] = {
    ANSWERS: _answers,
    "is slow": _says(hang=True),
    "refuses": _says(refusal="I cannot help with that."),
    "has an error of its own": _says(status=500),
    "does not know us": _says(status=401),
    "says nothing": _says(empty=True),
    "says 1 MB": _says(bytes=1_000_000),
    "babbles": _says(raw="<html>{"),
    "is down": _down,
}
"""In this order: a stopped model is not started again."""


@dataclass(frozen=True, slots=True)
class Bench(rig.Bench):
    """What a measurement is given."""

    seconds: float
    drafts: int
    states: Sequence[str]
    """Of ``STATES``."""


@dataclass(slots=True)
class Seen:
    """What came of one state of the model."""

    latency: list[float] = field(default_factory=list)
    unseen: int = 0
    cards: int = 0
    said: set[str] = field(default_factory=set)
    """What the cards say went wrong."""


async def outages(bench: Bench) -> list[Line]:
    """The figures; raises DidNotStart."""
    found: dict[str, Seen] = {}
    async with stage(bench) as (model, place):
        running = start(OURS, place, changes={"OPENAI_BASE_URL": model.url})
        with rig.stopping(running):
            await rig.wait_ready(bench.http, running)
            async with crowd(place.slack, running.address) as people:
                await people.gather(bench.drafts * (len(bench.states) + 2), CHANNELS, screens=False)
                await _all(bench, people, model, found)
    return lines(found, bench.drafts * len(bench.states))


async def _all(bench: Bench, people: Crowd, model: ModelServer, found: dict[str, Seen]) -> None:
    seats = iter(people.seats)
    bench.say("a worker's first draft")  # The model's libraries are loaded then: not what is measured.
    await _state(bench, people, [next(seats)], Seen())
    bench.say("nobody asks for a draft")
    found["nobody asks"] = Seen()
    await _state(bench, people, [], found["nobody asks"])
    for name in bench.states:
        bench.say(f"the model {name}")
        await STATES[name](model)
        found[name] = Seen()
        await _state(bench, people, [next(seats) for _ in range(bench.drafts)], found[name])


async def _state(bench: Bench, people: Crowd, asked: Sequence[Seat], seen: Seen) -> None:
    """Customers write while drafts are asked for in ``asked``; then wait for the cards."""

    async def write(turn: int) -> int:
        return await people.write(people.seats[turn % len(people.seats)])

    clicks = asyncio.create_task(_ask(people, asked, bench.seconds))
    seen.latency, seen.unseen = await steady(write, people.in_slack, PACE, bench.seconds)
    await clicks
    await asyncio.gather(*(_card(people, seat, seen) for seat in asked))


async def _ask(people: Crowd, seats: Sequence[Seat], seconds: float) -> None:
    """Click Draft in each case, spread over the time."""
    for seat in seats:
        channel, ts = seat.thread
        act = {"channel": channel, "ts": ts, "action_id": "case_draft"}
        answer = await people.sandbox.act(rig.AGENTS[0], "click", **act)
        if not answer["ok"]:
            raise rig.DidNotStart(f"Draft was refused: {answer['error']}")
        await asyncio.sleep(seconds / len(seats))


async def _card(people: Crowd, seat: Seat, seen: Seen) -> None:
    """Wait for the card, and note what it says went wrong; nothing where it is a reply."""
    deadline = time.monotonic() + _CARD_SECONDS
    while time.monotonic() < deadline:
        thread = str(await people.sandbox.state(*seat.thread))
        said = {why for words, why in SAYS.items() if words in thread}
        if said or MADE in thread:
            seen.cards += 1
            seen.said |= said
            return
        await asyncio.sleep(0.3)


def lines(found: dict[str, Seen], cards: int) -> list[Line]:
    """What was seen in each state, of which so many ``cards`` were asked for."""
    usual = percentile(found[ANSWERS].latency, 0.5) or 0.0
    shown = []
    for name, seen in found.items():
        mine = percentile(seen.latency, 0.5)
        ratio = mine / usual if mine is not None and usual else None
        measured = name in STATES and name != ANSWERS
        shown.append(
            Line(
                f"the model {name}" if name in STATES else name,
                shares(seen.latency),
                ", ".join(sorted(seen.said)),
                f"{ratio:.2f}x" if ratio is not None else "",
                f"≤ {RATIO:g}x of one that answers" if measured else "",
                ratio is not None and ratio <= RATIO if measured else None,
            )
        )
    lost = sum(seen.unseen for seen in found.values())
    right = all(bool(seen.said) == (name != ANSWERS) for name, seen in found.items() if name in STATES)
    came = sum(seen.cards for seen in found.values())
    return [
        *shown,
        must("messages that never arrived", str(lost), "0", lost == 0),
        must("cards of drafts", str(came), str(cards), came == cards),
        must("cards say what happened", "yes" if right else "no", "yes", right),
    ]
