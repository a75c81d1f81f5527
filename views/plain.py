"""Slack's markup → the plain text that a customer reads."""

from __future__ import annotations

import re
from collections.abc import Callable

import emoji

_TOKEN = re.compile(r"<([^<>]*)>")
_EMOJI = re.compile(r":([a-z0-9_+'-]+):(?::skin-tone-([2-6]):)?")
_CODE = re.compile(r"```\n?(.*?)\n?```|`([^`\n]+)`", re.DOTALL)
_MARKS = [
    # A mark has a word beside it on its inner side only; what stands in <…> is no words.
    re.compile(
        rf"<[^<>]*>|(?<![\w{mark}]){mark}(?=\S)((?:<[^<>]*>|[^{mark}\n<])+?)(?<=\S){mark}(?![\w{mark}])"
    )
    for mark in (r"\*", "_")
]
_SKIN_TONES = {str(tone): chr(0x1F3FB + tone - 2) for tone in range(2, 7)}


def mentioned_users(markup: str) -> set[str]:
    """The ids of the people that ``markup`` mentions."""
    return set(re.findall(r"<@([UW][A-Z0-9]+)", markup))


def noted(markup: str) -> str:
    """What one of us wrote in a thread, as plain text; who is mentioned stands there as ``@U024BE7LH``."""
    return to_plain(markup, lambda who: f"@{who}")


def with_mentions(escaped: str) -> str:
    """``escaped``, a part of what ``noted`` gave, in Slack's markup: who is mentioned is shown by name."""
    return re.sub(r"(?<!\w)@([UW][A-Z0-9]{2,})(?![A-Z0-9…])", r"<@\1>", escaped)


def to_plain(markup: str, name_of: Callable[[str], str]) -> str:
    """``markup`` (the ``text`` of a Slack message) as plain text.

    Marks of bold, italics and code go; ~struck out~ keeps its own, for without them it would say the
    opposite. Mentions become names (``name_of`` maps a user id), links their address (with the label when it
    says more), special mentions such as <!here> their word, emoji codes their emoji (unknown ones
    stay); ``&amp; &lt; &gt;`` are unescaped.
    """
    done, end = "", 0
    for code in _CODE.finditer(markup):
        done += _written(_unmarked(markup[end : code.start()]), name_of)
        done += _written(code[1] if code[1] is not None else code[2], name_of)
        end = code.end()
    return done + _written(_unmarked(markup[end:]), name_of)


def _unmarked(markup: str) -> str:
    for mark in _MARKS:
        markup = mark.sub(lambda found: found[1] if found[1] is not None else found[0], markup)
    return markup


def _written(markup: str, name_of: Callable[[str], str]) -> str:
    # Split by its one group, the pattern gives plain text at the even places, insides at the odd ones.
    pieces = [
        _token(piece, name_of) if place % 2 else _with_emoji(piece)
        for place, piece in enumerate(_TOKEN.split(markup))
    ]
    return "".join(pieces).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _with_emoji(text: str) -> str:
    made, done, look = "", 0, 0
    while code := _EMOJI.search(text, look):
        shown = None if _inside_a_word(text, code) else _emoji(code[1], code[2])
        if shown is None:
            look = code.end(1)  # Its last colon may begin the next code.
            continue
        made += text[done : code.start()] + shown
        done = look = code.end()
    return made + text[done:]


def _inside_a_word(text: str, code: re.Match[str]) -> bool:
    """Whether it stands between letters or digits, as in 10:30:15 or 00:1a:ab:3c."""
    around = text[max(0, code.start() - 1) : code.start()], text[code.end() : code.end() + 1]
    return all(char.isascii() and char.isalnum() for char in around)


def _emoji(name: str, tone: str | None) -> str | None:
    """The emoji of a code, None when it is unknown; Slack writes some names with - instead of _."""
    for known in (name, name.replace("-", "_")):
        found = emoji.emojize(f":{known}:", language="alias")
        if not found.startswith(":"):
            # A skin tone stands behind the first character, in the place of its variation selector.
            return found[0] + _SKIN_TONES[tone] + found[1:].removeprefix("\ufe0f") if tone else found
    return None


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
