"""Taking in a file: streamed to disk under a cap, and either whole or not there at all."""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import BinaryIO
from uuid import UUID, uuid4

import structlog
from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header

from bot.web.errors import FileTooLarge, NoRoom
from cases.errors import Unavailable
from cases.files import Stored, is_refused
from channels.errors import BadRequest, FileTypeRefused
from channels.webchat import clean_file_name, file_type

FORM_OVERHEAD = 16 * 1024
"""Bytes that a multipart body may have beyond its file: boundaries and part headers."""
MIN_FREE_BYTES = 1_000_000_000
"""What the disk keeps for the database and the logs."""
_WRITE_BYTES = 1024 * 1024
_HEAD_BYTES = 16
_NOBODY = UUID(int=0)
"""Whose a folder is whose mark cannot be read."""
_ABANDONED_SECONDS = 3_600.0

log = structlog.get_logger(__name__)


class FileStore:
    """The folder where customers' files lie, each under its own random name."""

    def __init__(self, folder: Path, max_bytes: int) -> None:
        self.folder = folder
        self.max_bytes = max_bytes

    @property
    def mark(self) -> Path:
        """Where it is written whose files these are."""
        return self.folder / "database"

    def path(self, uuid: UUID) -> Path:
        """Where the file lies."""
        return self.folder / uuid.hex[:2] / uuid.hex

    def check_length(self, content_length: str | None) -> None:
        """Raise FileTooLarge as soon as the request's length says so."""
        known = content_length is not None and content_length.isdigit()
        if known and int(content_length or 0) > self.max_bytes + FORM_OVERHEAD:
            raise FileTooLarge(self.max_bytes)

    async def check_room(self) -> None:
        """Raise NoRoom when the disk is almost full."""
        if await asyncio.to_thread(self._free_bytes) < MIN_FREE_BYTES:
            log.error("upload.no_room", folder=str(self.folder))
            raise NoRoom

    def _free_bytes(self) -> int:
        there = next(folder for folder in (self.folder, *self.folder.parents) if folder.exists())
        return shutil.disk_usage(there).free

    async def receive(self, body: AsyncIterator[bytes], content_type: str) -> Stored:
        """Store the form field ``file`` of a multipart body.

        Raises FileTooLarge, FileTypeRefused, BadRequest, or Unavailable when the disk refuses; then nothing
        is left.
        """
        form = _FileForm(content_type)

        def named() -> tuple[str, str | None]:
            if not form.complete:
                raise BadRequest("The file did not arrive completely. Please send it again.")
            if is_refused(clean_file_name(form.name)):
                raise FileTypeRefused
            return form.name, form.mime

        return await self._save(_content(body, form), named)

    async def keep(self, content: AsyncIterator[bytes], name: str, mime: str | None) -> Stored:
        """Store a file of which only the bytes are still to come; raises as ``receive``, and NoRoom."""
        await self.check_room()
        return await self._save(content, lambda: (name, mime))

    async def _save(
        self, content: AsyncIterator[bytes], named: Callable[[], tuple[str, str | None]]
    ) -> Stored:
        """Write ``content`` to disk, then ask for name and type; whole or not at all."""
        uuid = uuid4()
        part = self.path(uuid).with_suffix(".part")
        try:
            await asyncio.to_thread(part.parent.mkdir, mode=0o700, parents=True, exist_ok=True)
            upload = await self._write(content, named, part, uuid)
            await asyncio.to_thread(os.replace, part, self.path(uuid))
        except OSError as error:
            log.error("upload.not_stored", error=str(error))
            raise Unavailable("The file could not be stored. Please try again in a few minutes.") from error
        finally:
            with suppress(OSError):
                await asyncio.to_thread(part.unlink, missing_ok=True)
        return upload

    async def discard(self, uuid: UUID) -> None:
        """Remove a file that nobody will know of."""
        await asyncio.to_thread(self.path(uuid).unlink, missing_ok=True)

    async def names(self, older_than: float) -> list[UUID]:
        """The files that have lain here for that many seconds."""
        return await asyncio.to_thread(self._names, time.time() - older_than)

    def _names(self, before: float) -> list[UUID]:
        files = (file for file in self.folder.glob("[0-9a-f][0-9a-f]/*") if not file.suffix)
        return [UUID(file.name) for file in files if len(file.name) == 32 and file.stat().st_mtime < before]

    async def owner(self) -> UUID | None:
        """The id of the database whose files these are; None while nobody has taken the folder.

        Raises OSError when the folder cannot be read.
        """
        return await asyncio.to_thread(self._owner)

    async def take(self, database: UUID) -> UUID | None:
        """Write down that these are the files of ``database``, unless that was done; whose they are.

        Raises OSError when the folder cannot be read or written.
        """
        return await asyncio.to_thread(self._take, database)

    def _owner(self) -> UUID | None:
        try:
            return UUID(self.mark.read_text().strip())
        except FileNotFoundError:
            return None
        except ValueError:
            return _NOBODY

    def _take(self, database: UUID) -> UUID | None:
        if not self.mark.exists():
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with NamedTemporaryFile("w", dir=self.folder) as mark:
                mark.write(f"{database}\n")
                mark.flush()
                os.fsync(mark.fileno())
                # Complete at once, and of several that come at once the first one's.
                with suppress(FileExistsError):
                    os.link(mark.name, self.mark)
        return self._owner()

    async def sweep(self) -> None:
        """Remove what killed processes left half written."""
        await asyncio.to_thread(self._sweep, time.time() - _ABANDONED_SECONDS)

    def _sweep(self, before: float) -> None:
        for part in self.folder.glob("*/*.part"):
            if part.stat().st_mtime < before:
                part.unlink(missing_ok=True)

    async def _write(
        self,
        contents: AsyncIterator[bytes],
        named: Callable[[], tuple[str, str | None]],
        part: Path,
        uuid: UUID,
    ) -> Stored:
        digest, size, head = sha256(), 0, b""
        target = await asyncio.to_thread(part.open, "wb")
        try:
            async for content in contents:
                size += len(content)
                if size > self.max_bytes:
                    raise FileTooLarge(self.max_bytes)
                head = head or content[:_HEAD_BYTES]
                digest.update(content)
                await asyncio.to_thread(target.write, content)
        finally:
            await asyncio.to_thread(_close, target)
        name, mime = named()
        return Stored(uuid, clean_file_name(name), file_type(head, mime), size, digest.hexdigest())


