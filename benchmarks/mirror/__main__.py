"""``python -m benchmarks.mirror``: the way of a message, measured beside two reference programs."""

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
    part: Annotated[str, typer.Option(help="a latency, b acks, c backlog, d cost; several: abcd.")] = "abcd",
    seconds: Annotated[float, typer.Option(min=1, help="How long each pace of (a) is kept up.")] = 8.0,
    rounds: Annotated[int, typer.Option(min=1, help="How often the programs take turns in (a).")] = 2,
    database_url: Annotated[
        str | None,
        typer.Option(help="A PostgreSQL server instead of an own one; databases come and go there."),
    ] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures there.")] = None,
) -> None:
    """Measure both ways of a message, acknowledgements, a backlog and the cost, on this machine.

    Starts everything itself. Ends with 1 when something is lost or refused; a missed aim is only shown.
    """
    from rich.console import Console

    from benchmarks.mirror.table import failed, plain
    from benchmarks.rig import DidNotStart, run

    console = Console()
    try:
        lines = run(_measure(part, seconds, rounds, database_url, console))
    except DidNotStart as error:
        print(error, file=sys.stderr)
        raise typer.Exit(2) from None
    if json_file is not None:
        json_file.write_text(json.dumps(plain(lines), indent=2, ensure_ascii=False) + "\n")
    raise typer.Exit(1 if any(failed(each) for each in lines.values()) else 0)


async def _measure(
    wanted: str, seconds: float, rounds: int, database_url: str | None, console: Console
) -> dict[str, list[Line]]:
    from aiohttp import ClientSession

    from benchmarks import postgres
    from benchmarks.mirror.parts import PARTS, Bench
    from benchmarks.mirror.table import show
    from benchmarks.programs import write_config
    from benchmarks.rig import workplace

    titles = {
        "a": "(a) latency and throughput",
        "b": "(b) acknowledgements",
        "c": "(c) backlog",
        "d": "(d) cost",
    }
    found: dict[str, list[Line]] = {}
    with workplace() as folder, postgres.server(folder, database_url) as server:
        write_config(folder)
        async with ClientSession() as http:
            with console.status("starting") as status:
                bench = Bench(folder, server, http, status.update, seconds, rounds)
                for key in (each for each in "abcd" if each in wanted):
                    found[key] = await PARTS[key](bench)
                    show(titles[key], found[key], console)
    return found


if __name__ == "__main__":
    app()
