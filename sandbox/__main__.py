"""python -m sandbox: starts the workspace and serves it until it is told to stop."""

import argparse
import asyncio
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path

from aiohttp import web

from sandbox.box import Options
from sandbox.config import read_manifest, read_seeds
from sandbox.delivery import ACK_SECONDS, SLACK_RETRY_DELAYS
from sandbox.errors import StartError
from sandbox.journal import Journal
from sandbox.town import Town, build_town
from sandbox.web.server import make_app

LOOPBACK = "127.0.0.1"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox", description="A local Slack workspace on this machine."
    )
    parser.add_argument("--port", type=int, required=True, help="port on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--data", type=Path, required=True, help="folder for what has to survive a restart")
    parser.add_argument("--control-secret", required=True, help="secret of the /control paths")
    parser.add_argument("--workspace", type=Path, required=True, help="JSON file: team, app, users, channels")
    parser.add_argument("--manifest", type=Path, required=True, help="the app's manifest.yml")
    parser.add_argument("--ready-file", type=Path, help="gets the address as soon as the server answers")
    parser.add_argument("--limits", choices=("on", "off"), default="on", help="Slack's rate limits")
    parser.add_argument(
        "--retry-delays",
        type=_delays,
        default=SLACK_RETRY_DELAYS,
        help="seconds before each redelivery of an event, comma-separated; Slack: 0,60,300",
    )
    parser.add_argument(
        "--ack-seconds", type=float, default=ACK_SECONDS, help="time for an acknowledgement; Slack: 3"
    )
    return parser


def _delays(text: str) -> tuple[float, ...]:
    return tuple(float(part) for part in text.split(",") if part.strip())


def _listen(port: int) -> socket.socket:
    """Raises StartError when the port cannot be had."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((LOOPBACK, port))
        listener.listen(256)
    except (OSError, OverflowError) as problem:
        listener.close()
        reason = (
            "it is already in use" if isinstance(problem, OSError) and problem.errno == 98 else str(problem)
        )
        raise StartError(f"The sandbox cannot listen on port {port} of {LOOPBACK}: {reason}.") from problem
    return listener


def _prepare(args: argparse.Namespace) -> tuple[Town, Journal, socket.socket]:
    seeds, manifest = read_seeds(args.workspace), read_manifest(args.manifest)
    listener = _listen(args.port)
    try:
        journal = Journal(args.data)
        options = Options(
            port=listener.getsockname()[1],
            data=args.data,
            control_secret=args.control_secret,
            limits=args.limits == "on",
            retry_delays=args.retry_delays,
            ack_seconds=args.ack_seconds,
        )
        return build_town(options, seeds, manifest, journal), journal, listener
    except StartError:
        listener.close()
        raise


async def _serve(town: Town, listener: socket.socket, ready_file: Path | None) -> None:
    runner = web.AppRunner(make_app(town), access_log=None, shutdown_timeout=1.0, keepalive_timeout=600.0)
    await runner.setup()
    await web.SockSite(runner, listener).start()
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    if ready_file is not None:
        fresh = ready_file.with_suffix(".new")
        fresh.write_text(f"http://{town.first.host}/\n", encoding="utf-8")
        fresh.replace(ready_file)
    await stop.wait()
    await runner.cleanup()


def _fast_loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop where it is installed."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


def main() -> int:
    args = _parser().parse_args()
    try:
        town, journal, listener = _prepare(args)
    except StartError as problem:
        print(problem, file=sys.stderr)  # noqa: T201
        return 2
    with asyncio.Runner(loop_factory=_fast_loop()) as runner:
        runner.run(_serve(town, listener, args.ready_file))
    journal.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
