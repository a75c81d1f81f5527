"""``python -m benchmarks.conformance``: the local Slack workspace against slack_sdk and Bolt."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the outcome there.")] = None,
    ack_seconds: Annotated[float, typer.Option(help="Time for an acknowledgement; Slack's is 3.")] = 3.0,
    only: Annotated[str, typer.Option(help="Only checks whose name contains this.")] = "",
) -> None:
    """Start a workspace and hold it to Slack: methods, events, interactions, limits, refusals, a line each.

    Ends with 0 only if all of them pass and none is missing.
    """
    from rich.console import Console

    from benchmarks.conformance.report import ProgressBar, print_outcome, write_json
    from benchmarks.conformance.suite import run_suite

    console = Console()
    with tempfile.TemporaryDirectory(prefix="conformance-") as folder, ProgressBar(console) as progress:
        outcome = asyncio.run(run_suite(Path(folder), only, ack_seconds, progress.tell))
    print_outcome(outcome, console)
    if json_file is not None:
        write_json(outcome, json_file)
    raise typer.Exit(0 if outcome.right else 1)


if __name__ == "__main__":
    app()
