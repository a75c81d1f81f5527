"""Articles for whoever is writing in the chat: those that customers may read, before an agent is asked."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Request
from starlette.responses import Response

from bot.web.body import network, read_body
from bot.web.context import WebContext
from bot.web.errors import UnknownArticle
from bot.web.limits import RateLimit
from bot.web.sessions import session_of, site_of
from cases.language import later
from cases.text import one_line, show_invisible
from channels.webchat import MAX_BODY, parse_question
from storage import articles, knowledge
from storage.db import Row
from views.reading import paragraphs

MOST = 3
"""Articles that are suggested."""
_EXCERPT = 160
"""Characters of the passage that fits."""
_LEAST = 4
"""Letters and digits before anything is looked up."""
_FAR_BEHIND = 0.1
"""Of the best one's score, which is a sum of squares: what fits so much worse shares a word by chance."""


def add_articles(router: APIRouter, web: WebContext) -> None:
    """articles: POST looks some up for a text; articles/{id}: GET reads one; …/answered: POST counts it."""
    reading = _Articles(web)
    router.add_api_route("/{site}/articles", reading.suggest, methods=["POST"])
    router.add_api_route("/{site}/articles/{article}", reading.read, methods=["GET"])
    router.add_api_route("/{site}/articles/{article}/answered", reading.answered, methods=["POST"])


class _Articles:
    """Public articles need no session: nobody has one before they write."""

    def __init__(self, web: WebContext) -> None:
        self._web = web
        self._limit = RateLimit(
            later("Too many requests at once from your network."), web.per_address.articles
        )

    async def suggest(self, site: str, request: Request) -> Response:
        """The public articles that may answer what is being written, the best first."""
        place = site_of(self._web, site)
        self._limit.take(network(request.scope))
        question = parse_question(await read_body(request.scope, request.receive, MAX_BODY))
        if sum(char.isalnum() for char in question) < _LEAST:
            return _json({"articles": []})
        # By words alone: a model would be asked at every pause of whoever writes.
        rows = await knowledge.search(
            self._web.db, place.workspace_id, question, limit=MOST, public_only=True
        )
        return _json({"articles": [_suggestion(row) for row in rows if _is_near(row, rows[0])]})

    async def read(self, site: str, article: str, request: Request) -> Response:
        """One public article in plain paragraphs."""
        place = site_of(self._web, site)
        self._limit.take(network(request.scope))
        row = await self._public(place.workspace_id, _uuid(article))
        return _json(
            {
                "id": row["token"].hex,
                "title": _title(row),
                "parts": paragraphs(row["body"]),
                "url": row["url"],
            }
        )

    async def answered(self, site: str, article: str, request: Request) -> Response:
        """Count that it answered a customer's question: once in a conversation."""
        session = session_of(self._web, request.scope, site)
        self._limit.take(network(request.scope))
        row = await self._public(session.workspace_id, _uuid(article))
        now = self._web.clock.now()
        if await articles.answered(self._web.db, row["token"], session.conversation_id, now):
            self._web.metrics.articles_answered.inc()
        return _json({"answered": True})

    async def _public(self, workspace: int, token: UUID) -> Row:
        row = await articles.one(self._web.db, workspace, token)
        if row is None or not row["public"]:
            raise UnknownArticle
        return row


def _is_near(row: Row, best: Row) -> bool:
    return bool(row["score"] >= _FAR_BEHIND * best["score"])


def _suggestion(row: Row) -> dict[str, Any]:
    said = paragraphs(row["passage_text"])
    return {
        "id": row["token"].hex,
        "title": _title(row),
        "excerpt": one_line(show_invisible(" ".join(each["text"] for each in said)), _EXCERPT),
    }


def _title(row: Row) -> str:
    return one_line(show_invisible(row["title"]), 150)


def _uuid(value: str) -> UUID:
    try:
        return UUID(value)
    except ValueError:
        raise UnknownArticle from None


def _json(content: dict[str, Any]) -> Response:
    return Response(
        orjson.dumps(content), media_type="application/json", headers={"Cache-Control": "no-store"}
    )
