"""Forms that link, merge and split cases and customers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cases import formats
from cases.language import _
from cases.messages import reference
from cases.text import one_line, show_invisible
from views.blocks import Block
from views.customer import customer_label
from views.forms import choice_field, modal, several_field, text_field

Rows = Sequence[Mapping[str, Any]]
NEW = "new"


def link_form(number: int, metadata: str) -> Block:
    """Which case has to do with this one."""
    return modal("link_form", _("Link {case}", case=reference(number)), _("Link"), metadata, [_other_case()])


def merge_form(number: int, metadata: str, into: int | None = None) -> Block:
    """Which case goes on in this one's place; ``into`` is filled in."""
    hint = _("This case ends, and what its customer writes next lands in that one.")
    title = _("Merge {case}", case=reference(number))
    return modal("merge_form", title, _("Merge"), metadata, [_other_case(hint, into)])


def _other_case(hint: str | None = None, number: int | None = None) -> Block:
    value = reference(number) if number else ""
    label = _("The other case, such as CX-1042")
    return text_field("other", label, hint, value=value, max_length=20, optional=False)


def split_form(number: int, metadata: str, messages: Rows, merged: Rows, chosen: Sequence[str] = ()) -> Block:
    """Which messages go where; ``merged`` are the cases that may come back."""
    options = [
        (str(row["id"]), one_line(f"{formats.moment(row['created_at'])} · {show_invisible(row['text'])}", 75))
        for row in messages
    ]
    targets = [(NEW, _("A new case"))] + [(str(row["id"]), _target(row)) for row in merged]
    blocks = [choice_field("into", _("Into"), targets[:100], value=NEW)]
    if options:
        title = _("Messages that go there")
        blocks.insert(0, several_field("messages", title, options, values=chosen, optional=True))
    later = [("yes", _("Go there, too")), ("no", _("Stay in this case"))]
    blocks.append(choice_field("later", _("Later messages of the same conversation"), later, value="yes"))
    return modal("split_form", _("Split {case}", case=reference(number)), _("Split"), metadata, blocks)


def _target(row: Mapping[str, Any]) -> str:
    return one_line(f"{reference(row['number'])} · {show_invisible(row['subject'])}", 75)


def customer_search_form(metadata: str) -> Block:
    """Words to find the customer by who is the same person."""
    hint = _("A part of the name or mail, a customer number, a phone, an order, or one of their cases.")
    field = text_field("words", _("Find a customer"), hint, max_length=100, optional=False)
    return modal("customers_find", _("Merge customers"), _("Next"), metadata, [field])


def customers_form(metadata: str, found: Rows) -> Block:
    """Who of them is this case's customer."""
    options = [(str(row["id"]), customer_label(row)) for row in found]
    hint = _("Their cases and handles become this customer's; it can be undone.")
    field = choice_field("customer", _("The same person"), options, hint)
    return modal("customers_merge", _("Merge customers"), _("Merge"), metadata, [field])


def customers_split_form(metadata: str, merges: Rows) -> Block:
    """Which merge was a mistake."""
    options = [(str(row["id"]), customer_label(row)) for row in merges]
    field = choice_field("merge", _("Somebody else after all"), options)
    return modal("customers_split", _("Split customers"), _("Split"), metadata, [field])
