"""``python -m benchmarks.outage``: the model fails in every way, and messages go on as before."""

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
    seconds: Annotated[float, typer.Option(min=1, help="How long customers write in each state.")] = 15.0,
    drafts: Annotated[int, typer.Option(min=1, max=40, help="Drafts asked for in each state.")] = 6,
    only: Annotated[
        list[str] | None, typer.Option(help="States of the model, beside one that answers; default: all.")
    ] = None,
    database_url: Annotated[
        str | None, typer.Option(help="A PostgreSQL server instead of an own one.")
    ] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures there.")] = None,
) -> None:
    """Customers write while drafts are asked of a model that answers, hangs, is down, refuses, or babbles.

    Starts everything itself. Ends with 1 when a message is lost, or a draft's card does not come or does not
    say what happened; how long messages took is shown beside a model that answers, in the same run.
    """
    from rich.console import Console

    from benchmarks.command import conclude

    conclude("outage", _measure(seconds, drafts, only, database_url, Console()), json_file)


async def _measure(
    seconds: float, drafts: int, only: list[str] | None, database_url: str | None, console: Console
) -> list[Line]:
    from aiohttp import ClientSession

    from benchmarks import postgres
    from benchmarks.mirror.table import show
    from benchmarks.outage.drill import ANSWERS, STATES, Bench, outages
    from benchmarks.programs import write_config
    from benchmarks.rig import workplace

    if unknown := set(only or ()) - set(STATES):
        raise typer.BadParameter(f"unknown: {', '.join(unknown)}; the states are {', '.join(STATES)}")
    states = [name for name in STATES if name == ANSWERS or only is None or name in only]
    with workplace() as folder, postgres.server(folder, database_url) as server:
        write_config(folder)
        async with ClientSession() as http:
            with console.status("starting") as status:
                lines = await outages(Bench(folder, server, http, status.update, seconds, drafts, states))
    show("customer → thread while drafts are asked for", lines, console)
    return lines


if __name__ == "__main__":
    app()
