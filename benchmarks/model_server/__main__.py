"""python -m benchmarks.model_server: serves a model that is none, until it is told to stop."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import socket
import sys
from pathlib import Path

from aiohttp import web

from benchmarks.model_server.app import make_app
from benchmarks.model_server.model import Model
from benchmarks.model_server.rules import BadRule

LOOPBACK = "127.0.0.1"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.model_server", description="A local server that speaks OpenAI's API."
    )
    parser.add_argument("--port", type=int, required=True, help="port on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--ready-file", type=Path, help="gets the address as soon as the server answers")
    parser.add_argument("--script", type=Path, help="JSON file with the rules to begin with")
    return parser


def _scripted(script: Path | None) -> Model:
    model = Model()
    if script is not None:
        model.rules.put(json.loads(script.read_text(encoding="utf-8")))
    return model


async def _serve(model: Model, listener: socket.socket, ready_file: Path | None) -> None:
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    runner = web.AppRunner(
        make_app(model, stop), access_log=None, shutdown_timeout=0.5, handler_cancellation=True
    )
    await runner.setup()
    await web.SockSite(runner, listener).start()
    address = f"http://{LOOPBACK}:{listener.getsockname()[1]}/v1"
    print(address, flush=True)
    if ready_file is not None:
        fresh = ready_file.with_suffix(".new")
        fresh.write_text(f"{address}\n", encoding="utf-8")
        fresh.replace(ready_file)
    await stop.wait()
    await runner.cleanup()


def main() -> int:
    """Serve; the exit status is 2 when the script or the port cannot be had."""
    args = _parser().parse_args()
    try:
        model = _scripted(args.script)
        listener = socket.create_server((LOOPBACK, args.port))
    except (BadRule, ValueError, OSError) as problem:
        print(f"The model server cannot start: {problem}", file=sys.stderr)
        return 2
    asyncio.run(_serve(model, listener, args.ready_file))
    return 0


if __name__ == "__main__":
    sys.exit(main())
