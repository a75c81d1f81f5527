"""Tells onlookers (tests, benchmarks, the page) what happened, each frame encoded once."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson

from sandbox.pump import Pump


@dataclass(frozen=True, slots=True)
class Frame:
    """What happened, where, and who may see it: members of `channel`, only `user` if `private`, or all."""

    raw: bytes
    channel: str | None
    user: str | None
    private: bool
    new: bool
    everybody: bool


class Watch:
    """The open onlookers and, for each, a rule which frames it gets."""

    def __init__(self) -> None:
        self._onlookers: dict[Pump, Callable[[Frame], bool]] = {}

    def add(self, pump: Pump, sees: Callable[[Frame], bool]) -> None:
        self._onlookers[pump] = sees

    def remove(self, pump: Pump) -> None:
        self._onlookers.pop(pump, None)

    def cut_all(self) -> None:
        for pump in list(self._onlookers):
            pump.cut()

    def tell(
        self,
        type_: str,
        at: float,
        *,
        private: bool = False,
        about: str | None = None,
        everybody: bool = False,
        **fields: Any,
    ) -> None:
        """`at` is monotonic seconds; fields that are None are left out.

        `about` names the channel whose members may know, where the frame has no `channel` of its own;
        `everybody` is for what concerns the whole workspace.
        """
        if not self._onlookers:
            return
        shown = {key: value for key, value in fields.items() if value is not None}
        raw = orjson.dumps({"type": type_, "at": at, **shown})
        where = about or fields.get("channel")
        frame = Frame(raw, where, fields.get("user"), private, type_ == "message", everybody)
        for pump, sees in list(self._onlookers.items()):
            if sees(frame):
                pump.send(raw)
