"""Opening forms, reading what was filled in, and answering a submission."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import structlog
from slack_bolt.async_app import AsyncAck

from bot.context import Bot
from cases.errors import CxError, NotFound
from cases.language import _
from storage import cases
from storage.db import Row
from views.forms import with_notice
from views.preview import outcome

Body = dict[str, Any]
Submit = Callable[[Bot, Body, AsyncAck], Awaitable[None]]
Taking = Callable[[Bot, Body], Awaitable[Body | None]]
"""Takes a submitted form; answers with another acknowledgement than “close all”, or None."""

log = structlog.get_logger(__name__)


async def case_in(bot: Bot, token: str) -> Row:
    """The case of a button or a form; raises NotFound."""
    case = await cases.by_token(bot.db, UUID(token))
    if case is None:
        raise NotFound("This case does not exist any more.")
    return case


def clicked(body: Body) -> str:
    """The value of the clicked button."""
    value: str = body["actions"][0]["value"]
    return value


def about(token: str, **more: Any) -> str:
    """What a form must know when it comes back: its case, itself (``form``), and ``more``."""
    return json.dumps({"case": token, "form": uuid4().hex} | more)


def metadata(body: Body) -> dict[str, Any]:
    """What ``about`` gave the form along."""
    found: dict[str, Any] = json.loads(body["view"]["private_metadata"])
    return found


def filled(body: Body) -> dict[str, Any]:
    """What was filled in, by field: a text, a chosen value, a person, a list of values, or None."""
    state = body["view"]["state"]["values"]
    return {block: _value(fields[block]) for block, fields in state.items() if block in fields}


def _value(field: Body) -> Any:
    if "selected_options" in field:
        return [each["value"] for each in field["selected_options"]]
    if field.get("selected_option"):
        return field["selected_option"]["value"]
    plain = ("value", "selected_user", "selected_date", "selected_time")
    return next((field[name] for name in plain if field.get(name)), None)


async def show(bot: Bot, body: Body, view: Body) -> None:
    """Open ``view``, on top of the modal that was clicked in if there is one."""
    inside = (body.get("view") or {}).get("type") == "modal"
    await bot.slack.open_view(body["trigger_id"], view, push=inside)


async def tell(bot: Bot, body: Body, sentence: str) -> None:
    """Say one private sentence to the person who clicked or typed, where they did."""
    if body.get("response_url"):
        await bot.slack.answer(body["response_url"], outcome(sentence), replace=False)
    elif (body.get("view") or {}).get("type") == "home":
        await bot.homes.show(body["user"]["id"], notice=sentence)
    elif body.get("view"):
        await bot.slack.update_view(body["view"]["id"], with_notice(body["view"], sentence))


def stir(bot: Bot) -> None:
    """Something was written that Slack should show."""
    bot.poster.wake()
    bot.caller.wake()


def note_failure(handler: str) -> str:
    """Log the exception being handled; what to say to the person, with the id to find it by."""
    incident = uuid4().hex[:8]
    log.exception("listener.failed", incident=incident, handler=handler)
    return _("That did not work, and we have noted why ({incident}). Please try again.", incident=incident)


def confirmation(taking: Taking) -> Submit:
    """The listener of a form without fields: what is wrong is said on top of it, and it stays open."""

    async def submit(bot: Bot, body: Body, ack: AsyncAck) -> None:
        try:
            answer = await taking(bot, body)
        except CxError as error:
            await ack(response_action="update", view=with_notice(body["view"], error.sentence))
            return
        except Exception:
            failed = with_notice(body["view"], note_failure(taking.__name__))
            await ack(response_action="update", view=failed)
            return
        await ack(**(answer or {"response_action": "clear"}))
        stir(bot)

    return submit


def form(taking: Taking, field: str) -> Submit:
    """A form's listener: what is wrong comes back beside ``field``, and the form stays open."""

    async def submit(bot: Bot, body: Body, ack: AsyncAck) -> None:
        try:
            answer = await taking(bot, body)
        except CxError as error:
            await ack(response_action="errors", errors={field: error.sentence})
            return
        except Exception:
            await ack(response_action="errors", errors={field: note_failure(taking.__name__)})
            return
        await ack(**(answer or {"response_action": "clear"}))
        stir(bot)

    return submit
