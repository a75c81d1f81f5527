"""The company's departments and processes, and which of them a case needs."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from cases.routing import Choice, Desk, Routed, Suggested, Suggestion
from copilot.routing import Router, TooFewExamples
from storage import triage
from storage.db import Database

_GROWN = 10
"""It learns anew when what people said has grown by one part in so many."""
_MOST_WORKSPACES = 8
"""Whose words are held at once."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the words of a conversation say."""

    suggestion: Suggestion
    alike: Sequence[Routed] = ()
    """The corrected conversations of the same workspace that it resembles."""
    can_be_sure: bool = False
    """Whether one that is not sure is worth a question to people."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What was learnt for one workspace."""

    router: Router | None
    newest: triage.Newest
    learnt: int
    """How many conversations of people it was learnt from."""


class Choices:
    """Learns at the first question, which takes a second; then answers at once.

    Where ``db`` is given each workspace's own routed cases are learnt from as well: a new correction counts
    from the next question on, and when enough of them are new everything is learnt anew.
    """

    def __init__(self, choices: Sequence[Choice], db: Database | None = None) -> None:
        self._names = {choice.key: choice.name for choice in choices}
        self._examples = [Routed((text,), choice.key) for choice in choices for text in choice.examples]
        self._db = db
        self._known: dict[int, _Known] = {}
        self._learning = asyncio.Lock()

    @property
    def names(self) -> dict[str, str]:
        """The name of each by its key."""
        return self._names

    async def opinion(self, workspace: int, turns: Sequence[str]) -> Opinion | None:
        """Which one a conversation needs; None where the company names none, or nothing was said."""
        if not self._examples or not any(turn.strip() for turn in turns):
            return None
        async with self._learning:
            router = (await self._up_to_date(workspace)).router
            return await asyncio.to_thread(_asked, router, turns) if router else None

    async def _up_to_date(self, workspace: int) -> _Known:
        newest = await self._newest(workspace)
        known = self._known.pop(workspace, None)
        if known is None or known.newest != newest:
            routed = await self._routed(workspace)
            known = await asyncio.to_thread(self._follow, known, routed, newest)
        self._known[workspace] = known
        if len(self._known) > _MOST_WORKSPACES:
            self._known.pop(next(iter(self._known)))
        return known

    async def _newest(self, workspace: int) -> triage.Newest:
        return await triage.newest(self._db, workspace) if self._db else triage.Newest(0, None)

    async def _routed(self, workspace: int) -> list[Routed]:
        found = await triage.routed(self._db, workspace) if self._db else []
        return [each for each in found if each.label in self._names]

    def _follow(self, known: _Known | None, routed: Sequence[Routed], newest: triage.Newest) -> _Known:
        if known and known.router and (newest.count - known.learnt) * _GROWN < newest.count:
            corrected = [each for each in routed if each.corrected]
            return _Known(known.router.following(corrected), newest, known.learnt)
        try:
            router = Router.train([*self._examples, *routed])
        except TooFewExamples:
            router = None
        return _Known(router, newest, newest.count)


def _asked(router: Router, turns: Sequence[str]) -> Opinion:
    return Opinion(router.suggest(turns), router.alike(turns), router.can_be_sure)


class Desks(Choices):
    """The departments, as the brief of a case suggests them."""

    def __init__(self, desks: Sequence[Desk], db: Database | None = None) -> None:
        super().__init__(desks, db)

    async def suggest(self, workspace: int, turns: Sequence[str]) -> Suggested | None:
        """The department that a conversation needs; None as ``opinion``."""
        found = await self.opinion(workspace, turns)
        if found is None:
            return None
        said = found.suggestion
        return Suggested(self.names[said.label], said.confidence, said.sure)
