"""The shapes of interactive elements and what they are made of. Limits: Slack's Block Kit reference."""

import re
from typing import Any

from sandbox.validate.rich_text import ELEMENTS_OF_BLOCK
from sandbox.validate.shapes import (
    Checker,
    Report,
    Shape,
    anything,
    boolean,
    choice,
    composed_text,
    items,
    text,
    whole,
)

DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
WEB_ADDRESS = re.compile(r"(https?|slack|mailto|tel):\S+", re.IGNORECASE)
PLACEHOLDER = composed_text(150, plain_only=True)

CONFIRM = Shape(
    {
        "title": composed_text(100, plain_only=True),
        "text": composed_text(300),
        "confirm": composed_text(30, plain_only=True),
        "deny": composed_text(30, plain_only=True),
        "style": choice("primary", "danger"),
    },
    ("text",),
)
DISPATCH = Shape(
    {"trigger_actions_on": items(choice("on_enter_pressed", "on_character_entered"), 2)},
)
FILTER = Shape(
    {
        "include": items(choice("im", "mpim", "private", "public"), 4),
        "exclude_external_shared_channels": boolean,
        "exclude_bot_users": boolean,
    }
)


def _option(*, plain_only: bool, with_url: bool = False) -> Checker:
    props: dict[str, Checker] = {
        "text": composed_text(75, plain_only=plain_only),
        "value": text(150),
        "description": composed_text(75, plain_only=plain_only),
    }
    if with_url:
        props["url"] = text(3000, pattern=WEB_ADDRESS)
    return Shape(props, ("text", "value")).check


SELECT_OPTION = _option(plain_only=True)
RICH_OPTION = _option(plain_only=False)
GROUP = Shape(
    {"label": composed_text(75, plain_only=True), "options": items(SELECT_OPTION, 100)}, ("label", "options")
)


def action_id(value: Any, at: str, report: Report) -> None:
    """At most 255 characters, unique within its block."""
    text(255)(value, at, report)
    if not isinstance(value, str):
        return
    if value in report.action_ids:
        report.add("`action_id` already exists for another element", at)
    report.action_ids.add(value)


def _focus(value: Any, at: str, report: Report) -> None:
    boolean(value, at, report)
    report.focused += value is True
    if report.focused > 1:
        report.add("only one element can be focused on load", at)


def _options_once(value: dict[str, Any], at: str, report: Report) -> None:
    if ("options" in value) == ("option_groups" in value):
        report.add("must define either `options` or `option_groups`", f"{at}/type")
    _initial_is_offered(value, at, report)


def _initial_is_offered(value: dict[str, Any], at: str, report: Report) -> None:
    offered = {str(option.get("value")) for option in all_options(value) if isinstance(option, dict)}
    chosen = value.get("initial_options") or [value.get("initial_option")]
    for option in chosen if isinstance(chosen, list) else []:
        if isinstance(option, dict) and str(option.get("value")) not in offered:
            where = "initial_options" if value.get("initial_options") else "initial_option"
            report.add("must be one of the options", f"{at}/{where}")


def all_options(element: dict[str, Any]) -> list[dict[str, Any]]:
    """The options of a choice, those of its groups included."""
    found = list(element.get("options") or [])
    for group in element.get("option_groups") or []:
        found += (group.get("options") or []) if isinstance(group, dict) else []
    return found


def _lengths_fit(value: dict[str, Any], at: str, report: Report) -> None:
    least, most = value.get("min_length"), value.get("max_length")
    if isinstance(least, int) and isinstance(most, int) and least > most:
        report.add("min_length must be less than or equal to max_length", at)


def _picture(value: dict[str, Any], at: str, report: Report) -> None:
    if ("image_url" in value) == ("slack_file" in value):
        report.add("must define either `image_url` or `slack_file`", f"{at}/type")


def _element(own: dict[str, Checker], required: tuple[str, ...] = (), extra: Checker | None = None) -> Shape:
    common: dict[str, Checker] = {
        "type": anything,
        "action_id": action_id,
        "confirm": CONFIRM.check,
        "focus_on_load": _focus,
    }
    return Shape({**common, **own}, required, extra)


def _input(own: dict[str, Checker], extra: Checker | None = None, required: tuple[str, ...] = ()) -> Shape:
    props: dict[str, Checker] = {
        "type": anything,
        "action_id": action_id,
        "focus_on_load": _focus,
        "placeholder": PLACEHOLDER,
        "dispatch_action_config": DISPATCH.check,
    }
    return Shape({**props, **own}, required, extra)


def _select(initial: dict[str, Checker], *, multi: bool, offered: bool = False) -> Shape:
    own = {"placeholder": PLACEHOLDER, **initial}
    if multi:
        own["max_selected_items"] = whole(1, 100)
    if offered:
        own |= {"options": items(SELECT_OPTION, 100), "option_groups": items(GROUP.check, 100)}
    return _element(own, (), _options_once if offered else None)


URL_SOURCE = Shape(
    {"type": choice("url"), "url": text(3000, pattern=WEB_ADDRESS), "text": text(255)},
    ("type", "url", "text"),
)
_ID = text(255)
_IDS = items(_ID, 100, 0)
_FEEDBACK = Shape(
    {"text": composed_text(75, plain_only=True), "accessibility_label": text(75), "value": text(2000)},
    ("text", "value"),
)
_PARAMETER = Shape({"name": text(255), "value": text(3000)}, ("name", "value"))
_TRIGGER = Shape(
    {
        "url": text(3000, pattern=WEB_ADDRESS),
        "customizable_input_parameters": items(_PARAMETER.check, 100, 0),
    },
    ("url",),
)
WORKFLOW = Shape({"trigger": _TRIGGER.check}, ("trigger",))
_RICH = Shape({"type": choice("rich_text"), "elements": ELEMENTS_OF_BLOCK}, ("type", "elements")).check
_TALKS: dict[str, Checker] = {"default_to_current_conversation": boolean, "filter": FILTER.check}
_EXTERNAL: dict[str, Checker] = {"min_query_length": whole(0, 3000)}

