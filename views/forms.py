"""Fields of forms: each one's name is both its block and its action."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from cases.language import _
from cases.text import one_line
from views.blocks import Block, plain, section


def modal(callback: str, title: str, submit: str, metadata: str, blocks: Sequence[Block]) -> Block:
    """A form; ``metadata`` comes back with its submission."""
    return {
        "type": "modal",
        "callback_id": callback,
        "private_metadata": metadata,
        "title": plain(one_line(title, 24)),
        "submit": plain(one_line(submit, 24)),
        "close": plain(_("Cancel")),
        "blocks": list(blocks),
    }


def page(title: str, blocks: Sequence[Block], metadata: str = "") -> Block:
    """A modal that is only read, or clicked in."""
    return {
        "type": "modal",
        "private_metadata": metadata,
        "title": plain(one_line(title, 24)),
        "close": plain(_("Done")),
        "blocks": list(blocks),
    }


def text_field(
    name: str,
    label: str,
    hint: str | None = None,
    *,
    value: str = "",
    max_length: int,
    multiline: bool = False,
    optional: bool = True,
) -> Block:
    """A field to type in."""
    element: Block = {"type": "plain_text_input", "action_id": name, "max_length": max_length}
    if multiline:
        element["multiline"] = True
    if value:
        element["initial_value"] = value
    return _input(name, label, hint, element, optional=optional)


def person_field(name: str, label: str, hint: str | None = None, *, optional: bool = False) -> Block:
    """A field that takes a person of the workspace."""
    return _input(name, label, hint, {"type": "users_select", "action_id": name}, optional=optional)


def choice_field(
    name: str,
    label: str,
    options: Sequence[tuple[str, str]],
    hint: str | None = None,
    *,
    value: str | None = None,
    optional: bool = False,
) -> Block:
    """A field that takes one of ``options`` (value, label), at most 100."""
    made = [option(*each) for each in options]
    element: Block = {"type": "static_select", "action_id": name, "options": made}
    chosen = next((each for each in made if each["value"] == value), None)
    if chosen:
        element["initial_option"] = chosen
    return _input(name, label, hint, element, optional=optional)


def date_field(
    name: str, label: str, hint: str | None = None, *, value: date | None = None, optional: bool = True
) -> Block:
    """A field that takes a day."""
    element: Block = {"type": "datepicker", "action_id": name}
    if value is not None:
        element["initial_date"] = value.isoformat()
    return _input(name, label, hint, element, optional=optional)


def time_field(name: str, label: str, hint: str | None = None, *, optional: bool = True) -> Block:
    """A field that takes a time of the day, in the person's own zone."""
    return _input(name, label, hint, {"type": "timepicker", "action_id": name}, optional=optional)


def several_field(
    name: str,
    label: str,
    options: Sequence[tuple[str, str]],
    hint: str | None = None,
    *,
    values: Sequence[str] = (),
    optional: bool = False,
) -> Block:
    """A field that takes several of ``options`` (value, label), at most 100."""
    made = [option(*each) for each in options]
    element: Block = {"type": "multi_static_select", "action_id": name, "options": made}
    chosen = [each for each in made if each["value"] in values]
    if chosen:
        element["initial_options"] = chosen
    return _input(name, label, hint, element, optional=optional)


def several_boxes(name: str, label: str, options: Sequence[tuple[str, str]]) -> Block:
    """Boxes to tick, at most 10, none of them ticked."""
    made = [option(*each) for each in options]
    return _input(
        name, label, None, {"type": "checkboxes", "action_id": name, "options": made}, optional=True
    )


def option(value: str, label: str) -> Block:
    """One option of a choice; its label is cut to Slack's 75 characters."""
    return {"text": plain(label if len(label) <= 75 else label[:74] + "…"), "value": value}


def with_notice(view: dict[str, Any], sentence: str) -> Block:
    """An open modal, as Slack describes it, with a sentence on top; an earlier one is replaced."""
    kept = [block for block in view["blocks"] if block.get("block_id") != "notice"]
    shown = {
        name: view[name]
        for name in ("type", "title", "submit", "close", "callback_id", "private_metadata")
        if view.get(name)
    }
    return shown | {"blocks": [section(f"⚠️ {sentence}") | {"block_id": "notice"}, *kept][:100]}


def _input(name: str, label: str, hint: str | None, element: Block, *, optional: bool) -> Block:
    field: Block = {
        "type": "input",
        "block_id": name,
        "optional": optional,
        "label": plain(label),
        "element": element,
    }
    return field | {"hint": plain(hint)} if hint else field
