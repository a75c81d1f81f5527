"""The customers' phones: text messages go out and come in over the channel API, signed both ways."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
from standardwebhooks.webhooks import Webhook

from carriers.config import Options

WAITING, CARRIED, REFUSED = "waiting", "carried", "refused"
_PAUSE_SECONDS = 0.5
_PATIENCE = aiohttp.ClientTimeout(total=30)


@dataclass(frozen=True, slots=True)
class Line:
    """One text message."""

    id: str
    number: str
    mine: bool
    """Whether the phone's owner wrote it."""
    text: str
    at: str
    state: str = WAITING
    """Of the owner's: whether the shop has it. Of the shop's: whether it was told that it arrived."""


class Telephone:
    """All phones, in one file that is only ever added to: what is in it survives every kill."""

    def __init__(self, path: Path, options: Options) -> None:
        self._path = path
        self._sources = options.source
        self._webhook = Webhook(options.phone_secret)
        self._lines: dict[str, Line] = {}
        self._work = asyncio.Event()
        for entry in _entries(path):
            line = Line(**entry)
            self._lines[line.id] = line

    def talk(self, number: str) -> list[Line]:
        """What one phone shows, in order."""
        return [line for line in self._lines.values() if line.number == number]

    def add(self, line_id: str, number: str, text: str, *, mine: bool) -> None:
        """Keep a message, once, and see to it that it is carried."""
        if line_id not in self._lines:
            self._write(Line(line_id, number, mine, text, datetime.now(UTC).isoformat()))
            self._work.set()

    async def carry(self) -> None:
        """Hand over what waits, in order and as often as it takes, until cancelled."""
        async with aiohttp.ClientSession(timeout=_PATIENCE) as session:
            while True:
                self._work.clear()
                for line in [each for each in self._lines.values() if each.state == WAITING]:
                    await self._carry(session, line)
                await self._work.wait()

    async def _carry(self, session: aiohttp.ClientSession, line: Line) -> None:
        """Until somebody takes it, or says that nobody ever will."""
        what, body = _request(line)
        while True:
            for source in self._sources:
                with suppress(aiohttp.ClientError, TimeoutError):
                    status = await self._post(session, f"{source}/{what}", line, body)
                    if status < 500 and status != 429:
                        self._write(replace(line, state=CARRIED if status < 400 else REFUSED))
                        return
            await asyncio.sleep(_PAUSE_SECONDS)

    async def _post(self, session: aiohttp.ClientSession, address: str, line: Line, body: str) -> int:
        now = datetime.now(UTC)
        key = line.id if line.mine else f"arrived-{line.id}"
        headers = {
            "content-type": "application/json",
            "webhook-id": key,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self._webhook.sign(key, now, body),
        }
        async with session.post(address, data=body.encode(), headers=headers) as answer:
            await answer.read()
            return answer.status

    def _write(self, line: Line) -> None:
        with self._path.open("a", encoding="utf-8") as file:
            # The line break comes first: what a kill left half written spoils nothing but itself.
            file.write(f"\n{json.dumps(asdict(line))}")
            file.flush()
            os.fsync(file.fileno())
        self._lines[line.id] = line


def _request(line: Line) -> tuple[str, str]:
    """What is posted where for a line."""
    if not line.mine:
        return "deliveries", json.dumps({"message": line.id, "state": "delivered"})
    sender = {"id": line.number, "phone": line.number, "verified": True}
    return "messages", json.dumps({"sender": sender, "text": line.text})


def _entries(path: Path) -> Iterator[dict[str, Any]]:
    if not path.exists():
        return
    for text in path.read_text(encoding="utf-8", errors="replace").splitlines():
        with suppress(ValueError):
            yield json.loads(text)
