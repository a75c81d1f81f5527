"""What one process announces about a workspace changes nothing for the others of a process."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.bootstrap import Parts, assemble
from bot.connection import slack_session
from bot.ending import end
from bot.notifications import listen
from bot.run import announcements
from bot.team import Team
from bot.vault import Vault
from storage import calls, installations
from storage.db import Database
from tests.support.front import front
from tests.support.office import NOW, Office
from tests.support.sandbox import DEFAULT_WORKSPACE, ROOT, SandboxProcess, until
from tests.support.wired import OTHER, make_settings

CHANNEL, METHOD = "C0SUPPORT", "reactions.add"
TOKENS = {"T0SHOP": "xoxb-shop", "T0BRANCH": "xoxb-branch"}
SITES = "sites: [{key: shop, title: Shop, slack_channel: support, workspace: T0SHOP}]"
ROLES = "agents: {groups: [care]}"


@dataclass
class Place:
    """A workspace, and the part of the process that serves it."""

    slack: SandboxProcess
    team: Team

    async def count(self, method: str) -> int:
        """How often the method was called with this workspace's token: the front tries each."""
        made = (await self.slack.calls())["calls"]
        return sum((call["method"], call["result"]) == (method, "ok") for call in made)

    async def ask_for_a_reaction(self) -> None:
        ts = (await self.slack.act("U0MAYA", "post", channel=CHANNEL, text="x"))["ts"]
        bot = self.team.bot
        case = (await Office(bot.db, bot.workspace_id).case(channel=CHANNEL)).case_id
        async with bot.db.transaction() as tx:
            payload = {"ts": ts, "name": "eyes"}
            await calls.add(tx, bot.workspace_id, CHANNEL, case, "reaction", payload)


@pytest.fixture
async def sandboxes(tmp_path: Path) -> AsyncIterator[list[SandboxProcess]]:
    """Two workspaces, each with the same user group."""
    started = []
    for team, token in TOKENS.items():
        seed = copy.deepcopy(DEFAULT_WORKSPACE)
        seed["team"] = {"id": team, "name": team.title(), "domain": team.lower()}
        seed["app"] |= {"bot_token": token}
        started.append(SandboxProcess(tmp_path / team, workspace=seed, manifest=ROOT / "manifest.yml"))
        started[-1].start()
        await started[-1].do("set_usergroup", usergroup="S0CARE", handle="care", users=[OTHER])
    yield started
    for slack in started:
        await slack.close()


@pytest.fixture
async def parts(
    sandboxes: list[SandboxProcess], database: Database, database_url: str, tmp_path: Path
) -> AsyncIterator[Parts]:
    """One process that serves both, and minds Slack's limits."""
    settings = make_settings(sandboxes[0], database_url, tmp_path, ROLES)
    (settings.config_dir / "sites.yml").write_text(SITES)
    vault = Vault(settings.encryption_secrets)
    for team, token in TOKENS.items():
        await installations.save(
            database,
            team=team,
            name=team,
            url="",
            bot_user="U0COPILOT",
            bot="B0COPILOT",
            token=vault.seal(team, token),
            scopes=["chat:write"],
            installed_by="U0ADA",
            now=NOW,
        )
    async with front(*sandboxes) as slack:
        change = {
            "slack_bot_token": None,
            "slack_client_id": "1.2",
            "slack_client_secret": SecretStr("secret"),
            "public_url": "https://cx.example",
            "slack_api_url": f"{slack.address}/api/",
            "post_interval_seconds": 1.0,
        }
        settings = settings.model_copy(update=change)
        async with slack_session(settings) as connect:
            yield await assemble(settings, database, connect)


@pytest.fixture
def places(sandboxes: list[SandboxProcess], parts: Parts) -> list[Place]:
    teams = {team.bot.slack.team: team for team in parts.teams}
    return [Place(slack, teams[team]) for slack, team in zip(sandboxes, TOKENS, strict=True)]


@asynccontextmanager
async def hearing(parts: Parts) -> AsyncIterator[asyncio.Event]:
    """The process hears; the event is set by a NOTIFY on cx_test, after what was announced before it."""
    heard = asyncio.Event()
    listening = asyncio.create_task(
        listen(parts.shared.db, {**announcements(parts), "cx_test": lambda _: heard.set()})
    )
    try:
        async with asyncio.timeout(10):
            while not heard.is_set():
                await parts.shared.db.fetch("SELECT pg_notify('cx_test', '')")
                await asyncio.sleep(0.02)
        heard.clear()
        yield heard
    finally:
        await end(listening)


async def test_a_rest_that_slack_wants_is_for_the_workspace_it_was_said_to(
    parts: Parts, places: list[Place]
) -> None:
    shop, branch = places
    async with hearing(parts) as heard:
        await calls.announce_rest(parts.shared.db, shop.team.bot.workspace_id, METHOD, 60)
        await parts.shared.db.fetch("SELECT pg_notify('cx_test', '')")
        await asyncio.wait_for(heard.wait(), 5)
    for place in places:
        await place.ask_for_a_reaction()
    running = [asyncio.create_task(place.team.bot.caller.run()) for place in places]

    async def made() -> bool:
        return await branch.count(METHOD) == 1

    try:
        await until(made, 10)
        assert await shop.count(METHOD) == 0
    finally:
        await end(*running)


async def test_groups_that_change_are_asked_for_in_their_workspace_only(
    parts: Parts, places: list[Place]
) -> None:
    shop, branch = places

    async def asked() -> list[int]:
        for place in places:
            await place.team.bot.gate.standing(OTHER)
        return [await place.count("usergroups.list") for place in (shop, branch)]

    before = await asked()
    assert await asked() == before, "they are believed for a while"
    event = {"type": "subteam_members_changed", "subteam_id": "S0CARE", "event_ts": "1.1"}
    async with hearing(parts) as heard:
        start = await shop.team.inbox.store({"event_id": "Ev1", "team_id": "T0SHOP", "event": event})
        assert start is not None
        start()

        async def handled() -> bool:
            return bool(await parts.shared.db.fetch("SELECT id FROM inbox WHERE done_at IS NOT NULL"))

        await until(handled, 10)
        await parts.shared.db.fetch("SELECT pg_notify('cx_test', '')")
        await asyncio.wait_for(heard.wait(), 5)
    assert await asked() == [before[0] + 1, before[1]]