def _close(target: BinaryIO) -> None:
    target.flush()
    os.fsync(target.fileno())
    target.close()


async def _content(body: AsyncIterator[bytes], form: _FileForm) -> AsyncIterator[bytes]:
    """The file's bytes, about a megabyte at a time."""
    async for chunk in body:
        form.feed(chunk)
        if len(form.content) >= _WRITE_BYTES:
            yield form.take()
    if form.content:
        yield form.take()


class _FileForm:
    """Picks the field ``file`` out of a multipart body as it streams by."""

    def __init__(self, content_type: str) -> None:
        kind, options = parse_options_header(content_type)
        boundary = options.get(b"boundary")
        if kind != b"multipart/form-data" or not boundary:
            raise BadRequest("A file is sent as multipart/form-data in the field “file”.")
        self.name = ""
        self.mime: str | None = None
        self.content = bytearray()
        self.complete = False
        self._in_file = False
        self._seen_file = False
        self._header = bytearray()
        self._value = bytearray()
        self._headers: dict[bytes, bytes] = {}
        self._parser = self._make_parser(boundary)

    def feed(self, chunk: bytes) -> None:
        """Parse the next bytes of the body; raises BadRequest when they are no form."""
        if not chunk:
            return
        try:
            self._parser.write(chunk)
        except FormParserError:
            raise BadRequest("This form cannot be read.") from None

    def take(self) -> bytes:
        """The file's bytes that came since the last time."""
        content = bytes(self.content)
        self.content.clear()
        return content

    def _make_parser(self, boundary: bytes) -> MultipartParser:
        try:
            return MultipartParser(
                boundary,
                {
                    "on_part_begin": self._headers.clear,
                    "on_header_field": lambda data, start, end: self._header.extend(data[start:end]),
                    "on_header_value": lambda data, start, end: self._value.extend(data[start:end]),
                    "on_header_end": self._end_header,
                    "on_headers_finished": self._start_content,
                    "on_part_data": self._add,
                    "on_part_end": self._end_part,
                },
            )
        except FormParserError:
            raise BadRequest("This form cannot be read.") from None

    def _end_header(self) -> None:
        self._headers[bytes(self._header).lower()] = bytes(self._value)
        self._header.clear()
        self._value.clear()

    def _start_content(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition"))
        self._in_file = options.get(b"name") == b"file" and not self._seen_file
        if self._in_file:
            self._seen_file = True
            self.name = options.get(b"filename", b"").decode("utf-8", "replace")
            self.mime = self._headers.get(b"content-type", b"").decode("latin-1")

    def _add(self, data: bytes, start: int, end: int) -> None:
        if self._in_file:
            self.content.extend(data[start:end])

    def _end_part(self) -> None:
        self.complete = self.complete or self._in_file
        self._in_file = False
