"""``python -m benchmarks.replay``: recorded conversations against a running demo."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from benchmarks.demo import Demo
    from benchmarks.replay.company import Options, Ready
    from benchmarks.replay.recording import Conversation

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    file: Annotated[Path, typer.Argument(help="Recorded conversations, one JSON object a line.")],
    customers: Annotated[
        Path | None, typer.Option(help="Customers to import first; they give names.")
    ] = None,
    orders: Annotated[Path | None, typer.Option(help="Orders to import first.")] = None,
    cases_at_once: Annotated[int, typer.Option(min=1, max=200, help="Conversations at the same time.")] = 10,
    kill: Annotated[int, typer.Option(min=0, help="So often kill a bot or worker with SIGKILL.")] = 0,
    faults: Annotated[bool, typer.Option("--faults", help="Let Slack fail and cut connections.")] = False,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first conversations.")] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures there.")] = None,
    seed: Annotated[
        int | None, typer.Option(help="Makes channels, kills and faults come in the same order.")
    ] = None,
    channels: Annotated[
        str,
        typer.Option(
            help="Mixed at random for each turn: chat,mail,api. With mail or api in a demo of its own."
        ),
    ] = "chat",
    replicas: Annotated[int, typer.Option(min=1, max=9, help="Bots of that demo.")] = 1,
    workers: Annotated[int, typer.Option(min=1, max=9, help="Workers of that demo.")] = 1,
    undo_seconds: Annotated[float, typer.Option(min=0, max=60, help="Time to undo, in that demo.")] = 3.0,
    home: Annotated[Path | None, typer.Option(help="The demo's CX_HOME.")] = None,
) -> None:
    """Play recorded conversations as customers and agents, then compare both sides with what was said.

    Ends with 0 only if every message arrived exactly once, in order, in the right place.
    """
    from aiohttp import ClientError
    from rich.console import Console

    from benchmarks.demo import NotReady
    from benchmarks.replay.company import Options
    from benchmarks.replay.performance import replay
    from benchmarks.replay.recording import check_addresses, read_conversations
    from benchmarks.replay.report import ProgressBar, print_outcome, write_json
    from benchmarks.rig import DidNotStart

    console = Console()
    # As Ctrl-C: a company of its own must not be left behind.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        words = ("--replicas", str(replicas), "--workers", str(workers), "--undo-seconds", str(undo_seconds))
        options = Options(cases_at_once, kill, faults, seed, _channels(channels), words)
        conversations = read_conversations(file, customers)[:limit]
        if options.needs_house:
            conversations = check_addresses(conversations, made_up=customers is None)
        ready = _ready(options, home, (customers, orders), conversations)
        turns = sum(len(each.turns) + 1 for each in conversations)
        with ProgressBar(console, turns, kill) as progress:
            outcome = asyncio.run(replay(conversations, options, progress, ready))
    except (NotReady, DidNotStart) as error:
        print(error, file=sys.stderr)
        raise typer.Exit(2) from None
    except (ClientError, TimeoutError) as error:
        print(f"The demo cannot be reached any more ({type(error).__name__}).", file=sys.stderr)
        raise typer.Exit(2) from None
    print_outcome(outcome, console)
    if json_file is not None:
        write_json(outcome, json_file)
    raise typer.Exit(0 if outcome.right else 1)


def _channels(words: str) -> tuple[str, ...]:
    """The channels of ``chat,mail``; raises NotReady."""
    from benchmarks.demo import NotReady

    known = ("chat", "mail", "api")
    wanted = {word.strip() for word in words.split(",")}
    if unknown := sorted(wanted - set(known)):
        raise NotReady(f"--channels takes chat, mail and api, not “{unknown[0]}”.")
    return tuple(channel for channel in known if channel in wanted)


def _ready(
    options: Options, home: Path | None, files: tuple[Path | None, Path | None], played: list[Conversation]
) -> Ready:
    """Looks at the demo, then imports: who plays must be known by address where channels are mixed."""
    from benchmarks.demo import check_killable, check_running, default_home, read_demo
    from benchmarks.replay.imports import import_files, import_visitors

    def ready(started: Demo | None) -> Demo:
        demo = started or read_demo(home or default_home())
        check_running(demo)
        if options.kills:
            check_killable(demo)
        import_files(demo, *files)
        if started and files[0] is None:
            import_visitors(demo, [conversation.visitor for conversation in played])
        return demo

    if not options.needs_house:
        ready(None)
    return ready


if __name__ == "__main__":
    app()
