"""``/cx problem``: one cause behind many cases."""

from __future__ import annotations

import re

from commands.acts import case_at
from commands.naming import problem_named
from commands.request import Request
from flows import problem as flow
from storage import problems
from views.problems import problem_line, problem_offer, problems_list
from views.thread import Rendered


async def run_problem(request: Request) -> Rendered:
    """``/cx problem``, ``… PR-7``, ``… CX-1042``, ``… CX-1042 PR-7`` or ``… CX-1042 what is wrong``."""
    words = request.arguments
    if not words:
        return problems_list(await problems.waiting(request.db, request.workspace_id))
    if _PROBLEM.fullmatch(words[0]):
        return problem_line(await problem_named(request.db, request.workspace_id, words[0]))
    case = await case_at(request)
    if len(words) == 1:
        return problem_offer(case["number"], str(case["token"]))
    hands = request.hands
    if len(words) == 2 and _PROBLEM.fullmatch(words[1]):
        found = await problem_named(request.db, request.workspace_id, words[1])
        await flow.add(request.db, found["token"], case, hands.actor, hands.now)
        return problem_line(found)
    title = " ".join(words[1:])
    return problem_line(
        await flow.make(request.db, case, title, f"command:{hands.key}", hands.actor, hands.now)
    )


_PROBLEM = re.compile(r"PR-(\d{1,12})", re.IGNORECASE)
