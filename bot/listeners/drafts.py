"""Drafts of the copilot: asked for, sent, changed, thrown away."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import UUID, uuid4

from bot import steps
from bot.context import Bot
from bot.listeners.forms import Body, about, case_in, clicked, filled, form, metadata, show, stir, tell
from cases.errors import AlreadyDone, CustomerWrote, NotFound
from cases.language import _
from cases.reader import language_of
from cases.roles import Act
from flows import assist, mirror, reply
from storage import copilot_drafts, links
from storage.db import Row
from views.draft import edit_form

Handler = Callable[[Bot, Body], Awaitable[None]]


async def ask_for_draft(bot: Bot, body: Body) -> None:
    """Draft on the card, or in the menu of a case: a worker writes it, and its card comes in the thread."""
    actor = await bot.gate.admit(body, Act.SEND)
    case = await case_in(bot, clicked(body))
    await links.refuse_closed(bot.db, case)
    assist.check_channel(case)
    await _enqueue(bot, case["id"], actor.id, {})
    await tell(bot, body, _("✍️ A draft is being written; it comes in the thread of the case."))


async def again(bot: Bot, body: Body) -> None:
    """Shorter, Friendlier or Another language on a draft: another one takes its place."""
    actor = await bot.gate.admit(body, Act.SEND)
    draft, value = _chosen(body)
    row = await _waiting(bot, draft)
    wish = {"of": str(draft)} | ({"language": value} if language_of(value) else {"tone": value})
    await _enqueue(bot, row["case_id"], actor.id, wish)


async def _enqueue(bot: Bot, case: int, user: str, wish: dict[str, str]) -> None:
    async with bot.db.transaction() as tx:
        await steps.enqueue_draft(bot.jobs, tx, case=case, user=user, key=uuid4().hex, wish=wish)


async def _waiting(bot: Bot, draft: UUID) -> Row:
    """A proposal that can still be changed; raises DraftGone."""
    row = await copilot_drafts.of_draft(bot.db, draft)
    if row is None or row["state"] != "preview":
        raise assist.DraftGone
    return row


def _chosen(body: Body) -> tuple[UUID, str]:
    action = body["actions"][0]
    value = action["selected_option"]["value"] if "selected_option" in action else action["value"]
    draft, _space, rest = value.partition(" ")
    return UUID(draft), rest


async def send(bot: Bot, body: Body) -> None:
    """Send on a draft card: it becomes the person's own, and goes after the undo window."""
    actor = await bot.gate.admit(body, Act.SEND)
    draft = UUID(clicked(body))
    await copilot_drafts.adopt(bot.db, draft, actor.id, actor.name)
    try:
        await bot.sender.approve_and_send(draft, actor, body["response_url"], keep=True)
    except CustomerWrote as error:
        shown = await mirror.draft_preview(bot.db, error.draft or draft, bot.rules(), newer=True)
        await bot.slack.answer(body["response_url"], shown, replace=False)
    except reply.OnItsWay:
        return
    except NotFound:
        raise assist.DraftGone from None
    finally:
        stir(bot)


async def discard(bot: Bot, body: Body) -> None:
    """Discard on a draft card."""
    actor = await bot.gate.admit(body, Act.SEND)
    await assist.discard(bot.db, UUID(clicked(body)), actor, bot.clock.now())
    stir(bot)


async def open_edit_form(bot: Bot, body: Body) -> None:
    """Edit on a draft card."""
    await bot.gate.admit(body, Act.SEND)
    draft = UUID(clicked(body))
    row = await _waiting(bot, draft)
    if len(row["body"]) > 3_000:
        raise AlreadyDone("This draft is too long for a form: copy it, change it, and send yours with 📤.")
    await show(bot, body, edit_form(row["number"], row["body"], about(str(row["token"]), draft=str(draft))))


async def submit_edit(bot: Bot, body: Body) -> None:
    """The changed words: the card shows them, and they still have to be sent."""
    actor = await bot.gate.admit(body, Act.SEND)
    await assist.reword(bot.db, UUID(metadata(body)["draft"]), filled(body)["text"] or "", actor)


async def choose_then(bot: Bot, body: Body) -> None:
    """Where the case stands once the draft was sent."""
    await bot.gate.admit(body, Act.SEND)
    await assist.then(bot.db, *_chosen(body))


ACTIONS: dict[str, Handler] = {
    "case_draft": ask_for_draft,
    "menu_draft": ask_for_draft,
    "draft_send": send,
    "draft_edit": open_edit_form,
    "draft_discard": discard,
    "draft_then": choose_then,
    "draft_shorter": again,
    "draft_friendlier": again,
    "draft_language": again,
}
VIEWS = {"draft_edit_form": form(submit_edit, "text")}
