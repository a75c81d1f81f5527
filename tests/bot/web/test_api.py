"""The channel API: what other systems hand in, and what is refused."""

from __future__ import annotations

import asyncio
import json
from asyncio import StreamReader, StreamWriter, open_connection
from base64 import b64encode
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any
from uuid import UUID, uuid4

import pytest
from aiohttp import ClientSession
from aiohttp.web import Application, AppRunner, Request, Response, TCPSite
from yarl import URL

from bot.arriving import Arriving
from bot.guarded import Guarded
from bot.web.api import ChannelApi
from bot.web.app import create_web
from bot.web.context import WebContext
from cases.arrivals import Entrance, OpenEntrance
from cases.enums import Channel
from cases.reader import Reader
from channels.pages import case_link
from storage import sources
from storage.db import Database
from tests.support.source import OTHER_SECRET, SECRET, Source, signed
from tests.support.webchat import serving

NAMED = {
    key: sources.Source(Entrance(Channel.API, key, key.title(), "support", "sources.yml"), None)
    for key in ("desk", "other", "closed")
}
MESSAGE = {"sender": {"id": "mia", "name": "Mia"}, "text": "Where is it?"}


def parts(web: WebContext) -> ChannelApi:
    workspace = web.sites["shop"].workspace_id
    opened = {
        (Channel.API, key): OpenEntrance(NAMED[key].entrance, workspace, "C0SUPPORT")
        for key in ("desk", "other")
    }

    def wake(_channel: str) -> None:
        return

    arriving = Arriving(web.db, web.clock, web.metrics, Reader(), 7, wake, web.signer)
    return ChannelApi(NAMED, {"desk": SECRET, "other": OTHER_SECRET}, opened, arriving, Guarded(), wake)


@pytest.fixture
async def desk(web: WebContext) -> AsyncIterator[Source]:
    """A help desk that is set up."""
    async with serving(create_web(web, parts(web))) as address, ClientSession() as http:
        yield Source(http, address)


async def column(db: Database, statement: str) -> list[Any]:
    return [next(iter(row.values())) for row in await db.fetch(statement)]


async def code(answer: Any) -> tuple[int, str]:
    return answer.status, (await answer.json())["error"]["code"]


async def test_a_message_opens_a_case_and_the_next_one_goes_on(desk: Source, web: WebContext) -> None:
    first = await desk.says("Where is it?", subject="My order")
    second = await desk.says("Hello?")
    other = await desk.says("Something else", thread="2")
    assert first["reference"] == second["reference"] != other["reference"]
    assert await column(web.db, "SELECT subject FROM cases ORDER BY id") == ["My order", "Something else"]
    assert await column(web.db, "SELECT name FROM customers") == ["Mia"]


async def test_fault_39_unsigned_or_wrongly_signed_is_refused(desk: Source, web: WebContext) -> None:
    body = json.dumps(MESSAGE).encode()
    good = signed(body)
    old, early = (datetime.now(UTC) + sign * timedelta(minutes=6) for sign in (-1, 1))
    wrong: list[Mapping[str, str]] = [
        {},
        {"webhook-id": "1"},
        good | {"webhook-signature": "v1,AAAA"},
        good | {"webhook-signature": "nothing"},
        good | {"webhook-signature": "v1,not base64!"},
        good | {"webhook-signature": good["webhook-signature"].replace("v1,", "v2,")},
        good | {"webhook-id": "another"},
        good | {"webhook-id": "with.dot"},
        good | {"webhook-timestamp": "yesterday"},
        good | {"webhook-timestamp": "nan"},
        good | {"webhook-timestamp": "1e400"},
        good | {"webhook-timestamp": "9" * 30},
        signed(body, at=old),
        signed(body, at=early),
        signed(body + b" "),
        signed(body, OTHER_SECRET),
    ]
    for headers in wrong:
        assert await code(await desk.raw("messages", body, dict(headers))) == (401, "bad_signature"), headers
    assert await code(await desk.raw("messages", b"\xff\xfe", signed(b"\xff\xfe"))) == (401, "bad_signature")
    assert await column(web.db, "SELECT count(*) FROM arrivals") == [0]


