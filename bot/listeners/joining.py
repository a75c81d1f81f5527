"""Linking, merging and splitting cases and customers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from typing import Any

from bot.context import Bot
from bot.listeners.forms import Body, about, case_in, clicked, filled, form, metadata, show
from cases.actor import Actor
from cases.errors import AlreadyDone, NotFound
from cases.roles import Act
from commands.naming import case_named
from flows import customers, join
from storage import cases, identities, joining, links, merging
from storage.db import Row
from views.joining import (
    NEW,
    customer_search_form,
    customers_form,
    customers_split_form,
    link_form,
    merge_form,
    split_form,
)

Handler = Callable[[Bot, Body], Awaitable[None]]


async def _asked(bot: Bot, body: Body) -> Row:
    await bot.gate.admit(body, Act.ARRANGE)
    return await case_in(bot, clicked(body))


async def _given(bot: Bot, body: Body) -> tuple[Actor, Row, dict[str, Any]]:
    actor = await bot.gate.admit(body, Act.ARRANGE)
    return actor, await case_in(bot, metadata(body)["case"]), filled(body)


async def open_link_form(bot: Bot, body: Body) -> None:
    """Link in the menu."""
    await show(bot, body, link_form((await _asked(bot, body))["number"], about(clicked(body))))


async def submit_link(bot: Bot, body: Body) -> None:
    """The case to link to."""
    actor, case, fields = await _given(bot, body)
    other = await case_named(bot.db, bot.workspace_id, fields["other"])
    if not await join.link(bot.db, case["id"], other["id"], actor, bot.clock.now()):
        raise AlreadyDone("These cases are linked already.")


async def open_merge_form(bot: Bot, body: Body) -> None:
    """Merge in the menu."""
    await show(bot, body, merge_form((await _asked(bot, body))["number"], about(clicked(body))))


async def open_filled_merge_form(bot: Bot, body: Body) -> None:
    """Merge… on the card, beside another open case of the customer."""
    await bot.gate.admit(body, Act.ARRANGE)
    token, _, other = clicked(body).partition(" ")
    case, into = await case_in(bot, token), await case_in(bot, other)
    await show(bot, body, merge_form(case["number"], about(token), into["number"]))


async def submit_merge(bot: Bot, body: Body) -> None:
    """The case that this one goes on in."""
    actor, case, fields = await _given(bot, body)
    into = await case_named(bot.db, bot.workspace_id, fields["other"])
    await join.merge(bot.db, case["id"], into["id"], actor, bot.clock.now())


async def open_split_form(bot: Bot, body: Body) -> None:
    """Split in the menu."""
    await _show_split(bot, body, await _asked(bot, body), clicked(body), ())


async def new_matter(bot: Bot, body: Body) -> None:
    """The message shortcut: the customer's message goes into a case of its own."""
    await bot.gate.admit(body, Act.ARRANGE)
    message = body["message"]
    root = message.get("thread_ts") or message["ts"]
    here = await cases.by_thread(bot.db, bot.workspace_id, body["channel"]["id"], root)
    marks = [str(block.get("block_id", "")).split(":") for block in message.get("blocks") or ()]
    uuids = {mark[1] for mark in marks if mark[0] == "m" and len(mark) > 1}
    if here is None or not uuids:
        raise NotFound("New matter works on what the customer wrote in the thread of a case.")
    case = await cases.by_id(bot.db, await links.goes_on_in(bot.db, here["id"]))
    assert case is not None
    await _show_split(bot, body, case, str(case["token"]), uuids)


async def _show_split(bot: Bot, body: Body, case: Row, token: str, uuids: Collection[str]) -> None:
    messages = await joining.movable(bot.db, case["id"])
    chosen = [str(row["id"]) for row in messages if str(row["uuid"]) in uuids]
    merged = await joining.merged_here(bot.db, case["id"])
    await show(bot, body, split_form(case["number"], about(token), messages, merged, chosen))


async def submit_split(bot: Bot, body: Body) -> None:
    """Which messages go where."""
    actor, case, fields = await _given(bot, body)
    await join.split(
        bot.db,
        case["id"],
        [int(each) for each in fields.get("messages") or []],
        actor,
        bot.clock.now(),
        back_to=None if fields["into"] == NEW else int(fields["into"]),
        later=fields["later"] == "yes",
    )


async def open_customer_search(bot: Bot, body: Body) -> None:
    """Merge customers in the menu."""
    await _asked(bot, body)
    await show(bot, body, customer_search_form(about(clicked(body))))


async def submit_customer_search(bot: Bot, body: Body) -> Body:
    """Words to find the other customer by."""
    _actor, case, fields = await _given(bot, body)
    found = await identities.search(bot.db, bot.workspace_id, fields["words"].strip())
    others = [row for row in found if row["id"] != case["customer_id"]]
    if not others:
        raise NotFound("No customer fits: try a part of the name, a mail, a number, or an order.")
    return {
        "response_action": "update",
        "view": customers_form(body["view"]["private_metadata"], others),
    }


async def submit_customers(bot: Bot, body: Body) -> None:
    """The customer who is the same person."""
    actor, case, fields = await _given(bot, body)
    other, into = int(fields["customer"]), case["customer_id"]
    await customers.merge(bot.db, other, into, actor, bot.clock.now(), case=case["id"])


async def open_customer_split(bot: Bot, body: Body) -> None:
    """Split customers in the menu."""
    case = await _asked(bot, body)
    merges = await merging.merges_into(bot.db, case["customer_id"])
    if not merges:
        raise NotFound("Nobody was merged into this customer.")
    await show(bot, body, customers_split_form(about(clicked(body)), merges))


async def submit_customer_split(bot: Bot, body: Body) -> None:
    """The merge that was a mistake."""
    actor, case, fields = await _given(bot, body)
    chosen = int(fields["merge"])
    merges = await merging.merges_into(bot.db, case["customer_id"])
    found = next((row for row in merges if row["id"] == chosen), None)
    if found is None:
        raise AlreadyDone("These customers are two already.")
    both = (found["customer_id"], found["into_id"])
    await customers.split(bot.db, chosen, both, actor, bot.clock.now(), case=case["id"])


ACTIONS: dict[str, Handler] = {
    "case_merge": open_filled_merge_form,
    "menu_link": open_link_form,
    "menu_merge": open_merge_form,
    "menu_split": open_split_form,
    "menu_merge_customers": open_customer_search,
    "menu_split_customers": open_customer_split,
}
VIEWS = {
    "link_form": form(submit_link, "other"),
    "merge_form": form(submit_merge, "other"),
    "split_form": form(submit_split, "into"),
    "customers_find": form(submit_customer_search, "words"),
    "customers_merge": form(submit_customers, "customer"),
    "customers_split": form(submit_customer_split, "merge"),
}
