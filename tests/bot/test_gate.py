"""Roles at the moment of the act: a real database, the local Slack workspace, and the bot's own handlers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.context import Bot
from bot.directory import Directory
from bot.listeners import actions
from bot.listeners.events import propose_message
from bot.settings import Settings
from cases.actor import Actor
from cases.errors import ConfigError, GuestsMayNot, NotAllowed
from cases.roles import Act, Role
from storage.db import Database
from tests.support import postgres
from tests.support.office import Office
from tests.support.sandbox import SandboxProcess
from tests.support.wired import ADMIN, AGENT, GUEST, OTHER, ROLES, make_settings, wired


@pytest.fixture
def settings(slack: SandboxProcess, database_url: str, tmp_path: Path) -> Settings:
    return make_settings(slack, database_url, tmp_path)


@pytest.fixture
async def bot(settings: Settings, database: Database) -> AsyncIterator[Bot]:
    async with wired(settings, database) as parts:
        yield parts.bot


def payload(user: str, value: str = "") -> dict[str, Any]:
    """What Slack sends of any click, form, shortcut or command, as far as the gate reads it."""
    return {
        "user": {"id": user},
        "user_id": user,
        "channel": {"id": "C0SUPPORT"},
        "text": "status",
        "message": {"ts": "1.5"},
        "actions": [{"value": value or str(uuid4())}],
        "response_url": "http://127.0.0.1:1/",
        "view": {
            "type": "modal",
            "private_metadata": f'{{"case": "{uuid4()}", "form": "f", "seen": 1}}',
            "blocks": [],
            "state": {
                "values": {
                    "how": {"how": {"selected_option": {"value": "tell"}}},
                    "text": {"text": {"value": "Bye"}},
                    "reason": {"reason": {}},
                }
            },
        },
    }


async def refusals(bot: Bot) -> list[tuple[str, str]]:
    rows = await bot.db.fetch("SELECT actor, detail FROM audit WHERE action = 'act.refused' ORDER BY id")
    return [(row["actor"], row["detail"]["why"]) for row in rows]


@dataclass
class Door:
    """A bot that all who only knock share, and what it has written down since this test began."""

    bot: Bot
    since: int

    async def refusals(self) -> list[tuple[str, str]]:
        return (await refusals(self.bot))[self.since :]


@pytest.fixture(scope="module")
async def doorkeeper(
    slack: SandboxProcess, postgres_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Bot]:
    with postgres.fresh_database(postgres_url) as url:
        db = Database(url)
        await db.open()
        async with wired(make_settings(slack, url, tmp_path_factory.mktemp("door")), db) as parts:
            yield parts.bot
        await db.close()


@pytest.fixture
async def door(doorkeeper: Bot) -> Door:
    return Door(doorkeeper, len(await refusals(doorkeeper)))


EVERY = {**actions.ACTIONS, **actions.COMMANDS, **actions.MESSAGE_SHORTCUTS}


@pytest.mark.parametrize("name", sorted(EVERY))
async def test_every_click_shortcut_and_command_asks_first_who_it_is(door: Door, name: str) -> None:
    with pytest.raises(GuestsMayNot) as refused:
        await EVERY[name](door.bot, payload(GUEST))
    assert await door.refusals() == [(GUEST, refused.value.sentence)]


async def test_the_reaction_asks_too(bot: Bot) -> None:
    with pytest.raises(NotAllowed, match="write to customers"):
        await propose_message(bot, "C0SUPPORT", "1.5", OTHER)
    assert await refusals(bot) == [(OTHER, "Only agents and supervisors can write to customers.")]


FOR_EVERYBODY = {"ask_answer_form", "ask_later_form", "ask_need_more_form", "ask_not_us_form", "snooze_form"}
"""Any full member who is in the department's channel."""


@pytest.mark.parametrize("form", sorted(actions.VIEWS))
@pytest.mark.parametrize("user", [GUEST, OTHER])
async def test_every_form_asks_too(door: Door, user: str, form: str) -> None:
    said: dict[str, Any] = {}

    async def ack(**answer: Any) -> None:
        said.update(answer)

    await actions.VIEWS[form](door.bot, payload(user), ack)  # type: ignore[arg-type]
    assert said["response_action"] == ("update" if form == "ask_confirm" else "errors")
    refused = [] if user == OTHER and form in FOR_EVERYBODY else [user]
    assert [actor for actor, _ in await door.refusals()] == refused


