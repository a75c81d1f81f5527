"""The company's departments, and which of them a case needs."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from cases.routing import Desk, Routed, Suggested
from copilot.routing import Router, TooFewExamples


class Desks:
    """Learns at the first question, which takes a second; then answers at once."""

    def __init__(self, desks: Sequence[Desk]) -> None:
        self._names = {desk.key: desk.name for desk in desks}
        self._examples = [Routed((text,), desk.key) for desk in desks for text in desk.examples]
        self._router: asyncio.Task[Router | None] | None = None

    async def suggest(self, turns: Sequence[str]) -> Suggested | None:
        """The department that a conversation needs; None when the company names none, or nothing was said."""
        if not self._examples or not any(turn.strip() for turn in turns):
            return None
        if self._router is None:
            self._router = asyncio.create_task(asyncio.to_thread(self._learn))
        router = await asyncio.shield(self._router)
        if router is None:
            return None
        found = router.suggest(turns)
        return Suggested(self._names[found.label], found.confidence, found.sure)

    def _learn(self) -> Router | None:
        try:
            return Router.train(self._examples)
        except TooFewExamples:
            return None
