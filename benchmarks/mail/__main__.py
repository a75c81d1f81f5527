"""``python -m benchmarks.mail``: mails into cases, beside Python's parser and an insert."""

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
    mails: Annotated[int, typer.Option(min=100, help="How many mails each of both gets.")] = 3000,
    at_once: Annotated[int, typer.Option(min=1, help="So many are under way at the same time.")] = 8,
    database_url: Annotated[
        str | None, typer.Option(help="A PostgreSQL server instead of an own one.")
    ] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures there.")] = None,
) -> None:
    """Read mails and write them into cases, with all that appears in Slack; in turns, parse and insert them.

    Ends with 1 when a mail did not become exactly one message of its case.
    """
    from rich.console import Console

    from benchmarks.command import conclude

    conclude("mail", _measure(mails, at_once, database_url, Console()), json_file)


async def _measure(mails: int, at_once: int, database_url: str | None, console: Console) -> list[Line]:
    from benchmarks import postgres
    from benchmarks.mail.arriving import measure
    from benchmarks.mirror.table import show
    from benchmarks.rig import workplace

    with (
        workplace() as folder,
        postgres.server(folder, database_url) as server,
        postgres.database(server) as url,
        console.status("starting") as status,
    ):
        lines = await measure(url, mails, at_once, status.update)
    show("mails into cases", lines, console)
    return lines


if __name__ == "__main__":
    app()
