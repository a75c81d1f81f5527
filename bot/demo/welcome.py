"""The first screen of the demo."""

from __future__ import annotations

from datetime import timedelta

from rich.console import Console
from rich.panel import Panel
from rich.table import Table

from bot.demo import plan
from bot.demo.plan import Options
from bot.demo.state import Demo
from bot.manifest import EVENTS
from bot.settings import Settings

_WITHOUT = (
    "The copilot speaks without a model: facts from your own rows. To switch one on, stop, set "
    "OPENAI_API_KEY (or OPENAI_BASE_URL for any server that speaks OpenAI's protocol, and OPENAI_MODEL), "
    "and start again."
)
_WITH = "The copilot speaks with the model {model} at {place}. Unset OPENAI_API_KEY to do without."


def show(demo: Demo, options: Options, *, database: str, ahead: timedelta) -> None:
    """Print where everything is, how far the clock is ahead, whom to be, and what to try first."""
    console = Console(highlight=False)
    where = _where(demo, options, database)
    if ahead:
        where.add_row("Clock", f"{_span(ahead)} ahead of real time; --fresh starts over at real time")
    console.print(Panel(where, title="CX Copilot · Harbour & Hill", expand=False))
    for place, step in enumerate(_FIRST, 1):
        console.print(f"  {place}. {step}")
    console.print(f"\n{_copilot()}\n[bold]Ctrl-C[/bold] stops everything; the next start finds its data.")


_FIRST = (
    "Open the shop as [bold]Piotr[/bold], open the chat and ask where his lamp is.",
    "Open Slack as [bold]Tomás[/bold]: in #support the case is a thread. Answer there, put 📤 on your "
    "message, press Send.",
    "Watch it arrive in the shop, then press [bold]Close[/bold] on the case's card.",
    "Write from Piotr's [bold]Mailbox[/bold] or [bold]Phone[/bold], at the bottom left, and answer likewise.",
)


def _copilot() -> str:
    """Which copilot speaks, and how to switch."""
    endpoint = Settings.model_validate({}).endpoint
    if endpoint is None:
        return _WITHOUT
    return _WITH.format(model=endpoint.model, place=endpoint.base_url or "OpenAI")


def _span(ahead: timedelta) -> str:
    hours = round(ahead / timedelta(hours=1))
    return f"{hours // 24} d {hours % 24} h"


def _where(demo: Demo, options: Options, database: str) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    table.add_row("Slack", demo.addresses.slack)
    table.add_row("", "as Maren (admin), Elif (supervisor), Tomás, Zsófia, Jonas, Priya, or Sam (guest)")
    if options.http:
        table.add_row("", f"sends its requests over HTTP to {plan.url(options.front_port)}{EVENTS}")
    table.add_row("The shop", demo.addresses.shop)
    table.add_row("", "as Piotr, Hanna, Giulia, … or as a visitor: with their chat, mailbox and phone")
    table.add_row("Database", database)
    table.add_row("Data", f"{options.data} (addresses and secrets: {options.home / 'demo.json'})")
    return table
