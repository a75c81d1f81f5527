"""The shapes of the blocks that agents and dashboards use: cards, tasks, plans, alerts, videos."""

from typing import Any

from sandbox.validate.elements import ELEMENTS, IMAGE, URL_SOURCE
from sandbox.validate.rich_text import ELEMENTS_OF_BLOCK
from sandbox.validate.shapes import (
    Checker,
    Report,
    Shape,
    by_type,
    choice,
    composed_text,
    items,
    text,
)

HTTPS = "must be an https address"
RICH_TEXT = Shape(
    {"type": choice("rich_text"), "block_id": text(255), "elements": ELEMENTS_OF_BLOCK}, ("type", "elements")
).check
_BUTTON = by_type(ELEMENTS, frozenset({"button"}))

CARD: dict[str, Checker] = {
    "hero_image": IMAGE.check,
    "icon": IMAGE.check,
    "title": composed_text(150),
    "subtitle": composed_text(150),
    "body": composed_text(200),
    "actions": items(_BUTTON, 25),
}
TASK: dict[str, Checker] = {
    "task_id": text(255),
    "title": text(3000),
    "details": RICH_TEXT,
    "output": RICH_TEXT,
    "sources": items(URL_SOURCE.check, 100, 0),
    "status": choice("pending", "in_progress", "complete", "error"),
}
TASK_NEEDS = ("task_id", "title", "status")
_TASK_CARD = Shape({"type": choice("task_card"), "block_id": text(255), **TASK}, TASK_NEEDS).check
PLAN: dict[str, Checker] = {"title": text(3000), "tasks": items(_TASK_CARD, 100, 0)}
ALERT: dict[str, Checker] = {
    "text": composed_text(3000),
    "level": choice("default", "info", "warning", "error", "success"),
}


def _https(value: Any, at: str, report: Report) -> None:
    text(3000)(value, at, report)
    if isinstance(value, str) and not value.startswith("https://"):
        report.add(HTTPS, at)


VIDEO: dict[str, Checker] = {
    "video_url": _https,
    "thumbnail_url": text(3000),
    "alt_text": text(2000),
    "title": composed_text(199, plain_only=True),
    "title_url": _https,
    "author_name": text(49),
    "provider_name": text(255),
    "provider_icon_url": text(3000),
    "description": composed_text(2000, plain_only=True),
}
VIDEO_NEEDS = ("video_url", "thumbnail_url", "alt_text", "title")


def card_has_something(value: dict[str, Any], at: str, report: Report) -> None:
    if not any(value.get(key) for key in ("hero_image", "title", "actions", "body")):
        report.add("must define at least one of `hero_image`, `title`, `actions`, `body`", f"{at}/type")


def container_fits(value: dict[str, Any], at: str, report: Report) -> None:
    if value.get("title") is None and value.get("rich_text_title") is None:
        report.add("must define either `title` or `rich_text_title`", f"{at}/type")
    if value.get("is_collapsible") and value.get("has_header_divider"):
        report.add("cannot be set when `is_collapsible` is true", f"{at}/has_header_divider")
    if value.get("default_collapsed") and not value.get("is_collapsible"):
        report.add("needs `is_collapsible`", f"{at}/default_collapsed")


CONTEXT_ACTIONS: dict[str, Checker] = {
    "elements": items(by_type(ELEMENTS, frozenset({"feedback_buttons", "icon_button"})), 5)
}