async def test_fault_39_a_replay_has_one_effect(desk: Source, web: WebContext) -> None:
    body = json.dumps(MESSAGE).encode()
    headers = signed(body)
    answers = [await (await desk.raw("messages", body, headers)).json() for _ in range(3)]
    assert [answer.pop("duplicate") for answer in answers] == [False, True, True]
    assert answers[0] == answers[1] == answers[2]
    # Also with other words under the same id.
    again = await desk.says("Changed", headers["webhook-id"])
    assert (again["message"], again["duplicate"]) == (answers[0]["message"], True)
    assert await column(web.db, "SELECT text FROM messages") == ["Where is it?"]


async def test_fault_40_the_signature_of_another_source_is_refused(desk: Source) -> None:
    body = json.dumps(MESSAGE).encode()
    desk.key = "other"
    assert await code(await desk.raw("messages", body, signed(body))) == (401, "bad_signature")
    desk.key = "closed"
    assert await code(await desk.raw("messages", body, signed(body))) == (401, "bad_signature")
    desk.key = "nobody"
    assert await code(await desk.raw("messages", body, signed(body))) == (404, "unknown_source")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"{" * 100_000,
        b'{"sender": ' * 5_000 + b"1" + b"}" * 5_000,
        b'{"sender": {"id": "a"}, "text": "\\ud800"}',
        b'{"sender": {"id": "a"}, "text": "a\\u0000b"}',
        b'{"sender": {"id": "a", "name": "\\u0000"}, "text": "x"}',
        b'{"sender": {"id": "\\u0000"}, "text": "x"}',
        b'{"sender": {"id": ""}, "text": "x"}',
        b'{"sender": {"id": 7}, "text": "x"}',
        b'{"sender": {"id": "a"}, "text": " "}',
        b'{"sender": {"id": "a"}, "text": "x", "more": 1}',
        b'{"sender": {"id": "a"}, "text": NaN}',
        b'{"sender": {"id": "a"}, "text": "x", "at": "2026-11-01T10:00:00"}',
        b'{"sender": {"id": "a"}, "text": "x", "at": "0001-01-01T00:00:00+14:00"}',
        b'{"sender": {"id": "a"}, "text": "x", "at": "9999-12-31T23:59:59-14:00"}',
        b'{"sender": {"id": "a"}, "files": [{"name": "a"}]}',
        b'{"sender": {"id": "a"}, "files": [{"name": "a", "content": "%%%"}]}',
        b'{"sender": {"id": "a"}, "files": [{"name": "a", "content": "YQ==", "url": "https://x.example"}]}',
        b'{"sender": {"id": "a"}, "files": [{"name": "a", "url": "https://127.0.0.1/a"}]}',
        b'{"sender": {"id": "a"}, "text": "' + b"x" * 60_000 + b'"}',
    ],
)
async def test_fault_36_what_cannot_be_read_is_refused(desk: Source, web: WebContext, body: bytes) -> None:
    answer = await desk.raw("messages", body, signed(body))
    assert 400 <= answer.status < 500, await answer.text()
    assert (await answer.json())["error"]["message"]
    assert await column(web.db, "SELECT count(*) FROM arrivals") == [0]


async def test_fault_36_a_body_that_is_too_large_is_refused_unread(desk: Source) -> None:
    body = b" " * 12_000_001
    address = f"{desk.address}/api/v1/sources/desk/messages"
    async with desk.http.post(address, data=BytesIO(body), headers=signed(body)) as sent:
        assert await code(sent) == (413, "too_large")


async def test_files_come_along_or_are_said_to_be_missing(desk: Source, web: WebContext) -> None:
    files = [
        {"name": "photo.txt", "content": b64encode(b"content").decode(), "type": "text/plain"},
        {"name": "virus.exe", "content": b64encode(b"MZ").decode()},
    ]
    await desk.says("Here", files=files)
    (row,) = await web.db.fetch("SELECT uuid, name, size FROM attachments WHERE message_id IS NOT NULL")
    assert (row["name"], row["size"]) == ("photo.txt", 7)
    assert (web.files_dir / row["uuid"].hex[:2] / row["uuid"].hex).read_bytes() == b"content"
    (warnings,) = await column(web.db, "SELECT warnings FROM arrivals")
    assert warnings == [
        "The file virus.exe is missing: Programs and scripts cannot be sent here. Please choose another file."
    ]


