"""The ways between a customer and the company in one conversation: what is written, and what comes back."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote
from uuid import uuid4

from benchmarks.chat import Api, Customer, Shown, Visitor
from benchmarks.replay.audit import Entry
from benchmarks.replay.board import Board, Landed
from benchmarks.replay.mails import ADDRESS, Mail
from benchmarks.replay.system import OtherSystem, Reply
from benchmarks.signals import Signal

if TYPE_CHECKING:
    from benchmarks.replay.post import PostOffice

CHANNELS = ("chat", "mail", "api")

_BELOW = re.compile(r"\n-- \n|\n\nOn [^\n]+ wrote:\n>")
"""Where the company's signature, or what it quotes, begins."""

Place = tuple[str, str]
"""A thread: Slack channel and ts."""

Sighting = Callable[[], Landed | None]
"""Where what was just written stands in Slack; None until it does."""


class Line(Protocol):
    """One channel of a customer in one conversation."""

    async def write(self, text: str, thread: Place | None) -> Sighting:
        """Send a message, repeated until it is accepted; ``thread`` is that of the conversation's case.

        Raises Refused, TimeoutError.
        """
        ...

    def answers(self) -> Sequence[Shown]:
        """What has come back from agents, oldest first."""
        ...

    async def places(self) -> dict[str, list[Entry]]:
        """What stands in each place on the customer's side."""
        ...

    async def closed(self) -> bool:
        """Whether the customer is told so by the channel itself; true where it tells nothing."""
        ...

    def cut(self) -> None:
        """Lose the connection, where there is one."""
        ...

    async def close(self) -> None:
        """Stop listening."""
        ...


class ChatLine:
    """A session of the web chat, opened by the first message."""

    def __init__(
        self, api: Api, board: Board, signal: Signal, visitor: Visitor, secret: str, opening: asyncio.Lock
    ) -> None:
        """``opening`` is the visitor's: until its first message is there, a new session is that of all."""
        self._customer = Customer(api, signal)
        self._board = board
        self._visitor = visitor
        self._secret = secret
        self._opening = opening

    async def write(self, text: str, thread: Place | None) -> Sighting:
        """Over HTTP, under one client message id."""
        if self._customer.token:
            message_id = await self._customer.write(text)
        else:
            async with self._opening:
                await self._customer.open(self._visitor, self._secret)
                message_id = await self._customer.write(text)
        return lambda: self._board.landed(message_id)

    def answers(self) -> Sequence[Shown]:
        """As the WebSocket showed them."""
        return self._customer.answers()

    async def places(self) -> dict[str, list[Entry]]:
        """What the server tells, and the customer's screen."""
        told = (await self._customer.transcript())[0] if self._customer.token else []
        return {
            "transcript": [(author, text.strip()) for author, text in told],
            "screen": [(shown.author, shown.text.strip()) for shown in self._customer.screen],
        }

    async def closed(self) -> bool:
        """The session says how the case stands."""
        return bool(self._customer.token) and (await self._customer.transcript())[1] == "closed"

    def cut(self) -> None:
        """As phones do."""
        self._customer.cut()

    async def close(self) -> None:
        """Leave the chat."""
        await self._customer.close()


