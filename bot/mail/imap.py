"""One connection to a folder over IMAP (RFC 3501): mails are read, marked as read, and never deleted."""

from __future__ import annotations

import asyncio
import random
import re
import ssl
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import date
from typing import Any, TypeVar

from aioimaplib import aioimaplib

from bot.ending import end
from bot.mail.errors import FolderMissing, LoginRefused, NotDone, Trouble, unreachable
from bot.mail.logins import Login
from cases.mailboxes import Mailbox, Security

ANSWER_SECONDS = 30.0
"""How long a server may be silent before we hang up."""
POLL_SECONDS = 15.0
"""How often a server without IDLE is asked."""
_MAIL_SECONDS = 600.0
"""How long one mail may take, from a server that goes on sending; else ANSWER_SECONDS count."""
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_VALIDITY = re.compile(rb"\[UIDVALIDITY (\d+)\]", re.IGNORECASE)
_EXISTS = re.compile(rb"\* \d+ EXISTS", re.IGNORECASE)
_NEXT = re.compile(rb"\[UIDNEXT (\d+)\]", re.IGNORECASE)
_FOR_NOW = re.compile(rb"\[(UNAVAILABLE|INUSE|LIMIT|SERVERBUG)\]", re.IGNORECASE)
"""Why a login is refused that may be let in later (RFC 5530)."""
_T = TypeVar("_T")


class _Protocol(aioimaplib.IMAP4ClientProtocol):  # type: ignore[misc]
    """What the library leaves open: mails that come while something is asked, and refused tokens."""

    news = False

    def _untagged_response(self, line: bytes) -> Any:
        if _EXISTS.match(line):
            self.news = True
        return super()._untagged_response(line)

    def _continuation(self, line: bytes) -> None:
        """A server that refuses a token says why first, and wants an empty line before it says no."""
        command = self.pending_sync_command
        if command is not None and command.name == "AUTHENTICATE" and self.transport is not None:
            self.transport.write(b"\r\n")
            return
        super()._continuation(line)


