"""Mails read and written into cases, and the plainest program that stores them at all."""

from __future__ import annotations

import asyncio
import email
import email.policy
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from email.message import EmailMessage

from benchmarks.mail.letters import LENGTH_OF_EXCHANGE, NOW, OURS, letters
from benchmarks.mirror.table import Line, faster, must
from cases.arrivals import Arrival, Handle
from cases.enums import Channel
from channels.mail import Own
from channels.mail_reading import read
from flows import arrive, intake
from storage.db import Database
from storage.migrate import upgrade

_OWN = Own(frozenset({OURS}), frozenset({"mx.shop.example"}))
_BATCH = 100
_TWICE = 2.0
"""Ours may take at most so many times what the plain program takes."""

_WORKSPACE = """
INSERT INTO workspaces (team_id, name, bot_user_id, bot_id, created_at)
VALUES ('T1', 'Bench', 'U', 'B', now()) RETURNING id
"""
_PLAIN = """
CREATE TABLE plain_mails (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, message_id text UNIQUE,
                          sender text, subject text, body text, at timestamptz)
"""
_INSERT = """
INSERT INTO plain_mails (message_id, sender, subject, body, at)
VALUES (%(message_id)s, %(sender)s, %(subject)s, %(body)s, %(at)s) RETURNING id
"""
_RIGHT = """
SELECT count(*) AS messages, count(DISTINCT case_id) AS cases, count(DISTINCT conversation_id) AS exchanges
FROM messages WHERE direction = 'in'
"""

Take = Callable[[bytes], Awaitable[None]]


@dataclass(slots=True)
class Cost:
    """What one program took for all its mails, in seconds."""

    passed: float = 0.0
    processor: float = 0.0


async def measure(url: str, mails: int, at_once: int, say: Callable[[str], None]) -> list[Line]:
    """Both programs get the same mails, a hundred at a time in turns."""
    say("writing mails")
    batches = _batches(letters(mails))
    upgrade(url)
    db = Database(url, pool_size=at_once)
    await db.open()
    try:
        row = await db.one(_WORKSPACE)
        assert row is not None
        await db.fetch(_PLAIN)
        programs: dict[str, Take] = {"ours": _Ours(db, row["id"]), "plain": _Plain(db), "reading": _Reading()}
        costs = {name: Cost() for name in programs}
        for number, batch in enumerate(batches):
            say(f"{number * _BATCH:,} mails")
            for name, program in programs.items():
                await _timed(costs[name], program, batch, at_once)
        found = await db.one(_RIGHT)
        assert found is not None
        right = (found["messages"], found["cases"], found["exchanges"])
        return _lines(costs, mails, right)
    finally:
        await db.close()


def _batches(mails: Sequence[bytes]) -> list[Sequence[bytes]]:
    return [mails[start : start + _BATCH] for start in range(0, len(mails), _BATCH)]


async def _timed(cost: Cost, take: Take, mails: Sequence[bytes], at_once: int) -> None:
    waiting = iter(mails)
    passed, processor = time.perf_counter(), time.process_time()

    async def work() -> None:
        for mail in waiting:
            await take(mail)

    await asyncio.gather(*(work() for _ in range(at_once)))
    cost.passed += time.perf_counter() - passed
    cost.processor += time.process_time() - processor


class _Ours:
    """The way of every mail: read, then message, case and what must appear in Slack in one commit."""

    def __init__(self, db: Database, workspace: int) -> None:
        self._db = db
        self._workspace = workspace

    async def __call__(self, raw: bytes) -> None:
        mail = read(raw, _OWN)
        arrival = Arrival(
            workspace_id=self._workspace,
            channel=Channel.MAIL,
            site="support",
            slack_channel="C1",
            who=Handle("email", mail.sender.email),
            verified=False,
            client_message_id=mail.message_id or "",
            text=mail.text,
            name=mail.sender.name,
            email=mail.sender.email,
            thread_key=(mail.references or (mail.message_id,))[0],
            subject=mail.subject,
            warnings=mail.warnings,
        )
        await arrive.receive(self._db, arrival, NOW, intake.accept)


class _Plain:
    """Python's parser and one insert: no threading, no customer, nothing folded, nothing shown."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def __call__(self, raw: bytes) -> None:
        mail = email.message_from_bytes(raw, policy=email.policy.default)
        assert isinstance(mail, EmailMessage)
        body = mail.get_body(("plain", "html"))
        for part in mail.iter_attachments():
            part.get_content()
        values = {
            "message_id": mail["Message-ID"],
            "sender": mail["From"].addresses[0].addr_spec,
            "subject": str(mail["Subject"]),
            "body": body.get_content() if body is not None else "",
            "at": mail["Date"].datetime,
        }
        await self._db.one(_INSERT, values)


class _Reading:
    """Our reading alone."""

    async def __call__(self, raw: bytes) -> None:
        read(raw, _OWN)


def _lines(costs: dict[str, Cost], mails: int, right: tuple[int, int, int]) -> list[Line]:
    ours, plain, reading = (costs[name] for name in ("ours", "plain", "reading"))
    exchanges = -(-mails // LENGTH_OF_EXCHANGE)
    ratio = ours.processor / plain.processor
    return [
        faster("mails into cases", mails / ours.passed, mails / plain.passed, "email + insert", 1 / _TWICE),
        Line(
            "processor time of Python for a mail",
            _milliseconds(ours.processor / mails),
            f"email + insert: {_milliseconds(plain.processor / mails)}",
            f"{ratio:.2f}x",
            f"≤ {_TWICE:g}x",
            ratio <= _TWICE,
        ),
        Line("of that, reading it", _milliseconds(reading.processor / mails)),
        must(
            "messages, cases, exchanges",
            " / ".join(map(str, right)),
            f"{mails} / {exchanges} / {exchanges}",
            right == (mails, exchanges, exchanges),
        ),
    ]


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.2f} ms"
