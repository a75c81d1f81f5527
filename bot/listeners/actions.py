"""Clicks, forms, shortcuts and commands. They are acknowledged before Bolt, but for forms."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp

from bot import crashpoints, steps
from bot.context import Bot
from bot.listeners.events import propose_message
from bot.workspace import Workspace
from cases.actor import Actor
from cases.enums import CloseHow
from cases.errors import (
    AlreadyDone,
    CustomerWrote,
    CxError,
    NotFound,
    ReasonMissing,
    TextMissing,
    TextTooLong,
)
from cases.messages import reference
from cases.roles import Act
from commands.dispatch import act_of, dispatch
from commands.request import Request
from flows import close, mirror, own, reply
from storage import cases
from views.close_form import close_form
from views.preview import outcome

Body = dict[str, Any]
Handler = Callable[[Bot, Body], Awaitable[None]]

log = structlog.get_logger(__name__)


async def take(bot: Bot, body: Body) -> None:
    """Take on the card."""
    actor = await bot.gate.admit(body, Act.TAKE)
    taken = await own.take(bot.db, UUID(body["actions"][0]["value"]), actor, bot.clock.now())
    bot.poster.wake(body["channel"]["id"])
    bot.caller.wake()
    if not taken:
        await tell(bot.slack, body, "You own this case already.")


async def open_close_form(bot: Bot, body: Body) -> None:
    """Close on the card opens the form."""
    await bot.gate.admit(body, Act.CLOSE)
    token = body["actions"][0]["value"]
    case = await cases.by_token(bot.db, UUID(token))
    if case is None:
        raise NotFound("This case does not exist any more.")
    if case["status"] == "closed":
        await tell(bot.slack, body, f"{reference(case['number'])} is closed already.")
        return
    form = close_form(case["number"], _about(token, uuid4().hex, case["last_in_seq"]))
    await bot.slack.open_view(body["trigger_id"], form)


def _about(token: str, form: str, seen: int) -> str:
    """What a closing form must know when it comes back: case, form, the customer's last message."""
    return json.dumps({"case": token, "form": form, "seen": seen})


async def summarise(bot: Bot, body: Body) -> None:
    """Summary on the card: a worker makes the brief and shows it privately."""
    actor = await bot.gate.admit(body, Act.LOOK)
    case = await cases.by_token(bot.db, UUID(body["actions"][0]["value"]))
    if case is None:
        raise NotFound("This case does not exist any more.")
    async with bot.db.transaction() as tx:
        await steps.enqueue(bot.jobs, tx, "summary", case=case["id"], user=actor.id)


async def send(bot: Bot, body: Body) -> None:
    """Send on a preview."""
    actor = await bot.gate.admit(body, Act.SEND)
    crashpoints.reach("click.after_ack")
    draft = UUID(body["actions"][0]["value"])
    try:
        await bot.sender.approve_and_send(draft, actor, body["response_url"])
    except CustomerWrote:
        shown = await mirror.draft_preview(bot.db, draft, newer=True)
        await bot.slack.answer(body["response_url"], shown, replace=True)
    except reply.OnItsWay:
        return  # The first press is being answered, with its Undo.
    except (AlreadyDone, NotFound) as error:
        await bot.slack.answer(body["response_url"], outcome(error.sentence), replace=True)


async def cancel(bot: Bot, body: Body) -> None:
    """Cancel on a preview, or Undo while it is being sent."""
    actor = await bot.gate.admit(body, Act.TAKE_BACK)
    line = "Not sent. The message stays among us."
    try:
        await reply.take_back(bot.db, UUID(body["actions"][0]["value"]), actor, bot.clock.now())
    except NotFound as error:
        line = error.sentence
    await bot.slack.answer(body["response_url"], outcome(line), replace=True)


async def send_shortcut(bot: Bot, body: Body) -> None:
    """“Send to customer” on a message."""
    await propose_message(bot, body["channel"]["id"], body["message"]["ts"], body["user"]["id"])


async def command(bot: Bot, body: Body) -> None:
    """A ``/cx`` command."""
    await bot.gate.admit(body, act_of(body.get("text") or ""))
    answer = await dispatch(
        Request(
            db=bot.db,
            workspace_id=bot.workspace_id,
            workspace_url=bot.workspace_url,
            user=body["user_id"],
            text=body.get("text") or "",
        )
    )
    await bot.slack.answer(body["response_url"], answer, replace=False)


