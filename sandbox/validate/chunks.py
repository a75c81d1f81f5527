"""The shape of the chunks of a stream."""

from typing import Any

from sandbox.errors import ApiError
from sandbox.validate.elements import URL_SOURCE
from sandbox.validate.shapes import Report, Shape, anything, boolean, by_type, choice, items, text

MOST_TASK_TEXT = 256

CHUNKS: dict[str, Shape] = {
    "markdown_text": Shape({"type": anything, "text": text(12_000)}, ("text",)),
    "plan_update": Shape({"type": anything, "title": text(MOST_TASK_TEXT)}, ("title",)),
    "task_update": Shape(
        {
            "type": anything,
            "id": text(255),
            "title": text(MOST_TASK_TEXT),
            "status": choice("pending", "in_progress", "complete", "error"),
            "details": text(MOST_TASK_TEXT, 0),
            "output": text(MOST_TASK_TEXT, 0),
            "sources": items(URL_SOURCE.check, 100, 0),
            "hide_title": boolean,
            "icon": anything,
        },
        ("id", "title", "status"),
    ),
    "blocks": Shape({"type": anything, "blocks": anything}, ("blocks",)),
}
_CHECK = items(by_type(CHUNKS, frozenset(CHUNKS)), 1_000, 0)


def check_chunks(chunks: Any) -> list[dict[str, Any]]:
    """Raises ApiError(invalid_chunks) with one line per problem."""
    report = Report()
    _CHECK(chunks, "/chunks", report)
    if report.problems:
        messages = [f"[ERROR] {problem}" for problem in report.problems]
        raise ApiError("invalid_chunks", response_metadata={"messages": messages})
    return [dict(chunk) for chunk in chunks]
