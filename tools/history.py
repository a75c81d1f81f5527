"""What was said with this customer before, on every channel."""

from __future__ import annotations

from typing import Any

from cases.messages import reference
from cases.text import clipped
from storage import history
from tools.scope import Scope

_MOST = 10
_WORDS = 500


async def history_of_customer(scope: Scope, words: str = "") -> list[dict[str, Any]]:
    """Earlier cases of this customer, the latest first; with `words` only those in which they stand."""
    found = []
    for row in await history.earlier_of(scope.db, scope.case_id, words, _MOST):
        marker = scope.show(f"c:{reference(row['number'])}", f"{reference(row['number'])} · {row['subject']}")
        said = [
            {"who": line["direction"], "text": clipped(line["text"], _WORDS), "at": line["at"]}
            for line in row["said"]
        ]
        found.append(
            {
                "cite": marker,
                "case": reference(row["number"]),
                "subject": row["subject"],
                "status": row["status"],
                "channels": row["channels"],
                "opened": row["opened_at"].date().isoformat(),
                "said": said,
            }
        )
    return found
