"""A running web chat over a real database, and a customer's program that talks to it."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import uvicorn
from aiohttp import ClientResponse, ClientSession, FormData
from starlette.types import ASGIApp

from bot.metrics import Metrics
from bot.web.app import create_web
from bot.web.context import ChatSite, Shopper, WebContext
from bot.web.feed import make_hub, show_reply
from cases.clock import SystemClock
from cases.surveys import Rating
from channels.tokens import Signer, sign_user
from flows import change, intake, standing, survey
from flows.reply import Sent
from storage import workspaces
from storage.db import Database

SITE_SECRET = "the host site's key"
FILE_LIMIT = 5_000_000
SHOP = ChatSite(
    key="shop",
    title="Harbour & Hill",
    greeting={None: "Hello! Write to us, we usually answer within a few minutes."},
    slack_channel="C0SUPPORT",
    workspace_id=0,
    allowed_origins=("https://shop.example",),
    secret=SITE_SECRET,
)
OTHER = replace(SHOP, key="other", title="Another shop", allowed_origins=("*",), secret=None)
SHOPPERS = (
    Shopper("anna", "Anna Nowak", "anna@example.org"),
    Shopper("bela", "Béla O’Neill <b>", None),
)


async def make_context(db: Database, folder: Path, *, poll_seconds: float = 0.3) -> WebContext:
    """A context like the one that bootstrap makes, for a workspace of its own."""
    workspace = await workspaces.register(
        db,
        team=f"T{uuid4().hex[:10].upper()}",
        name="Test",
        url="https://test.example",
        bot_user="U1",
        bot="B1",
        now=datetime.now(UTC),
    )
    signer, metrics = Signer("a key for tests"), Metrics()

    async def shoppers() -> Sequence[Shopper]:
        return SHOPPERS

    async def rate(asked: UUID, rating: Rating) -> None:
        await survey.rate(db, asked, rating, datetime.now(UTC))

    return WebContext(
        db=db,
        sites={site.key: replace(site, workspace_id=workspace) for site in (SHOP, OTHER)},
        signer=signer,
        hub=make_hub(db, signer, metrics, poll_seconds, "https://chat.example"),
        metrics=metrics,
        clock=SystemClock(),
        receive=partial(intake.receive, db),
        change=lambda wanted, now: change.change(db, wanted, timedelta(minutes=15), now),
        rate=rate,
        write_on_page=lambda case, message, now: standing.write(db, case, message, now, intake.accept),
        address="https://chat.example",
        edit_seconds=900,
        files_dir=folder,
        max_file_bytes=FILE_LIMIT,
        session_lifetime=timedelta(hours=1),
        shoppers=shoppers,
    )


@asynccontextmanager
async def serving(app: ASGIApp, port: int = 0) -> AsyncIterator[str]:
    """``app`` on a real server; yields its address."""
    listening = socket.create_server(("127.0.0.1", port))
    config = uvicorn.Config(
        app, log_config=None, lifespan="on", ws="websockets-sansio", timeout_graceful_shutdown=2
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server._serve([listening]))
    try:
        while not server.started:
            if task.done():
                await task
            await asyncio.sleep(0.01)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task


@asynccontextmanager
async def web_chat(web: WebContext, port: int = 0) -> AsyncIterator[ChatClient]:
    """A running web chat and a client for it."""
    async with serving(create_web(web), port) as address, ClientSession() as http:
        yield ChatClient(http, address)


class ChatClient:
    """A customer's program: what the widget does, by hand."""

    def __init__(self, http: ClientSession, address: str, site: str = "shop") -> None:
        self.http = http
        self.address = address
        self.site = site
        self.token = ""
        self.session: dict[str, Any] = {}

    def at(self, path: str) -> str:
        """The address of a path of this site's chat."""
        return f"{self.address}/chat/{self.site}/{path}"

    async def open(self, **request: Any) -> dict[str, Any]:
        """Open a session and use it from now on."""
        self.session = await ok(await self.http.post(self.at("session"), json=request))
        self.token = self.session["session_token"]
        return self.session

    async def open_as(self, user_id: str, **request: Any) -> dict[str, Any]:
        """Open a session for a visitor whom the host site signed in."""
        visitor = {"user_id": user_id, "signature": sign_user(SITE_SECRET, user_id), "name": user_id.title()}
        return await self.open(visitor=visitor, **request)

    @property
    def headers(self) -> dict[str, str]:
        """What every request of a session carries."""
        return {"Authorization": f"Bearer {self.token}"}

    async def post(self, text: str, client_message_id: str | None = None, **more: Any) -> ClientResponse:
        """Send a message, whatever comes of it."""
        message = {"client_message_id": client_message_id or uuid4().hex, "text": text, **more}
        return await self.post_raw(json.dumps(message).encode())

    async def post_raw(self, body: bytes) -> ClientResponse:
        """Send these bytes as a message."""
        headers = {**self.headers, "Content-Type": "application/json"}
        return await self.http.post(self.at("messages"), data=body, headers=headers)

    async def say(self, text: str, client_message_id: str | None = None, **more: Any) -> dict[str, Any]:
        """Send a message that is accepted."""
        return await ok(await self.post(text, client_message_id, **more))

    async def page(self, after: int = 0, revision: int = 0) -> dict[str, Any]:
        """One page of the conversation after a message."""
        params = {"after": after, "revision": revision}
        return await ok(await self.http.get(self.at("messages"), params=params, headers=self.headers))

    async def read(self, after: int = 0) -> dict[str, Any]:
        """The whole conversation after a message, as if it were one page."""
        answer = await self.page(after)
        messages, changes = answer["messages"], answer["changes"]
        while answer["more"]:
            answer = await self.page(messages[-1]["seq"] if messages else after, answer["revision"])
            messages += answer["messages"]
            changes += answer["changes"]
        return answer | {"messages": messages, "changes": changes}

    async def upload_raw(self, content: bytes, name: str, mime: str = "text/plain") -> ClientResponse:
        """Send a file, whatever comes of it."""
        form = FormData(quote_fields=False)
        form.add_field("file", BytesIO(content), filename=name, content_type=mime)
        return await self.http.post(self.at("files"), data=form, headers=self.headers)

    async def upload(self, content: bytes, name: str, mime: str = "text/plain") -> dict[str, Any]:
        """Send a file that is accepted."""
        return await ok(await self.upload_raw(content, name, mime))


