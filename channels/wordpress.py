"""Posts and pages of a WordPress site as articles, over its REST API (`wp-json/wp/v2`).

https://developer.wordpress.org/rest-api/using-the-rest-api/pagination/ says how it pages.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cases.articles import MAX_TITLE, Article
from cases.errors import ConfigError, Unavailable
from channels.fetch import Answer, Fetch, Refused, Unreadable, part
from channels.markup import markdown, plain

_KINDS = ("posts", "pages")
_AT_ONCE = 50
_MOST_ANSWERS = 2_000
_TRIES = 3


async def articles(
    fetch: Fetch, *, language: str, progress: Callable[[int], None] = lambda read: None
) -> list[Article]:
    """All published posts and pages, or an error; customers may read them, as everybody can.

    What needs a password at the site is left out. ``progress`` hears how many were read. Raises ConfigError
    when there are none, and what ``fetch`` raises.
    """
    found: list[Article] = []
    for kind in _KINDS:
        entries = await _all(fetch, kind)
        found += [_article(entry, language) for entry in entries if _everybodys(entry)]
        progress(len(found))
    if not found:
        raise ConfigError("The site shows us no posts and no pages.")
    return found


def _everybodys(entry: object) -> bool:
    return part(entry, "status") == "publish" and not part(entry, "content", "protected")


async def _all(fetch: Fetch, kind: str) -> list[Any]:
    """Every entry of a kind; read anew when the site changed meanwhile, as entries then change places."""
    for _try in range(_TRIES):
        entries, whole = await _once(fetch, kind)
        if whole:
            return entries
    raise Unavailable(f"The site's {kind} change while they are read; please try again later.")


async def _once(fetch: Fetch, kind: str) -> tuple[list[Any], bool]:
    """The entries of a kind, and whether these are all."""
    found: dict[int, Any] = {}
    page, pages, read = 1, 1, 0
    totals: set[int] = set()
    while page <= min(pages, _MOST_ANSWERS):
        query = {
            "per_page": str(_AT_ONCE),
            "page": str(page),
            "orderby": "id",
            "order": "asc",
            "_fields": "id,link,status,title,content",
        }
        try:
            answer = await fetch(f"wp-json/wp/v2/{kind}", query)
        except Refused as error:
            if error.status == 400 and page > 1:
                return [], False  # So many pages are no longer there.
            raise
        entries = _entries(answer)
        found |= {_number(entry): entry for entry in entries}
        # The site counts what we may not see as well, so that a page may be shorter than it should.
        read += len(entries)
        pages, total = _header(answer, "x-wp-totalpages"), _header(answer, "x-wp-total")
        totals.add(total)
        page += 1
    return list(found.values()), len(totals) == 1 and len(found) == read


def _header(answer: Answer, name: str) -> int:
    value = answer.headers.get(name, "")
    if not value.isdecimal():
        raise Unreadable("The site does not say how many pages there are; is this WordPress?")
    return int(value)


def _entries(answer: Answer) -> list[Any]:
    if not isinstance(answer.value, list):
        raise Unreadable("The site answered something else than a list; is this WordPress?")
    return answer.value


def _number(entry: object) -> int:
    number = part(entry, "id")
    if not isinstance(number, int):
        raise Unreadable("The site answered an entry without an id.")
    return number


def _article(entry: object, language: str) -> Article:
    title, body, link = (
        part(entry, *names) for names in (("title", "rendered"), ("content", "rendered"), ("link",))
    )
    if not isinstance(title, str) or not isinstance(body, str):
        raise Unreadable("The site answered an entry without title or text.")
    number = str(_number(entry))
    url = link if isinstance(link, str) and link.startswith(("https://", "http://")) else None
    return Article(number, plain(title)[:MAX_TITLE] or number, markdown(body), language, url, public=True)
