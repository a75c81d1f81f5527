"""Submitting and closing the app's forms."""

from typing import Any

from sandbox import forms, interactions
from sandbox.box import Box
from sandbox.errors import ActError, ApiError, NotDelivered
from sandbox.filling import filled
from sandbox.lookup import view_of
from sandbox.modals import View
from sandbox.model import Json, User
from sandbox.validate.views import check_view


async def submit(box: Box, user: User, body: Json) -> Json:
    """Fills in `values` and submits; the app may answer with errors, another view, or close the form."""
    view = view_of(box, user, body)
    if view.body["type"] != "modal":
        raise ActError("view_not_found")
    _fill(box, user, view, body.get("values") or {})
    problems = forms.problems(view.body["blocks"], view.state)
    if problems:
        raise ActError("invalid_values", errors=problems)
    ack = await interactions.submit(box, user, view)
    return {"ack": ack, "closed": _obey(box, view, ack)}


def _fill(box: Box, user: User, view: View, given: Any) -> None:
    known = {
        (block["block_id"], element["action_id"]): (block, element)
        for block, element in forms.elements(view.body["blocks"])
    }
    if not isinstance(given, dict) or not all(isinstance(actions, dict) for actions in given.values()):
        raise ActError("invalid_values", detail="values must be {block_id: {action_id: value}}")
    for block_id, actions in given.items():
        for action_id, value in actions.items():
            found = known.get((block_id, action_id))
            if found is None:
                raise ActError("element_not_found", detail=f"{block_id}/{action_id}")
            view.state[block_id, action_id] = filled(box, user, view, *found, value)


def _obey(box: Box, view: View, ack: Json | None) -> bool:
    """Does what the acknowledgement says; returns whether the form is gone."""
    try:
        match (ack or {}).get("response_action"):
            case "errors":
                _check_errors(view, ack or {})
                return False
            case "update":
                box.modals.update(view, check_view((ack or {}).get("view"), "modal"))
                return False
            case "push":
                box.modals.open(view.user, check_view((ack or {}).get("view"), "modal"), on=view.id)
                return False
            case "clear":
                box.modals.close(view, whole_stack=True)
                return True
            case None:
                box.modals.close(view)
                return True
            case _:
                raise ActError("invalid_ack")
    except ApiError as problem:
        raise ActError("invalid_ack", detail=problem.code, **problem.extra) from problem


def _check_errors(view: View, ack: Json) -> None:
    """Slack shows errors only at input blocks of the form."""
    inputs = {block["block_id"] for block in view.body["blocks"] if block["type"] == "input"}
    errors = ack.get("errors")
    if not isinstance(errors, dict) or not errors or set(errors) - inputs:
        raise ActError("invalid_ack", detail="errors must name input blocks of the form")


async def close_view(box: Box, user: User, body: Json) -> Json:
    """Closes a form without submitting; the app hears of it if it asked to (`notify_on_close`)."""
    view = view_of(box, user, body)
    whole_stack = bool(view.body.get("clear_on_close"))
    for each in box.modals.close(view, whole_stack=whole_stack):
        if each.body.get("notify_on_close"):
            try:
                await interactions.closed(box, user, each, cleared=whole_stack)
            except NotDelivered:
                continue
    return {}
