"""The forms of ``/cx settings``."""

from __future__ import annotations

import json

from slack_bolt.async_app import AsyncAck

from bot.context import Bot
from bot.listeners.forms import Body, Submit, filled, form, metadata, note_failure
from cases.actor import Actor
from cases.errors import ConfigError, CxError, InvalidInput, SettingRefused, SettingsChanged
from cases.roles import Act
from cases.settings import Sheet, part_of
from flows import settings as flow
from storage.plans import try_plan
from storage.sheets import parts, sheet
from views.settings import part_form, saved_page, settings_form, shown_values


async def open_form(bot: Bot, trigger: str) -> None:
    """What can be changed, for whoever typed ``/cx settings`` and was let through."""
    await _fresh(bot)
    planned = bot.planned.now()
    lost = [each.change for each in planned.ignored]
    view = settings_form(parts(bot.settings.plan_files), planned.changes, lost, "{}")
    await bot.slack.open_view(trigger, view)


async def _fresh(bot: Bot) -> None:
    """Know the changes of now; raises InvalidInput while a file is broken: nothing can be checked then."""
    await bot.amendments.refresh()
    try:
        try_plan(bot.settings.plan_files)
    except ConfigError:
        raise InvalidInput(
            "One of the company's files has a mistake, and nothing can be changed before it is mended: "
            "`cx doctor` names its line."
        ) from None


def _sheet(bot: Bot, word: str) -> Sheet:
    changes = bot.planned.now().changes
    return sheet(bot.settings.plan_files, part_of(word), changes, bot.amendments.versions)


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
    if fields.get("back"):
        changed = await flow.back(bot.db, bot.workspace_id, found, actor, now)
    else:
        texts = {value.setting: fields.get(name) or "" for name, value in shown_values(found)}
        files, others = bot.settings.plan_files, bot.planned.now().changes
        changed = await flow.change(bot.db, bot.workspace_id, files, found, texts, others, actor, now)
    await bot.amendments.refresh()
    return saved_page(found, changed, back=bool(fields.get("back")))


VIEWS: dict[str, Submit] = {"settings_form": form(choose, "part"), "settings_part_form": save}
