"""Slack's markup → the plain text that a customer reads."""

from __future__ import annotations

import re
from collections.abc import Callable

_TOKEN = re.compile(r"<([^<>]*)>")


def mentioned_users(markup: str) -> set[str]:
    """The ids of the people that ``markup`` mentions."""
    return set(re.findall(r"<@([UW][A-Z0-9]+)", markup))


def to_plain(markup: str, name_of: Callable[[str], str]) -> str:
    """``markup`` (the ``text`` of a Slack message) as plain text.

    Mentions become names (``name_of`` maps a user id), links their address (with the label when it
    says more), special mentions such as <!here> their word; ``&amp; &lt; &gt;`` are unescaped.
    """
    text = _TOKEN.sub(lambda match: _token(match[1], name_of), markup)
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _token(inside: str, name_of: Callable[[str], str]) -> str:
    target, _, label = inside.partition("|")
    if target.startswith("@"):
        return name_of(target[1:])
    if target.startswith("#"):
        return f"#{label or target[1:]}"
    if target.startswith("!"):
        return label or target[1:].split("^")[0]
    if target.startswith(("mailto:", "tel:")):
        return label or target.partition(":")[2]
    return f"{label} ({target})" if label and label not in target else target
