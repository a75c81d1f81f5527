"""Clicks, forms, shortcuts and commands. They are acknowledged before Bolt, but for forms."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.errors import SlackApiError

from bot import crashpoints, steps
from bot.context import Bot
from bot.listeners import (
    asks,
    case_menu,
    corrections,
    customer,
    deeds,
    deliveries,
    drafts,
    feedback,
    files,
    history,
    home,
    joining,
    knowledge,
    ledger,
    problems,
    promises,
    reminders,
    settings,
    sorting,
    tellings,
)
from bot.listeners.events import propose_message
from bot.listeners.forms import Submit, about, case_in, clicked, filled, note_failure, show, stir, tell
from bot.workspace import error_code
from cases.actor import Actor
from cases.endings import USUAL, suggested
from cases.enums import Channel, CloseHow
from cases.errors import (
    AlreadyDone,
    CaseMerged,
    CustomerWrote,
    CxError,
    GapsLeft,
    NotFound,
    ReasonMissing,
    ReplyMissing,
    TextMissing,
    TextTooLong,
)
from cases.language import _
from cases.promises import PlanAt
from cases.reader import use
from cases.roles import Act
from commands.dispatch import act_of, dispatch
from commands.request import Request
from flows import close, mirror, own, reply
from storage import cases, closings, drafting, links
from storage.corrections import of as corrections_of
from views.close_form import close_form
from views.preview import outcome

Body = dict[str, Any]
Handler = Callable[[Bot, Body], Awaitable[None]]

log = structlog.get_logger(__name__)


async def take(bot: Bot, body: Body) -> None:
    """Take on the card."""
    actor = await bot.gate.admit(body, Act.TAKE)
    token, channel = UUID(clicked(body)), body["channel"]["id"]
    taken = await own.take(bot.db, token, actor, bot.clock.now())
    bot.poster.wake(channel)
    await bot.caller.show_clicked(token, channel, body["message"]["ts"], body["response_url"])
    if not taken:
        await tell(bot, body, _("You own this case already."))


async def release(bot: Bot, body: Body) -> None:
    """Not mine on the note to a case's new owner."""
    actor = await bot.gate.admit(body, Act.TAKE)
    await own.release(bot.db, UUID(clicked(body)), actor, bot.clock.now())
    bot.poster.wake()
    bot.caller.wake()
    await bot.slack.answer(
        body["response_url"], outcome(_("It is not yours: whoever acts next owns it.")), replace=True
    )


async def open_close_form(bot: Bot, body: Body) -> None:
    """Close on the card opens the form."""
    actor = await bot.gate.admit(body, Act.CLOSE)
    case = await case_in(bot, clicked(body))
    await links.refuse_closed(bot.db, case)
    others = await drafting.others(bot.db, case["id"], actor.id, bot.clock.now())
    notice = None
    if others:
        people = ", ".join(f"<@{who}>" for who in others)
        notice = _("A reply to this customer is being prepared by {people}.", people=people)
    given = about(clicked(body), seen=case["last_in_seq"])
    text, replies = await _closing_text(bot, case["id"], actor), await closings.replies(bot.db, case["id"])
    await show(bot, body, close_form(case["number"], given, notice=notice, text=text, replies=replies))


async def _closing_text(bot: Bot, case: int, actor: Actor) -> str:
    """What the customer may be told: the text of the case's process, else the usual one."""
    card = await cases.card(bot.db, case)
    assert card is not None
    if card.channel is Channel.INTERNAL:
        return ""
    values = {
        # Of somebody unknown the name is one that we gave them.
        "customer": card.customer if card.customer_verified else "",
        "agent": actor.name,
        "company": bot.settings.company_name,
    }
    ending = bot.planned.now().endings.get(card.process, USUAL)
    return suggested(ending, card.language, bot.settings.team.language, values)


async def summarise(bot: Bot, body: Body) -> None:
    """Summary on the card: a worker makes the brief and shows it privately."""
    actor = await bot.gate.admit(body, Act.LOOK)
    case = await case_in(bot, clicked(body))
    async with bot.db.transaction() as tx:
        await steps.enqueue(bot.jobs, tx, "summary", case=case["id"], user=actor.id)


