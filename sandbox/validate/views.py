"""The shapes of modals and the App Home."""

from typing import Any

import orjson

from sandbox.errors import ApiError, InvalidArguments
from sandbox.validate.blocks import check_each
from sandbox.validate.shapes import Checker, Report, Shape, boolean, choice, composed_text, text

MOST_IN_VIEW = 100
MOST_BYTES = 250_000


def _blocks(value: Any, at: str, report: Report) -> None:
    if not isinstance(value, list):
        report.add("must provide an array", at)
        return
    if len(value) > MOST_IN_VIEW:
        report.add(f"no more than {MOST_IN_VIEW} items allowed", at)
    check_each(value, at, report, in_view=True)


_COMMON: dict[str, Checker] = {
    "blocks": _blocks,
    "private_metadata": text(3000, 0),
    "callback_id": text(255, 0),
    "external_id": text(255, 0),
}
_SHORT = composed_text(24, plain_only=True)
MODAL = Shape(
    {
        **_COMMON,
        "type": choice("modal"),
        "title": _SHORT,
        "close": _SHORT,
        "submit": _SHORT,
        "clear_on_close": boolean,
        "notify_on_close": boolean,
        "submit_disabled": boolean,
    },
    ("type", "title", "blocks"),
)
HOME = Shape({**_COMMON, "type": choice("home")}, ("type", "blocks"))


def check_view(view: Any, kind: str) -> dict[str, Any]:
    """A modal or home view as the app sent it, with ids given.

    Raises InvalidArguments with one line per problem, or ApiError(view_too_large).
    """
    if not isinstance(view, dict):
        raise InvalidArguments(["must provide an object [json-pointer:/view]"])
    report = Report()
    (MODAL if kind == "modal" else HOME).check(view, "/view", report)
    if kind == "modal" and report.inputs and not view.get("submit"):
        problem = "must define `submit` to use an `input` block in modals"
        report.problems += [f"{problem} [json-pointer:{at}]" for at in report.inputs]
    if report.problems:
        raise InvalidArguments(report.problems)
    if len(orjson.dumps(view)) > MOST_BYTES:
        raise ApiError("view_too_large")
    return view
