"""``python -m benchmarks.start``: from nothing to the first mirrored message, and memory at rest."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from benchmarks.mirror.table import Line

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    rounds: Annotated[int, typer.Option(min=1, help="How often everything is started.")] = 5,
    idle: Annotated[float, typer.Option(min=1, help="Seconds of rest before memory is read.")] = 10.0,
    database_url: Annotated[
        str | None, typer.Option(help="A PostgreSQL server instead of an own one.")
    ] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures there.")] = None,
) -> None:
    """Start `cx run` with a model configured; time its first mirrored message, and read its memory.

    Starts everything itself. Ends with 1 when the model's libraries are loaded before a message is mirrored,
    or in the process that mirrors at all.
    """
    from rich.console import Console

    from benchmarks.command import conclude

    conclude("start", _measure(rounds, idle, database_url, Console()), json_file)


async def _measure(rounds: int, idle: float, database_url: str | None, console: Console) -> list[Line]:
    from aiohttp import ClientSession

    from benchmarks import postgres
    from benchmarks.mirror.table import show
    from benchmarks.programs import write_config
    from benchmarks.rig import workplace
    from benchmarks.start.cold import Bench, starts

    with workplace() as folder, postgres.server(folder, database_url) as server:
        write_config(folder)
        async with ClientSession() as http:
            with console.status("starting") as status:
                lines = await starts(Bench(folder, server, http, status.update, rounds, idle))
    show(f"{rounds} starts of cx run, a model configured", lines, console)
    return lines


if __name__ == "__main__":
    app()
