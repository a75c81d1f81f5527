"""Which reminders must have come, by docs/reminders.md alone: minute by minute over what happened.

Nothing of the program that is tested is used here but when something happened, to the microsecond.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby

from benchmarks.simulate.rules import OURS, WITHOUT_WARNING, Ask, Duty, Json, Reminder, Rules, rung
from benchmarks.simulate.wall import HOUR, MINUTE, Wall


class Case:
    """One case: what happened so far, what has to be done, and which reminders came of it."""

    def __init__(self, rules: Rules, name: str) -> None:
        self._rules = rules
        self._name = name
        self.channel = self.thread = ""
        self.opened = 0
        self.owner: str | None = None
        self.nobody_since = 0
        self.process = "general"
        self.log: list[tuple[int, str]] = []
        self.replied: int | None = None
        self.told: tuple[int, int] | None = None
        self.said: dict[int, tuple[int, int]] = {}
        self.asks: dict[str, Ask] = {}
        self.duties: dict[tuple[str, object], Duty] = {}
        self.found: list[Reminder] = []

    @property
    def status(self) -> str:
        """Where it stands."""
        return self.log[-1][1]

    def happen(self, fact: Json, at: int) -> None:
        """Take in a fact."""
        getattr(self, f"_{fact['what']}")(fact, at)

    def _opened(self, fact: Json, at: int) -> None:
        self.channel, self.thread = fact["channel"], fact["thread"]
        self.opened = self.nobody_since = at
        self.log.append((at, "new"))

    def _owner(self, fact: Json, at: int) -> None:
        self.owner, self.nobody_since = fact["who"], at

    def _status(self, fact: Json, at: int) -> None:
        if fact["status"] != self.status:
            self.log.append((at, fact["status"]))

    def _process(self, fact: Json, _at: int) -> None:
        self.process = fact["process"]

    def _wrote(self, _fact: Json, _at: int) -> None:
        """Whose turn it is then is a fact of its own."""

    def _replied(self, fact: Json, at: int) -> None:
        self.replied = at
        # The next word keeps what was promised, unless it comes within the hour, or half of a shorter time.
        self.said = {
            made: (made, due)
            for made, due in self.said.values()
            if at > due or at - made <= min(HOUR, (due - made) // 2)
        }
        if fact.get("promises"):
            wall = self._rules.wall(self.process)
            self.said[at] = (at, wall.end_of(date.fromisoformat(fact["promises"])))

    def _told(self, fact: Json, at: int) -> None:
        wall = self._rules.wall(self.process)
        self.told = (at, wall.moment(datetime.fromisoformat(fact["date"])))

    def _asked(self, fact: Json, at: int) -> None:
        before = self.asks.get(fact.get("instead_of", ""))
        made = Ask(
            fact["department"],
            before.first if before else fact["department"],
            fact["channel"],
            fact["thread"],
            at,
            before.first_asked if before else at,
        )
        if before:
            before.passed = True
            made.due = before.due
        if fact.get("due"):
            made.due = self._end_of(made, date.fromisoformat(fact["due"]), at)
        self.asks[fact["ask"]] = made

    def _end_of(self, ask: Ask, day: date, at: int) -> int:
        return max(self._rules.desk(ask.department, self.process).end_of(day), at)

    def _took(self, fact: Json, _at: int) -> None:
        self.asks[fact["ask"]].taken = fact["who"]

    def _later(self, fact: Json, _at: int) -> None:
        ask = self.asks[fact["ask"]]
        ask.due = ask.later = self._rules.wall("").moment(datetime.fromisoformat(fact["until"]))

    def _answered(self, fact: Json, at: int) -> None:
        self.asks[fact["ask"]].answered = at

    def _closed(self, _fact: Json, at: int) -> None:
        self.log.append((at, "closed"))

    def _snoozed(self, fact: Json, at: int) -> None:
        wall = self._rules.wall(self.process)
        for ask in self.asks.values():
            if ask.thread == fact["thread"]:
                wall = self._rules.desk(ask.department, self.process)
        until = at + HOUR
        if fact["how"] == "tomorrow":
            zone = self._rules.walls["office"].zone
            day = wall.of(at).astimezone(zone).date() + timedelta(days=1)
            until = wall.moment(datetime(day.year, day.month, day.day, 9, tzinfo=zone))
        for duty in self.duties.values():
            if (fact["post"], fact["thread"]) in duty.posts:
                duty.snoozed = wall.next_open(until)

    def look(self, at: int) -> None:
        """Work out what has to be done, after something happened."""
        before, self.duties = self.duties, {}
        if self.status == "closed":
            return
        for key, duty in self._all():
            same = before.get(key)
            if same and (same.since, same.due) == (duty.since, duty.due):
                # Its hours may be others by now: moments are worked out anew, and what was said was said.
                duty.said, duty.skipped = same.said, same.skipped
                duty.snoozed, duty.posts = same.snoozed, same.posts
            duty.moments = self._moments(duty)
            self.duties[key] = duty
        self.remind(at)

    def _all(self) -> Iterator[tuple[tuple[str, object], Duty]]:
        for kind, since, due in [*self._waiting(), *self._after()]:
            yield (kind, 0), Duty(kind, since, due)
        for made, due in self.said.values():
            yield ("said", made), Duty("said", made, due)
        if self.told and self.status in OURS:
            yield ("promise", self.told), Duty("promise", *self.told)
        for name, ask in self.asks.items():
            if ask.answered is None and not ask.passed:
                due = self._answer_due(ask)
                yield ("department", name), Duty("department", ask.asked, due, ask.department, ask)
        step = self._step()
        if step:
            yield ("step", step[0]), Duty("step", self.opened, step[1])

    def _waiting(self) -> Iterator[tuple[str, int, int]]:
        wall = self._rules.wall(self.process)
        if self.owner is None:
            amount = self._rules.amount("unclaimed", "", wall)
            yield "unclaimed", self.nobody_since, wall.add(self.nobody_since, amount)
        elif self.status in OURS:
            kind = "first_response" if self.replied is None else "next_update"
            since = self.opened if self.replied is None else max(self.replied, self._ours_since())
            yield kind, since, wall.add(since, self._rules.amount(kind, self.process, wall))
        legal = self._rules.company["processes"].get(self.process, {}).get("legal")
        if legal:
            day = wall.of(self.opened).astimezone(wall.zone).date() + timedelta(days=legal)
            last = datetime(day.year, day.month, day.day, 23, 59, tzinfo=wall.zone)
            yield "legal", self.opened, wall.moment(last)

    def _ours_since(self) -> int:
        """Since when the customer waits for us."""
        stood = ["", *(status for _, status in self.log)]
        stands = zip(self.log, stood, strict=False)
        return max(at for (at, now), was in stands if now in OURS and was not in OURS)

    def _after(self) -> Iterator[tuple[str, int, int]]:
        wall = self._rules.wall(self.process)
        if self.status == "waiting_customer":
            since = max(self.log[-1][0], self.replied or 0)
            yield "silent", since, wall.add(since, self._rules.amount("silent", "", wall))
        if self.status == "answered":
            since = self.log[-1][0]
            yield "close", since, wall.add(since, self._rules.amount("close", "", wall))

    def _answer_due(self, ask: Ask) -> int:
        if ask.due is not None:
            return ask.due
        wall = self._rules.desk(ask.department, self.process)
        steps = self._rules.company["processes"].get(self.process, {}).get("steps", ())
        times = [step["time"] for step in steps if step.get("department") == ask.department]
        words = times[0] if times else self._rules.company["rules"]["department"]
        return wall.add(ask.asked, wall.amount(words))

    def _step(self) -> tuple[int, int] | None:
        """The number of the next step and when its standard time is over; None while the clock stands."""
        steps = self._rules.company["processes"].get(self.process, {}).get("steps", ())
        if self.status in {"answered", "waiting_customer"}:
            return None
        since = self.opened
        for number, step in enumerate(steps):
            end = self._done(steps, number)
            if end is None:
                department = step.get("department")
                wall = (
                    self._rules.desk(department, self.process)
                    if department
                    else self._rules.wall(self.process)
                )
                ends = wall.add(since, wall.amount(step["time"]), self._pauses())
                return number, max([ends, *self._said_later(department)])
            since = max(since, end)
        return None

    def _said_later(self, department: str | None) -> list[int]:
        """When a department that has yet to answer said that it would."""
        asks = self.asks.values()
        waiting = [ask for ask in asks if ask.answered is None and not ask.passed]
        return [ask.later for ask in waiting if ask.department == department and ask.later is not None]

    def _done(self, steps: Sequence[Json], number: int) -> int | None:
        department = steps[number].get("department")
        if department:
            mine = [ask for ask in self.asks.values() if ask.first == department]
            return min((ask.answered for ask in mine if ask.answered is not None), default=None)
        later = {step.get("department") for step in steps[number + 1 :]}
        return min((ask.first_asked for ask in self.asks.values() if ask.first in later), default=None)

    def _pauses(self) -> list[tuple[int, int]]:
        """When the customer had the next word."""
        ends = [at for at, _ in self.log[1:]]
        spans = zip(self.log, ends, strict=False)
        return [(since, until) for (since, status), until in spans if status == "waiting_customer"]

    def _hours(self, duty: Duty, who: str) -> Wall:
        if duty.department is None or who == "supervisor":
            return self._rules.wall(self.process)
        return self._rules.desk(duty.department, self.process)

    def _moments(self, duty: Duty) -> Iterator[int]:
        """All of them, each in the hours of whoever is reminded; the due one twice without a warning."""
        before = -1
        for place, at in enumerate(self._unmoved(duty)):
            full = -(-at // MINUTE) * MINUTE
            who = rung(duty.kind, place - duty.skipped)
            before = self._hours(duty, who).next_open(max(full, before))
            yield before

    def _unmoved(self, duty: Duty) -> Iterator[int]:
        wall = self._hours(duty, rung(duty.kind, 0))
        if duty.kind in WITHOUT_WARNING:
            yield duty.due
        elif duty.kind == "legal":
            yield duty.since + (duty.due - duty.since) * 2 // 3
        else:
            yield wall.add(duty.since, wall.between(duty.since, duty.due) * 2 // 3)
        yield self._told_at(duty, wall)
        rules = self._rules.company["rules"]
        at, gap, longest = duty.due, wall.amount(rules["repeat"]), wall.amount(rules["longest"])
        while True:
            at = wall.add(at, min(gap, longest))
            gap *= 2
            yield at

    def _told_at(self, duty: Duty, wall: Wall) -> int:
        """When people hear that it is due: of the law's deadline while it can still be kept."""
        if duty.kind != "legal":
            return duty.due
        day = wall.of(duty.due).astimezone(wall.zone).date()
        while not wall.hours(day):
            day -= timedelta(days=1)
        return max(duty.since, wall.clock(day, wall.hours(day)[0][0]))

    def remind(self, at: int) -> None:
        """Post what is due."""
        for duty in self.duties.values():
            self._remind(duty, at)

    def _remind(self, duty: Duty, at: int) -> None:
        assert duty.moments is not None
        while not duty.known or duty.known[-1] <= at:
            duty.known.append(next(duty.moments))
        if duty.snoozed is not None and at < duty.snoozed:
            return
        past = sum(moment <= at for moment in duty.known) - 1
        if past < 0 or (past <= duty.said and duty.snoozed is None):
            return
        place = max(past, duty.said) - duty.skipped
        if duty.said < 0:
            # What nobody has heard of yet is said to whoever hears it when due, however late it is.
            place = min(place, 1)
        who = rung(duty.kind, place)
        if duty.snoozed is not None or self._hours(duty, who).is_open(at):
            self._post(duty, who, at)
            self._go_on(duty, max(past, duty.said), place)

    def _go_on(self, duty: Duty, past: int, place: int) -> None:
        """What was posted was posted; from there it climbs at the moments that follow."""
        duty.said, duty.snoozed = past, None
        if past - place != duty.skipped:
            duty.skipped, duty.known, duty.moments = past - place, [], self._moments(duty)

    def _post(self, duty: Duty, who: str, at: int) -> None:
        place = (self.channel, self.thread)
        if duty.ask is not None and who != "supervisor":
            place = (duty.ask.channel, duty.ask.thread)
        duty.posts.add((at // MINUTE, place[1]))
        whom = tuple(sorted(self._whom(duty, who)))
        self.found.append(Reminder(self._name, at // MINUTE, *place, duty.kind, whom))

    def _whom(self, duty: Duty, who: str) -> Iterable[str]:
        company = self._rules.company
        if who == "person":
            person = duty.ask.taken if duty.ask else self.owner
            return [person] if person else []
        if who == "lead" and duty.department and company["departments"][duty.department]["leads"]:
            return list(company["departments"][duty.department]["leads"])
        return list(company["supervisors"]) if who in {"lead", "supervisor"} else []


def expected(company: Json, facts: Sequence[Json]) -> list[Reminder]:
    """All reminders that must have come, in order."""
    rules = Rules(company)
    names = dict.fromkeys(fact["case"] for fact in facts)
    found: list[Reminder] = []
    for name in names:
        found += _of_case(rules, name, [fact for fact in facts if fact["case"] == name])
    return sorted(found)


def _of_case(rules: Rules, name: str, facts: Sequence[Json]) -> list[Reminder]:
    """Facts of one moment are of one commit: nobody looks between them."""
    case, now = Case(rules, name), facts[0]["at"]
    for at, together in groupby(sorted(facts, key=_moment), _moment):
        _pass(case, now, at)
        for fact in together:
            case.happen(fact, at)
        case.look(at)
        now = at
    _pass(case, now, (now // MINUTE + 1) * MINUTE - 1)
    return case.found


def _moment(fact: Json) -> int:
    at: int = fact["at"]
    return at


def _pass(case: Case, now: int, until: int) -> None:
    """Look when each minute begins, and when it ends: what was put off comes within one."""
    while (end := (now // MINUTE + 1) * MINUTE) <= until:
        case.remind(end - 1)
        now = end
        case.remind(now)
    case.remind(until)
