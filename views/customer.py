"""Forms about customers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cases.enums import Channel
from cases.language import _
from cases.messages import reference
from cases.text import one_line, show_invisible
from views.blocks import Block
from views.channels import SIGNS
from views.forms import choice_field, modal, text_field

Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Begin:
    """What a mail may begin with: the customer's addresses, our mailboxes (key, name), a subject."""

    addresses: Rows
    mailboxes: Sequence[tuple[str, str]]
    mailbox: str
    """Key of the usual one."""
    subject: str


def find_form(number: int, metadata: str) -> Block:
    """What to find a customer by, or how to call one whom nobody knows."""
    return modal(
        "customer_find",
        _("Customer of {case}", case=reference(number)),
        _("Next"),
        metadata,
        [
            text_field(
                "words",
                _("Find a customer"),
                _("A part of the name or mail, a customer number, a phone, an order, or one of their cases."),
                max_length=100,
            ),
            text_field("name", _("Or: the name of somebody new"), max_length=120),
        ],
    )


def choose_form(number: int, metadata: str, found: Sequence[Mapping[str, Any]]) -> Block:
    """Which of the customers that were found."""
    options = [(str(row["id"]), customer_label(row)) for row in found]
    return modal(
        "customer_choose",
        _("Customer of {case}", case=reference(number)),
        _("Link"),
        metadata,
        [
            choice_field(
                "customer", _("Customer"), options, value=options[0][0] if len(options) == 1 else None
            )
        ],
    )


def customer_label(row: Mapping[str, Any]) -> str:
    """A customer on one line: name, mail, number, chat site."""
    facts = [row["name"], row["email"], row["external_id"], row["site"]]
    return one_line(show_invisible(" · ".join(fact for fact in facts if fact)), 75)


MAIL = "mail:"
"""What the value of a choice begins with that is a mail address to begin with."""
_ADDRESS = 36
"""Characters of an address in a choice, which has 75."""
_VALUE = 75
"""Characters of a choice's value (Slack)."""


def switch_form(metadata: str, found: Rows, begin: Begin | None = None) -> Block:
    """On which of the customer's other channels it goes on; ``begin`` is what a mail may begin with."""
    options = [(str(row["id"]), _place(row)) for row in found]
    hint = _("When the customer asked for it or agreed. The thread stays.")
    if begin is None:
        field = choice_field("channel", _("Go on over"), options, hint)
        return modal("switch_form", _("Another channel"), _("Save"), metadata, [field])
    options += [(f"{MAIL}{row['address']}", _address(row)) for row in begin.addresses]
    options = [each for each in options if len(each[0]) <= _VALUE][:100]
    fields = [choice_field("channel", _("Go on over"), options, hint, optional=True)] if options else []
    return modal(
        "begin_form", _("Another channel"), _("Save"), metadata, [*fields, *_beginning(begin, bool(fields))]
    )


def _beginning(begin: Begin, known: bool) -> list[Block]:
    label = _("Or begin a mail to") if known else _("Begin a mail to")
    hint = _("An address that the customer told you. It counts as not proven.")
    fields = [text_field("address", label, hint, max_length=254)]
    if len(begin.mailboxes) > 1:
        fields.append(
            choice_field("mailbox", _("From the mailbox"), begin.mailboxes[:100], value=begin.mailbox)
        )
    subject = _("Subject of a mail that you begin")
    return [*fields, text_field("subject", subject, value=one_line(begin.subject, 200), max_length=200)]


def _place(row: Mapping[str, Any]) -> str:
    shown = one_line(show_invisible(row["title"] or row["site"]), 60)
    return f"{SIGNS[Channel(row['channel'])]} {shown}"


def _address(row: Mapping[str, Any]) -> str:
    shown = one_line(show_invisible(row["address"]), _ADDRESS)
    if row["proven"]:
        return _("📧 New mail to {address} (proven)", address=shown)
    return _("📧 New mail to {address} (not proven)", address=shown)
