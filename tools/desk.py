"""The cases of one person: what they own, or cover for a colleague who is away."""

from __future__ import annotations

from typing import Any

from cases.messages import reference
from cases.text import clipped
from storage import casefile, desk, search
from storage.db import Row
from tools.scope import DeskScope

_MOST = 15
_SAID = 12
_WORDS = 500


async def my_cases(scope: DeskScope, waiting: bool = False) -> list[dict[str, Any]]:
    """Your colleague's open cases, those first whose customer waits longest; `waiting`: only those whose
    customer waits for an answer."""
    unanswered = True if waiting else None
    rows = await desk.mine(scope.db, scope.workspace_id, scope.member, unanswered=unanswered, limit=_MOST)
    return [_line(scope, row) for row in rows]


async def find_in_my_cases(scope: DeskScope, words: str) -> list[dict[str, Any]]:
    """Cases of your colleague in which all these words stand, also closed ones."""
    rows = await search.find(scope.db, scope.workspace_id, words[:200], user=scope.member, limit=_MOST)
    return [_line(scope, row) | {"said": clipped(row["said"] or "", _WORDS)} for row in rows]


async def my_case(scope: DeskScope, number: str) -> dict[str, Any]:
    """One case of your colleague by its number, such as CX-1042: how it stands, and what was said last."""
    digits = number.strip().upper().removeprefix("CX-")
    row = None
    if digits.isascii() and digits.isdigit() and len(digits) <= 12:
        row = await desk.own_case(scope.db, scope.workspace_id, scope.member, int(digits))
    if row is None:
        return {"refused": "Your colleague has no such case."}
    lines = (await casefile.lines(scope.db, row["id"], 0))[-_SAID:]
    said = [
        {"who": line["direction"], "text": clipped(line["text"], _WORDS), "at": line["created_at"]}
        for line in lines
    ]
    return _line(scope, row) | {"said": said}


def _line(scope: DeskScope, row: Row) -> dict[str, Any]:
    case = reference(row["number"])
    return {
        "cite": scope.show(f"c:{case}", case, _address(scope, row)),
        "case": case,
        "customer": row["customer"],
        "subject": row["subject"],
        "status": row["status"],
        "opened": row["opened_at"],
        "last_words_of_customer": row["last_customer_at"],
    }


def _address(scope: DeskScope, row: Row) -> str | None:
    """The address of a case's thread, once it is posted."""
    if not row["thread_ts"] or not scope.workspace_url:
        return None
    place = f"{row['slack_channel']}/p{row['thread_ts'].replace('.', '')}"
    return f"{scope.workspace_url.rstrip('/')}/archives/{place}"