async def test_files_are_fetched_or_said_to_be_missing(web: WebContext) -> None:
    async def give(request: Request) -> Response:
        return Response(body=b"x" * int(request.match_info["size"]))

    app = Application()
    app.router.add_get("/{size}", give)
    runner = AppRunner(app)
    await runner.setup()
    await TCPSite(runner, "127.0.0.1", 0).start()
    here = f"http://127.0.0.1:{runner.addresses[0][1]}"
    guarded = Guarded(lambda _address: True, schemes=frozenset({"http"}))
    api = replace(parts(web), guarded=guarded)
    async with serving(create_web(web, api)) as address, ClientSession() as http:
        files = [{"name": f"{size}.bin", "url": f"{here}/{size}"} for size in ("7", "5000001", "none")]
        await Source(http, address).says("Here", files=files)
    await runner.cleanup()
    assert await column(web.db, "SELECT size FROM attachments WHERE message_id IS NOT NULL") == [7]
    (warnings,) = await column(web.db, "SELECT warnings FROM arrivals")
    assert [warning.split(":")[0] for warning in warnings] == [
        "The file 5000001.bin is missing",
        "The file none.bin is missing",
    ]
    assert len([file for file in web.files_dir.glob("*/*") if file.is_file()]) == 1


async def test_a_verified_sender_is_known_by_their_address(desk: Source, web: WebContext) -> None:
    workspace = web.sites["shop"].workspace_id
    await web.db.fetch(
        """INSERT INTO customers (workspace_id, external_id, name, email, email_proven, created_at)
           VALUES (%(w)s, 'mia', 'Mia M.', 'mia@x.example', true, now())""",
        {"w": workspace},
    )
    sender = {"id": "m", "name": "Mia", "email": "MIA@x.example"}
    await desk.says("Hi", who=sender | {"verified": True})
    await desk.says("Hi", who=sender | {"id": "unproven"})
    names = await column(
        web.db, "SELECT u.name FROM cases k JOIN customers u ON u.id = k.customer_id ORDER BY k.id"
    )
    assert names == ["Mia M.", "Mia"]
    assert await column(web.db, "SELECT address FROM customer_suggestions") == ["mia@x.example"]


async def test_reports_on_replies(desk: Source, web: WebContext) -> None:
    await desk.says("Hi")
    (message,) = await column(
        web.db,
        """INSERT INTO messages (workspace_id, case_id, conversation_id, seq, direction, author_name, text,
                                 created_at)
           SELECT workspace_id, case_id, id, 2, 'out', 'Anna', 'Yes', now() FROM conversations
           RETURNING uuid""",
    )

    async def report(state: str, **more: str) -> Any:
        answer = await desk.post("deliveries", {"message": str(message), "state": state} | more)
        return await answer.json()

    assert [await report("delivered"), await report("delivered"), await report("read")] == [
        {"news": True},
        {"news": False},
        {"news": True},
    ]
    assert await column(web.db, "SELECT state FROM deliveries") == ["read"]
    unknown = await desk.post("deliveries", {"message": str(uuid4()), "state": "read"})
    assert await code(unknown) == (404, "unknown_message")
    desk.key, desk.secret = "other", OTHER_SECRET
    foreign = await desk.post("deliveries", {"message": str(message), "state": "failed"})
    assert await code(foreign) == (404, "unknown_message")


async def test_a_call_is_shown_and_kept(desk: Source, web: WebContext) -> None:
    caller = {"id": "+48600", "name": "Mia", "phone": "+48 600"}

    async def call(event: str, webhook: str | None = None, **more: str) -> Any:
        answer = await desk.post("calls", {"event": event, "caller": caller} | more, webhook)
        return await answer.json()

    assert await call("started") == {"reference": None, "duplicate": False}
    first = await call("ended", "w1", notes="She asks <where> it is.", agent="Tom")
    assert await call("ended", "w1", notes="Again") == {"reference": first["reference"], "duplicate": True}
    assert await call("started") == {"reference": first["reference"], "duplicate": False}
    rows = await web.db.fetch("SELECT direction, author_name, text FROM messages")
    assert [tuple(row.values()) for row in rows] == [
        ("internal", "Call of Tom with Mia", "She asks &lt;where&gt; it is.")
    ]
    kinds = await column(web.db, "SELECT kind || coalesce(payload ->> 'event', '') FROM outbox ORDER BY id")
    assert kinds == ["root", "quote", "noticecalling"]
    (row,) = await web.db.fetch(
        "SELECT v.channel, v.site, k.status FROM cases k JOIN conversations v ON v.case_id = k.id"
    )
    assert tuple(row.values()) == ("internal", "phone", "open")
    proven = {"event": "ended", "caller": caller | {"verified": True}, "notes": "Once more"}
    verified = "SELECT verified FROM identities WHERE value LIKE '%%+48600'"
    assert await column(web.db, verified) == [False]
    assert (await desk.post("calls", proven)).status == 200
    assert await column(web.db, verified) == [True]


