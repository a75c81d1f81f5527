"""Which workspaces a process serves, and which of them each chat site belongs to."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from slack_sdk.web.async_client import AsyncWebClient

from bot.bootstrap import assemble
from bot.connection import slack_session
from bot.settings import Settings
from bot.teams import Teams
from bot.vault import Vault
from bot.workspace import Workspace
from cases.enums import Channel
from cases.errors import ConfigError, Unavailable
from storage import installations
from storage.db import Database
from tests.support.office import NOW
from tests.support.sandbox import BOT_TOKEN, SandboxProcess
from tests.support.wired import make_settings

KEY = "a long random text"


@pytest.fixture
def settings(slack: SandboxProcess, database_url: str, tmp_path: Path) -> Settings:
    """A server that the app can be installed from."""
    oauth = {
        "slack_bot_token": None,
        "slack_client_id": "1.2",
        "slack_client_secret": SecretStr("secret"),
        "public_url": "https://cx.example",
    }
    return make_settings(slack, database_url, tmp_path, roles=None).model_copy(update=oauth)


async def install(db: Database, team: str, *, token: str = BOT_TOKEN, key: str = KEY) -> int:
    return await installations.save(
        db,
        team=team,
        name=team,
        url="",
        bot_user="U0COPILOT",
        bot="B0COPILOT",
        token=Vault([key]).seal(team, token),
        scopes=["chat:write"],
        installed_by="U0ADA",
        now=NOW,
    )


@asynccontextmanager
async def opened(settings: Settings, db: Database) -> AsyncIterator[Teams]:
    async with slack_session(settings) as connect:
        yield (await assemble(settings, db, connect)).teams


def names(teams: Teams) -> list[str]:
    return [team.bot.slack.team for team in teams]


def click(team: str) -> dict[str, Any]:
    return {"type": "block_actions", "team": {"id": team}, "user": {"id": "U0MAYA"}}


async def test_its_own_workspace_is_waited_for_where_it_was_open_before(
    slack: SandboxProcess, database: Database, database_url: str, tmp_path: Path
) -> None:
    own = make_settings(slack, database_url, tmp_path)
    try:
        await slack.do("revoke_token")
        with pytest.raises(ConfigError, match="Slack refuses SLACK_BOT_TOKEN: token_revoked"):
            async with opened(own, database):
                """It never was: nobody could be served."""
        await slack.do("restore_token")
        async with opened(own, database) as teams:
            assert (names(teams), teams.trouble()) == (["T0SHOP"], None)
        await slack.do("revoke_token")
        async with opened(own, database) as teams:
            assert names(teams) == []
            assert teams.sites["shop"].slack_channel == "C0SUPPORT"
            assert teams.trouble() == "Slack refuses SLACK_BOT_TOKEN: token_revoked."
            with pytest.raises(Unavailable):
                teams.of(click("T0SHOP"))
            await teams.look()
            assert names(teams) == []
            await slack.do("restore_token")
            await teams.look()
            assert (names(teams), teams.trouble()) == (["T0SHOP"], None)
    finally:
        await slack.do("restore_token")


async def test_it_starts_empty_and_opens_what_is_installed(settings: Settings, database: Database) -> None:
    async with opened(settings, database) as teams:
        assert (names(teams), teams.sites) == ([], {})
        await install(database, "T0SHOP")
        await teams.look()
        assert names(teams) == ["T0SHOP"]
        assert teams.sites["shop"].slack_channel == "C0SUPPORT"
        found = teams.of(click("T0SHOP"))
        assert found is not None
        assert found.bot.sealed is not None
        assert teams.of(click("T0ELSE")) is None


async def test_one_that_cannot_be_opened_stops_none_and_gets_its_events_again(
    settings: Settings, database: Database
) -> None:
    (settings.config_dir / "sites.yml").write_text(
        "sites: [{key: shop, title: Shop, slack_channel: support, workspace: T0SHOP}]"
    )
    await install(database, "T0DEAD", token="xoxb-dead")
    await install(database, "T0LOST", key="a key that is gone")
    await install(database, "T0SHOP")
    async with opened(settings, database) as teams:
        assert names(teams) == ["T0SHOP"]
        for team in ("T0DEAD", "T0LOST"):
            with pytest.raises(Unavailable):
                teams.of(click(team))


async def test_a_workspace_that_took_the_app_out_waits_while_its_customers_write(
    settings: Settings, database: Database
) -> None:
    workspace = await install(database, "T0SHOP")
    async with opened(settings, database) as teams:
        (team,) = teams
        assert team.bot.sealed is not None
        async with database.transaction() as tx:
            await installations.revoke_in(tx, workspace, team.bot.sealed, "app_uninstalled", NOW)
        await teams.look()
        assert names(teams) == []
        assert teams.sites["shop"].workspace_id == workspace
        await install(database, "T0SHOP")
        await teams.look()
        assert names(teams) == ["T0SHOP"]


async def test_tokens_are_sealed_anew_with_the_first_key(settings: Settings, database: Database) -> None:
    await install(database, "T0SHOP")
    rotated = settings.model_copy(update={"encryption_keys": SecretStr("a new key, an older one")})
    async with opened(rotated, database) as teams:
        assert names(teams) == ["T0SHOP"]
        (row,) = await installations.listed(database)
        assert Vault(["a new key"]).open("T0SHOP", row["token"]) == BOT_TOKEN
        await teams.look()
        (team,) = teams
        assert team.bot.sealed == row["token"]


@pytest.mark.parametrize(
    ("site", "words"),
    [
        ("", r"installed: .*T0SHOP .*T0TWO.* Give the site “shop” in sites.yml a `workspace:`"),
        (", workspace: T0NONE", "gives the site “shop” the workspace T0NONE, but the app is installed only"),
    ],
)
async def test_sites_say_which_of_several_workspaces_they_are_of(
    settings: Settings, database: Database, site: str, words: str
) -> None:
    (settings.config_dir / "sites.yml").write_text(
        f"sites: [{{key: shop, title: Shop, slack_channel: support{site}}}]"
    )
    await install(database, "T0SHOP")
    await install(database, "T0TWO")
    change = {"slack_client_id": None, "slack_bot_token": SecretStr(BOT_TOKEN)}
    with pytest.raises(ConfigError, match=words):
        async with opened(settings.model_copy(update=change), database):
            pass


async def test_the_token_of_the_environment_wins_over_an_installation(
    settings: Settings, database: Database
) -> None:
    await install(database, "T0SHOP", token="xoxb-dead")
    own = settings.model_copy(update={"slack_bot_token": SecretStr(BOT_TOKEN)})
    async with opened(own, database) as teams:
        (team,) = teams
        assert team.bot.sealed is None


async def test_a_workspace_may_have_a_roles_file_of_its_own(settings: Settings, database: Database) -> None:
    await install(database, "T0SHOP")
    (settings.config_dir / "roles.yml").write_text("agents: {members: [U0TOM]}")
    (settings.config_dir / "roles.T0SHOP.yml").write_text("agents: {members: [U0MAYA]}")
    async with opened(settings, database) as teams:
        (team,) = teams
        assert team.bot.directory.book.members() == {"U0MAYA"}


async def test_without_an_address_of_its_own_there_is_no_way_back(
    settings: Settings, database: Database
) -> None:
    with pytest.raises(ConfigError, match="CX_PUBLIC_URL is not set"):
        async with opened(settings.model_copy(update={"public_url": None}), database):
            pass


ROUTED = """
sites:
  - key: shop
    title: Shop
    slack_channel: support
    routes: [{language: pl, slack_channel: returns}, {language: hu, slack_channel: %s}]
