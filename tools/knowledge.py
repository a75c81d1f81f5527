"""The company's articles."""

from __future__ import annotations

from typing import Any

from storage import knowledge
from tools.scope import Scope

_MOST = 5
_PASSAGE = 1_500


async def search_knowledge(scope: Scope, query: str) -> list[dict[str, Any]]:
    """Articles of the company that answer `query`, best first, each with the passage that fits."""
    found = []
    asked = query[:4_000]
    for row in await knowledge.search(scope.db, scope.workspace_id, asked, limit=_MOST, embed=scope.embed):
        marker = scope.show(f"k:{row['id']}", row["title"])
        found.append({"cite": marker, "title": row["title"], "passage": row["passage_text"][:_PASSAGE]})
    return found
