"""The routes of the customers' web chat."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import orjson
from fastapi import APIRouter, Request, WebSocket
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.types import Scope

from bot.web.articles import add_articles
from bot.web.body import header, network, read_body
from bot.web.bundle import widget_script
from bot.web.changes import add_changes
from bot.web.context import WebContext
from bot.web.errors import UnknownFile
from bot.web.feed import Feed
from bot.web.limits import ConversationLimit, RateLimit
from bot.web.sessions import open_session, session_of, site_of
from bot.web.socket import chat_socket
from bot.web.uploads import FileStore
from cases.language import later
from channels.errors import BadRequest
from channels.webchat import MAX_BODY, SAFE_IMAGES, parse_session
from storage import files

_SCRIPT = "text/javascript; charset=utf-8"  # not translated
_MAX_SEQ = 2**53
_FILE_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "private, max-age=86400",  # not translated
}


def chat_routes(web: WebContext, store: FileStore) -> APIRouter:
    """Everything under /chat, but for the way in of a message (``bot.web.messages``)."""
    router = APIRouter(prefix="/chat")
    _add_widget(router)
    _add_sessions(router, web)
    feed = Feed(web.db, web.signer, web.address)
    reads = ConversationLimit(
        RateLimit(later("This chat is read too often."), web.read_rate),
        RateLimit(later("Too many requests at once from your network."), web.per_address.reads),
    )
    _add_history(router, web, feed, reads)
    add_changes(router, web, feed)
    _add_files(router, web, store)
    add_articles(router, web)

    @router.websocket("/{site}/ws")
    async def live(socket: WebSocket) -> None:
        await chat_socket(web, socket, reads)

    return router


def _add_widget(router: APIRouter) -> None:
    script, tag = widget_script()
    headers = {
        "Cache-Control": "public, max-age=300",  # not translated
        "ETag": tag,
        "Cross-Origin-Resource-Policy": "cross-origin",
        "X-Content-Type-Options": "nosniff",
    }

    @router.get("/widget.js")
    async def widget(request: Request) -> Response:
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        return Response(script, media_type=_SCRIPT, headers=headers)


def _add_sessions(router: APIRouter, web: WebContext) -> None:
    limit = RateLimit(later("Too many chats at once from your network."), web.per_address.sessions)

    @router.post("/{site}/session")
    async def session(site: str, request: Request) -> Response:
        place = site_of(web, site)
        limit.take(network(request.scope))
        wanted = parse_session(await read_body(request.scope, request.receive, MAX_BODY))
        return JSONResponse(await open_session(web, place, wanted))


def _add_history(router: APIRouter, web: WebContext, feed: Feed, limit: ConversationLimit) -> None:
    @router.get("/{site}/messages")
    async def history(site: str, request: Request) -> Response:
        session = session_of(web, request.scope, site)
        after, revision = (_number(request, name) for name in ("after", "revision"))
        limit.take(session.conversation_id, request.scope)
        found = await feed.page(session.conversation_id, after, revision)
        return Response(
            orjson.dumps(found), media_type="application/json", headers={"Cache-Control": "no-store"}
        )


def _number(request: Request, name: str) -> int:
    value = request.query_params.get(name, "0")
    if not value.isascii() or not value.isdigit() or int(value) > _MAX_SEQ:
        raise BadRequest(f"“{name}” must be a whole number from 0.")
    return int(value)


def _add_files(router: APIRouter, web: WebContext, store: FileStore) -> None:
    check = _UploadCheck(web, store)

    @router.post("/{site}/files")
    async def upload(site: str, request: Request) -> Response:
        session = session_of(web, request.scope, site)
        await check(session.conversation_id, request.scope)
        stored = await store.receive(request.stream(), request.headers.get("content-type", ""))
        try:
            await files.add(
                web.db,
                uuid=stored.uuid,
                conversation=session.conversation_id,
                name=stored.name,
                mime=stored.mime,
                size=stored.size,
                sha256=stored.sha256,
                now=web.clock.now(),
            )
        except BaseException:
            await store.discard(stored.uuid)
            raise
        return JSONResponse({"file_id": stored.uuid.hex, "name": stored.name, "size": stored.size})

    @router.get("/{site}/files/{file}")
    async def download(site: str, file: str, request: Request) -> Response:
        uuid = _uuid(file)
        conversation_id = _reader(web, site, uuid, request)
        row = await files.get(web.db, conversation_id, uuid)
        if row is None or not store.path(uuid).is_file():
            raise UnknownFile
        safe = row["mime"] in SAFE_IMAGES
        return FileResponse(
            store.path(uuid),
            media_type=row["mime"] if safe else "application/octet-stream",
            filename=row["name"],
            content_disposition_type="inline" if safe else "attachment",
            headers=_FILE_HEADERS,
        )


class _UploadCheck:
    """Whether a file may come, before any of it is read."""

    def __init__(self, web: WebContext, store: FileStore) -> None:
        self._store = store
        self._own = RateLimit(later("Too many files at once."), web.upload_rate)
        self._files = RateLimit(later("Too many files at once from your network."), web.per_address.files)
        self._bytes = RateLimit(
            later("Too many megabytes at once from your network."), web.per_address.file_bytes
        )

    async def __call__(self, conversation_id: int, scope: Scope) -> None:
        """Raises FileTooLarge, TooFast or NoRoom. A file of unknown length counts as the largest."""
        length = header(scope, b"content-length")
        self._store.check_length(length)
        self._own.take(conversation_id)
        self._files.take(network(scope))
        known = length is not None and length.isdigit()
        self._bytes.take(network(scope), int(length or 0) if known else self._store.max_bytes)
        await self._store.check_room()


def _uuid(value: str) -> UUID:
    try:
        return UUID(value)
    except ValueError:
        raise UnknownFile from None


def _reader(web: WebContext, site: str, file: UUID, request: Request) -> int:
    """The conversation in whose name the file is read: by the link's own token, else by the session.

    Addresses end up in logs and histories, so a session's token is taken from the header only.
    """
    site_of(web, site)
    token = request.query_params.get("token")
    if token is None:
        return session_of(web, request.scope, site).conversation_id
    return web.signer.read_file(token, file, datetime.now(UTC))
