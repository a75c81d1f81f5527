"""Who is what, changed by ``/cx settings``: the bot's own handlers, a real database, the local workspace."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.context import Bot
from bot.listeners.settings import VIEWS
from bot.settings import Settings
from cases.errors import NotAllowed
from cases.roles import Act, Role
from storage.db import Database
from tests.support.sandbox import SandboxProcess
from tests.support.wired import ADMIN, AGENT, GUEST, OTHER, make_settings, wired

ROLES = f"""agents: {{members: [{AGENT}, {ADMIN}]}}
supervisors: {{members: [{ADMIN}]}}
admins: {{members: [U0NOBODY]}}
departments:
  - {{key: dock, name: Dock, members: [{OTHER}]}}
"""


@pytest.fixture
def settings(slack: SandboxProcess, database_url: str, tmp_path: Path) -> Settings:
    return make_settings(slack, database_url, tmp_path, ROLES)


@pytest.fixture
async def bot(settings: Settings, database: Database) -> AsyncIterator[Bot]:
    async with wired(settings, database) as parts:
        yield parts.bot


async def submit(
    bot: Bot, form: str, user: str, values: dict[str, Any], metadata: str = "{}"
) -> dict[str, Any]:
    """Submit a form, as Slack tells us of it; the acknowledgement."""
    answers: list[dict[str, Any]] = []

    async def ack(**answer: Any) -> None:
        answers.append(answer)

    state = {block: {block: value} for block, value in values.items()}
    view = {
        "type": "modal",
        "id": "V1",
        "private_metadata": metadata,
        "blocks": [],
        "state": {"values": state},
    }
    await VIEWS[form](bot, {"user": {"id": user}, "view": view}, ack)  # type: ignore[arg-type]
    return answers[-1]


async def opened(bot: Bot, user: str = ADMIN) -> dict[str, Any]:
    chosen = {"part": {"selected_option": {"value": "roles:all"}}}
    view: dict[str, Any] = (await submit(bot, "settings_form", user, chosen))["view"]
    return view


async def save(
    bot: Bot, user: str = ADMIN, form: dict[str, Any] | None = None, **changed: str
) -> dict[str, Any]:
    """Write into the fields for supervisors, agents and the dock's leads, and save."""
    form = form or await opened(bot, user)
    shown = [block for block in form["blocks"] if block["type"] == "input" and block["block_id"] != "back"]
    names = ("supervisors", "agents", "lead")
    values = {}
    for name, block in zip(names, shown, strict=True):
        before = block["element"].get("initial_value")
        values[block["block_id"]] = {"value": changed.get(name, before)}
    return await submit(bot, "settings_part_form", user, values, form["private_metadata"])


async def roles_of(bot: Bot, user: str) -> set[Role]:
    return set((await bot.gate.standing(user)).roles)


async def test_supervisors_say_who_is_what_and_it_counts_at_once(bot: Bot, slack: SandboxProcess) -> None:
    await slack.do("set_usergroup", usergroup="S0CARE", handle="care", users=[OTHER])
    answer = await save(bot, supervisors=f"{ADMIN}\n{AGENT}", agents=f"@care, {ADMIN}", lead=OTHER)
    assert "in force from now on" in json.dumps(answer, ensure_ascii=False)
    assert await roles_of(bot, AGENT) == {Role.SUPERVISOR}
    assert await roles_of(bot, OTHER) == {Role.AGENT, Role.DEPARTMENT, Role.LEAD}
    noted = await bot.db.fetch(
        "SELECT actor, detail FROM audit WHERE action = 'settings.changed' ORDER BY id"
    )
    assert {note["actor"] for note in noted} == {ADMIN}
    assert noted[0]["detail"]["before"] == {"members": [ADMIN]}
    assert noted[0]["detail"]["value"] == {"members": [ADMIN, AGENT]}
    assert "Changed by" in json.dumps(await opened(bot, AGENT))
    form = await opened(bot, ADMIN)
    fields = {"back": {"selected_options": [{"value": "back"}]}}
    await submit(bot, "settings_part_form", ADMIN, fields, form["private_metadata"])
    assert await roles_of(bot, AGENT) == {Role.AGENT}


@pytest.mark.parametrize(
    ("field", "text", "words"),
    [
        ("agents", "Maya", "no user group such as @customer-care"),
        ("agents", "@nowhere", "Slack has no user group “nowhere”"),
        ("agents", GUEST, "is no full member"),
        ("lead", "U0NOBODYHERE", "is no full member"),
        ("supervisors", AGENT, "You could not change settings any more yourself"),
        ("supervisors", ADMIN, "Nothing is changed"),
    ],
)
async def test_what_is_refused(bot: Bot, field: str, text: str, words: str) -> None:
    answer = await save(bot, ADMIN, None, **{field: text})
    assert words in str(answer["errors"])
    assert await bot.db.fetch("SELECT id FROM settings") == []
    assert await roles_of(bot, ADMIN) == {Role.AGENT, Role.SUPERVISOR}


async def test_so_many_at_once_are_not_asked_about(bot: Bot) -> None:
    many = ", ".join(f"U0NEW{number:03}" for number in range(31))
    answer = await save(bot, agents=f"{AGENT}, {ADMIN}, {many}")
    assert "more than 30 new people" in str(answer["errors"])
    assert await bot.db.fetch("SELECT id FROM settings") == []


async def test_a_slow_slack_does_not_hold_the_form_up(bot: Bot, slack: SandboxProcess) -> None:
    form = await opened(bot)
    await slack.faults({"method": "users.info", "kind": "delay", "delay_ms": 4000})
    answer = await save(bot, ADMIN, form, agents=f"{ADMIN}, {OTHER}, U0NEW01, U0NEW02")
    await slack.faults()
    assert "Slack takes too long" in str(answer["errors"])


async def test_two_supervisors_cannot_take_each_other_off(bot: Bot) -> None:
    await save(bot, supervisors=f"{ADMIN}, {AGENT}")
    alone = await save(bot, AGENT, supervisors="")
    assert "You could not change settings any more yourself" in str(alone["errors"]), "who runs it could"
    first, second = await opened(bot, ADMIN), await opened(bot, AGENT)
    assert "errors" not in await save(bot, ADMIN, first, supervisors=ADMIN)
    answer = await save(bot, AGENT, second, supervisors=AGENT)
    assert "Only supervisors and admins" in str(answer["errors"])
    assert await roles_of(bot, ADMIN) >= {Role.SUPERVISOR}


async def test_only_who_may_change_settings_does(bot: Bot) -> None:
    form = await opened(bot, ADMIN)
    answer = await save(bot, AGENT, form, supervisors=AGENT)
    assert "Only supervisors and admins" in str(answer["errors"])
    with pytest.raises(NotAllowed):
        await bot.gate.admit_person(AGENT, Act.SETTINGS, None)


async def test_a_department_that_is_gone_from_the_file_takes_its_change_along(
    bot: Bot, settings: Settings
) -> None:
    await save(bot, lead=OTHER)
    settings.roles_file.write_text(ROLES.partition("departments")[0])
    bot.directory.reload()
    assert await roles_of(bot, OTHER) == set()
    settings.roles_file.write_text(ROLES)
    bot.directory.reload()
    assert await roles_of(bot, OTHER) == {Role.DEPARTMENT, Role.LEAD}
