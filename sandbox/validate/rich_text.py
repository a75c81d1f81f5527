"""The shape of rich_text blocks."""

from typing import Any

from sandbox.validate.shapes import (
    Checker,
    Report,
    Shape,
    anything,
    boolean,
    by_type,
    choice,
    items,
    text,
    whole,
)

_STYLE = Shape(
    dict.fromkeys(
        ("bold", "italic", "strike", "code", "underline", "highlight", "client_highlight", "unlink"), boolean
    )
)
_ID = text(255)


def _shown(value: Any, at: str, report: Report) -> None:
    """Text of any length but none; the message as a whole is limited."""
    if not isinstance(value, str):
        report.add("must provide a string", at)
    elif not value:
        report.add("must be more than 0 characters", at)
    else:
        report.text += len(value)


def _inline(required: tuple[str, ...], **own: Checker) -> Shape:
    return Shape({"type": anything, "style": _STYLE.check, **own}, required)


INLINE: dict[str, Shape] = {
    "text": _inline(("text",), text=_shown),
    "link": _inline(("url",), url=text(3000), text=_shown, unsafe=boolean),
    "emoji": _inline(("name",), name=text(255), unicode=text(255), skin_tone=whole(1, 6), url=text(3000)),
    "user": _inline(("user_id",), user_id=_ID),
    "usergroup": _inline(("usergroup_id",), usergroup_id=_ID),
    "channel": _inline(("channel_id",), channel_id=_ID),
    "team": _inline(("team_id",), team_id=_ID),
    "broadcast": _inline(("range",), range=choice("here", "channel", "everyone")),
    "date": _inline(
        ("timestamp", "format"),
        timestamp=whole(0, 9_999_999_999),
        format=text(255),
        url=text(3000),
        fallback=text(3000),
    ),
    "color": _inline(("value",), value=text(255)),
}
_ANY_INLINE = items(by_type(INLINE, frozenset(INLINE)), 10_000, 0)
_PLAIN_INLINE = items(by_type(INLINE, frozenset({"text", "link"})), 10_000, 0)
_SECTION = Shape({"type": anything, "elements": _ANY_INLINE}, ("elements",))
_SECTIONS = by_type({"rich_text_section": _SECTION}, frozenset({"rich_text_section"}))

PARTS: dict[str, Shape] = {
    "rich_text_section": _SECTION,
    "rich_text_quote": Shape(
        {"type": anything, "elements": _ANY_INLINE, "border": whole(0, 1)}, ("elements",)
    ),
    "rich_text_preformatted": Shape(
        {"type": anything, "elements": _PLAIN_INLINE, "border": whole(0, 1), "language": text(255)},
        ("elements",),
    ),
    "rich_text_list": Shape(
        {
            "type": anything,
            "style": choice("bullet", "ordered"),
            "elements": items(_SECTIONS, 10_000, 0),
            "indent": whole(0, 8),
            "offset": whole(0, 1_000_000),
            "border": whole(0, 1),
        },
        ("style", "elements"),
    ),
}
ELEMENTS_OF_BLOCK = items(by_type(PARTS, frozenset(PARTS)), 10_000, 0)
