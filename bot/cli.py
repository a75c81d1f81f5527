"""``cx``: the words of the command line. Each imports what it needs when it runs, so that help is quick."""

from __future__ import annotations

import gc
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cases.errors import CxError

if TYPE_CHECKING:
    from storage.imports import Kind

app = typer.Typer(
    name="cx",
    help="CX Copilot keeps every customer case in one Slack thread until its answer has gone back.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
imports = typer.Typer(help="Import customers, orders or knowledge, all or nothing.", no_args_is_help=True)
app.add_typer(imports, name="import")
bench = typer.Typer(help="Measure on this machine; `--help` of each lists its options.", no_args_is_help=True)
app.add_typer(bench, name="bench")
simulate = typer.Typer(
    help="Play a company's time in minutes, and check what came of it.", no_args_is_help=True
)
app.add_typer(simulate, name="simulate")

mail = typer.Typer(help="Mails that came in and became no message.", no_args_is_help=True)
app.add_typer(mail, name="mail")

# Options of these belong to the programs that they start.
_PASS_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


@app.command()
def demo(
    port: Annotated[int, typer.Option(help="First port; Slack's page has the next one.")] = 8300,
    replicas: Annotated[int, typer.Option(min=1, max=9, help="How many bots share the work.")] = 1,
    workers: Annotated[int, typer.Option(min=1, max=9, help="How many workers take slow steps.")] = 1,
    ready_file: Annotated[
        Path | None, typer.Option(help="Write demo.json here too, once everything answers.")
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Forget the demo's data and start over.")] = False,
    undo_seconds: Annotated[float, typer.Option(min=0, max=60, help="Time to undo a reply.")] = 3.0,
    limits: Annotated[bool, typer.Option(help="Keep Slack's rate limits.")] = True,
    database_url: Annotated[
        str | None, typer.Option(envvar="DATABASE_URL", help="A PostgreSQL server instead of an own one.")
    ] = None,
    http: Annotated[
        bool, typer.Option("--http", help="Slack sends its requests over HTTP, not by Socket Mode.")
    ] = False,
) -> None:
    """Start everything on this machine, with a small living shop. No account needed."""
    import asyncio

    from bot.console import read_settings
    from bot.demo.plan import Options
    from bot.demo.supervisor import run

    options = Options(
        home=read_settings().home.expanduser().resolve(),
        port=port,
        replicas=replicas,
        workers=workers,
        ready_file=ready_file,
        fresh=fresh,
        undo_seconds=undo_seconds,
        limits=limits,
        database_url=database_url,
        http=http,
    )
    asyncio.run(run(options))


@app.command()
def run(
    http: Annotated[
        bool, typer.Option("--http", help="Take Slack's requests at /slack/events, not by Socket Mode.")
    ] = False,
    worker: Annotated[bool, typer.Option(help="Start a worker beside the bot.")] = True,
) -> None:
    """Serve a Slack workspace and the web chat. More replicas may run on the same database."""
    gc.disable()  # until ``_loop``: what is imported is no garbage
    from bot import parent
    from bot.console import database, read_settings
    from bot.logs import set_up
    from bot.run import run_bot

    settings = read_settings()
    set_up(settings.log_level)
    parent.follow()
    with database(settings) as ready:
        _loop(run_bot(ready, http=http, worker=worker))


@app.command()
def worker() -> None:
    """Take slow steps; start as many as you like beside `cx run`."""
    gc.disable()  # as in ``run``
    from bot import parent
    from bot.console import database, read_settings
    from bot.logs import set_up
    from bot.worker import run_worker

    settings = read_settings()
    set_up(settings.log_level)
    parent.follow()
    with database(settings) as ready:
        _loop(run_worker(ready))


@app.command()
def migrate() -> None:
    """Bring the database's tables up to this version."""
    from bot.console import database, read_settings
    from storage import migrate as migrations
    from storage import reach

    settings = read_settings()
    if settings.database_url:
        reach.is_current(settings.database_url)
        migrations.upgrade(settings.database_url)
        typer.echo(f"{reach.shown(settings.database_url)} is up to date.")
    else:
        with database(settings):
            typer.echo(f"The database in {settings.home} is up to date.")


@app.command()
def doctor() -> None:
    """Check tokens, scopes, database, channels and what is stuck, and say how to mend each.

    Exit status: 0 all is well, 1 something fails, 2 `cx run` could not even start.
    """
    import asyncio

    from bot.console import of_running_demo, read_settings
    from bot.doctor import examine

    sys.exit(asyncio.run(examine(of_running_demo(read_settings()))))


@app.command()
def copilot(
    days: Annotated[int, typer.Option(min=1, max=3_650, help="How far back.")] = 30,
    file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write the figures here.")
    ] = None,
    team: Annotated[str | None, typer.Option(help="One workspace (T…) of several; else all.")] = None,
) -> None:
    """What the copilot did, by task and prompt: runs, cost, what became of drafts, 👍 and 👎."""
    import asyncio

    from bot.console import database, of_running_demo, read_settings
    from bot.copilot_report import report

    with database(of_running_demo(read_settings())) as ready:
        asyncio.run(report(ready, days, file, team))


@app.command()
def masks(
    to: Annotated[
        str | None, typer.Argument(metavar="[on|off|default]", help="Without it: how it is.")
    ] = None,
    team: Annotated[str | None, typer.Option(help="The workspace (T…), where there are several.")] = None,
) -> None:
    """Hide personal data of a workspace from models, or not; `default` = as CX_MASKS says."""
    import asyncio

    from bot.console import database, fail, of_running_demo, read_settings
    from bot.masks import Switch, masks

    if to is not None and to not in set(Switch):
        fail(f"“{to}” is none of {', '.join(Switch)}.")
    with database(of_running_demo(read_settings())) as ready:
        asyncio.run(masks(ready, Switch(to) if to else None, team))


@app.command()
def settings() -> None:
    """What supervisors changed with `/cx settings`, and so is not as the files say."""
    import asyncio

    from bot.console import database, of_running_demo, read_settings
    from bot.settings_report import report

    with database(of_running_demo(read_settings())) as ready:
        asyncio.run(report(ready))


@mail.command("quarantine")
def quarantine(
    release: Annotated[int | None, typer.Option(metavar="ID", help="Take this one in again.")] = None,
    drop: Annotated[int | None, typer.Option(metavar="ID", help="Leave this one for good.")] = None,
    save: Annotated[int | None, typer.Option(metavar="ID", help="Write this one as it came to --to.")] = None,
    to: Annotated[Path | None, typer.Option(metavar="FILE", help="Where --save writes.")] = None,
) -> None:
    """List the mails that were put aside, and why; they are unread in their mailbox, too."""
    import asyncio

    from bot import mail_report
    from bot.console import database, fail, of_running_demo, read_settings

    if sum(each is not None for each in (release, drop, save)) > 1 or (save is None) != (to is None):
        fail("Give one of --release, --drop, or --save with --to.")
    with database(of_running_demo(read_settings())) as ready:
        if release is not None:
            asyncio.run(mail_report.release(ready, release))
        elif drop is not None:
            asyncio.run(mail_report.drop(ready, drop))
        elif save is not None and to is not None:
            asyncio.run(mail_report.save(ready, save, to))
        else:
            asyncio.run(mail_report.listing(ready))


@app.command()
def manifest(
    http: Annotated[
        str | None, typer.Option(metavar="URL", help="For `cx run --http`: this server's public address.")
    ] = None,
    oauth: Annotated[
        str | None, typer.Option(metavar="URL", help="For several workspaces: this server's public address.")
    ] = None,
) -> None:
    """Print the app's manifest, to paste at api.slack.com/apps."""
    import yaml

    from bot import manifest as app_manifest

    made = app_manifest.for_http(http) if http else app_manifest.read()
    if oauth:
        made = app_manifest.for_several(made, oauth)
    typer.echo(yaml.safe_dump(made, sort_keys=False, allow_unicode=True), nl=False)


@app.command(context_settings=_PASS_ON)
def replay(ctx: typer.Context) -> None:
    """Play recorded conversations through a running demo, and check both sides."""
    from bot.console import become

    become("benchmarks.replay", ctx.args)


@app.command(context_settings=_PASS_ON)
def conformance(ctx: typer.Context) -> None:
    """Hold the local Slack workspace to what Slack's SDK and Bolt rely on, a line each."""
    from bot.console import become

    become("benchmarks.conformance", ctx.args)


@app.command("eval", context_settings=_PASS_ON)
def evaluate(ctx: typer.Context) -> None:
    """How well the copilot does its tasks, with a model and without: knowledge, routing, …"""
    from bot.console import become

    become("benchmarks.eval", ctx.args)


@simulate.command("week", context_settings=_PASS_ON)
def simulate_week(ctx: typer.Context) -> None:
    """300 cases over a weekend, a holiday and a change of the clocks: each reminder against an oracle."""
    from bot.console import become

    become("benchmarks.simulate", ["week", *ctx.args])


@bench.command("mirror", context_settings=_PASS_ON)
def bench_mirror(ctx: typer.Context) -> None:
    """Customer to thread and back: latency, throughput, beside two reference programs."""
    from bot.console import become

    become("benchmarks.mirror", ctx.args)


@bench.command("crash", context_settings=_PASS_ON)
def bench_crash(ctx: typer.Context) -> None:
    """Kill -9 under load: what was acknowledged and lost, and how soon it is back."""
    from bot.console import become

    become("benchmarks.crash", ctx.args)


@bench.command("desk", context_settings=_PASS_ON)
def bench_desk(ctx: typer.Context) -> None:
    """Many agents at work at Slack's limits: nothing lost, buttons quick, memory steady."""
    from bot.console import become

    become("benchmarks.desk", ctx.args)


@bench.command("start", context_settings=_PASS_ON)
def bench_start(ctx: typer.Context) -> None:
    """From nothing to the first mirrored message, and memory at rest."""
    from bot.console import become

    become("benchmarks.start", ctx.args)


@bench.command("outage", context_settings=_PASS_ON)
def bench_outage(ctx: typer.Context) -> None:
    """The model fails in every way: messages go on, cards say what happened."""
    from bot.console import become

    become("benchmarks.outage", ctx.args)


@bench.command("reminders", context_settings=_PASS_ON)
def bench_reminders(ctx: typer.Context) -> None:
    """A tick of the reminders with up to 100,000 open cases, beside a plain claim."""
    from bot.console import become

    become("benchmarks.reminders", ctx.args)


@bench.command("mail", context_settings=_PASS_ON)
def bench_mail(ctx: typer.Context) -> None:
    """Mails a second into cases and their cost, beside Python's parser and an insert."""
    from bot.console import become

    become("benchmarks.mail", ctx.args)


File = Annotated[Path, typer.Argument(metavar="FILE", help="One JSON object per line.")]
Team = Annotated[
    str | None, typer.Option(help="Slack team id (T…), where the database serves several workspaces.")
]


@imports.command("customers")
def import_customers(file: File, team: Team = None) -> None:
    """Lines need customer_id and name; email, phone, language and anything else are kept."""
    from storage.imports import CUSTOMERS

    _import(file, CUSTOMERS, team)


@imports.command("orders")
def import_orders(file: File, team: Team = None) -> None:
    """Lines need order_id, customer_id and status; items and anything else are kept."""
    from storage.imports import ORDERS

    _import(file, ORDERS, team)


@imports.command("kb")
def import_kb(
    place: Annotated[
        Path | None,
        typer.Argument(metavar="PATH", help="A folder of Markdown files, a .csv or a .jsonl file."),
    ] = None,
    confluence: Annotated[
        str | None, typer.Option(metavar="URL", help="Instead: a Confluence, with --space.")
    ] = None,
    space: Annotated[str | None, typer.Option(metavar="KEY", help="Of Confluence.")] = None,
    wordpress: Annotated[str | None, typer.Option(metavar="URL", help="Instead: a WordPress site.")] = None,
    source: Annotated[
        str | None, typer.Option(help="What to call it; importing it again replaces it. Default: its name.")
    ] = None,
    language: Annotated[str, typer.Option(help="Of articles that do not name theirs (en, pl, …).")] = "en",
    public: Annotated[
        bool, typer.Option("--public", help="Customers may read articles that do not say otherwise.")
    ] = False,
    team: Team = None,
) -> None:
    """Articles: each Markdown file one, or lines with article_id, title and body.

    They may also have language, url and public; a Markdown file has these in its front matter.
    Confluence needs CX_CONFLUENCE_TOKEN (Cloud: also CX_CONFLUENCE_EMAIL), and its pages stay internal.
    What WordPress shows everybody is public.
    """
    import asyncio

    from bot.console import database, of_running_demo, read_settings
    from bot.importing import import_articles
    from bot.knowledge_sources import Wanted, read

    wanted = Wanted(place, confluence, space, wordpress, language, public)
    settings = of_running_demo(read_settings())
    found = read(settings, wanted)
    with database(settings) as ready:
        asyncio.run(import_articles(ready, source or wanted.source, found, team))


def _import(file: Path, kind: Kind, team: str | None) -> None:
    import asyncio

    from bot.console import database, of_running_demo, read_settings
    from bot.importing import import_file

    with database(of_running_demo(read_settings())) as settings:
        asyncio.run(import_file(settings, file, kind, team))


def _loop(work: object) -> None:
    """Run to the end on uvloop; from here on there is garbage."""
    import asyncio
    from collections.abc import Coroutine

    import uvloop

    assert isinstance(work, Coroutine)
    gc.freeze()
    gc.enable()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(work)


def main() -> None:
    """The console script: a known error is one sentence and exit status 2, never a traceback."""
    try:
        app()
    except CxError as error:
        from bot.console import fail

        fail(error.sentence)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
