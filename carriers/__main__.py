"""python -m carriers: starts the mail provider and the telephone company, and serves until told to stop."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from pathlib import Path

from carriers.config import Options, secrets_of
from carriers.serving import serving


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m carriers",
        description="Mail and text messages for the demo, on this machine. Its secrets are CARRIERS_CONTROL, "
        "CARRIERS_MAIL_SECRET and CARRIERS_PHONE_SECRET in the environment.",
    )
    parser.add_argument("--data", type=Path, required=True, help="folder for what has to survive a restart")
    parser.add_argument("--port", type=int, required=True, help="port of the HTTP side, on 127.0.0.1")
    parser.add_argument("--imap-port", type=int, required=True)
    parser.add_argument("--smtp-port", type=int, required=True)
    parser.add_argument("--shop", required=True, help="the address whose mailbox is read over IMAP")
    parser.add_argument("--source", action="append", required=True, help="a source of the channel API")
    return parser


async def _serve(options: Options) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with serving(options) as carrying:
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait([carrying, stopping], return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()


def main() -> None:
    """Run until SIGTERM; a port that is taken is one sentence and status 1."""
    given = vars(_parser().parse_args())
    options = Options(**(given | secrets_of(os.environ) | {"source": tuple(given["source"])}))
    try:
        asyncio.run(_serve(options))
    except OSError as error:
        sys.exit(f"The carriers cannot listen: {error.strerror or error}.")


if __name__ == "__main__":
    main()
