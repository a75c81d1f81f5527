"""``cx doctor`` in front of a real database and the local Slack workspace."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import yaml
from pydantic import SecretStr

from bot.console import read_settings
from bot.doctor import examine
from bot.doctor_receipts import receipts
from bot.finding import State
from bot.settings import PROJECT_DIR, Settings
from bot.upkeep import take_files
from bot.vault import Vault
from bot.web.uploads import FileStore
from flows import arrive, intake
from storage import embedded, installations
from storage.config import read_sites
from storage.db import Database
from tests.flows.test_arrive import MAIL
from tests.support.office import NOW, open_office
from tests.support.sandbox import (
    APP_TOKEN,
    BOT_TOKEN,
    DEFAULT_WORKSPACE,
    ROOT,
    SandboxProcess,
)
from tests.support.source import SECRET


@pytest.fixture
def settings(slack: SandboxProcess, database_url: str, tmp_path: Path) -> Settings:
    """Those of a company whose installation is in order."""
    return read_settings(
        home=tmp_path,
        config_dir=PROJECT_DIR / "config",
        database_url=database_url,
        slack_bot_token=SecretStr(BOT_TOKEN),
        slack_app_token=SecretStr(APP_TOKEN),
        slack_signing_secret=None,
        slack_api_url=slack.api_url,
        secret_key=SecretStr("a long random text"),
        chat_secrets={"shop": "key"},
        demo=False,
        crash_at=None,
        openai_api_key=None,
        openai_base_url=None,
        openai_model="m",
    )


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "300")


async def report(settings: Settings, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    status = await examine(settings)
    return status, capsys.readouterr().out


async def test_an_installation_in_order(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    status, said = await report(settings, capsys)
    assert status == 0, said
    for words in (
        "answers and is up to date",
        "CX_SECRET_KEY is set",
        "Signed-in visitors can be verified",
        "in Northwind, with all scopes",
        "Socket Mode opens",
        "#support (shop)",
        "none stuck",
        "files belongs to this database",
        "without a model",
        "none named; the copilot suggests none",
    ):
        assert words in said
    assert BOT_TOKEN not in said


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"slack_bot_token": None}, "SLACK_BOT_TOKEN is not set."),
        ({"slack_bot_token": SecretStr("xoxb-wrong")}, "Slack answers invalid_auth."),
        ({"slack_app_token": None}, "SLACK_APP_TOKEN is not set."),
        ({"slack_app_token": SecretStr("xapp-wrong")}, "Slack refuses SLACK_APP_TOKEN: invalid_auth."),
        ({"slack_api_url": "http://127.0.0.1:1/api/"}, "Slack cannot be reached at http://127.0.0.1:1/api/."),
        ({"secret_key": None}, "CX_SECRET_KEY is not set."),
        ({"database_url": "postgresql://127.0.0.1:1/cx"}, "Connection refused. Check DATABASE_URL."),
        ({"config_dir": Path("/nowhere")}, "/nowhere/sites.yml"),
    ],
)
async def test_what_stops_a_start_is_named(
    settings: Settings, capsys: pytest.CaptureFixture[str], change: dict[str, object], words: str
) -> None:
    status, said = await report(settings.model_copy(update=change), capsys)
    assert status == 2
    assert words in said
    assert "blocks" in said


async def test_with_a_signing_secret_the_app_token_is_optional(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    change = {"slack_app_token": None, "slack_signing_secret": SecretStr("s")}
    status, said = await report(settings.model_copy(update=change), capsys)
    assert status == 0
    assert "only `cx run --http` works" in said


async def test_departments_are_counted_and_their_mistakes_named(
    settings: Settings, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    sample = PROJECT_DIR / "config" / "departments.sample.yml"
    (tmp_path / "sites.yml").write_text((PROJECT_DIR / "config" / "sites.yml").read_text())
    (tmp_path / "departments.yml").write_text(
        sample.read_text().replace("channel: shipping", "channel: quiet")
    )
    own = settings.model_copy(update={"config_dir": tmp_path})
    status, said = await report(own, capsys)
    assert (status, "2 in departments.yml" in said, "#quiet (shipping)" in said) == (0, True, True), said
    (tmp_path / "departments.yml").write_text(sample.read_text())
    status, said = await report(own, capsys)
    assert (status, "no such channel: the department cannot be asked" in said) == (1, True), said
    (tmp_path / "departments.yml").write_text("departments: [{key: a, name: A}]")
    status, said = await report(own, capsys)
    assert (status, "departments.yml, line 1: this department needs `examples`" in said) == (2, True), said


async def test_macros_are_counted_and_their_mistakes_named(
    settings: Settings, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    sample = (PROJECT_DIR / "config" / "macros.sample.yml").read_text()
    (tmp_path / "sites.yml").write_text((PROJECT_DIR / "config" / "sites.yml").read_text())
    own = settings.model_copy(update={"config_dir": tmp_path})
    (tmp_path / "macros.yml").write_text(sample)
    status, said = await report(own, capsys)
    assert (status, "2 in macros.yml" in said) == (0, True), said
    (tmp_path / "macros.yml").write_text(sample.replace("order {order} is", "order {oder} is"))
    status, said = await report(own, capsys)
    assert (status, "`{oder}` is no placeholder; did you mean `order`?" in said) == (2, True), said


async def test_hours_and_processes_are_looked_at_together(
    settings: Settings, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "sites.yml").write_text((PROJECT_DIR / "config" / "sites.yml").read_text())
    own = settings.model_copy(update={"config_dir": tmp_path})
    process = (
        "processes: [{key: a, name: A, examples: [b, c], calendar: office, steps: [{name: B, time: 1h}]}]"
    )
    (tmp_path / "processes.yml").write_text(process)
    status, said = await report(own, capsys)
    assert (status, "`office` is the key of no calendar" in said) == (2, True), said
    assert "what runs goes on with what it read before" in said
    (tmp_path / "hours.yml").write_text((PROJECT_DIR / "config" / "hours.sample.yml").read_text())
    status, said = await report(own, capsys)
    assert (status, "1 in processes.yml, 1 with steps; hours: office, warehouse" in said) == (0, True), said
    (tmp_path / "hours.yml").write_text("calendars: [{key: office, time_zone: Europe/Warsow, week: {}}]")
    status, said = await report(own, capsys)
    assert (status, "hours.yml, line 1: “Europe/Warsow” is no time zone" in said) == (2, True), said


async def test_a_channel_that_the_bot_does_not_see(
    settings: Settings, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    sites = "sites: [{key: shop, title: Shop, slack_channel: nowhere, allowed_origins: ['*']}]"
    (tmp_path / "sites.yml").write_text(sites)
    status, said = await report(settings.model_copy(update={"config_dir": tmp_path}), capsys)
    assert status == 2
    assert "The bot sees no such channel." in said


async def test_the_channels_of_routes_are_looked_at_too(
    settings: Settings, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    sites = (
        "{key: shop, title: Shop, slack_channel: support, routes: [{language: pl, slack_channel: nowhere}]}"
    )
    (tmp_path / "sites.yml").write_text(f"sites: [{sites}]")
    status, said = await report(settings.model_copy(update={"config_dir": tmp_path}), capsys)
    assert status == 2
    assert "#support (shop)" in said
    assert "#nowhere (shop, pl)" in said


async def test_a_channel_that_the_bot_will_join(
    settings: Settings, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    sites = "sites: [{key: shop, title: Shop, slack_channel: quiet, allowed_origins: ['*']}]"
    (tmp_path / "sites.yml").write_text(sites)
    status, said = await report(settings.model_copy(update={"config_dir": tmp_path}), capsys)
    assert status == 0
    assert "`cx run` joins it." in said


@pytest.mark.parametrize(
    ("roles", "status", "words"),
    [
        ("", 0, "every full member is an agent"),
        ("agents: {members: [U0MAYA]}", 0, "Is Maya Lindqvist."),
        ("agents: {members: [U0GUS]}", 1, "Gus Guest is a guest, a bot, from elsewhere, or no member"),
        ("agents: {members: [U0NOBODY]}", 1, "Slack knows nobody of that id."),
        ("agents: {groups: [nowhere]}", 2, "Slack has no such user group."),
        ("agents: nobody", 2, "roles.yml, line 1: here a mapping"),
    ],
)
async def test_who_is_what(
    settings: Settings,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    roles: str,
    status: int,
    words: str,
) -> None:
    sites = "sites: [{key: shop, title: Shop, slack_channel: support, allowed_origins: ['*']}]"
    (tmp_path / "sites.yml").write_text(sites)
    (tmp_path / "roles.yml").write_text(roles)
    ended, said = await report(settings.model_copy(update={"config_dir": tmp_path}), capsys)
    assert ended == status, said
    assert words in said


async def test_secrets_of_sites_that_do_not_exist(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    status, said = await report(settings.model_copy(update={"chat_secrets": {"shpo": "key"}}), capsys)
    assert status == 1
    assert "CX_CHAT_SECRETS names shpo, which is not in sites.yml." in said
    assert "visitors whom the site has signed in are refused" in said


async def test_missing_scopes_are_named(
    settings: Settings, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    manifest: dict[str, Any] = yaml.safe_load((ROOT / "manifest.yml").read_text())
    manifest["oauth_config"]["scopes"]["bot"].remove("reactions:write")
    slack = SandboxProcess(tmp_path / "slack", workspace=DEFAULT_WORKSPACE, manifest=manifest)
    slack.start()
    try:
        status, said = await report(settings.model_copy(update={"slack_api_url": slack.api_url}), capsys)
    finally:
        await slack.close()
    assert status == 1
    assert "Scopes are missing: reactions:write." in said


async def test_stuck_rows_are_shown_with_slacks_reason(
    settings: Settings, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    await database.fetch(
        """INSERT INTO workspaces (team_id, name, bot_user_id, bot_id, created_at)
           VALUES ('T1', 'Shop', 'U1', 'B1', now())"""
    )
    await database.fetch(
        """INSERT INTO inbox (workspace_id, event_id, kind, event, dead_at, last_error)
           SELECT id, 'E1', 'message', '{}', now(), 'KeyError [bold]' FROM workspaces"""
    )
    status, said = await report(settings, capsys)
    assert status == 1
    assert "stuck: event" in said
    assert "1 in message: KeyError [bold]" in said


async def test_fault_41_replies_that_were_given_up_are_shown(
    settings: Settings, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    office = await open_office(database)
    await arrive.receive(database, replace(MAIL, workspace_id=office.workspace), NOW, intake.accept)
    await database.fetch(
        """INSERT INTO messages (workspace_id, case_id, conversation_id, seq, direction, author_name, text,
                                 created_at)
           SELECT workspace_id, case_id, id, 2, 'out', 'Anna', 'Yes', now() FROM conversations"""
    )
    await database.fetch("UPDATE deliveries SET next_at = now() - interval '1 hour'")
    assert "1 wait for more than five minutes." in (await report(settings, capsys))[1]
    await database.fetch("UPDATE deliveries SET state = 'failed'")
    status, said = await report(settings, capsys)
    assert status == 1
    assert "1 failed, of 0 nobody knows whether they arrived." in said


async def test_sources_of_the_channel_api_are_looked_at(
    settings: Settings, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    shutil.copy(PROJECT_DIR / "config" / "sites.yml", tmp_path)
    shutil.copy(PROJECT_DIR / "config" / "sources.sample.yml", tmp_path / "sources.yml")
    secrets = {"reviews": SECRET, "nobody": SECRET}
    changed = settings.model_copy(update={"config_dir": tmp_path, "api_secrets": secrets})
    _, said = await report(changed, capsys)
    assert "Has no secret: all its requests are refused." in said
    assert "Takes no replies: what is sent there fails." in said
    assert "CX_API_SECRETS names nobody, which is not in sources.yml." in said
    (tmp_path / "sources.yml").write_text("sources:\n  - key: X\n")
    assert "sources.yml, line 2: a source needs `title`." in (await report(changed, capsys))[1]


def test_receipts_need_an_address_that_customers_reach(settings: Settings, tmp_path: Path) -> None:
    source = "{key: desk, title: Desk, slack_channel: support, deliver_to: 'https://x/', receipts: true}"
    (tmp_path / "sources.yml").write_text(f"sources: [{source}]\n")
    (tmp_path / "mailboxes.yml").write_text("mailboxes: nothing that can be read")
    sites = read_sites(settings.config_dir)

    def said(*, on: bool = True, **changes: object) -> list[tuple[State, str]]:
        changed = settings.model_copy(update={"config_dir": tmp_path} | changes)
        told = {key: replace(site, receipts=on) for key, site in sites.items()}
        return [(each.state, f"{each.what} {each.mend}") for each in receipts(changed, told)]

    on = "On for `shop` in sites.yml, `desk` in sources.yml"
    ((state, words),) = said(host="0.0.0.0", public_url=None)
    assert (state, words.startswith(f"{on}, but"), "without a link" in words) == (State.NOTE, True, True)
    assert "Set CX_PUBLIC_URL" in words
    ((state, words),) = said(host="127.0.0.1", public_url=None)
    assert (state, "http://127.0.0.1:" in words, "Set CX_PUBLIC_URL" in words) == (State.NOTE, True, True)
    ((state, words),) = said(public_url="http://localhost:8080")
    assert (state, "http://localhost:8080, which customers do not reach" in words) == (State.NOTE, True)
    assert said(public_url="http://[nonsense")[0][0] == State.NOTE
    ((state, words),) = said(public_url="https://cx.example.com/")
    assert (state, words.strip()) == (State.GOOD, f"{on}; their links lead to https://cx.example.com.")
    (tmp_path / "sources.yml").unlink()
    assert said(on=False) == []


async def test_without_a_database_of_its_own_yet(
    settings: Settings, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    status, said = await report(settings.model_copy(update={"database_url": None}), capsys)
    assert status == 0
    assert "`cx run` makes its own PostgreSQL" in said
    assert not embedded.data_folder(tmp_path).exists()


async def test_a_model_that_does_not_answer_is_named(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = {"openai_api_key": SecretStr("sk-secret"), "openai_base_url": "http://127.0.0.1:9/v1"}
    status, said = await report(settings.model_copy(update=gone), capsys)
    assert status == 1
    assert "it cannot be reached" in said
    assert "sk-secret" not in said


async def test_installations_by_oauth_are_checked_one_by_one(
    settings: Settings, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    change = {
        "slack_bot_token": None,
        "slack_client_id": "1.2",
        "slack_client_secret": None,
        "public_url": "https://cx.example/",
        "encryption_keys": SecretStr("new"),
    }
    for team, key, token in (
        ("T0SHOP", "a long random text", BOT_TOKEN),
        ("T0LOST", "another key", BOT_TOKEN),
        ("T0DEAD", "new", "xoxb-dead"),
    ):
        await installations.save(
            database,
            team=team,
            name=team,
            url="",
            bot_user="U0COPILOT",
            bot="B0COPILOT",
            token=Vault([key]).seal(team, token),
            scopes=[],
            installed_by="U0ADA",
            now=datetime.now(UTC),
        )
    status, said = await report(settings.model_copy(update=change), capsys)
    assert status == 2
    for words in (
        "CX_SLACK_CLIENT_SECRET is not set.",
        "Slack must know the redirect URL https://cx.example/slack/oauth_redirect.",
        "Several workspaces are installed, and it does not say whose it is.",
        "in Northwind, with all scopes",
        "The stored token of the workspace T0LOST cannot be decrypted",
        "Slack answers invalid_auth.",
        "Socket Mode opens",
    ):
        assert words in said
    assert "SLACK_BOT_TOKEN is not set" not in said
    assert "xoxb-" not in said


async def test_files_of_another_database_are_told(
    settings: Settings,
    database: Database,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "1000")
    store = FileStore(settings.home / "files", 1_000)
    await store.take(uuid4())
    status, said = await report(settings, capsys)
    assert status == 1
    assert f"{store.folder} belongs to another database" in said
    assert f"remove {store.mark} and restart" in said
    store.mark.unlink()
    assert await take_files(database, store)
    assert (await report(settings, capsys))[0] == 0


async def test_the_crm_s_token_may_stand_in_the_file_of_settings(
    settings: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shutil.copytree(PROJECT_DIR / "config", tmp_path / "config")
    shutil.copy(tmp_path / "config" / "crm.sample.yml", tmp_path / "config" / "crm.yml")
    monkeypatch.chdir(tmp_path)
    settings = settings.model_copy(update={"config_dir": tmp_path / "config"})
    assert "CX_CRM_TOKEN, which crm.yml names, is not set." in (await report(settings, capsys))[1]
    (tmp_path / ".env").write_text("CX_CRM_TOKEN=secret\n")
    status, said = await report(settings, capsys)
    assert "Orders and profiles come from shop.example.com." in said
    assert status == 0


async def test_drafts_that_cannot_come_by_themselves_are_named(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = settings.model_copy(update={"draft_on_arrival": True})
    status, said = await report(settings, capsys)
    assert "CX_DRAFT_ON_ARRIVAL is on, but no model is set" in said
    assert status == 0
