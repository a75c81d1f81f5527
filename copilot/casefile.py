"""What a model reads of a case: an earlier summary, then one line for each message and department's answer.

It only grows at its end, so that providers find its beginning in their caches. Words stand as JSON strings:
nobody can write a line of the file themselves.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

from cases.messages import reference
from copilot.masking import Mask, each_text
from storage import casefile
from storage.db import Database, Row

MOST_LINE = 4_000
"""Characters of one message that a model is shown."""
FOLD_LINES, FOLD_CHARACTERS = 40, 16_000
"""From so many messages or characters on the file begins with a newer summary."""
KEPT_LINES, KEPT_CHARACTERS = 10, 4_000
"""At most so much that was said since our last words to the customer stays behind it, word for word."""
_WHO = {"in": "CUSTOMER", "out": "US", "internal": "TEAM"}


@dataclass(frozen=True, slots=True)
class CaseFile:
    """The file of one case."""

    text: str
    """With personal data masked."""
    through: int
    """The id of its last message."""
    messages: Set[int]
    """All that may be cited."""
    answers: Mapping[int, str]
    """The answers of departments that may be cited, each with its department."""
    summed: str | None
    """The language of the summary that it begins with; None where there is none."""
    fold: int
    """The id of the message up to which the next summary should stand for it; 0 for none."""


async def read(db: Database, head: Row, mask: Mask) -> CaseFile:
    """The file of a case; ``head`` is what ``storage.casefile.head`` says of it."""
    base = await casefile.base(db, head["id"])
    lines = await casefile.lines(db, head["id"], base["base_id"] if base else 0)
    text = [f"CASE FILE {reference(head['number'])} · {head['channel']}"]
    if base:
        known = json.dumps(each_text(base["base"], mask.hide), ensure_ascii=False)
        text.append(f"EARLIER SUMMARY, up to m{base['base_id']}: {known}")
    answers = await casefile.answers(db, head["id"])
    text += _written(_told(lines, answers), mask)
    size = sum(len(line) for line in text)
    return CaseFile(
        text="\n".join(text),
        summed=base["language"] if base else None,
        through=lines[-1]["id"] if lines else base["base_id"] if base else 0,
        messages=await casefile.message_ids(db, head["id"]),
        answers={row["id"]: row["department_name"] for row in answers},
        fold=_fold(lines) if len(lines) >= FOLD_LINES or size >= FOLD_CHARACTERS else 0,
    )


def _fold(lines: Sequence[Row]) -> int:
    """The last message that was answered, or of all where what came since is much; 0 for none."""
    answered = [at for at, line in enumerate(lines, 1) if line["direction"] == "out"]
    place = answered[-1] if answered else 0
    left = lines[place:]
    if len(left) > KEPT_LINES or sum(len(line["text"]) for line in left) > KEPT_CHARACTERS:
        place = len(lines)
    return int(lines[place - 1]["id"]) if place else 0


def _told(lines: Sequence[Row], answers: Sequence[Row]) -> Iterator[Row]:
    """Both in one row: an answer stands before the first message that came after it, also of later ones."""
    left = list(answers)
    for line in lines:
        while left and left[0]["created_at"] < line["created_at"]:
            yield left.pop(0)
        yield line
    yield from left


def _written(rows: Iterable[Row], mask: Mask) -> Iterator[str]:
    """A line for each; the date stands where a day begins."""
    day = None
    for row in rows:
        at = row["created_at"]
        when = f"{at:%H:%M}" if at.date() == day else f"{at:%Y-%m-%d %H:%M}"
        day = at.date()
        yield f"{_whose(row, mask)} {when}: {_said(row, mask)}"


def _whose(row: Row, mask: Mask) -> str:
    if "direction" in row:
        return f"[m{row['id']}] {_WHO[row['direction']]}"
    department = json.dumps(mask.hide(row["department_name"]), ensure_ascii=False)
    return f"[a:{row['id']}] DEPARTMENT {department}"


def _said(row: Row, mask: Mask) -> str:
    # Cut after it is hidden: half an address is not recognised as one.
    words = mask.hide(row["text"])
    if len(words) > MOST_LINE:
        words = f"{words[:MOST_LINE]} … ({len(words) - MOST_LINE} more characters)"
    return json.dumps(words, ensure_ascii=False)
