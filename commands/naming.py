"""What people type to name a case, a problem or a person; in commands, and in the fields of forms."""

from __future__ import annotations

import re

from cases.errors import InvalidInput, NotFound
from cases.messages import case_number, problem_number, problem_reference, reference
from storage import joining, problems
from storage.db import Database, Row

_PERSON = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^>]*)?>")


def mentioned(word: str) -> str | None:
    """The id of the person that a word mentions, as Slack writes ``@person``; None for anything else."""
    found = _PERSON.fullmatch(word)
    return found[1] if found else None


async def case_named(db: Database, workspace: int, word: str) -> Row:
    """The case of a reference; raises InvalidInput for what is none, or NotFound."""
    number = case_number(word)
    if number is None:
        raise InvalidInput("Please name a case such as CX-1042.")
    case = await joining.by_number(db, workspace, number)
    if case is None:
        raise NotFound("There is no {case}.", case=reference(number))
    return case


async def problem_named(db: Database, workspace: int, word: str) -> Row:
    """The problem of a reference; raises InvalidInput for what is none, or NotFound."""
    number = problem_number(word)
    if number is None:
        raise InvalidInput("Please name a problem such as PR-7.")
    problem = await problems.by_number(db, workspace, number)
    if problem is None:
        raise NotFound("There is no {problem}.", problem=problem_reference(number))
    return problem
