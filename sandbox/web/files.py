"""Where file bytes go in and out: the address of an upload, and private downloads."""

from collections.abc import AsyncIterator
from urllib.parse import quote

from aiohttp import BodyPartReader, web

from sandbox import files
from sandbox.box import Box
from sandbox.errors import ActError
from sandbox.model import Json
from sandbox.pictures import picture_kind
from sandbox.web.faulty import faulty
from sandbox.web.guard import bearer, is_local, same

CHUNK = 1 << 16
SAFETY = {"X-Content-Type-Options": "nosniff", "Cache-Control": "private, max-age=3600"}


class Files:
    """Faults reach these paths as the methods `files.upload` and `files.download`."""

    def __init__(self, box: Box) -> None:
        self._box = box

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/upload/v1/{secret}", self._take),
            web.get("/files-pri/{file}/{name}", self._give),
            web.get("/files-pri/{file}/download/{name}", self._give),
            web.get("/files/{user}/{file}/{name}", self._permalink),
        ]

    # ── in ───────────────────────────────────────────────────────────────────────────────────────

    async def _take(self, request: web.Request) -> web.StreamResponse:
        """The bytes, raw or as the form field `file`; Slack answers `OK - <size>` in plain text."""
        secret = request.match_info["secret"]
        ticket = next(
            (each for each in self._box.workspace.uploads.values() if each["secret"] == secret), None
        )
        if ticket is None:
            return web.Response(status=404, text="This upload address is unknown or has been used.")

        async def serve() -> web.StreamResponse:
            return await self._receive(request, ticket)

        return await faulty(self._box, request, "files.upload", {"file": ticket["id"]}, serve)

    async def _receive(self, request: web.Request, ticket: Json) -> web.StreamResponse:
        path = files.path_of(self._box, ticket["id"])
        size = 0
        with path.open("wb") as file:
            async for chunk in _chunks(request):
                size += len(chunk)
                if size > ticket["length"]:
                    break
                file.write(chunk)
        if size != ticket["length"]:
            path.unlink()
            return web.Response(status=400, text=f"Expected {ticket['length']} bytes.")
        self._box.workspace.keep_upload({**ticket, "received": True})
        return web.Response(text=f"OK - {size}")

    # ── out ──────────────────────────────────────────────────────────────────────────────────────

    async def _give(self, request: web.Request) -> web.StreamResponse:
        """For the app with its token, or for the page with its own.

        Who has no right to it is sent to a sign-in page, as Slack does: a client that follows gets HTML.
        """
        is_page = same(request.query.get("token"), self._box.page_token)
        if not is_local(self._box, request):
            return web.Response(status=403, text="This file is not for you.")
        file_id = request.match_info["file"].rpartition("-")[2]
        if not is_page and not self._may_read(request, file_id):
            return web.Response(status=302, headers={"Location": f"/?redir={quote(request.path, safe='')}"})

        async def serve() -> web.StreamResponse:
            return self._content(file_id, is_page, shown="view" in request.query)

        return await faulty(self._box, request, "files.download", {"file": file_id}, serve)

    def _may_read(self, request: web.Request, file_id: str) -> bool:
        file, token = self._box.workspace.files.get(file_id), self._box.workspace.token
        allowed = token is not None and same(bearer(request), token) and not self._box.token_revoked
        has_scope = "files:read" in self._box.manifest.scopes
        return allowed and has_scope and (file is None or files.seen_by_app(self._box, file))

    def _content(self, file_id: str, is_page: bool, *, shown: bool) -> web.StreamResponse:
        try:
            path = files.content(self._box, file_id)
        except ActError:
            return web.Response(status=404, text="There is no such file.")
        # The page never shows a file as a document of its own origin.
        kind = "application/octet-stream" if is_page else self._box.workspace.files[file_id]["mimetype"]
        picture = picture_kind(path) if is_page and shown else None
        if picture:
            return web.FileResponse(path, headers={**SAFETY, "Content-Type": picture})
        head = {**SAFETY, "Content-Type": kind, "Content-Disposition": "attachment"}
        return web.FileResponse(path, headers=head)

    async def _permalink(self, request: web.Request) -> web.StreamResponse:
        """The page, with the message that shares the file."""
        file = self._box.workspace.files.get(request.match_info["file"]) or {"shares": {}}
        for channels in file["shares"].values():
            for channel_id, entries in channels.items():
                ts = entries[0].get("thread_ts") or entries[0]["ts"]
                raise web.HTTPFound(f"/#/{quote(channel_id)}/{quote(ts)}")
        raise web.HTTPFound("/")


async def _chunks(request: web.Request) -> AsyncIterator[bytes]:
    if not request.content_type.startswith("multipart/"):
        async for chunk in request.content.iter_chunked(CHUNK):
            yield chunk
        return
    async for part in await request.multipart():
        if isinstance(part, BodyPartReader) and part.name in {"file", "filename"}:
            while chunk := await part.read_chunk(CHUNK):
                yield chunk
            return