IMAGE = Shape(
    {"type": anything, "image_url": text(3000), "slack_file": anything, "alt_text": text(2000)},
    ("alt_text",),
    _picture,
)
ELEMENTS: dict[str, Shape] = {
    "image": IMAGE,
    "button": Shape(
        {
            "type": anything,
            "action_id": action_id,
            "confirm": CONFIRM.check,
            "text": composed_text(75, plain_only=True),
            "url": text(3000, pattern=WEB_ADDRESS),
            "value": text(2000, 0),
            "style": choice("primary", "danger"),
            "accessibility_label": text(75),
            "agent_prompt": text(4000),
        },
        ("text",),
    ),
    "workflow_button": Shape(
        {
            "type": anything,
            "action_id": action_id,
            "confirm": CONFIRM.check,
            "text": composed_text(75, plain_only=True),
            "workflow": WORKFLOW.check,
            "style": choice("primary", "danger"),
            "accessibility_label": text(75),
        },
        ("text", "workflow"),
    ),
    "feedback_buttons": Shape(
        {
            "type": anything,
            "action_id": action_id,
            "positive_button": _FEEDBACK.check,
            "negative_button": _FEEDBACK.check,
        },
        ("positive_button", "negative_button"),
    ),
    "icon_button": Shape(
        {
            "type": anything,
            "action_id": action_id,
            "confirm": CONFIRM.check,
            "icon": choice("trash"),
            "text": composed_text(75, plain_only=True),
            "accessibility_label": text(75),
            "value": text(2000, 0),
            "visible_to_user_ids": _IDS,
        },
        ("icon", "text"),
    ),
    "static_select": _select({"initial_option": SELECT_OPTION}, multi=False, offered=True),
    "multi_static_select": _select({"initial_options": items(SELECT_OPTION, 100)}, multi=True, offered=True),
    "external_select": _select({"initial_option": SELECT_OPTION, **_EXTERNAL}, multi=False),
    "multi_external_select": _select({"initial_options": items(SELECT_OPTION, 100), **_EXTERNAL}, multi=True),
    "users_select": _select({"initial_user": _ID}, multi=False),
    "multi_users_select": _select({"initial_users": _IDS}, multi=True),
    "conversations_select": _select(
        {"initial_conversation": _ID, "response_url_enabled": boolean, **_TALKS}, multi=False
    ),
    "multi_conversations_select": _select({"initial_conversations": _IDS, **_TALKS}, multi=True),
    "channels_select": _select({"initial_channel": _ID, "response_url_enabled": boolean}, multi=False),
    "multi_channels_select": _select({"initial_channels": _IDS}, multi=True),
    "overflow": Shape(
        {
            "type": anything,
            "action_id": action_id,
            "confirm": CONFIRM.check,
            "options": items(_option(plain_only=True, with_url=True), 5),
        },
        ("options",),
    ),
    "radio_buttons": _element(
        {"options": items(RICH_OPTION, 10), "initial_option": RICH_OPTION}, ("options",), _initial_is_offered
    ),
    "checkboxes": _element(
        {"options": items(RICH_OPTION, 10), "initial_options": items(RICH_OPTION, 10)},
        ("options",),
        _initial_is_offered,
    ),
    "datepicker": _element({"initial_date": text(10, pattern=DATE), "placeholder": PLACEHOLDER}),
    "timepicker": _element(
        {"initial_time": text(5, pattern=TIME), "placeholder": PLACEHOLDER, "timezone": text(255)}
    ),
    "datetimepicker": _element({"initial_date_time": whole(1_000_000_000, 9_999_999_999)}),
    "plain_text_input": _input(
        {
            "initial_value": text(3000, 0),
            "multiline": boolean,
            "min_length": whole(0, 3000),
            "max_length": whole(1, 3000),
        },
        _lengths_fit,
    ),
    "email_text_input": _input({"initial_value": text(3000, 0)}),
    "url_text_input": _input({"initial_value": text(3000, 0)}),
    "file_input": Shape(
        {
            "type": anything,
            "action_id": action_id,
            "filetypes": items(text(255), 100, 0),
            "max_files": whole(1, 10),
        }
    ),
    "rich_text_input": _input(
        {"initial_value": _RICH, "min_lines": whole(1, 100), "max_lines": whole(1, 100)}
    ),
    "number_input": _input(
        {
            "is_decimal_allowed": boolean,
            "initial_value": text(255),
            "min_value": text(255),
            "max_value": text(255),
        },
        required=("is_decimal_allowed",),
    ),
}
TEXT_INPUTS = frozenset({"plain_text_input", "email_text_input", "url_text_input", "number_input"})
BUTTONS = frozenset({"button", "workflow_button", "feedback_buttons", "icon_button"})
CHOICES = frozenset(ELEMENTS) - TEXT_INPUTS - BUTTONS - {"image", "overflow", "file_input", "rich_text_input"}
IN_ACTIONS = CHOICES | {"button", "workflow_button", "overflow", "rich_text_input"}
IN_SECTION = CHOICES - {"datetimepicker"} | {"button", "workflow_button", "overflow", "image"}
IN_INPUT = CHOICES | TEXT_INPUTS | {"file_input", "rich_text_input"}
