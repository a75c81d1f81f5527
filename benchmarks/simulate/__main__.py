"""``python -m benchmarks.simulate``: a scripted week of a company, each reminder held against an oracle."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.callback()
def simulate() -> None:
    """Play a company's time in minutes."""


@app.command()
def week(
    cases: Annotated[int, typer.Option(min=1, help="Cases of as many customers.")] = 300,
    days: Annotated[int, typer.Option(min=4, max=21, help="Calendar days, from a Thursday on.")] = 11,
    seed: Annotated[int, typer.Option(help="Makes people do the same things again.")] = 1,
    replicas: Annotated[int, typer.Option(min=1, max=9, help="How many bots share the work.")] = 1,
    workers: Annotated[int, typer.Option(min=0, max=9, help="How many workers take slow steps.")] = 0,
    kill: Annotated[int, typer.Option(min=0, help="Kill a process with SIGKILL, at most so often.")] = 0,
    database_url: Annotated[
        str | None, typer.Option(help="A PostgreSQL server instead of an own one.")
    ] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write facts, reminders and figures there.")
    ] = None,
    reminders: Annotated[bool, typer.Option(help="Print each reminder and promise.")] = True,
) -> None:
    """300 cases and 6 departments over a weekend, a holiday and a change of the clocks.

    Ends with 1 when a reminder is missed, comes twice, without cause, outside working hours or after the
    end, when a promise moves without a reason, or when a customer is not told of the end.
    """
    from rich.console import Console

    from benchmarks import postgres
    from benchmarks.mirror.table import failed, show
    from benchmarks.mirror.table import plain as plain_lines
    from benchmarks.rig import DidNotStart, run, workplace
    from benchmarks.simulate.people import Stuck
    from benchmarks.simulate.report import lines, print_reminders
    from benchmarks.simulate.week import Options, plain
    from benchmarks.simulate.week import week as play

    console = Console()
    options = Options(cases, days, seed, replicas, workers, kill)
    try:
        with (
            workplace() as folder,
            postgres.server(folder, database_url) as server,
            console.status("starting") as status,
        ):
            outcome = run(play(folder, server, options, status.update))
    except* (DidNotStart, Stuck) as errors:
        for error in errors.exceptions:
            print(error, file=sys.stderr)
        raise typer.Exit(2) from None
    found = lines(outcome.verdict, cases, outcome)
    print_reminders(outcome, console, everything=reminders)
    show(f"{cases} cases, {days} days, {replicas} replicas", found, console)
    if json_file is not None:
        made = plain(outcome) | plain_lines({"week": found})
        json_file.write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n")
    raise typer.Exit(1 if failed(found) else 0)


if __name__ == "__main__":
    app()
