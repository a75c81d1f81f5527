"""What a mail is called and what it answers (RFC 5322, 3.6.4): these headers come in every shape."""

from __future__ import annotations

import re

from channels.mail_parts import Headers

MAX_REFERENCES = 100
_MAX_ID = 250
_LOOKED_AT = 32_000
_BRACKETED = re.compile(r"<([^<>\s]{1,250})>")
_NOTHING = frozenset({"", "@", "null", "nil", "none", "undefined", "(null)", "unknown"})


def message_id(headers: Headers) -> str | None:
    """The Message-ID in angle brackets; None where there is none, several, or one that names nothing."""
    found = headers.all("message-id")
    named = ids(found[0]) if len(found) == 1 else []
    return named[0] if len(named) == 1 else None


def references(headers: Headers) -> tuple[str, ...]:
    """What a mail answers, the most telling last: References as they stand there, then In-Reply-To."""
    found = [one for value in headers.all("references") for one in ids(value)]
    found += [one for value in headers.all("in-reply-to") for one in ids(value)]
    newest_first = list(dict.fromkeys(reversed(found)))[:MAX_REFERENCES]
    return tuple(reversed(newest_first))


def ids(value: str) -> list[str]:
    """The Message-IDs in a header, words without brackets too when they could be ids; ``null`` never is."""
    value = value[:_LOOKED_AT]
    found = _BRACKETED.findall(value)
    if not found:
        found = [word.strip("<>,;\"'") for word in value.split()]
    return [f"<{one}>" for one in found if _is_id(one)]


def _is_id(text: str) -> bool:
    left, at, right = text.rpartition("@")
    if not at or len(text) > _MAX_ID or not text.isprintable():
        return False
    return left.lower() not in _NOTHING and right.lower() not in _NOTHING
