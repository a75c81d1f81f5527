"""Who does what when, made by chance from a seed: people who are early, late, and never."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from benchmarks.simulate import world
from benchmarks.simulate.wall import MINUTE, Wall

GRID, OFF = 10, 3
"""Minutes: people act every ten, three after the full ones, when nothing else is due."""


@dataclass(frozen=True, slots=True)
class Act:
    """Something that one person does about one case. ``minute`` is since the base of the walls."""

    minute: int
    case: int
    do: str
    details: dict[str, Any] = field(default_factory=dict)


class _Over(Exception):
    """The week is over before the case is."""


class Script:
    """All acts of the week."""

    def __init__(self, seed: int, cases: int, days: int, walls: dict[str, Wall], start: int) -> None:
        self._rng = random.Random(seed)
        self._walls = walls
        self._start = start
        self._end = start + days * 24 * 60
        self._plots: dict[str, Callable[[int, int], int]] = {
            "talk": self._talk,
            "return": self._return,
            "delivery": self._delivery,
            "invoice": self._invoice,
            "silent": self._silent,
        }
        self.acts: list[Act] = []
        for case in range(cases):
            self._write(case)
        self.acts.sort(key=lambda act: (act.minute, act.case))

    def _write(self, case: int) -> None:
        """One case, from its customer's first word until it is closed."""
        plot = self._rng.choices(list(self._plots), [25, 25, 20, 15, 15])[0]
        opened = self._open_at()
        self._add(case, opened, "write", text="Hello, could you have a look, please?")
        try:
            at = self._claim(case, opened)
            at = self._plots[plot](case, at)
            self._finish(case, at)
        except _Over:
            self._clear_up(case)

    def _clear_up(self, case: int) -> None:
        """What is left at the week's end is done by a supervisor, one thing after the other."""
        at, boss = self._end + OFF + GRID * self._rng.randint(0, 20), world.SUPERVISORS[0]
        for do in ("take", "desk_answer", "desk_answer", "close"):
            at = self._work(at, GRID)
            self.acts.append(Act(at, case, do, {"who": boss, "how": "tell"}))

    def _add(self, case: int, minute: int, do: str, **details: Any) -> int:
        if minute > self._end:
            raise _Over
        self.acts.append(Act(minute, case, do, details))
        return minute

    def _open_at(self) -> int:
        """Mostly while people work, sometimes at night or on a weekend; never in the last third."""
        latest = self._start + (self._end - self._start) * 2 // 3
        while True:
            at = self._rng.randrange(self._start + OFF, latest, GRID)
            if self._walls["office"].open[at] or self._rng.random() < 0.15:
                return at

    def _work(self, at: int, minutes: int, calendar: str = "office") -> int:
        """That much working time later, on the grid, in working hours."""
        wall = self._walls[calendar]
        found = wall.next_open(wall.add(at * MINUTE, minutes * MINUTE)) // MINUTE
        found = max(-(-(found - OFF) // GRID) * GRID + OFF, at + GRID)
        while not wall.open[found]:
            found += GRID
        return found

    def _soon_or_late(self) -> int:
        """Minutes of work: early, in time, late, much too late."""
        low, high = self._rng.choices([(10, 50), (60, 180), (200, 480), (500, 1100)], [40, 25, 25, 10])[0]
        return self._rng.randint(low, high)

    def _claim(self, case: int, opened: int) -> int:
        who = self._rng.choice(world.AGENTS)
        delay = self._soon_or_late()
        if delay > 480:
            who = self._rng.choice(world.SUPERVISORS)
        at = self._add(case, self._work(opened, delay), "take", who=who)
        if self._rng.random() < 0.1:
            at = self._add(case, self._work(at, 60), "take", who=self._rng.choice(world.AGENTS))
        return at

    def _reply(self, case: int, at: int) -> int:
        at = self._maybe_snooze(case, at)
        details: dict[str, Any] = {"text": "Thank you, we are looking into it."}
        if self._rng.random() < 0.25:
            details["calls_in"] = self._rng.randint(1, 3)
        return self._add(case, self._work(at, self._soon_or_late()), "reply", **details)

    def _maybe_snooze(self, case: int, at: int) -> int:
        """Sometimes put off what is open in the thread, some hours from now."""
        if self._rng.random() < 0.3:
            how = self._rng.choice(["hour", "tomorrow"])
            return self._add(case, self._work(at, self._rng.randint(120, 300)), "snooze", how=how)
        return at

    def _talk(self, case: int, at: int) -> int:
        """The customer and an agent, back and forth."""
        for _ in range(self._rng.randint(1, 3)):
            at = self._reply(case, at)
            at = self._add(case, at + GRID * self._rng.randint(1, 40), "write", text="And what about this?")
        return self._reply(case, at)

    def _silent(self, case: int, at: int) -> int:
        """A customer who does not answer, and is asked once more."""
        at = self._reply(case, at)
        at = self._add(case, self._work(at, self._rng.randint(250, 700)), "nudge")
        if self._rng.random() < 0.5:
            at = self._add(case, at + GRID * self._rng.randint(1, 60), "write", text="Sorry, I was away.")
            return self._reply(case, at)
        return at

    def _sort(self, case: int, at: int, process: str) -> int:
        return self._add(case, self._work(at, self._rng.randint(10, 60)), "sort", process=process)

    def _between(self, case: int, at: int) -> int:
        """While departments work: a word to the customer, who answers, or not, or writes unasked."""
        if self._rng.random() < 0.4:
            at = self._reply(case, at)
            if self._rng.random() < 0.6:
                at = self._add(case, at + GRID * self._rng.randint(1, 60), "write", text="Here you are.")
        for _ in range(self._rng.choices([0, 1, 2], [70, 20, 10])[0]):
            at = self._add(case, at + GRID * self._rng.randint(1, 30), "write", text="Is there any news?")
        return at

    def _return(self, case: int, at: int) -> int:
        """Two departments one after the other, and a date that is told, and perhaps told anew."""
        at = self._sort(case, at, "return")
        if self._rng.random() < 0.7:
            at = self._add(case, self._work(at, self._rng.randint(10, 60)), "tell")
        for department in ("returns", "accounts"):
            at = self._between(case, at)
            at = self._add(case, self._work(at, self._soon_or_late()), "ask", department=department)
            at = self._answer(case, at, department)
        return self._reply(case, at)

    def _delivery(self, case: int, at: int) -> int:
        """A question that is asked by itself, and one by hand."""
        at = self._sort(case, at, "delivery")
        if self._rng.random() < 0.5:
            at = self._add(case, self._work(at, self._rng.randint(10, 60)), "tell")
        at = self._between(case, self._answer(case, at, "shipping"))
        due = self._rng.random() < 0.3
        at = self._add(case, self._work(at, self._soon_or_late()), "ask", department="stock", dated=due)
        at = self._answer(case, at, "stock")
        return self._reply(case, at)

    def _invoice(self, case: int, at: int) -> int:
        """One question that is asked by itself, and whose answer closes the case."""
        at = self._sort(case, at, "invoice")
        return self._answer(case, at, "invoices")

    def _answer(self, case: int, at: int, department: str) -> int:
        """How a department answers: at once, after somebody took it, later, or elsewhere."""
        calendar = world.DEPARTMENTS[department]["calendar"] or "office"
        desk = world.DEPARTMENTS[department]["members"]
        who = self._rng.choice(desk)
        if self._rng.random() < 0.6:
            at = self._add(case, self._work(at, self._rng.randint(10, 90), calendar), "desk_take", who=who)
        way = self._rng.choices(["answer", "later", "pass"], [70, 20, 10])[0]
        if way == "later":
            hours = self._rng.randint(4, 30)
            at = self._add(
                case, self._work(at, self._rng.randint(20, 200), calendar), "desk_later", who=who, hours=hours
            )
            if self._rng.random() < 0.7:
                at = self._add(case, self._work(at, self._rng.randint(10, 60)), "tell")
        elif way == "pass":
            at = self._add(
                case,
                self._work(at, self._rng.randint(20, 200), calendar),
                "desk_pass",
                who=who,
                to="technical",
            )
        if self._rng.random() < 0.2:
            at = self._add(
                case, self._work(at, self._rng.randint(180, 500), calendar), "desk_snooze", who=who
            )
        return self._add(case, self._work(at, self._soon_or_late(), calendar), "desk_answer", who=who)

    def _finish(self, case: int, at: int) -> None:
        """Closed with a text, or by the last reply; some stand answered for a while before."""
        if self._rng.random() < 0.4:
            at = self._add(case, self._work(at, self._rng.randint(10, 120)), "settle")
            at = self._maybe_snooze(case, at)
            at = self._work(at, self._soon_or_late())
        how = self._rng.choice(["tell", "told"])
        self._add(case, self._work(at, self._rng.randint(10, 120)), "close", how=how)
