"""How long what was sent can still be taken back."""

from __future__ import annotations

from dataclasses import dataclass

from cases.enums import Channel


@dataclass(frozen=True, slots=True)
class Undo:
    """Seconds between Send and its effect; 0 = none. A mail cannot be looked for again once it is gone."""

    chat: float
    mail: float

    def __bool__(self) -> bool:
        """Whether anything can be taken back."""
        return bool(self.chat or self.mail)

    def on(self, channel: str) -> float:
        """The seconds on one channel."""
        return self.mail if channel == Channel.MAIL else self.chat

    def times(self, many: float) -> Undo:
        """So many times as long."""
        return Undo(self.chat * many, self.mail * many)


def undo_of(seconds: float | Undo) -> Undo:
    """Seconds that hold on every channel."""
    return seconds if isinstance(seconds, Undo) else Undo(seconds, seconds)
