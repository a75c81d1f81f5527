"""``cx doctor``: what works, what does not, and how to mend it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime

import aiohttp
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.connection import slack_session
from bot.doctor_channels import carried, sources
from bot.doctor_knowledge import crm, meaning
from bot.doctor_mail import rows as mail_rows
from bot.doctor_mail import servers as mail_servers
from bot.doctor_oauth import installed, ways_back
from bot.doctor_receipts import receipts
from bot.doctor_slack import asked, bot_token, channels
from bot.finding import Finding, State
from bot.masks import masking
from bot.settings import Settings, environment
from bot.settings_report import changed
from bot.slack_groups import read_groups
from bot.web.uploads import FileStore
from bot.workspace import Workspace
from cases.enums import HoldReason
from cases.errors import ConfigError, CxError
from cases.roles import RoleBook
from cases.routing import Desk
from copilot.model import trouble
from storage import embedded, files, holds, listening, monitoring, reach, workspaces
from storage.config import Site, read_sites
from storage.db import Database
from storage.departments import read_departments
from storage.macros import read_macros
from storage.plans import read_plan
from storage.roles import read_roles
from storage.tones import read_tones

_COLOURS = {State.GOOD: "green", State.NOTE: "yellow", State.FAILED: "red", State.BLOCKED: "bold red"}


async def examine(settings: Settings) -> int:
    """Print all findings; returns 0 if all is well, 1 if something fails, 2 if `cx run` cannot start."""
    findings = [finding async for finding in _findings(settings)]
    _show(findings)
    states = {finding.state for finding in findings}
    return 2 if State.BLOCKED in states else 1 if State.FAILED in states else 0


async def _findings(settings: Settings) -> AsyncIterator[Finding]:
    for finding in _secrets(settings):
        yield finding
    try:
        sites = read_sites(settings.config_dir)
    except ConfigError as error:
        yield Finding("chat sites", State.BLOCKED, error.sentence, "Mend the file.")
        sites = {}
    for finding in _chat_secrets(settings, sites):
        yield finding
    try:
        book = read_roles(settings.roles_file)
    except ConfigError as error:
        yield Finding("roles", State.BLOCKED, error.sentence, "Mend the file.")
        book = RoleBook()
    try:
        desks = read_departments(settings.departments_file)
        known = f"{len(desks)} in departments.yml" if desks else "none named; the copilot suggests none"
        yield Finding("departments", State.GOOD, known)
    except ConfigError as error:
        yield Finding("departments", State.BLOCKED, error.sentence, "Mend the file.")
        desks = ()
    yield _macros(settings)
    yield _tones(settings)
    yield _plan(settings)
    for finding in (*crm(settings, environment()), *sources(settings)):
        yield finding
    async for finding in mail_servers(settings):
        yield finding
    for finding in receipts(settings, sites):
        yield finding
    async for finding in _database(settings, sites):
        yield finding
    async for finding in _slack(settings, sites, book, desks):
        yield finding
    yield await _model(settings)
    if settings.draft_on_arrival and settings.endpoint is None:
        what = "CX_DRAFT_ON_ARRIVAL is on, but no model is set: no draft comes by itself."
        yield Finding("drafts", State.NOTE, what, "Set OPENAI_API_KEY or OPENAI_BASE_URL, or switch it off.")


def _macros(settings: Settings) -> Finding:
    try:
        macros = read_macros(settings.macros_file)
    except ConfigError as error:
        return Finding("macros", State.BLOCKED, error.sentence, "Mend the file.")
    known = f"{len(macros)} in macros.yml" if macros else "none; without a model drafts are articles only"
    return Finding("macros", State.GOOD, known)


def _tones(settings: Settings) -> Finding:
    try:
        known = len(read_tones(settings.tone_folder).known)
    except ConfigError as error:
        return Finding("tone", State.BLOCKED, error.sentence, "Mend the file, or its name.")
    return Finding("tone", State.GOOD, f"{known} of your own" if known else "the one that comes with the app")


def _plan(settings: Settings) -> Finding:
    """A running app goes on with what it read before; one that starts needs files that it can read."""
    try:
        planned = read_plan(settings.plan_files)
    except ConfigError as error:
        mend = "Mend the file; until then what runs goes on with what it read before."
        return Finding("processes", State.BLOCKED, error.sentence, mend)
    many = len(planned.processes)
    known = f"{many} in processes.yml" if many else "none named; every case is a general one"
    dated = sum(1 for timing in planned.plan.timings.values() if timing.steps)
    hours = ", ".join(planned.plan.calendars) if settings.hours_file.exists() else "Monday to Friday, 9–17"
    return Finding("processes", State.GOOD, f"{known}, {dated} with steps; hours: {hours}")


def _secrets(settings: Settings) -> Iterator[Finding]:
    if settings.secret_key and settings.secret_key.get_secret_value():
        yield Finding("session key", State.GOOD, "CX_SECRET_KEY is set.")
    elif not settings.demo:
        mend = "Put a long random text into CX_SECRET_KEY, for example of `openssl rand -hex 32`."
        yield Finding("session key", State.BLOCKED, "CX_SECRET_KEY is not set.", mend)


def _chat_secrets(settings: Settings, sites: Mapping[str, Site]) -> Iterator[Finding]:
    for key in sites:
        if settings.chat_secrets.get(key):
            yield Finding(f"chat site {key}", State.GOOD, "Signed-in visitors can be verified.")
        else:
            mend = f"Add {key}=<secret> to CX_CHAT_SECRETS, and sign user ids with it on the site's server."
            what = "Has no secret: visitors whom the site has signed in are refused."
            yield Finding(f"chat site {key}", State.NOTE, what, mend)
    for key in settings.chat_secrets.keys() - sites.keys():
        what = f"CX_CHAT_SECRETS names {key}, which is not in sites.yml."
        yield Finding(f"chat site {key}", State.FAILED, what, "Correct one of the two.")


async def _database(settings: Settings, sites: Mapping[str, Site]) -> AsyncIterator[Finding]:
    with ExitStack() as stack:
        url = settings.database_url
        try:
            if url is None:
                if not embedded.data_folder(settings.home).exists():
                    what = f"No DATABASE_URL: `cx run` makes its own PostgreSQL in {settings.home}."
                    yield Finding("database", State.NOTE, what)
                    return
                server = embedded.start(settings.home)
                stack.callback(server.stop)
                url = server.url
            reach.check(url)
        except CxError as error:
            mend = "Start the server, correct DATABASE_URL, or run `cx migrate`, as it says."
            yield Finding("database", State.BLOCKED, error.sentence, mend)
            return
        yield Finding("database", State.GOOD, f"{reach.shown(url)} answers and is up to date.")
        db = Database(url, pool_size=2)
        await db.open()
        try:
            async for finding in _rows(db):
                yield finding
            async for finding in mail_rows(db):
                yield finding
            async for finding in installed(settings, db, sites):
                yield finding
            for finding in masking(settings, await workspaces.known(db)):
                yield finding
            async for finding in changed(settings, db):
                yield finding
            yield await _files(settings, db)
            if settings.embedding_model:
                yield await meaning(db, settings.embedding_model)
        finally:
            await db.close()


_ROWS_MEND = {
    "post": "Mend what Slack says (invite the bot, unarchive the channel, renew the token); then it goes on.",
    "event": "A bug or damaged data: its log line says more. The others went on without it.",
}


_HELD = {
    HoldReason.SHARED: ("it is shared with others, and cases never live in shared channels.", "Unshare it"),
    HoldReason.REMOVED: ("the app was removed from it.", "Invite it: /invite in the channel"),
    HoldReason.ARCHIVED: ("it is archived.", "Unarchive it"),
    HoldReason.GONE: ("Slack does not show it to the app.", "Invite the app, or name another in sites.yml"),
    HoldReason.TOKEN: ("Slack refuses the bot's token.", "Reinstall the app, renew SLACK_BOT_TOKEN"),
}


_HEARING: Mapping[str, Callable[[datetime], tuple[str, str]]] = {
    "silent": lambda since: (
        f"Slack takes posts but sends no events since {since:%Y-%m-%d %H:%M} UTC.",
        "Look at Event Subscriptions at api.slack.com/apps.",
    ),
    "deaf": lambda since: (
        f"No `cx run` is reached by Slack since {since:%Y-%m-%d %H:%M} UTC.",
        "Start it, or see its log; what was missed is read then.",
    ),
    "limited": lambda since: (
        f"Slack holds events back since {since:%Y-%m-%d %H:%M} UTC; they are read from the threads.",
        "It passes; fewer subscribed channels make fewer events.",
    ),
}


async def _rows(db: Database) -> AsyncIterator[Finding]:
    alive = await monitoring.live_workers(db)
    if alive:
        yield Finding("workers", State.GOOD, f"{alive} alive.")
    else:
        yield Finding(
            "workers", State.NOTE, "None is running now.", "`cx run` starts one; or start `cx worker`."
        )
    for row in await holds.listed(db):
        why, mend = _HELD[HoldReason(row["reason"])]
        what = f"{row['waiting']} posts wait since {row['since']:%Y-%m-%d %H:%M} UTC: {why}"
        check = f"channel {row['slack_channel']}" if row["slack_channel"] else "all channels"
        yield Finding(check, State.FAILED, what, f"{mend}; then it goes on.")
    for row in await listening.troubles(db):
        # Whoever stopped it knows.
        state = State.NOTE if row["what"] == "deaf" else State.FAILED
        yield Finding("Slack events", state, *_HEARING[row["what"]](row["since"]))
    async for finding in carried(db):
        yield finding
    stuck = await monitoring.stuck(db)
    for row in stuck:
        yield Finding(
            f"stuck: {row['what']}",
            State.FAILED,
            f"{row['count']} in {row['place']}: {row['error']}",
            _ROWS_MEND.get(row["what"], "Mend what Slack says; it is tried again."),
        )
    if not stuck:
        waiting = await monitoring.backlog(db)
        yield Finding(
            "queues", State.GOOD, f"{waiting['outbox']} to post, {waiting['inbox']} to handle, none stuck."
        )


async def _files(settings: Settings, db: Database) -> Finding:
    store = FileStore(settings.home / "files", settings.max_file_mb * 1_000_000)
    try:
        owner = await store.owner()
    except OSError as error:
        what = f"{store.folder} cannot be read: {error.strerror}."
        return Finding("files", State.FAILED, what, "Let the user of `cx run` read and write it.")
    if owner in {None, await files.database_id(db)}:
        return Finding("files", State.GOOD, f"{store.folder} belongs to this database.")
    what = f"{store.folder} belongs to another database: files that no message took along are left there."
    mend = (
        "Correct DATABASE_URL, or give this database a CX_HOME of its own. Only if the other one is gone for "
        f"good: remove {store.mark} and restart `cx run`; what this database does not know is then deleted."
    )
    return Finding("files", State.FAILED, what, mend)


async def _slack(
    settings: Settings, sites: Mapping[str, Site], book: RoleBook, desks: Sequence[Desk]
) -> AsyncIterator[Finding]:
    for finding in ways_back(settings):
        yield finding
    if settings.slack_bot_token is None or not settings.slack_bot_token.get_secret_value():
        if settings.oauth:
            async with slack_session(settings) as connect:
                yield await _app_token(settings, connect(None))
            return
        mend = "Create the app from manifest.yml, install it, and copy the bot token (xoxb-…)."
        yield Finding("Slack", State.BLOCKED, "SLACK_BOT_TOKEN is not set.", mend)
        return
    async with slack_session(settings) as connect:
        client = connect(settings.slack_bot_token.get_secret_value())
        try:
            yield await bot_token(client)
            yield await _app_token(settings, client)
            team = (await client.auth_test())["team_id"]
            own = {key: site for key, site in sites.items() if site.workspace in {None, team}}
            for finding in [*await channels(client, own), *await asked(client, desks)]:
                yield finding
            async for finding in _roles(client, book, settings):
                yield finding
        except SlackApiError as error:
            what = f"Slack answers {error.response.get('error')}."
            yield Finding("Slack", State.BLOCKED, what, "Check SLACK_BOT_TOKEN, or reinstall the app.")
        except (aiohttp.ClientError, TimeoutError):
            what = f"Slack cannot be reached at {client.base_url}."
            yield Finding("Slack", State.BLOCKED, what, "Check the network, or SLACK_API_URL.")


async def _app_token(settings: Settings, client: AsyncWebClient) -> Finding:
    token = settings.slack_app_token.get_secret_value() if settings.slack_app_token else ""
    if not token and settings.slack_signing_secret:
        what = "No SLACK_APP_TOKEN: only `cx run --http` works."
        return Finding("Slack socket", State.NOTE, what)
    mend = "Make an app-level token with connections:write under Basic Information (xapp-…)."
    if not token:
        return Finding("Slack socket", State.BLOCKED, "SLACK_APP_TOKEN is not set.", mend)
    try:
        await client.apps_connections_open(app_token=token)
    except SlackApiError as error:
        what = f"Slack refuses SLACK_APP_TOKEN: {error.response.get('error')}."
        return Finding("Slack socket", State.BLOCKED, what, mend)
    return Finding("Slack socket", State.GOOD, "Socket Mode opens.")


async def _roles(client: AsyncWebClient, book: RoleBook, settings: Settings) -> AsyncIterator[Finding]:
    file = settings.roles_file.name
    if book == RoleBook():
        what = f"No {file}: every full member is an agent, and who administers the workspace a supervisor."
        yield Finding("roles", State.GOOD, what)
        return
    groups = await read_groups(client)
    for group in sorted(book.groups()):
        if group not in groups:
            mend = f"Create or enable it, correct {file}, or list `members` where the plan has no groups."
            yield Finding(f"group @{group}", State.BLOCKED, "Slack has no such user group.", mend)
        else:
            yield Finding(f"group @{group}", State.GOOD, f"{len(groups[group])} in it.")
    who = await client.auth_test()
    slack = Workspace(client, who["team_id"], who["user_id"], who["bot_id"])
    for member in sorted(book.members()):
        yield await _member(slack, member, file)


async def _member(slack: Workspace, member: str, file: str) -> Finding:
    known = await slack.find_member(member)
    if known is None:
        mend = f"Correct {file}."
        return Finding(f"member {member}", State.FAILED, "Slack knows nobody of that id.", mend)
    if not known.full:
        what = f"{known.name} is a guest, a bot, from elsewhere, or no member any more: has no role."
        return Finding(f"member {member}", State.FAILED, what, f"Take them out of {file}.")
    return Finding(f"member {member}", State.GOOD, f"Is {known.name}.")


async def _model(settings: Settings) -> Finding:
    endpoint = settings.endpoint
    if endpoint is None:
        return Finding("model", State.GOOD, "The copilot speaks without a model: facts from your own rows.")
    place = endpoint.base_url or "OpenAI"
    wrong = await trouble(endpoint)
    if wrong is None:
        return Finding("model", State.GOOD, f"{place} answers, and knows {endpoint.model}.")
    mend = (
        "Correct OPENAI_API_KEY, OPENAI_BASE_URL or OPENAI_MODEL; until then the copilot uses stored facts."
    )
    return Finding("model", State.FAILED, f"{place}: {wrong}", mend)


def _show(findings: list[Finding]) -> None:
    table = Table(show_edge=False, pad_edge=False)
    for name in ("Check", "", "What", "How to mend"):
        table.add_column(name, overflow="fold")
    for finding in findings:
        colour = _COLOURS[finding.state]
        state = f"[{colour}]{finding.state}[/]"
        table.add_row(escape(finding.check), state, escape(finding.what), escape(finding.mend))
    Console(highlight=False).print(table)
