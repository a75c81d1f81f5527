"""In which language a customer's browser wants to be answered."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import parse_qs

from starlette.types import Scope

from bot.web.body import header
from cases.reader import Reader, language_of, reader, reader_of

_MAX_HEADER = 512


def reader_of_request(scope: Scope) -> Reader:
    """Who reads the answer: by ``?lang=`` (a WebSocket cannot send headers of its own), else by
    Accept-Language (RFC 9110), else the team's language.
    """
    lang = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("lang", [""])[0]
    tag = lang if language_of(lang) else _preferred(header(scope, b"accept-language") or "")
    return reader_of(tag) if tag else reader()


@lru_cache(maxsize=512)
def _preferred(accepted: str) -> str | None:
    """The tag that a browser wants most among those of our languages."""
    wanted = []
    for place, part in enumerate(accepted[:_MAX_HEADER].split(",")):
        tag, _, quality = part.partition(";q=")
        weight = _weight(quality)
        if weight and language_of(tag):
            wanted.append((-weight, place, tag.strip()))
    return min(wanted)[2] if wanted else None


def _weight(quality: str) -> float:
    try:
        return min(1.0, float(quality)) if quality else 1.0
    except ValueError:
        return 0.0