@pytest.mark.parametrize(
    ("user", "act", "allowed"),
    [
        (AGENT, Act.CLOSE, True),
        (ADMIN, Act.CLOSE, True),
        (OTHER, Act.CLOSE, False),
        (OTHER, Act.HELP, True),
        (GUEST, Act.HELP, False),
        ("U0NOBODY", Act.HELP, False),
    ],
)
async def test_who_may_do_what(bot: Bot, user: str, act: Act, allowed: bool) -> None:
    if allowed:
        assert (await bot.gate.admit(payload(user), act)).id == user
        assert await refusals(bot) == []
        return
    with pytest.raises(NotAllowed):
        await bot.gate.admit(payload(user), act)
    assert [actor for actor, _ in await refusals(bot)] == [user]


async def test_who_loses_the_role_while_a_draft_is_open_does_not_send_it(
    bot: Bot, settings: Settings
) -> None:
    """FAULTS 46."""
    office = Office(bot.db, bot.workspace_id)
    case = await office.case(channel="C0SUPPORT")
    draft = await office.preview(case.case_id, actor=Actor(AGENT, "Maya"))
    settings.roles_file.write_text(ROLES.replace(AGENT, "U0SOMEBODY"))
    bot.directory.reload()
    with pytest.raises(NotAllowed, match="can write to customers"):
        await actions.send(bot, payload(AGENT, str(draft)))
    state = "SELECT state FROM drafts"
    assert await office.column(state) == ["preview"]
    await actions.cancel(bot, payload(AGENT, str(draft)))
    assert await office.column(state) == ["cancelled"]


async def test_a_file_with_a_mistake_leaves_the_roles_as_they_were(bot: Bot, settings: Settings) -> None:
    settings.roles_file.write_text("agents: nobody")
    bot.directory.reload()
    assert (await bot.gate.standing(AGENT)).roles == {Role.AGENT}
    settings.roles_file.unlink()
    bot.directory.reload()
    assert (await bot.gate.standing(OTHER)).roles == {Role.AGENT}
    assert (await bot.gate.standing(ADMIN)).roles == {Role.AGENT, Role.SUPERVISOR}


async def test_a_group_that_slack_does_not_have_stops_the_start(
    settings: Settings, database: Database
) -> None:
    settings.roles_file.write_text("agents:\n  groups: [nowhere]")
    with pytest.raises(ConfigError, match="the Slack user group “nowhere”"):
        async with wired(settings, database):
            pass


async def test_a_start_without_slack_says_so(tmp_path: Path) -> None:
    path = tmp_path / "roles.yml"
    path.write_text("agents:\n  groups: [care]")
    directory = Directory(AsyncWebClient("xoxb-1", base_url="http://127.0.0.1:1/"), path)
    with pytest.raises(ConfigError, match="does not say who is in its user groups"):
        await directory.check()


async def test_a_user_group_counts_until_the_moment_somebody_leaves_it(
    slack: SandboxProcess, settings: Settings, database: Database
) -> None:
    """FAULTS 46, by user group: told by Slack's event, and asked again by itself."""
    await slack.do("set_usergroup", usergroup="S0CARE", handle="care", users=[AGENT, OTHER])
    settings.roles_file.write_text("agents: {groups: [care]}\nsupervisors: {groups: [S0CARE]}")
    async with wired(settings, database) as parts:
        gate = parts.bot.gate
        assert (await gate.standing(OTHER)).roles == {Role.AGENT, Role.SUPERVISOR}
        await slack.do("set_usergroup", usergroup="S0CARE", users=[AGENT])
        told = {"type": "subteam_members_changed", "subteam_id": "S0CARE", "event_ts": "1.1"}
        start = await parts.inbox.store({"event_id": "Ev1", "event": told})
        assert start is not None
        async with await database.dedicated() as replica:
            await replica.execute("LISTEN cx_groups")
            start()
            async for _ in replica.notifies(timeout=5, stop_after=1):
                parts.bot.directory.forget()
        assert (await gate.standing(OTHER)).roles == frozenset()
        with pytest.raises(NotAllowed):
            await gate.admit(payload(OTHER), Act.SEND)
        assert (await gate.standing(AGENT)).roles == {Role.AGENT, Role.SUPERVISOR}
