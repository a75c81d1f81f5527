"""What other systems are handed: signed, with the link where it is a receipt, as often as it takes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import aiohttp
import pytest

from bot.channel_api import ApiSender
from cases.arrivals import Entrance, Handle
from cases.deliveries import NotTaken, OutboundReply, Sent, TryLater
from cases.enums import Channel
from cases.reader import Language
from channels.tokens import Signer
from storage.sources import Source
from tests.support.source import SECRET, Desk, open_desk

SIGNER = Signer("k" * 32)
TOKEN = UUID(int=7)
REPLY = OutboundReply(
    workspace_id=1,
    channel=Channel.API,
    site="desk",
    message_id=1,
    message_uuid=UUID(int=1),
    conversation_id=1,
    thread_key="ticket-88",
    to=Handle("api", "desk:4711"),
    customer="Mia",
    language=Language.PL,
    case_number=1042,
    subject="Lamp",
    text="It is on its way.",
    author="Maya",
    created_at=datetime(2026, 3, 2, 9, tzinfo=UTC),
    attempt=1,
)
RECEIPT = replace(REPLY, text="Thank you.", automatic=True, receipt=TOKEN)


@dataclass
class Line:
    """The way to a desk that keeps what it is handed."""

    desk: Desk
    http: aiohttp.ClientSession

    async def send(self, reply: OutboundReply, address: str | None = "https://x") -> Sent:
        entrance = Entrance(Channel.API, "desk", "Desk", "support", "sources.yml")
        sources = {"desk": Source(entrance, self.desk.address)}
        return await ApiSender(self.http, sources, {"desk": SECRET}, SIGNER, address).send(reply)

    async def handed(self, reply: OutboundReply, address: str | None = "https://x") -> dict[str, Any]:
        """What the desk reads of it."""
        await self.send(reply, address)
        data: dict[str, Any] = self.desk.replies[-1]["data"]
        return data


@pytest.fixture
async def line() -> AsyncIterator[Line]:
    async with open_desk() as desk, aiohttp.ClientSession() as http:
        yield Line(desk, http)


async def test_a_reply_is_what_a_person_wrote(line: Line) -> None:
    data = await line.handed(REPLY)
    assert (data["text"], data["to"], data["reference"]) == ("It is on its way.", "4711", "CX-1042")
    assert (data["automatic"], data["page"], data["survey"]) == (False, None, None)


async def test_a_receipt_has_the_link_in_its_words_and_beside_them(line: Line) -> None:
    data = await line.handed(RECEIPT)
    link = f"https://x/c/{SIGNER.page(TOKEN)}"
    assert (data["automatic"], data["page"]) == (True, link)
    first, last = data["text"].split("\n")
    assert first == "Thank you."
    assert last.endswith(link)
    assert "write to us" not in last, "it is in the customer's language"
    assert await line.handed(RECEIPT) == data, "the same each time"


async def test_without_an_address_of_ours_or_once_withdrawn_a_receipt_has_no_link(line: Line) -> None:
    for data in (await line.handed(RECEIPT, None), await line.handed(replace(RECEIPT, receipt=None))):
        assert (data["text"], data["automatic"], data["page"]) == ("Thank you.", True, None)


@pytest.mark.parametrize(("status", "error"), [(429, TryLater), (503, TryLater), (422, NotTaken)])
async def test_who_does_not_take_it_now_is_asked_again(
    line: Line, status: int, error: type[Exception]
) -> None:
    line.desk.answers = [status]
    with pytest.raises(error):
        await line.send(REPLY)
    assert await line.send(REPLY) == Sent("desk-2")
    assert line.desk.replies[0]["webhook-id"] == line.desk.replies[1]["webhook-id"] == str(UUID(int=1))
