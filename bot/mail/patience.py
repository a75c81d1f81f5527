"""How long a mail server is left alone after something went wrong."""

from __future__ import annotations

_FIRST, _LONGEST = 1.0, 10.0
"""Seconds. Mails wait as long, so a server that is back is noticed soon."""
_FIRST_REFUSED, _LONGEST_REFUSED = 60.0, 300.0
"""Servers lock out who tries wrong passwords too often."""


class Patience:
    """Of one mailbox: it grows with each failure."""

    def __init__(self) -> None:
        self.begin_anew()

    def begin_anew(self) -> None:
        """The server did all that we asked."""
        self._next, self._next_refused = _FIRST, _FIRST_REFUSED

    def seconds(self, *, refused: bool) -> float:
        """For how long to wait now; ``refused`` = it did not let us in."""
        if refused:
            wait, self._next_refused = self._next_refused, min(self._next_refused * 2, _LONGEST_REFUSED)
        else:
            wait, self._next = self._next, min(self._next * 2, _LONGEST)
        return wait
