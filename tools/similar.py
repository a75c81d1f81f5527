"""Closed cases like this one, without anybody's words."""

from __future__ import annotations

from typing import Any

from cases.messages import reference
from storage import similar
from tools.scope import Scope

_MOST = 5


async def similar_cases(scope: Scope) -> list[dict[str, Any]]:
    """Closed cases that look like this one: how they went, and which articles helped.

    Other customers' words stay with them: what comes back are facts about the cases, not their texts.
    """
    rows = await similar.closed(scope.db, scope.case_id, _MOST)
    return [
        {
            "cite": scope.show(f"c:{reference(row['number'])}", reference(row["number"])),
            "case": reference(row["number"]),
            "hours_to_close": round(row["hours"]),
            "messages": row["messages"],
            "departments_asked": row["departments"],
            "articles": [
                {"cite": scope.show(f"k:{each['id']}", each["title"]), "title": each["title"]}
                for each in row["articles"]
            ],
        }
        for row in rows
    ]
