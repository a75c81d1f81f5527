"""``python -m benchmarks.crash``: kill -9 under load, beside bare Bolt."""

from __future__ import annotations

import random
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from benchmarks.crash.rounds import Crashes
    from benchmarks.mirror.table import Line

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    kills: Annotated[int, typer.Option(min=1, help="How often each program is killed.")] = 5,
    seed: Annotated[int | None, typer.Option(help="Makes the kills come at the same moments.")] = None,
    database_url: Annotated[
        str | None, typer.Option(help="A PostgreSQL server instead of an own one.")
    ] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures there.")] = None,
) -> None:
    """Kill `cx run` and bare Bolt with SIGKILL under load; count what was acknowledged and then lost.

    Starts everything itself. Ends with 1 when `cx run` lost or doubled anything.
    """
    from rich.console import Console

    from benchmarks.command import conclude

    conclude("crash", _measure(kills, seed, database_url, Console()), json_file)


async def _measure(kills: int, seed: int | None, database_url: str | None, console: Console) -> list[Line]:
    from benchmarks import postgres
    from benchmarks.crash import rounds
    from benchmarks.mirror.table import show
    from benchmarks.programs import write_config
    from benchmarks.rig import workplace

    with workplace() as folder, postgres.server(folder, database_url) as server:
        write_config(folder)
        with console.status("starting") as status:
            drill = rounds.Drill(folder, server, kills, random.Random(seed), status.update)
            of_customers, of_slack = await rounds.ours(drill)
            theirs = await rounds.bolt(drill)
    lines = _lines(of_customers, of_slack, theirs)
    show(f"{kills} kills of each under load", lines, console)
    return lines


def _lines(of_customers: Crashes, of_slack: Crashes, bolt: Crashes) -> list[Line]:
    from benchmarks.mirror.table import Line, must

    lines = []
    for name, ours in (("customers' messages", of_customers), ("Slack's events", of_slack)):
        sent = f"{ours.sent:,} sent, {ours.in_flight:,} in flight at the kills"
        lines.append(Line(name, sent, _flight(bolt) if ours is of_slack else ""))
        lines.append(must(f"{name}: acknowledged and lost", str(ours.lost), "0", ours.lost == 0))
    doubled = of_customers.doubled
    lines.append(must("customers' messages: doubled", str(doubled), "0", doubled == 0))
    mine, other = of_slack.first_ack, bolt.first_ack
    lines.append(Line("restart → first ack (mean)", _mean(mine), f"bare Bolt: {_mean(other)}"))
    return lines


def _flight(bolt: Crashes) -> str:
    share = bolt.lost / bolt.in_flight if bolt.in_flight else 0.0
    return f"bare Bolt: {bolt.in_flight:,} in flight, {bolt.lost:,} acknowledged and lost ({share:.0%})"


def _mean(seconds: list[float]) -> str:
    return f"{sum(seconds) / len(seconds):.2f} s"


if __name__ == "__main__":
    app()
