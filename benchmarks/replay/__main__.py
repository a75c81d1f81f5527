"""``python -m benchmarks.replay``: recorded conversations against a running demo."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Annotated

import typer

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
    seed: Annotated[int | None, typer.Option(help="Makes kills and faults come in the same order.")] = None,
    home: Annotated[Path | None, typer.Option(help="The demo's CX_HOME.")] = None,
) -> None:
    """Play recorded conversations as customers and agents, then compare both sides with what was said.

    Ends with 0 only if every message arrived exactly once, in order, in the right place.
    """
    from aiohttp import ClientError
    from rich.console import Console

    from benchmarks.demo import NotReady, check_killable, check_running, default_home, read_demo
    from benchmarks.replay.imports import import_files
    from benchmarks.replay.performance import Options, replay
    from benchmarks.replay.recording import read_conversations
    from benchmarks.replay.report import ProgressBar, print_outcome, write_json

    console = Console()
    try:
        conversations = read_conversations(file, customers)[:limit]
        demo = read_demo(home or default_home())
        check_running(demo)
        if kill:
            check_killable(demo)
        import_files(demo, customers, orders)
        turns = sum(len(each.turns) + 1 for each in conversations)
        with ProgressBar(console, turns, kill) as progress:
            options = Options(cases_at_once, kill, faults, seed)
            outcome = asyncio.run(replay(demo, conversations, options, progress))
    except NotReady as error:
        print(error, file=sys.stderr)
        raise typer.Exit(2) from None
    except (ClientError, TimeoutError) as error:
        print(f"The demo cannot be reached any more ({type(error).__name__}).", file=sys.stderr)
        raise typer.Exit(2) from None
    print_outcome(outcome, console)
    if json_file is not None:
        write_json(outcome, json_file)
    raise typer.Exit(0 if outcome.verdict.right else 1)


if __name__ == "__main__":
    app()
