"""The log of Web API calls: the last ones in full, all of them counted."""

from collections import deque
from typing import Any

KEPT = 20_000


class Calls:
    """`n` numbers calls from 1; `at` is monotonic seconds; arguments come without the token."""

    def __init__(self) -> None:
        self._calls: deque[tuple[int, str, dict[str, Any], str, float]] = deque(maxlen=KEPT)
        self._counts: dict[str, dict[str, int]] = {}
        self._n = 0

    def note(self, method: str, args: dict[str, Any], result: str, at: float) -> None:
        self._n += 1
        self._calls.append((self._n, method, args, result, at))
        counts = self._counts.setdefault(method, {})
        counts[result] = counts.get(result, 0) + 1

    def clear(self) -> None:
        self._calls.clear()
        self._counts.clear()

    def shown(self, after: int) -> dict[str, Any]:
        calls = [
            {"n": n, "method": method, "args": args, "result": result, "at": at}
            for n, method, args, result, at in self._calls
            if n > after
        ]
        return {"calls": calls, "counts": self._counts}
