"""``python -m benchmarks.reminders``: a tick with many open cases, beside plainer ways to do the same."""

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
    cases: Annotated[
        list[int] | None, typer.Option(min=100, help="How many open cases; default: 1000, 10000, 100000.")
    ] = None,
    rounds: Annotated[int, typer.Option(min=3, help="Ticks of each kind.")] = 15,
    due: Annotated[int, typer.Option(min=1, help="So many people are to be reminded at once.")] = 1000,
    database_url: Annotated[
        str | None, typer.Option(help="A PostgreSQL server instead of an own one.")
    ] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures there.")] = None,
) -> None:
    """Time ticks with nothing and with much due, a scan in Python, and a plain claim that writes its posts.

    Ends with 1 when a tick reminds of another number than was due.
    """
    from rich.console import Console

    from benchmarks.command import conclude

    sizes = sorted(cases or (1_000, 10_000, 100_000))
    conclude("reminders", _measure(sizes, rounds, due, database_url, Console()), json_file)


async def _measure(
    sizes: list[int], rounds: int, due: int, database_url: str | None, console: Console
) -> list[Line]:
    from benchmarks import postgres
    from benchmarks.mirror.table import show
    from benchmarks.reminders.ticks import measure
    from benchmarks.rig import workplace

    with (
        workplace() as folder,
        postgres.server(folder, database_url) as server,
        postgres.database(server) as url,
        console.status("starting") as status,
    ):
        lines = await measure(url, sizes, rounds, due, status.update)
    show("a tick of the reminders", lines, console)
    return lines


if __name__ == "__main__":
    app()