async def test_a_call_is_kept_without_links_of_ours(desk: Source, web: WebContext) -> None:
    link = case_link("https://x", web.signer, UUID(int=1))
    call = {"event": "ended", "caller": {"id": "mia"}, "notes": link, "transcript": f"Mia: {link}"}
    assert (await desk.post("calls", call)).status == 200
    words = await column(web.db, "SELECT text FROM messages UNION ALL SELECT subject FROM cases")
    assert "[link to the page]\n\nMia: [link to the page]" in words
    assert "/c/" not in str(words)


async def test_calls_and_messages_may_have_the_same_ids(desk: Source, web: WebContext) -> None:
    caller = {"id": "mia", "name": "Mia"}
    for event in ("started", "ended"):
        answer = await desk.post("calls", {"event": event, "caller": caller, "notes": "Hi"}, "w1")
        assert (await answer.json())["duplicate"] is False
    assert (await desk.says("Hi", "w1"))["duplicate"] is False
    assert await column(web.db, "SELECT count(*) FROM messages") == [2]


async def test_files_of_a_message_that_was_taken_stay_whatever_comes_then(web: WebContext) -> None:
    def wake(_channel: str) -> None:
        raise RuntimeError

    broken = replace(
        parts(web), arriving=Arriving(web.db, web.clock, web.metrics, Reader(), 7, wake, web.signer)
    )
    content = {"sender": {"id": "mia"}, "files": [{"name": "a.txt", "content": "YQ=="}]}
    async with serving(create_web(web, broken)) as address, ClientSession() as http:
        answer = await Source(http, address).post("messages", content, "w1")
        assert (answer.status, bool(await answer.read())) == (500, True)
    (uuid,) = await column(web.db, "SELECT uuid FROM attachments WHERE message_id IS NOT NULL")
    assert (web.files_dir / uuid.hex[:2] / uuid.hex).read_bytes() == b"a"


async def opened(desk: Source, at: datetime) -> tuple[StreamReader, StreamWriter]:
    """A request that announces a large body, of which nothing comes."""
    reader, writer = await open_connection("127.0.0.1", URL(desk.address).port)
    headers = signed(b"x", at=at) | {"host": "localhost", "content-length": "12000000"}
    lines = ["POST /api/v1/sources/desk/messages HTTP/1.1", *(f"{key}: {headers[key]}" for key in headers)]
    writer.write("\r\n".join([*lines, "", ""]).encode())
    await writer.drain()
    return reader, writer


async def test_what_is_too_old_or_too_much_is_refused_unread(desk: Source) -> None:
    now = datetime.now(UTC)
    times = [now - timedelta(minutes=6), *[now] * 4]
    connections = [await opened(desk, at) for at in times]
    assert b" 401 " in await asyncio.wait_for(connections[0][0].readline(), 5)
    await asyncio.sleep(0.2)  # The four hold all the room of their network.
    connections.append(await opened(desk, now))
    assert b" 429 " in await asyncio.wait_for(connections[-1][0].readline(), 5)
    for _reader, writer in connections:
        writer.close()
        await writer.wait_closed()


async def test_too_much_at_once_is_refused(desk: Source) -> None:
    answers = [await desk.raw("messages", b"x", signed(b"x", OTHER_SECRET)) for _ in range(90)]
    assert {(await code(answer))[0] for answer in answers} == {401, 429}


async def test_it_describes_itself(desk: Source) -> None:
    described = await (await desk.http.get(f"{desk.address}/api/v1/openapi.json")).json()
    assert set(described["paths"]) == {
        f"/api/v1/sources/{{key}}/{name}" for name in ("messages", "deliveries", "calls")
    }
    page = await (await desk.http.get(f"{desk.address}/api/v1")).text()
    assert "Hand in what a customer wrote" in page
    assert "src=" not in page