ACTIONS: dict[str, Handler] = {
    "case_take": take,
    "case_close": open_close_form,
    "case_summary": summarise,
    "reply_send": send,
    "reply_cancel": cancel,
    "reply_undo": cancel,
}
COMMANDS: dict[str, Handler] = {"/cx": command}
MESSAGE_SHORTCUTS: dict[str, Handler] = {"send_to_customer": send_shortcut}
VIEWS = ("case_close_form",)


async def tell(slack: Workspace, body: Body, sentence: str) -> None:
    """Say one private sentence to the person who clicked or typed."""
    await slack.answer(body["response_url"], outcome(sentence), replace=False)


async def guarded(bot: Bot, body: Body, handler: Handler) -> None:
    """Run a handler: known errors become one private sentence, unknown ones an id."""
    try:
        await handler(bot, body)
    except CxError as error:
        await tell(bot.slack, body, error.sentence)
    except Exception:
        await tell(bot.slack, body, _note_failure(handler.__name__))


def _note_failure(handler: str) -> str:
    """Log the exception being handled; what to say to the person, with the id to find it by."""
    incident = uuid4().hex[:8]
    log.exception("listener.failed", incident=incident, handler=handler)
    return f"That did not work, and we have noted why ({incident}). Please try again."


_WRONG_FIELD: dict[type[CxError], str] = {TextMissing: "text", TextTooLong: "text", ReasonMissing: "reason"}


@dataclass(frozen=True, slots=True)
class Closing:
    """A submitted closing form."""

    case: UUID
    form: str
    seen: int
    how: CloseHow
    text: str
    reason: str


def _closing(view: Body) -> Closing:
    values, about = view["state"]["values"], json.loads(view["private_metadata"])
    return Closing(
        case=UUID(about["case"]),
        form=about["form"],
        seen=about["seen"],
        how=CloseHow(values["how"]["how"]["selected_option"]["value"]),
        text=values["text"]["text"].get("value") or "",
        reason=values["reason"]["reason"].get("value") or "",
    )


async def submit_close(bot: Bot, body: Body, ack: AsyncAck) -> None:
    """The closing form: what is wrong comes back beside its field, and the form stays open."""
    closing = _closing(body["view"])
    try:
        await _close(bot, closing, await bot.gate.admit(body, Act.CLOSE))
    except CustomerWrote as error:
        await ack(response_action="update", view=await _shown_again(bot, closing, error.sentence))
        return
    except CxError as error:
        field = _WRONG_FIELD.get(type(error), "how")
        await ack(response_action="errors", errors={field: error.sentence})
        return
    except Exception:
        await ack(response_action="errors", errors={"how": _note_failure("submit_close")})
        return
    await ack()
    bot.poster.wake()
    bot.caller.wake()


async def _close(bot: Bot, closing: Closing, actor: Actor) -> None:
    now = bot.clock.now()
    if closing.how is CloseHow.SILENT:
        await close.silently(bot.db, closing.case, closing.reason, actor, now, closing.seen)
        crashpoints.reach("close.after_commit")
        return
    undo = bot.sender.undo_seconds
    draft = await close.tell(bot.db, closing.case, closing.text, closing.form, actor, undo, now, closing.seen)
    crashpoints.reach("close.after_commit")
    bot.sender.schedule(draft["uuid"], draft["body"], draft["conversation_id"], None)


async def _shown_again(bot: Bot, closing: Closing, notice: str) -> Body:
    """The form as it was filled in; submitted again, it knows what the customer wrote meanwhile."""
    case = await cases.by_token(bot.db, closing.case)
    assert case is not None
    about = _about(str(closing.case), closing.form, case["last_in_seq"])
    return close_form(
        case["number"],
        about,
        notice=notice,
        how=closing.how,
        text=closing.text,
        reason=closing.reason,
    )


def register(app: AsyncApp, bot: Bot) -> None:
    """Tell Bolt who handles what, from the tables above."""

    def clicked(handler: Handler) -> Callable[..., Awaitable[None]]:
        async def listener(ack: AsyncAck, body: Body) -> None:
            await ack()
            await guarded(bot, body, handler)

        return listener

    for action, handler in ACTIONS.items():
        app.action(action)(clicked(handler))
    for word, handler in COMMANDS.items():
        app.command(word)(clicked(handler))
    for callback, handler in MESSAGE_SHORTCUTS.items():
        app.message_shortcut(callback)(clicked(handler))

    @app.view(VIEWS[0])
    async def closing(ack: AsyncAck, body: Body) -> None:
        await submit_close(bot, body, ack)
