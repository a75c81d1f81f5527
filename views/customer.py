"""Forms about customers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cases.language import _
from cases.messages import reference
from cases.text import one_line, show_invisible
from views.blocks import Block
from views.forms import choice_field, modal, text_field


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


def switch_form(metadata: str, found: Sequence[Mapping[str, Any]]) -> Block:
    """On which of the customer's other channels it goes on."""
    options = [(str(row["id"]), f"💬 {one_line(show_invisible(row['site']), 60)}") for row in found]
    hint = _("When the customer asked for it or agreed. The thread stays.")
    field = choice_field("channel", _("Go on over"), options, hint)
    return modal("switch_form", _("Another channel"), _("Save"), metadata, [field])