"""


async def test_the_channels_of_routes_are_found_and_joined(
    slack: SandboxProcess, database: Database, database_url: str, tmp_path: Path
) -> None:
    settings = make_settings(slack, database_url, tmp_path)
    (settings.config_dir / "sites.yml").write_text(ROUTED % "quiet")
    async with opened(settings, database) as teams:
        site, (team,) = teams.sites["shop"], teams
        assert (site.slack_channel, site.routes) == ("C0SUPPORT", {"pl": "C0RETURNS", "hu": "C0QUIET"})
        assert team.bot.case_channels[0] == "C0SUPPORT"
        assert set(team.bot.case_channels) == {"C0SUPPORT", "C0RETURNS", "C0QUIET"}
        assert (await team.bot.slack.client.conversations_info(channel="C0QUIET"))["channel"]["is_member"]


async def test_a_route_to_a_channel_that_is_not_there_stops_the_start(
    slack: SandboxProcess, database: Database, database_url: str, tmp_path: Path
) -> None:
    settings = make_settings(slack, database_url, tmp_path)
    (settings.config_dir / "sites.yml").write_text(ROUTED % "nowhere")
    with pytest.raises(ConfigError, match="“nowhere” \\(shop, hu\\), but the bot sees no such channel"):
        async with opened(settings, database):
            pass


@pytest.fixture
def own(
    slack: SandboxProcess, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Settings:
    """A company whose files count as soon as they are written."""
    monkeypatch.setattr("storage.watched.SETTLE_SECONDS", 0.0)
    return make_settings(slack, database_url, tmp_path)


MAILBOX = """
mailboxes:
  - {key: support, address: support@shop.example, name: Shop, slack_channel: %s, receipts: true,
     imap: {host: imap.shop.example, user: support}, smtp: {host: smtp.shop.example}}
