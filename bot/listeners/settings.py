"""The forms of ``/cx settings``."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import partial

from slack_bolt.async_app import AsyncAck

from bot.context import Bot
from bot.listeners.forms import Body, Submit, filled, form, metadata, note_failure
from cases.actor import Actor
from cases.errors import ConfigError, CxError, InvalidInput, SettingRefused, SettingsChanged
from cases.roles import Act, may
from cases.settings import ROLES_FILE, Change, Kind, Sheet, part_of
from flows import settings as flow
from storage.plans import PlanFiles, try_plan
from storage.roles import read_roles
from storage.sheets import parts, sheet
from views.settings import part_form, saved_page, settings_form, shown_values

MOST_NEW = 30
"""So many people at most are new in roles at once: Slack is asked about each."""
ASKING_SECONDS = 2.0
"""Slack waits three seconds for the answer to a form."""


async def open_form(bot: Bot, trigger: str) -> None:
    """What can be changed, for whoever typed ``/cx settings`` and was let through."""
    await _fresh(bot)
    lost = [each.change for each in bot.planned.now().ignored]
    view = settings_form(parts(_files(bot)), _in_force(bot), lost, "{}")
    await bot.slack.open_view(trigger, view)


def _files(bot: Bot) -> PlanFiles:
    """The company's files, with that of this workspace's roles."""
    return replace(bot.settings.plan_files, roles=bot.directory.path)


def _in_force(bot: Bot) -> Sequence[Change]:
    """The changes that count, also those of who is what."""
    of_roles = [change for change in bot.amendments.now() if change.setting.file == ROLES_FILE]
    return [*bot.planned.now().changes, *of_roles]


async def _fresh(bot: Bot) -> None:
    """Know the changes of now; raises InvalidInput while a file is broken: nothing can be checked then."""
    await bot.amendments.refresh()
    try:
        try_plan(bot.settings.plan_files)
        read_roles(bot.directory.path)
    except ConfigError:
        raise InvalidInput(
            "One of the company's files has a mistake, and nothing can be changed before it is mended: "
            "`cx doctor` names its line."
        ) from None


def _sheet(bot: Bot, word: str) -> Sheet:
    return sheet(_files(bot), part_of(word), _in_force(bot), bot.amendments.versions)


async def choose(bot: Bot, body: Body) -> Body:
    """Next: the values of what was chosen."""
    await bot.gate.admit(body, Act.SETTINGS)
    await _fresh(bot)
    word = filled(body)["part"]
    found = _sheet(bot, word)
    view = part_form(found, json.dumps({"part": word, "seen": found.seen}))
    return {"response_action": "update", "view": view}


async def save(bot: Bot, body: Body, ack: AsyncAck) -> None:
    """Save: what is wrong comes back beside its field, and the form stays open."""
    try:
        shown = await _save(bot, body, await bot.gate.admit(body, Act.SETTINGS))
    except SettingRefused as error:
        await ack(response_action="errors", errors={_field(bot, body, error): error.sentence})
        return
    except CxError as error:
        await ack(response_action="errors", errors={_first_field(body): error.sentence})
        return
    except Exception:
        await ack(response_action="errors", errors={_first_field(body): note_failure("settings")})
        return
    await ack(response_action="update", view=shown)


def _field(bot: Bot, body: Body, error: SettingRefused) -> str:
    """The field of what was refused."""
    known = shown_values(_sheet(bot, metadata(body)["part"]))
    return next((name for name, value in known if value.setting == error.setting), _first_field(body))


def _first_field(body: Body) -> str:
    return str(next(iter(body["view"]["state"]["values"])))


async def _save(bot: Bot, body: Body, actor: Actor) -> Body:
    await _fresh(bot)
    found = _sheet(bot, metadata(body)["part"])
    if found.seen != metadata(body)["seen"]:
        raise SettingsChanged
    fields, now = filled(body), bot.clock.now()
    others = _in_force(bot)
    check = partial(_check_roles, bot, actor) if found.part.kind is Kind.ROLES else None
    if fields.get("back"):
        changed = await flow.back(bot.db, bot.workspace_id, found, others, actor, now, check)
    else:
        texts = {value.setting: fields.get(name) or "" for name, value in shown_values(found)}
        files = bot.settings.plan_files
        changed = await flow.change(bot.db, bot.workspace_id, files, found, texts, others, actor, now, check)
    await bot.amendments.refresh()
    bot.directory.reload()
    return saved_page(found, changed, back=bool(fields.get("back")))


async def _check_roles(bot: Bot, actor: Actor, changes: Sequence[Change]) -> None:
    """Whether roles can be what ``changes`` make of them.

    Raises SettingRefused, or InvalidInput for groups that Slack does not have, for who is no full member, and
    where the one who changes them could not change settings any more: so somebody always can.
    """
    before, book = bot.directory.book, read_roles(bot.directory.path, changes)
    for group in await bot.directory.unknown(book.groups() - before.groups()):
        raise InvalidInput("Slack has no user group “{group}”.", group=group)
    await _check_members(bot, book.members() - before.members())
    own = await bot.directory.standing_by(book, await bot.slack.member(actor.id))
    if not may(own, Act.SETTINGS):
        raise InvalidInput(
            "You could not change settings any more yourself. Have another supervisor take you off, so that "
            "there is always one."
        )


async def _check_members(bot: Bot, names: Collection[str]) -> None:
    """Raises InvalidInput for who is no full member, for too many at once, and when Slack takes too long."""
    if len(names) > MOST_NEW:
        raise InvalidInput(
            "These are more than {most} new people. Please save fewer at a time, or use a user group.",
            most=MOST_NEW,
        )
    try:
        async with asyncio.timeout(ASKING_SECONDS):
            found = await asyncio.gather(*(bot.slack.member(name) for name in sorted(names)))
    except TimeoutError:
        raise InvalidInput(
            "Slack takes too long to say who these people are. Please save once more in a moment."
        ) from None
    for member in found:
        if not member.full:
            raise InvalidInput("“{member}” is no full member of this workspace.", member=member.id)


VIEWS: dict[str, Submit] = {"settings_form": form(choose, "part"), "settings_part_form": save}
