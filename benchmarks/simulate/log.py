"""When exactly something happened: to the microsecond, as the database's own log of cases has it.

What happened is said by who did it; only its moment is taken from the program that is tested. A fact that its
log does not know is kept apart, because then one of the two is wrong.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import psycopg

from benchmarks.simulate.wall import Wall

Json = dict[str, Any]
_Row = tuple[int, datetime, str, str | None]
_NEW = """
SELECT x.id, x.at, x.action, x.detail ->> 'status' FROM audit x JOIN cases k ON k.id = x.case_id
WHERE k.number = %(number)s AND x.id > %(after)s ORDER BY x.id
"""
_ACTIONS = {
    "opened": {"case.opened"},
    "owner": {"case.taken"},
    "process": {"case.process"},
    "replied": {"reply.sent"},
    "told": {"reply.sent"},
    "asked": {"ask.asked", "ask.rerouted"},
    "took": {"ask.taken"},
    "later": {"ask.later"},
    "answered": {"ask.answered"},
    "snoozed": {"reminder.snoozed"},
}


class Log:
    """Read after each act; people act on a case one after the other."""

    def __init__(self, database_url: str, wall: Wall) -> None:
        self._database_url = database_url
        self._wall = wall
        self._read: dict[str, int] = defaultdict(int)
        """The last line of each case that was read."""
        self._one_at_a_time = asyncio.Lock()
        self._connection: psycopg.AsyncConnection[_Row] | None = None
        self.unknown: list[Json] = []
        """Facts that the log does not know."""

    async def dated(self, case: str, happened: Sequence[Json], begun: datetime) -> list[Json]:
        """What an act of a case brought about that began then, each with its moment since the wall's base."""
        rows, facts, at = await self._new(case), list[Json](), self._wall.moment(begun)
        for each in happened:
            place = next((place for place, row in enumerate(rows) if _says(row, each)), None)
            if place is not None:
                rows = rows[place:]
                at = self._wall.moment(rows[0][1])
            facts.append({"case": case, "at": at, **each})
            if place is None and each["what"] != "wrote":
                self.unknown.append(facts[-1])
        return facts

    async def _new(self, case: str) -> list[_Row]:
        params = {"number": int(case.removeprefix("CX-")), "after": self._read[case]}
        async with self._one_at_a_time:
            if self._connection is None:
                self._connection = await psycopg.AsyncConnection.connect(self._database_url, autocommit=True)
            rows = await (await self._connection.execute(_NEW, params)).fetchall()
        self._read[case] = rows[-1][0] if rows else self._read[case]
        return rows

    async def close(self) -> None:
        """Nothing is read any more."""
        if self._connection is not None:
            await self._connection.close()


def _says(row: _Row, fact: Json) -> bool:
    """Whether a line of the log is of that fact."""
    _id, _at, action, status = row
    if fact["what"] in {"status", "closed"}:
        return bool(status == fact.get("status", "closed"))
    return action in _ACTIONS.get(fact["what"], ())