"""


async def test_mailboxes_and_sources_are_read_again_and_a_mistake_keeps_the_old(
    database: Database, own: Settings
) -> None:
    own = own.model_copy(update={"mail_secrets": {"support": "secret"}})
    mailboxes, sources = own.config_dir / "mailboxes.yml", own.config_dir / "sources.yml"
    async with opened(own, database) as teams:
        before = list(teams)
        await teams.look()
        assert list(teams) == before, "nothing changed"
        mailboxes.write_text(MAILBOX % "support")
        sources.write_text("sources: [{key: desk, title: Desk, slack_channel: support}]")
        await teams.look()
        assert set(teams.entrances) == {(Channel.MAIL, "support"), (Channel.API, "desk")}
        (team,) = teams
        assert ("mail", "support") in team.bot.receipts
        for wrong in (MAILBOX % "nowhere", MAILBOX % "support" + "    oops"):
            mailboxes.write_text(wrong)
            await teams.look()
            assert set(teams.entrances) == {(Channel.MAIL, "support"), (Channel.API, "desk")}
            assert list(teams) == [team]
        assert teams.refuses, "what it can read and not serve"
        mailboxes.write_text(MAILBOX % "support")
        await teams.look()
        assert (list(teams), teams.refuses) == ([team], False), "taken back"
        mailboxes.unlink()
        await teams.look()
        assert (set(teams.entrances), teams.refuses) == ({(Channel.API, "desk")}, False)


async def test_what_cannot_be_served_now_is_tried_again(
    slack: SandboxProcess, database: Database, own: Settings
) -> None:
    file = own.config_dir / "sources.yml"
    named = "sources: [{key: %s, title: Desk, slack_channel: %s, receipts: true, deliver_to: 'https://x.example'}]"
    try:
        async with opened(own, database) as teams:
            (before,) = teams
            file.write_text(named % ("desk", "support"))
            place = teams._places["T0SHOP"]
            away = AsyncWebClient(base_url="http://127.0.0.1:9/api/", retry_handlers=[])
            elsewhere = replace(place.joined, slack=Workspace(away, "T0AWAY", "U1", "B1"))
            teams._places["T0AWAY"] = replace(place, joined=elsewhere)
            await teams.look()
            assert (next(iter(teams)), teams.refuses) == (before, True), "all workspaces or none"
            del teams._places["T0AWAY"]
            for method in ("conversations.list", "conversations.join"):
                await slack.faults({"kind": "error_429", "method": method, "times": 1})
                await teams.look()
                assert (list(teams), teams.refuses, teams.sources) == ([before], True, {})
            await teams.look()
            assert (teams.refuses, set(teams.entrances)) == (False, {(Channel.API, "desk")})
            file.write_text(named % ("shop", "made-later"))
            await teams.look()
            assert (teams.refuses, set(teams.sources)) == (True, {"desk"})
            # Whatever else has a workspace opened anew keeps what is served.
            await teams._open(teams._places["T0SHOP"].joined)
            assert ("api", "desk") in next(iter(teams)).bot.receipts
            await slack.do("create_channel", name="made-later")
            await teams.look()
            assert (teams.refuses, set(teams.sources)) == (False, {"shop"})
    finally:
        await slack.faults()