async def ok(response: ClientResponse) -> dict[str, Any]:
    """The JSON of an answer that must be a success."""
    body = await response.text()
    assert response.status == 200, f"{response.status}: {body}"
    answer: dict[str, Any] = json.loads(body)
    return answer


async def refusal(response: ClientResponse) -> tuple[int, str, str]:
    """(status, code, sentence) of an answer that must be an error."""
    error = json.loads(await response.text())["error"]
    return response.status, error["code"], error["message"]


async def agent_says(web: WebContext, client: ChatClient, text: str, *, announce: bool = True) -> int:
    """Commit a reply in the client's conversation as sending does; returns its seq."""
    conversation_id = web.signer.read_past_session(client.token, client.site).conversation_id
    now = datetime.now(UTC)
    row = await web.db.one(
        """WITH v AS (UPDATE conversations SET last_seq = last_seq + 1 WHERE id = %(conversation)s
                      RETURNING id, workspace_id, case_id, last_seq)
           INSERT INTO messages (workspace_id, case_id, conversation_id, seq, direction, author_name,
                                 author_slack, text, created_at)
           SELECT workspace_id, case_id, id, last_seq, 'out', 'Maya Lind', 'U2', %(text)s, %(now)s FROM v
           RETURNING uuid, seq, case_id""",
        {"conversation": conversation_id, "text": text, "now": now},
    )
    assert row is not None
    if announce:
        sent = Sent(
            conversation_id=conversation_id,
            case_id=row["case_id"],
            uuid=row["uuid"],
            seq=row["seq"],
            author_name="Maya Lind",
            text=text,
            created_at=now,
            closed=False,
            slack_channel="C0SUPPORT",
        )
        show_reply(web.hub, sent)
    return int(row["seq"])
