"""What people fill in: the state of elements in messages and views, in Slack's shapes."""

from collections.abc import Iterator
from typing import Any

from sandbox.errors import ActError
from sandbox.model import Json
from sandbox.text import rich_text
from sandbox.validate.blocks import elements_of, flattened, new_id
from sandbox.validate.elements import BUTTONS, TEXT_INPUTS, all_options

# element type → (key of its state, key of its initial value)
ONE = {
    "users_select": ("selected_user", "initial_user"),
    "conversations_select": ("selected_conversation", "initial_conversation"),
    "channels_select": ("selected_channel", "initial_channel"),
    "datepicker": ("selected_date", "initial_date"),
    "timepicker": ("selected_time", "initial_time"),
    "datetimepicker": ("selected_date_time", "initial_date_time"),
}
MANY = {
    "multi_users_select": ("selected_users", "initial_users"),
    "multi_conversations_select": ("selected_conversations", "initial_conversations"),
    "multi_channels_select": ("selected_channels", "initial_channels"),
}
ONE_OPTION = frozenset({"static_select", "external_select", "radio_buttons"})
MANY_OPTIONS = frozenset({"multi_static_select", "multi_external_select", "checkboxes"})
MISSING = "Please complete this required field."

State = dict[tuple[str, str], Json]


def elements(blocks: list[Json]) -> Iterator[tuple[Json, Json]]:
    """(block, element) for everything a person may use."""
    for block in flattened(blocks):
        for element in elements_of(block):
            yield block, element


def initial(element: Json) -> Json | None:
    """The state before anybody touched it; None for what has no state (buttons, overflow)."""
    kind = element["type"]
    if kind in TEXT_INPUTS:
        return {"type": kind, "value": element.get("initial_value")}
    if kind in ONE_OPTION:
        return {"type": kind, "selected_option": element.get("initial_option")}
    if kind in MANY_OPTIONS:
        return {"type": kind, "selected_options": element.get("initial_options") or []}
    if kind == "rich_text_input":
        return {"type": kind, "rich_text_value": element.get("initial_value")}
    if kind == "file_input":
        return {"type": kind, "files": []}
    if kind in ONE:
        key, start = ONE[kind]
        return {"type": kind, key: element.get(start)}
    if kind in MANY:
        key, start = MANY[kind]
        return {"type": kind, key: element.get(start) or []}
    return None


def filled(element: Json, value: Any) -> Json:
    """The state after a person chose `value` (text, option value, or a list of them).

    Raises ActError(invalid_value) when this element does not offer it.
    """
    kind = element["type"]
    if kind in TEXT_INPUTS:
        return {"type": kind, "value": None if value is None or value == "" else str(value)}
    if kind in ONE_OPTION:
        return {"type": kind, "selected_option": option(element, value) if value is not None else None}
    if kind in MANY_OPTIONS:
        return {"type": kind, "selected_options": [option(element, each) for each in _several(value)]}
    if kind == "rich_text_input":
        return {"type": kind, "rich_text_value": rich_text(str(value), new_id()) if value else None}
    if kind in ONE:
        return {"type": kind, ONE[kind][0]: value}
    if kind in MANY:
        return {"type": kind, MANY[kind][0]: _several(value)}
    raise ActError("invalid_value", detail=f"a {kind} cannot be filled in")


def option(element: Json, value: Any) -> Json:
    """The offered option with this value. Raises ActError(invalid_value)."""
    for each in all_options(element):
        if each.get("value") == value:
            return {key: part for key, part in each.items() if key in {"text", "value", "description"}}
    raise ActError("invalid_value", detail=f"no option has the value {value!r}")


def _several(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def values(blocks: list[Json], state: State) -> dict[str, Json]:
    """`state.values`: block id → action id → state of the element."""
    found: dict[str, Json] = {}
    for block, element in elements(blocks):
        start = initial(element)
        if start is not None:
            key = (block["block_id"], element["action_id"])
            found.setdefault(key[0], {})[key[1]] = state.get(key, start)
    return found


def problems(blocks: list[Json], state: State) -> dict[str, str]:
    """What the client itself refuses before it submits: block id → sentence."""
    found: dict[str, str] = {}
    for block in flattened(blocks):
        if block["type"] != "input":
            continue
        element = block["element"]
        current = state.get((block["block_id"], element["action_id"])) or initial(element) or {}
        content = next((part for key, part in current.items() if key != "type"), None)
        if content in (None, "", []):
            if not block.get("optional"):
                found[block["block_id"]] = MISSING
            continue
        if element["type"] == "plain_text_input":
            problem = _length_problem(element, str(content))
            if problem:
                found[block["block_id"]] = problem
    return found


def _length_problem(element: Json, content: str) -> str | None:
    most = element.get("max_length", 3000)
    if len(content) > most:
        return f"Please enter at most {most} characters."
    if len(content) < element.get("min_length", 0):
        return f"Please enter at least {element['min_length']} characters."
    return None


def action(block: Json, element: Json, state: Json | None, action_ts: str, chosen: Any = None) -> Json:
    """The entry in `actions` for a used element; `state` is what it holds now."""
    if element["type"] == "feedback_buttons":
        return {**feedback(element, chosen), "block_id": block["block_id"], "action_ts": action_ts}
    kept = ("type", "action_id", "text", "value", "style")
    shown: Json = {key: element[key] for key in kept if key in element}
    if element["type"] not in BUTTONS:
        shown.pop("value", None)
    return {**shown, **(state or {}), "block_id": block["block_id"], "action_ts": action_ts}


def feedback(element: Json, chosen: Any) -> Json:
    """The one of two feedback buttons that has this value. Raises ActError(invalid_value)."""
    for button in (element["positive_button"], element["negative_button"]):
        if button["value"] == chosen:
            kept = {"text": button["text"], "value": chosen}
            return {"type": "feedback_buttons", "action_id": element["action_id"], **kept}
    raise ActError("invalid_value", detail=f"no button has the value {chosen!r}")


def typed_blocks(text: str) -> list[Json]:
    """The blocks of a message a person typed."""
    return [rich_text(text, new_id())] if text else []
