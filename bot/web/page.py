"""Pages of ours for one customer: plain HTML behind a signed link, which works without JavaScript."""

from __future__ import annotations

from html import escape
from pathlib import Path
from urllib.parse import parse_qs

from starlette.responses import HTMLResponse

from bot.web.errors import TooFast, status_of
from cases.errors import CxError
from cases.reader import reader

MAX_BODY = 128 * 1024
"""Bytes of a form: 10,000 characters of any language fit, percent-encoded."""
_MAX_FIELDS = 10
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}
"""Nobody keeps, frames, finds or passes on what stands there."""
_STYLE = (Path(__file__).parent / "static" / "page" / "page.css").read_text(encoding="utf-8")


def html_page(title: str, body: str, status: int = 200) -> HTMLResponse:
    """A page; ``title`` is text, ``body`` is HTML."""
    return HTMLResponse(
        f'<!doctype html><html lang="{reader().language}"><meta charset="utf-8">'  # not translated
        '<meta name="viewport" content="width=device-width,initial-scale=1">'  # not translated
        f"<title>{escape(title)}</title><style>{_STYLE}</style>"
        f"<main><h1>{escape(title)}</h1>{body}</main></html>",
        status,
        HEADERS,
    )


def said_page(sentence: str, title: str, status: int = 200) -> HTMLResponse:
    """A page with one sentence."""
    return html_page(title, f'<p role="status">{escape(sentence)}</p>', status)


def refused_page(error: CxError, title: str) -> HTMLResponse:
    """A page that says what went wrong."""
    answer = said_page(error.sentence, title, status_of(error))
    if isinstance(error, TooFast):
        answer.headers["Retry-After"] = str(error.retry_after)
    return answer


def form_fields(body: bytes) -> dict[str, str]:
    """What a form holds; nothing where it is no form."""
    try:
        found = parse_qs(body.decode(), max_num_fields=_MAX_FIELDS)
    except ValueError:
        return {}
    return {name: values[0] for name, values in found.items()}