async def send(bot: Bot, body: Body) -> None:
    """Send on a preview."""
    actor = await bot.gate.admit(body, Act.SEND)
    crashpoints.reach("click.after_ack")
    draft = UUID(clicked(body))
    try:
        await bot.sender.approve_and_send(draft, actor, body["response_url"])
    except CustomerWrote as error:
        shown = await mirror.draft_preview(bot.db, error.draft or draft, bot.rules(), newer=True)
        await bot.slack.answer(body["response_url"], shown, replace=True)
    except reply.OnItsWay:
        return  # The first press is being answered, with its Undo.
    except (AlreadyDone, NotFound) as error:
        await bot.slack.answer(body["response_url"], outcome(error.sentence), replace=True)


async def cancel(bot: Bot, body: Body) -> None:
    """Cancel on a preview, or Undo while it is being sent."""
    actor = await bot.gate.admit(body, Act.TAKE_BACK)
    line = _("Not sent. The message stays among us.")
    try:
        await reply.take_back(bot.db, UUID(clicked(body)), actor, bot.clock.now())
    except NotFound as error:
        line = error.sentence
    await bot.slack.answer(body["response_url"], outcome(line), replace=True)


async def retry(bot: Bot, body: Body) -> None:
    """Try again on a message that was approved and could not go: its preview comes once more."""
    actor = await bot.gate.admit(body, Act.SEND)
    about = await corrections_of(bot.db, UUID(clicked(body)))
    if about is None or about["source_ts"] is None:
        raise NotFound("This preview is out of date; put 📤 on the message again to see the newest one.")
    await propose_message(bot, about["source_channel"], about["source_ts"], actor.id)


async def send_shortcut(bot: Bot, body: Body) -> None:
    """“Send to customer” on a message."""
    await propose_message(bot, body["channel"]["id"], body["message"]["ts"], body["user"]["id"])


async def command(bot: Bot, body: Body) -> None:
    """A ``/cx`` command."""
    actor = await bot.gate.admit(body, act_of(body.get("text") or ""))
    answer = await dispatch(
        Request(
            db=bot.db,
            workspace_id=bot.workspace_id,
            workspace_url=bot.workspace_url,
            user=actor.id,
            text=body.get("text") or "",
            does=case_menu.hands(bot, actor, body["trigger_id"]),
            embed=bot.embed,
            at=PlanAt(bot.planned.now().plan, bot.clock.now()),
        )
    )
    stir(bot)
    if answer.blocks:
        await bot.slack.answer(body["response_url"], answer, replace=False)


ACTIONS: dict[str, Handler] = {
    "case_take": take,
    "case_release": release,
    "case_close": open_close_form,
    "case_summary": summarise,
    "reply_send": send,
    "reply_cancel": cancel,
    "reply_undo": cancel,
    "reply_retry": retry,
    "menu_close": open_close_form,
    **asks.ACTIONS,
    **reminders.ACTIONS,
    **case_menu.ACTIONS,
    **customer.ACTIONS,
    **drafts.ACTIONS,
    **deeds.ACTIONS,
    **deliveries.ACTIONS,
    **feedback.ACTIONS,
    **corrections.ACTIONS,
    **home.ACTIONS,
    **history.ACTIONS,
    **joining.ACTIONS,
    **knowledge.ACTIONS,
    **ledger.ACTIONS,
    **problems.ACTIONS,
    **promises.ACTIONS,
    **tellings.ACTIONS,
    **sorting.ACTIONS,
    "files_retry": files.retry,
}
COMMANDS: dict[str, Handler] = {"/cx": command}
MESSAGE_SHORTCUTS: dict[str, Handler] = {
    "send_to_customer": send_shortcut,
    "case_actions": case_menu.case_actions,
    "new_matter": joining.new_matter,
}


async def guarded(bot: Bot, body: Body, handler: Handler) -> None:
    """Run a handler in its person's language: known errors become one private sentence, others an id."""
    with use(await bot.slack.reader(_who(body))):
        try:
            await handler(bot, body)
        except CaseMerged as error:
            into = f"<{error.values['url']}|{error.values['case']}>"
            await tell(bot, body, error.saying(case=into) if error.values["url"] else error.sentence)
        except CxError as error:
            await tell(bot, body, error.sentence)
        except SlackApiError as error:
            await bot.rooms.refused(_where(body), error_code(error))
            await tell(bot, body, bot.rooms.trouble_in(_where(body)) or note_failure(handler.__name__))
        except Exception:
            await tell(bot, body, note_failure(handler.__name__))
        else:
            trouble = bot.rooms.trouble_in(_where(body))
            if trouble:
                await tell(bot, body, trouble)


