"""The customer of a case: finding them, linking them, naming them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import UUID

from bot.context import Bot
from bot.listeners.forms import Body, about, case_in, clicked, filled, form, metadata, show, stir
from cases.enums import Channel
from cases.errors import AlreadyDone, InvalidInput, NotFound
from cases.mailboxes import OpenMailbox
from cases.roles import Act
from channels.mail_senders import address
from commands.customer import found_of, sheet_of
from flows import begin, customers, identify, switch
from flows.begin import Beginning
from storage import cases, identities, links, reaching, suggestions
from storage.db import Row
from views.customer import MAIL, Begin, choose_form, find_form, switch_form
from views.customer_sheet import sheet_page

Handler = Callable[[Bot, Body], Awaitable[None]]


async def open_find_form(bot: Bot, body: Body) -> None:
    """Customer… on the note or in the menu."""
    await bot.gate.admit(body, Act.ARRANGE)
    case = await case_in(bot, clicked(body))
    if case["channel"] != Channel.INTERNAL:
        raise AlreadyDone("This case has its customer already; two customers can be merged.")
    await show(bot, body, find_form(case["number"], about(clicked(body))))


async def submit_find(bot: Bot, body: Body) -> Body | None:
    """Words to find a customer by, or a name for an unknown one."""
    actor = await bot.gate.admit(body, Act.ARRANGE)
    case = await case_in(bot, metadata(body)["case"])
    fields = filled(body)
    words, name = (fields["words"] or "").strip(), (fields["name"] or "").strip()
    if words:
        found = await identities.search(bot.db, bot.workspace_id, words)
        if not found:
            raise InvalidInput("No customer fits: try a part of the name, a mail, a number, or an order.")
        view = choose_form(case["number"], body["view"]["private_metadata"], found)
        return {"response_action": "update", "view": view}
    if not name:
        raise InvalidInput("Write what to find the customer by, or a name for somebody new.")
    await identify.name(bot.db, case["id"], name, actor, bot.clock.now())
    return None


async def submit_choice(bot: Bot, body: Body) -> None:
    """The customer that was chosen."""
    actor = await bot.gate.admit(body, Act.ARRANGE)
    case = await case_in(bot, metadata(body)["case"])
    await identify.link(bot.db, case["id"], int(filled(body)["customer"]), actor, bot.clock.now())
    stir(bot)


async def open_switch_form(bot: Bot, body: Body) -> None:
    """Another channel in the menu."""
    await bot.gate.admit(body, Act.ARRANGE)
    case = await case_in(bot, clicked(body))
    await links.refuse_closed(bot.db, case)
    found = await identities.elsewhere(bot.db, case["id"])
    if not found and not bot.mailboxes:
        raise NotFound("We know no other channel of this customer, and there is no mailbox to write from.")
    await show(bot, body, switch_form(about(clicked(body)), found, await _begin(bot, case)))


async def _begin(bot: Bot, case: Row) -> Begin | None:
    if not bot.mailboxes:
        return None
    card = await cases.card(bot.db, case["id"])
    assert card is not None
    known = await reaching.addresses(bot.db, case["id"])
    named = [(each.mailbox.key, f"{each.mailbox.name} <{each.mailbox.address}>") for each in bot.mailboxes]
    usual = next(
        (each for each in bot.mailboxes if each.slack_channel == case["slack_channel"]), bot.mailboxes[0]
    )
    sound = [row for row in known if address(row["address"]) == row["address"]]
    return Begin(sound, named, usual.mailbox.key, card.subject)


async def submit_switch(bot: Bot, body: Body) -> None:
    """The channel on which it goes on."""
    actor = await bot.gate.admit(body, Act.ARRANGE)
    case = await case_in(bot, metadata(body)["case"])
    await switch.switch(bot.db, case["id"], int(filled(body)["channel"]), actor, bot.clock.now())


async def submit_begin(bot: Bot, body: Body) -> None:
    """The same form where a mail can be begun: a channel that was used, or an address."""
    actor = await bot.gate.admit(body, Act.ARRANGE)
    fields = filled(body)
    chosen, typed = fields.get("channel") or "", (fields["address"] or "").strip()
    if bool(chosen) == bool(typed):
        raise InvalidInput("Please choose where it goes on, or give an address: one of both.")
    if chosen and not chosen.startswith(MAIL):
        await submit_switch(bot, body)
        return
    case = await case_in(bot, metadata(body)["case"])
    to = typed or chosen.removeprefix(MAIL)
    wanted = Beginning(_mailbox(bot, fields.get("mailbox")), to, fields["subject"] or "")
    ours = {address for each in bot.mailboxes for address in each.mailbox.addresses}
    await begin.by_mail(bot.db, case["id"], wanted, actor, bot.clock.now(), ours)


def _mailbox(bot: Bot, key: str | None) -> OpenMailbox:
    found = next((each for each in bot.mailboxes if key in {None, each.mailbox.key}), None)
    if found is None:
        raise NotFound("This mailbox is not set up any more.")
    return found


async def show_history(bot: Bot, body: Body) -> None:
    """Customer's cases in the menu."""
    await bot.gate.admit(body, Act.LOOK)
    case = await case_in(bot, clicked(body))
    who, theirs = await found_of(bot.db, bot.workspace_id, case["customer_id"])
    await show(bot, body, sheet_page(who, theirs, bot.workspace_url))


async def show_found(bot: Bot, body: Body) -> None:
    """Show beside one of several customers who fit."""
    await bot.gate.admit(body, Act.LOOK)
    shown = await sheet_of(bot.db, bot.workspace_id, int(clicked(body)), bot.workspace_url)
    await bot.slack.answer(body["response_url"], shown, replace=False)


async def confirm_same(bot: Bot, body: Body) -> None:
    """Same person on a card: the suggested customer gets the identity, or the case that has none."""
    actor = await bot.gate.admit(body, Act.ARRANGE)
    token, now = UUID(clicked(body)), bot.clock.now()
    found = await _suggested(bot, token)
    case, known = found["case_id"], found["known_id"]
    if found["channel"] == Channel.INTERNAL:
        await identify.link(bot.db, case, known, actor, now, suggestion=token)
    else:
        unproven = found["customer_id"]
        await customers.merge(bot.db, unproven, known, actor, now, case=case, suggestion=token)
    stir(bot)


async def refuse_same(bot: Bot, body: Body) -> None:
    """Not the same on a card."""
    actor = await bot.gate.admit(body, Act.ARRANGE)
    token = UUID(clicked(body))
    await _suggested(bot, token)
    await identify.tell_apart(bot.db, token, actor, bot.clock.now())
    stir(bot)


async def _suggested(bot: Bot, token: UUID) -> Row:
    found = await suggestions.of(bot.db, bot.workspace_id, token)
    if found is None:
        raise NotFound
    return found


ACTIONS: dict[str, Handler] = {
    "menu_customer": open_find_form,
    "menu_switch": open_switch_form,
    "menu_history": show_history,
    "customer_show": show_found,
    "customer_same": confirm_same,
    "customer_not_same": refuse_same,
}
VIEWS = {
    "customer_find": form(submit_find, "words"),
    "customer_choose": form(submit_choice, "customer"),
    "switch_form": form(submit_switch, "channel"),
    "begin_form": form(submit_begin, "address"),
}
