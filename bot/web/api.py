"""The channel API over HTTP: other systems hand in what customers write and say, and report on replies."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response

from bot.arriving import Arriving
from bot.guarded import Guarded
from bot.web.api_page import DESCRIPTION, page
from bot.web.body import BodyRoom, announced, network, read_body
from bot.web.context import WebContext
from bot.web.errors import FileTooLarge, NoRoom, UnknownFile
from bot.web.limits import Rate, RateLimit
from bot.web.uploads import FileStore
from cases import formats
from cases.arrivals import Arrival, OpenEntrance
from cases.enums import Channel
from cases.errors import CxError, Unavailable
from cases.files import Stored, is_refused
from cases.language import _, later
from cases.messages import reference
from cases.reader import language_of, use
from channels import api
from channels.errors import FileTypeRefused, UnknownMessage, UnknownSource
from channels.pages import without_links
from channels.webchat import clean_file_name
from flows import phone
from storage import arrivals, deliveries, files
from storage.db import Row
from storage.sources import Source

SOURCE_RATE = Rate(300, 10)
"""Requests of one source."""
WRONG_RATE = Rate(60, 60)
"""Requests of one network address that are not signed as they must be, or not yet read."""
_SIGNED_COST = 0.01
"""What a request that is signed costs of that."""
NETWORK_ROOM = 4 * api.MAX_BODY
"""Bytes of one network address that are read at once, before their signature is known."""
ALL_ROOM = 12 * api.MAX_BODY
"""The same of all."""
_OLD = timedelta(minutes=10)
"""What was written longer ago says so."""


_PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True, slots=True)
class ChannelApi:
    """What the channel API is made from."""

    sources: Mapping[str, Source]
    secrets: Mapping[str, str] = field(repr=False)
    entrances: Mapping[tuple[Channel, str], OpenEntrance]
    """Those that can be served now."""
    arriving: Arriving
    guarded: Guarded
    wake: Callable[[str], None]
    """Told in which Slack channel something waits to be posted."""
    limited: bool = True


def api_routes(web: WebContext, api_parts: ChannelApi, store: FileStore) -> APIRouter:
    """Everything under /api/v1."""
    router = APIRouter(prefix="/api/v1")
    door = _Door(web, api_parts)
    messages = _Messages(web, api_parts, store, door)
    router.add_api_route("/sources/{key}/messages", messages.take, methods=["POST"])
    router.add_api_route("/sources/{key}/deliveries", _Deliveries(web, door).take, methods=["POST"])
    router.add_api_route("/sources/{key}/calls", _Calls(web, api_parts, door).take, methods=["POST"])
    router.add_api_route("/files/{file}", _Files(web, store).give, methods=["GET"])

    @router.get("/openapi.json")
    async def described() -> Response:
        return JSONResponse(DESCRIPTION)

    @router.get("")
    async def shown() -> Response:
        return HTMLResponse(page(), headers=_PAGE_HEADERS)

    return router


@dataclass(frozen=True, slots=True)
class _Signed:
    """A request of a source."""

    entrance: OpenEntrance
    id: str
    """Its webhook-id."""
    body: bytes

    @property
    def key(self) -> str:
        """That of its source."""
        return self.entrance.entrance.key


class _Door:
    """Lets in what a source has signed."""

    def __init__(self, web: WebContext, parts: ChannelApi) -> None:
        self._web = web
        self._parts = parts
        limited = parts.limited
        self._own = RateLimit(later("Too many requests at once."), SOURCE_RATE if limited else None)
        wrong = later("Too many requests at once from your network.")
        self._wrong = RateLimit(wrong, WRONG_RATE if limited else None)
        self._room = BodyRoom(wrong, NETWORK_ROOM, ALL_ROOM)

    async def __call__(self, key: str, request: Request) -> _Signed:
        """The request; raises UnknownSource, Unsigned, TooFast, LongRequest, SlowRequest or Unavailable."""
        if key not in self._parts.sources:
            raise UnknownSource
        api.check_headers(request.headers, datetime.now(UTC))
        body, webhook = await self._read(key, request)
        self._own.take(key)
        entrance = self._parts.entrances.get((Channel.API, key))
        if entrance is None:
            raise Unavailable
        return _Signed(entrance, webhook, body)

    async def _read(self, key: str, request: Request) -> tuple[bytes, str]:
        """Its body and webhook-id. Who sends too much that is not signed is refused unread."""
        where = network(request.scope)
        size = announced(request.scope, api.MAX_BODY)
        with self._room.hold(where, size):
            self._wrong.take(where)
            body = await read_body(request.scope, request.receive, size)
            webhook = api.check_signature(self._parts.secrets.get(key), request.headers, body)
        # What is signed hardly counts.
        self._wrong.give(where, 1 - _SIGNED_COST)
        return body, webhook


class _Messages:
    def __init__(self, web: WebContext, parts: ChannelApi, store: FileStore, door: _Door) -> None:
        self._web = web
        self._parts = parts
        self._store = store
        self._door = door

    async def take(self, key: str, request: Request) -> Response:
        """POST …/messages."""
        signed = await self._door(key, request)
        message = api.parse_message(signed.body, self._web.clock.now())
        known = await self._known(signed)
        if known is not None:
            return _answer(known["uuid"], reference(known["number"]), duplicate=True)
        stored, warnings = await self._stored(message.files)
        try:
            receipt = await self._parts.arriving(_arrival(signed, message, stored, warnings, self._web))
        except CxError as error:
            # Whatever else ends it, it may have been written down; if not, its files are found as orphans.
            if not isinstance(error, Unavailable):
                await self._discard(stored)
            raise
        if receipt.duplicate:
            await self._discard(stored)
        return _answer(receipt.message_uuid, receipt.reference, duplicate=receipt.duplicate)

    async def _known(self, signed: _Signed) -> Row | None:
        """What came under this webhook-id before: its files are not fetched again."""
        async with self._web.db.connection() as connection:
            workspace = signed.entrance.workspace_id
            return await arrivals.known(connection, workspace, Channel.API, signed.key, signed.id)

    async def _stored(self, given: Sequence[api.File]) -> tuple[list[Stored], list[str]]:
        """The files in our store, and a sentence for each that could not be had."""
        # Side by side: the other system waits for our answer, and strangers' servers may be slow.
        kept = await asyncio.gather(*map(self._keep, given), return_exceptions=True)
        stored = [each for each in kept if isinstance(each, Stored)]
        for each in kept:
            if isinstance(each, BaseException):
                await self._discard(stored)
                raise each
        return stored, [each for each in kept if isinstance(each, str)]

    async def _keep(self, file: api.File) -> Stored | str:
        """A file in our store, or why it could not be had; raises AddressRefused."""
        name = clean_file_name(file.name)
        try:
            if is_refused(name):
                raise FileTypeRefused
            async with aclosing(self._content(file)) as content:
                return await self._store.keep(content, name, file.type)
        except (Unavailable, FileTooLarge, FileTypeRefused, NoRoom) as error:
            # What the customer wrote must not be lost for a file's sake.
            with use(self._web.team):
                return _("The file {name} is missing: {why}", name=name, why=error.sentence)

    def _content(self, file: api.File) -> AsyncGenerator[bytes]:
        return self._parts.guarded.content(file.url) if file.url is not None else _once(api.decoded(file))

    async def _discard(self, stored: Sequence[Stored]) -> None:
        for file in stored:
            await self._store.discard(file.uuid)


async def _once(content: bytes) -> AsyncGenerator[bytes]:
    yield content


def _answer(message: object, named: str, *, duplicate: bool) -> Response:
    return JSONResponse({"message": str(message), "reference": named, "duplicate": duplicate})


def _arrival(
    signed: _Signed, message: api.Message, stored: Sequence[Stored], warnings: list[str], web: WebContext
) -> Arrival:
    if message.at is not None and web.clock.now() - message.at > _OLD:
        with use(web.team):
            when = formats.moment(message.at)
            warnings.append(_("It was written {moment} and has arrived only now.", moment=when))
    return Arrival(
        workspace_id=signed.entrance.workspace_id,
        channel=Channel.API,
        site=signed.key,
        slack_channel=signed.entrance.slack_channel,
        who=api.handle(signed.key, message.sender.id),
        verified=message.sender.verified,
        client_message_id=signed.id,
        text=message.text,
        name=_called(message.sender),
        email=message.sender.email,
        phone=message.sender.phone,
        language=language_of(message.language or ""),
        thread_key=message.thread or "",
        subject=message.subject,
        files=stored,
        warnings=warnings,
        may_answer=not message.automatic,
    )


def _called(person: api.Person) -> str:
    return person.name or person.email or person.phone or person.id


class _Deliveries:
    def __init__(self, web: WebContext, door: _Door) -> None:
        self._web = web
        self._door = door

    async def take(self, key: str, request: Request) -> Response:
        """POST …/deliveries."""
        signed = await self._door(key, request)
        report = api.parse_delivery(signed.body)
        where = (self._web.db, signed.entrance.workspace_id, Channel.API, signed.key, report.message)
        if not await deliveries.exists(*where):
            raise UnknownMessage
        reason = report.reason
        if reason is None and report.state == "failed":
            with use(self._web.team):
                reason = _("The other system gives no reason.")
        news = await deliveries.report(*where, report.state, self._web.clock.now(), reason)
        return JSONResponse({"news": news})


class _Calls:
    def __init__(self, web: WebContext, parts: ChannelApi, door: _Door) -> None:
        self._web = web
        self._parts = parts
        self._door = door

    async def take(self, key: str, request: Request) -> Response:
        """POST …/calls."""
        signed = await self._door(key, request)
        call = api.parse_call(signed.body)
        now = self._web.clock.now()
        with use(self._web.team):
            if call.event == "started":
                rung = await phone.started(self._web.db, self._arrival(signed, call), now)
            else:
                rung = await phone.ended(self._web.db, self._arrival(signed, call), call.agent or "", now)
        if rung.slack_channel is not None:
            self._parts.wake(rung.slack_channel)
        return JSONResponse({"reference": rung.reference, "duplicate": rung.duplicate})

    def _arrival(self, signed: _Signed, call: api.Call) -> Arrival:
        said = "\n\n".join(part for part in (call.notes, call.transcript) if part)
        return _call(signed, call, without_links(said, self._web.signer))


def _call(signed: _Signed, call: api.Call, said: str) -> Arrival:
    caller = call.caller
    return Arrival(
        workspace_id=signed.entrance.workspace_id,
        channel=Channel.API,
        site=signed.key,
        slack_channel=signed.entrance.slack_channel,
        who=api.handle(signed.key, caller.id),
        verified=caller.verified,
        client_message_id=f"call.{call.event}.{signed.id}",
        text=said or _("(nothing was noted)"),
        name=_called(caller),
        email=caller.email,
        phone=caller.phone,
    )


class _Files:
    def __init__(self, web: WebContext, store: FileStore) -> None:
        self._web = web
        self._store = store

    async def give(self, file: str, request: Request) -> Response:
        """GET /api/v1/files/…: a file of a reply, by the link that went along with it."""
        try:
            uuid = UUID(file)
        except ValueError:
            raise UnknownFile from None
        token = request.query_params.get("token", "")
        conversation = self._web.signer.read_file(token, uuid, datetime.now(UTC))
        row = await files.get(self._web.db, conversation, uuid)
        if row is None or not self._store.path(uuid).is_file():
            raise UnknownFile
        return FileResponse(
            self._store.path(uuid),
            media_type="application/octet-stream",
            filename=row["name"],
            headers={"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"},
        )