class MailLine:
    """An exchange of mails: the first has a new subject, the others answer, with what they answer below."""

    def __init__(self, office: PostOffice, board: Board, visitor: Visitor, first_words: str) -> None:
        assert visitor.email is not None
        self._office = office
        self._board = board
        self._name, self._email = visitor.name or "", visitor.email.lower()
        self._mark = uuid4().hex[:10]
        self._subject = f"{' '.join(first_words.split())[:50]} ({self._mark})"
        self._ids: list[str] = []

    async def write(self, text: str, thread: Place | None) -> Sighting:
        """By SMTP. As no id tells where it stands, it is the next such message in the thread of its case."""
        opens = not self._ids
        before = self._board.seen(thread) if thread and not opens else set()
        await self._office.hand_in(self._mail(text))

        def sighting() -> Landed | None:
            place = self._board.thread_about(self._mark) if opens else thread
            return self._board.written(place, text, before) if place else None

        return sighting

    def _mail(self, text: str) -> EmailMessage:
        """The next mail, in the way of common programs."""
        mail, received = EmailMessage(), self._received()
        mail["From"] = Address(self._name, addr_spec=self._email)
        mail["To"] = str(received[-1].message["Reply-To"] or ADDRESS) if received else ADDRESS
        mail["Subject"] = f"Re: {self._subject}" if self._ids else self._subject
        mail["Date"] = datetime.now(UTC)
        answered = str(received[-1].message["Message-ID"]) if received else "".join(self._ids[-1:])
        if answered:
            mail["In-Reply-To"] = answered
            mail["References"] = " ".join(dict.fromkeys([*self._ids[:1], answered]))
        self._ids.append(f"<{uuid4().hex}@{self._email.rpartition('@')[2]}>")
        mail["Message-ID"] = self._ids[-1]
        mail.set_content(text + (_quoted(received[-1]) if received else "") + "\n")
        return mail

    def _received(self) -> list[Mail]:
        return [mail for mail in self._office.sent if self.claims(mail)]

    def claims(self, mail: Mail) -> bool:
        """Whether a mail of the company belongs to this exchange."""
        named = f"{mail.message['References'] or ''} {mail.message['In-Reply-To'] or ''}".split()
        return mail.recipient == self._email and not set(named).isdisjoint(self._ids)

    def answers(self) -> Sequence[Shown]:
        """The mails that have come, each copy of them."""
        return [
            Shown(place, "agent", _new_words(mail.message), mail.at)
            for place, mail in enumerate(self._received())
        ]

    async def places(self) -> dict[str, list[Entry]]:
        """The customer's mailbox: what came."""
        return {"mailbox": [("agent", shown.text) for shown in self.answers()]}

    async def closed(self) -> bool:
        """Mail tells nothing."""
        return True

    def cut(self) -> None:
        """There is no connection."""

    async def close(self) -> None:
        """There is nothing to stop."""


def _words(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    return str(body.get_content()).replace("\r\n", "\n") if body is not None else ""


def _new_words(message: EmailMessage) -> str:
    """What is above the signature and the quote."""
    return _BELOW.split(_words(message), maxsplit=1)[0].strip()


def _quoted(mail: Mail) -> str:
    """What a mail program puts below an answer."""
    lines = _words(mail.message).strip().split("\n")
    at = mail.message["Date"].datetime.strftime("%a, %d %b %Y at %H:%M")
    return f"\n\nOn {at}, {mail.message['From']} wrote:\n\n" + "\n".join(f"> {line}" for line in lines)


class ApiLine:
    """A thread of the other system, by the channel API."""

    def __init__(self, system: OtherSystem, api: Api, board: Board, visitor: Visitor) -> None:
        self._system = system
        self._api = api
        self._board = board
        self._thread = uuid4().hex
        self._sender = {
            "id": quote(visitor.user_id),
            "name": visitor.name or visitor.user_id,
            "email": visitor.email,
            "verified": True,
        }

    async def write(self, text: str, thread: Place | None) -> Sighting:
        """Signed, under one id."""
        content = {"sender": self._sender, "thread": self._thread, "text": text}
        message_id = await self._system.say(self._api.bot, content)
        return lambda: self._board.landed(message_id)

    def answers(self) -> Sequence[Shown]:
        """What was posted to the other system for this thread."""
        found = [reply for reply in self._system.replies if self.claims(reply)]
        return [Shown(place, "agent", reply.text.strip(), reply.at) for place, reply in enumerate(found)]

    def claims(self, reply: Reply) -> bool:
        """Whether a reply belongs to this thread."""
        return (reply.thread, reply.to) == (self._thread, self._sender["id"])

    async def places(self) -> dict[str, list[Entry]]:
        """What the other system has."""
        return {"other system": [("agent", shown.text) for shown in self.answers()]}

    async def closed(self) -> bool:
        """The API tells nothing."""
        return True

    def cut(self) -> None:
        """There is no connection."""

    async def close(self) -> None:
        """There is nothing to stop."""