def _where(body: Body) -> str:
    """The channel in which somebody clicked or typed; empty on Home."""
    return str((body.get("channel") or {}).get("id") or body.get("channel_id") or "")


def _who(body: Body) -> str:
    """The person who clicked, or typed a command."""
    return str(body["user"]["id"] if "user" in body else body["user_id"])


_WRONG_FIELD: dict[type[CxError], str] = {
    TextMissing: "text",
    TextTooLong: "text",
    GapsLeft: "text",
    ReplyMissing: "told",
    ReasonMissing: "reason",
}


@dataclass(frozen=True, slots=True)
class Closing:
    """A submitted closing form."""

    case: UUID
    form: str
    seen: int
    how: CloseHow
    text: str
    reason: str
    told: UUID | None


def _closing(view: Body) -> Closing:
    values, given = view["state"]["values"], json.loads(view["private_metadata"])
    return Closing(
        case=UUID(given["case"]),
        form=given["form"],
        seen=given["seen"],
        how=CloseHow(values["how"]["how"]["selected_option"]["value"]),
        text=values["text"]["text"].get("value") or "",
        reason=values["reason"]["reason"].get("value") or "",
        told=UUID(told) if (told := filled({"view": view}).get("told")) else None,
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
        await ack(response_action="errors", errors={"how": note_failure("submit_close")})
        return
    await ack(response_action="clear")
    stir(bot)


async def _close(bot: Bot, closing: Closing, actor: Actor) -> None:
    now = bot.clock.now()
    if closing.how is CloseHow.SILENT:
        await close.silently(bot.db, closing.case, closing.reason, actor, now, closing.seen)
        crashpoints.reach("close.after_commit")
        return
    if closing.how is CloseHow.TOLD:
        await close.by_reply(bot.db, closing.case, closing.told, actor, now, closing.seen)
        crashpoints.reach("close.after_commit")
        return
    undo = bot.sender.undo
    draft = await close.tell(bot.db, closing.case, closing.text, closing.form, actor, undo, now, closing.seen)
    crashpoints.reach("close.after_commit")
    window = undo.on(draft["channel"])
    bot.sender.schedule(draft["uuid"], draft["body"], draft["conversation_id"], None, window)


async def _shown_again(bot: Bot, closing: Closing, notice: str) -> Body:
    """The form as it was filled in; submitted again, it knows what the customer wrote meanwhile."""
    case = await cases.by_token(bot.db, closing.case)
    assert case is not None
    again = about(str(closing.case), form=closing.form, seen=case["last_in_seq"])
    return close_form(
        case["number"],
        again,
        notice=notice,
        how=closing.how,
        text=closing.text,
        reason=closing.reason,
        replies=await closings.replies(bot.db, case["id"]),
        told=str(closing.told) if closing.told else None,
    )


VIEWS: dict[str, Submit] = {
    "case_close_form": submit_close,
    **asks.VIEWS,
    **tellings.VIEWS,
    **reminders.VIEWS,
    **case_menu.VIEWS,
    **corrections.VIEWS,
    **customer.VIEWS,
    **drafts.VIEWS,
    **feedback.VIEWS,
    **sorting.VIEWS,
    **joining.VIEWS,
    **problems.VIEWS,
    **settings.VIEWS,
}


def register(app: AsyncApp, bot: Bot) -> None:
    """Tell Bolt who handles what, from the tables above."""

    def acted(handler: Handler) -> Callable[..., Awaitable[None]]:
        async def listener(ack: AsyncAck, body: Body) -> None:
            await ack()
            await guarded(bot, body, handler)

        return listener

    for action, handler in ACTIONS.items():
        app.action(action)(acted(handler))
    for word, handler in COMMANDS.items():
        app.command(word)(acted(handler))
    for callback, handler in MESSAGE_SHORTCUTS.items():
        app.message_shortcut(callback)(acted(handler))

    def submitted(submit: Submit) -> Callable[..., Awaitable[None]]:
        async def listener(ack: AsyncAck, body: Body) -> None:
            with use(await bot.slack.reader(_who(body))):
                await submit(bot, body, ack)

        return listener

    for callback, submit in VIEWS.items():
        app.view(callback)(submitted(submit))
