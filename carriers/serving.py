"""Both carriers, put together: started, and stopped again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress

from aiohttp import web

from carriers.config import HOST, Options
from carriers.imap import Imap
from carriers.server import Windows
from carriers.smtp import Smtp
from carriers.store import Store
from carriers.telephone import Telephone


@asynccontextmanager
async def serving(options: Options) -> AsyncIterator[asyncio.Task[None]]:
    """Meanwhile all ports answer, and text messages are carried by the task that is handed out.

    Raises OSError when a port is taken, and at the end whatever ended the task.
    """
    options.data.mkdir(parents=True, exist_ok=True)
    store = Store(options.data / "mail")
    telephone = Telephone(options.data / "phone.jsonl", options)
    imap = Imap(options, store)

    async def deliver(mailbox: str, raw: bytes) -> None:
        store.keep(mailbox, raw, mine=False)
        if mailbox == options.shop:
            await imap.deliver(raw)

    smtp = Smtp(options, deliver)
    async with AsyncExitStack() as stack:
        for server in (imap, smtp):
            stack.push_async_callback(server.close)
            await server.start()
        runner = web.AppRunner(Windows(options, store, telephone).app(), access_log=None)
        stack.push_async_callback(runner.cleanup)
        await runner.setup()
        await web.TCPSite(runner, HOST, options.port).start()
        carrying = asyncio.create_task(telephone.carry())
        try:
            yield carrying
        finally:
            carrying.cancel()
            with suppress(asyncio.CancelledError):
                await carrying
