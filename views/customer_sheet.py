"""Who a customer is, and their cases over all channels, for the team's eyes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cases import formats
from cases.arrivals import TOLD
from cases.enums import Channel, Status
from cases.language import _, ngettext
from cases.messages import CaseCard
from cases.reader import language_of
from cases.surveys import SurveyKind
from cases.text import one_line, show_invisible
from views.blocks import HEADER_TEXT, Block, button, context, mrkdwn, name, plain, section, sections, when
from views.card import STATUS_WORDS
from views.channels import SIGNS, channel_line
from views.customer import customer_label
from views.desk import case_label, rest
from views.forms import page
from views.survey import rating_words
from views.thread import Rendered

Row = Mapping[str, Any]

IDENTITIES = 8
"""Of a customer that are shown."""
CASES = 10
"""Of a customer that are shown: a message has room for so many with the longest words."""
FOUND = 15
"""Customers that are shown where several fit."""
_SIGNS = {"email": "📧", TOLD: "📧", "phone": "📞", "chat": "💬", "visitor": "💬", "api": "🌐"}


def customer_sheet(who: Row, cases: Sequence[Row], url: str, case: CaseCard | None = None) -> Rendered:
    """A customer with their cases, newest first; the buttons act on ``case``, or on their newest."""
    title = one_line(show_invisible(who["name"]) or _("Customer not known yet"), HEADER_TEXT)
    blocks: list[Block] = [{"type": "header", "text": plain(title)}, *sheet_blocks(who, cases, url)]
    token = str(case.token) if case else next((str(row["token"]) for row in cases), None)
    if token is not None:
        blocks.append({"type": "actions", "elements": _buttons(token, case)})
    return Rendered(title, blocks)


def sheet_page(who: Row, cases: Sequence[Row], url: str) -> Block:
    """The same in a modal, from the menu of a case, which has the buttons."""
    blocks = sheet_blocks(who, cases, url)
    called = name(who["name"]) or _("Customer not known yet")
    return page(_("Customer's cases"), [section(f"*{called}*"), *blocks])


def sheet_blocks(who: Row, cases: Sequence[Row], url: str) -> list[Block]:
    """Facts, addresses, orders, and cases over all channels."""
    blocks = sections([*_facts(who), *_identities(who), _orders(who)])
    if not cases:
        return [*blocks, section(_("No case yet."))]
    many = cases[0]["fitting"]
    blocks.append(
        section(f"*{ngettext('{count} case on all channels', '{count} cases on all channels', many)}*")
    )
    blocks += sections([_case(row, url) for row in cases])
    more = rest(cases)
    return [*blocks, more] if more else blocks


def _facts(who: Row) -> list[str]:
    language = language_of(who["language"] or "")
    facts = [
        _("customer number {number}", number=name(who["external_id"])) if who["external_id"] else "",
        formats.language_name(language) if language else "",
        name(who["zone"], 60) if who["zone"] else "",
        _("known since {day}", day=formats.day(who["created_at"].date())),
    ]
    return [" · ".join(filter(None, facts))]


def _identities(who: Row) -> list[str]:
    known = who["identities"] or []
    lines = [_identity(each) for each in known]
    values = {each["value"].lower() for each in known}
    emails = sorted((who["emails"] or {}).items())
    lines += [f"📧 {name(email, 100)} · {_proven(proven)}" for email, proven in emails if email not in values]
    if who["phone"] and who["phone"] not in values:
        lines.append(f"📞 {name(who['phone'])}")
    left_out = known[0]["many"] - len(known) if known else 0
    if left_out:
        lines.append(ngettext("and {count} more", "and {count} more", left_out))
    return lines


def _identity(each: Row) -> str:
    if each["kind"] == "visitor":
        return f"{_SIGNS['visitor']} {_('not signed in')}"
    facts = [_called(each), _proven(each["verified"])]
    if each["told_by"]:
        facts.append(_("told by {person}", person=f"<@{each['told_by']}>"))
    return " · ".join(facts)


def _called(each: Row) -> str:
    """By an address, or by the name that another system has for them."""
    if each["place"]:
        system = channel_line(Channel.API, each["place"], icon=each["icon"])
        return f"{system} · {name(each['value'].partition(':')[2], 100)}"
    return f"{_SIGNS.get(each['kind'], SIGNS[Channel.API])} {name(each['value'], 100)}"


def _proven(proven: bool) -> str:
    return _("proven") if proven else _("not proven")


def _orders(who: Row) -> str:
    newest = who["newest_order"]
    if newest is None:
        return f"🛒 {_('no orders')}"
    orders = ngettext("{count} order", "{count} orders", who["orders"])
    last = _("the newest {order} ({status})", order=name(newest["id"]), status=name(newest["status"]))
    return f"🛒 {orders} · {last}"


def _case(row: Row, url: str) -> str:
    signs = "".join(SIGNS[Channel(each)] for each in row["channels"]) or SIGNS[Channel.INTERNAL]
    facts = [
        str(STATUS_WORDS[Status(row["status"])]),
        _("opened {when}", when=when(row["opened_at"])),
    ]
    if row["closed_at"]:
        facts.append(_("closed {when}", when=when(row["closed_at"])))
    if row["score"] is not None:
        facts.append(
            _("⭐ rated {rating}", rating=rating_words(SurveyKind(row["rating_kind"]), row["score"]))
        )
    return f"*{case_label(row, url)}* · {signs} · {name(row['subject'])}\n{' · '.join(facts)}"


def _buttons(token: str, case: CaseCard | None) -> list[Block]:
    if case is not None and case.channel is Channel.INTERNAL:
        return [button(_("Customer…"), "menu_customer", token)]
    return [
        button(_("Merge customers"), "menu_merge_customers", token),
        button(_("Split customers"), "menu_split_customers", token),
    ]


def customers_found(found: Sequence[Row]) -> Rendered:
    """Several customers who fit, each with a button that shows them."""
    line = _("Several customers fit:")
    blocks: list[Block] = [section(line)]
    for row in found[:FOUND]:
        shown = section(name(customer_label(row), 200))
        blocks.append(shown | {"accessory": button(_("Show"), "customer_show", str(row["id"]))})
    left_out = len(found) - FOUND
    if left_out > 0:
        more = ngettext("and {count} more", "and {count} more", left_out)
        blocks.append(context(mrkdwn(f"{more}. {_('Write more of the name, or the address.')}")))
    return Rendered(line, blocks)
