"""``python -m benchmarks.desk``: many agents, many open cases, Slack's limits on."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from benchmarks.mirror.table import Line

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    minutes: Annotated[float, typer.Option(min=0.05, help="How long people work.")] = 10.0,
    agents: Annotated[int, typer.Option(min=1, max=99, help="Each acts every 20 seconds.")] = 20,
    cases: Annotated[int, typer.Option(min=1, help="Open cases at the start.")] = 500,
    channels: Annotated[int, typer.Option(min=1, max=8, help="Slack channels they are spread over.")] = 5,
    seed: Annotated[int, typer.Option(help="Makes people do the same things again.")] = 1,
    database_url: Annotated[
        str | None, typer.Option(help="A PostgreSQL server instead of an own one.")
    ] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures there.")] = None,
) -> None:
    """Agents answer, take, look and close; customers write once a second; Slack's limits are on.

    Starts everything itself. Ends with 1 when a message is lost, doubled or misplaced, when Slack
    refuses more than one call in a hundred for being too fast, when p95 from a button to what it
    changes is a second or more, or when memory keeps growing.
    """
    from rich.console import Console

    from benchmarks.mirror.table import failed, plain
    from benchmarks.rig import DidNotStart, run

    console = Console()
    try:
        lines = run(_measure(minutes, agents, cases, channels, seed, database_url, console))
    except DidNotStart as error:
        print(error, file=sys.stderr)
        raise typer.Exit(2) from None
    if json_file is not None:
        json_file.write_text(json.dumps(plain({"desk": lines}), indent=2, ensure_ascii=False) + "\n")
    raise typer.Exit(1 if failed(lines) else 0)


async def _measure(
    minutes: float,
    agents: int,
    cases: int,
    channels: int,
    seed: int,
    database_url: str | None,
    console: Console,
) -> list[Line]:
    from benchmarks import postgres
    from benchmarks.desk.day import Day, lines, play
    from benchmarks.mirror.table import show
    from benchmarks.programs import write_config
    from benchmarks.rig import workplace

    with workplace() as folder, postgres.server(folder, database_url) as server:
        write_config(folder, channels)
        with console.status("starting") as status:
            day = Day(folder, server, status.update, minutes * 60, agents, cases, channels, seed)
            found = lines(await play(day))
        show(f"{agents} agents, {cases} open cases, {minutes:g} minutes", found, console)
    return found


if __name__ == "__main__":
    app()
