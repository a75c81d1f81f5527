"""The shop's mailbox over IMAP, with IDLE: a real server (pymap) that is filled from the store."""

from __future__ import annotations

import asyncio
from argparse import Namespace
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from proxyprotocol.sock import SocketInfoLocal
from pymap.backend.dict import Config, Login
from pymap.imap import IMAPServer
from pymap.parsing.message import AppendMessage
from pymap.user import UserMetadata
from pysasl.hashing import Cleartext

from carriers.config import HOST, Options
from carriers.store import Store

_VALIDITY = 1
"""Mails are never deleted and come back in their order, so their numbers hold good for ever."""


class Imap:
    """Serves one mailbox. Which mails were marked as read is forgotten with the process."""

    def __init__(self, options: Options, store: Store) -> None:
        self._options = options
        self._store = store
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Fill the mailbox and listen; raises OSError when the port is taken."""
        self._config = Config(
            Namespace(passlib_cfg=None, proxy_protocol=None),
            host=HOST,
            port=self._options.imap_port,
            demo_data=False,
            demo_user=self._options.shop,
            demo_password=self._options.mail_secret,
            tls_enabled=False,
            hash_context=Cleartext(),
        )
        self._config.apply_context()
        login = Login(self._config)
        user = UserMetadata(self._config, self._options.shop, password=self._options.mail_secret)
        login.users_dict[self._options.shop] = user
        async with login.demo_user_identity.new_session():
            pass
        await self._inbox()
        for mail in self._store.of(self._options.shop):
            if not mail.mine:
                await self.deliver(mail.raw(), mail.at)
        self._serve = IMAPServer(login, self._config)
        self._server = await asyncio.start_server(self._connected, HOST, self._options.imap_port)

    async def deliver(self, raw: bytes, at: datetime | None = None) -> None:
        """Put a mail into the mailbox, and tell whoever waits for one."""
        inbox = await self._inbox()
        await inbox.append(AppendMessage(raw, at or datetime.now(UTC), frozenset()))

    async def _inbox(self) -> Any:
        inbox = await self._config.set_cache[self._options.shop][0].get_mailbox("INBOX")
        inbox._uid_validity = _VALIDITY
        return inbox

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            with suppress(ConnectionError, asyncio.CancelledError, EOFError):
                await self._serve(reader, writer, SocketInfoLocal(writer.transport))
        finally:
            self._tasks.discard(task)
            writer.close()

    async def close(self) -> None:
        """Hang up, and listen no more."""
        if self._server is not None:
            self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