class _Client(aioimaplib.IMAP4):  # type: ignore[misc]
    protocol: _Protocol
    _client_task: asyncio.Task[Any]

    def create_client(
        self,
        host: str,
        port: int,
        loop: asyncio.AbstractEventLoop | None,
        conn_lost_cb: Callable[[Exception | None], None] | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        """As the library's, with our protocol."""
        running = asyncio.get_running_loop()
        self.protocol = _Protocol(running, conn_lost_cb)
        connecting = running.create_connection(lambda: self.protocol, host, port, ssl=ssl_context)
        self._client_task = running.create_task(connecting)

    def hang_up(self) -> None:
        """End the connection, or the attempt to have one."""
        self._client_task.cancel()
        if self._client_task.done() and not self._client_task.cancelled():
            self._client_task.exception()
        if self.protocol.transport is not None:
            self.protocol.transport.abort()


class Folder:
    """An open folder. Every method raises Trouble once the connection is of no use any more."""

    def __init__(self, mailbox: Mailbox, context: ssl.SSLContext | None = None) -> None:
        self._mailbox = mailbox
        server = mailbox.imap
        self._place = f"{server.host}:{server.port}"
        secure = server.security is not Security.NONE
        self._lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._client = _Client(
            server.host,
            server.port,
            timeout=ANSWER_SECONDS,
            conn_lost_cb=self._hung_up,
            ssl_context=(context or ssl.create_default_context()) if secure else None,
        )
        self.validity = 0
        """What the numbers of its mails count for."""
        self.next_uid = 1
        """The number that the next mail will have, as of when it was opened."""

    async def open(self, login: Login) -> None:
        """Log in and open the folder; raises LoginRefused, FolderMissing or Trouble."""
        try:
            await self._ask(self._client.wait_hello_from_server())
            await self._log_in(login)
            answer = await self._ask(self._client.select(_quoted(self._mailbox.folder)))
        except BaseException:
            self.close()
            raise
        if answer.result != "OK":
            self.close()
            raise FolderMissing(f"{self._place} has no folder “{self._mailbox.folder}” for us.")
        self.validity = _number(_VALIDITY, answer.lines) or 0
        self.next_uid = _number(_NEXT, answer.lines) or 1

    @property
    def tells(self) -> bool:
        """Whether the server tells of new mails by itself (RFC 2177)."""
        return bool(self._client.has_capability("IDLE"))

    async def _log_in(self, login: Login) -> None:
        user = self._mailbox.imap.user or ""
        if self._mailbox.oauth is not None:
            work = self._client.xoauth2(user, await login.token())
        else:
            work = self._client.login(_quoted(user), login.password)
        answer = await self._ask(work)
        if answer.result != "OK" and any(_FOR_NOW.search(line) for line in answer.lines):
            raise Trouble(f"{self._place} lets nobody in at the moment.")
        if answer.result != "OK":
            raise LoginRefused(f"{self._place} refuses the login of {user}.")

    async def after(self, uid: int) -> list[int]:
        """The numbers of all mails behind ``uid``, growing."""
        self._client.protocol.news = False
        found = await self._search("UID", f"{uid + 1}:*")
        # The star is the last mail, also where that comes before (RFC 3501, 6.4.8).
        return [each for each in found if each > uid]

    async def matching(self, criteria: str) -> list[int]:
        """The numbers of the mails that match IMAP's search words."""
        return await self._search(*criteria.split())

    async def _search(self, *criteria: str) -> list[int]:
        answer = await self._ask(self._client.uid_search(*criteria, charset=None))
        self._good(answer)
        return sorted(
            int(word) for word in (answer.lines[0].split() if answer.lines else []) if word.isdigit()
        )

    async def fetch(self, uid: int, most: int) -> bytes | None:
        """A mail's first ``most`` bytes, without marking it as read; None when it is gone.

        Raises NotDone when the server has it and keeps it back, too.
        """
        words = f"(UID BODY.PEEK[]<0.{most}>)"
        answer = await self._ask(self._client.uid("FETCH", str(uid), words), _MAIL_SECONDS)
        self._good(answer)
        content = next((bytes(line) for line in answer.lines if isinstance(line, bytearray)), None)
        if content is None and uid in await self.after(uid - 1):
            raise NotDone(f"{self._place} does not hand out the mail {uid}.")
        return content

    async def try_other(self, uid: int) -> None:
        """Fetch a byte of any other mail than ``uid``, if there is one.

        Raises Trouble where that fails: then it is not that mail with which something is wrong, unless by
        chance the other one has the same.
        """
        others = [each for each in await self.after(0) if each != uid]
        if others:
            await self.fetch(random.choice(others), 1)

    async def mark_seen(self, uids: Sequence[int]) -> None:
        """Mark mails as read; those that are gone do not matter."""
        named = ",".join(map(str, uids))
        self._good(await self._ask(self._client.uid("STORE", named, "+FLAGS.SILENT", r"(\Seen)")))

    async def wait(self, seconds: float) -> None:
        """Until the server says that something happened since we looked, or so many seconds are over."""
        if self._client.protocol.news:
            return
        if not self.tells:
            await self._patiently(asyncio.sleep(min(seconds, POLL_SECONDS)))
            self._good(await self._ask(self._client.noop()))
            return
        idle = await self._ask(self._client.idle_start(timeout=seconds + ANSWER_SECONDS))
        try:
            with suppress(TimeoutError):
                await self._patiently(self._client.wait_server_push(timeout=seconds))
            self._client.idle_done()
            await self._ask(idle)
        finally:
            await end(idle)

    def close(self) -> None:
        """Hang up."""
        self._client.hang_up()
        if not self._lost.done():
            self._lost.set_result(None)

    async def log_out(self) -> None:
        """Say good-bye, then hang up."""
        with suppress(Trouble):
            await self._ask(self._client.logout(), 2.0)
        self.close()

    def _hung_up(self, _error: Exception | None) -> None:
        if not self._lost.done():
            self._lost.set_result(None)

    def _good(self, answer: Any) -> None:
        if answer.result != "OK":
            said = answer.lines[-1].decode(errors="replace")[:200] if answer.lines else ""
            raise NotDone(f"{self._place} refuses what we ask: {said}")

    async def _ask(self, work: Awaitable[Any], seconds: float = ANSWER_SECONDS) -> Any:
        """The answer to a command; raises Trouble when none comes."""
        try:
            async with asyncio.timeout(seconds):
                return await self._patiently(work)
        except (aioimaplib.AioImapException, TimeoutError, OSError, ValueError, IndexError) as error:
            raise unreachable(self._place, error) from error

    async def _patiently(self, work: Awaitable[_T]) -> _T:
        """The library does not notice for itself that the other side hung up."""
        working = asyncio.ensure_future(_coroutine(work))
        either: set[asyncio.Future[Any]] = {working, self._lost}
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if not working.done():
                raise Trouble(f"{self._place} hung up.")
            return working.result()
        finally:
            await end(working)


async def _coroutine(work: Awaitable[_T]) -> _T:
    return await work


def since(day: date, *, unseen: bool) -> str:
    """IMAP's search words for mails that came on ``day`` or later."""
    words = f"SINCE {day.day}-{_MONTHS[day.month - 1]}-{day.year}"
    return f"UNSEEN {words}" if unseen else words


def _number(pattern: re.Pattern[bytes], lines: Sequence[bytes]) -> int | None:
    found = next((match for line in lines if (match := pattern.search(line))), None)
    return int(found[1]) if found else None


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
