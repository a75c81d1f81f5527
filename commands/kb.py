"""``/cx kb``: what the knowledge base says, and what it lacks."""

from __future__ import annotations

from datetime import timedelta

from cases.errors import InvalidInput
from commands.request import Request
from storage import articles, gaps, knowledge
from views.knowledge import article_gaps, found_articles
from views.thread import Rendered

GAPS = timedelta(days=90)
"""How far back missing articles are listed."""


async def run_kb(request: Request) -> Rendered:
    """``/cx kb words`` and ``/cx kb gaps``; raises InvalidInput without words or articles."""
    words = " ".join(request.arguments)
    if words.lower() == "gaps":
        since = request.hands.now - GAPS
        lacking = await gaps.gaps(request.db, request.workspace_id, since)
        return article_gaps([(gap.words, gap.items) for gap in lacking], request.workspace_url)
    if not any(char.isalnum() for char in words):
        raise InvalidInput("Say what to look for, as in `/cx kb return label`.")
    found = await knowledge.search(request.db, request.workspace_id, words, embed=request.embed)
    if not found and not await articles.count(request.db, request.workspace_id):
        raise InvalidInput("There are no articles yet; `cx import kb` brings them in.")
    if knowledge.in_vain(found):
        await gaps.missed(request.db, request.workspace_id, words, request.user, request.hands.now)
    return found_articles(found)
