"""Skeletons of replies: what a company says again and again, with places for what differs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cases.language import later
from cases.likeness import Likeness
from cases.reader import Language
from cases.text import one_line

_CALLED = {
    "customer": later("the customer's name"),
    "agent": later("your name"),
    "company": later("the company's name"),
    "order": later("the order's number"),
    "order_status": later("the order's state"),
}
PLACEHOLDERS = tuple(_CALLED)
"""What can be filled in, each from a row or a setting."""
GAP = rf"…\((?:{'|'.join(PLACEHOLDERS)})\)…"
"""What stands where a value is not known; means the same to Python and to PostgreSQL."""
_PLACEHOLDER = re.compile(r"\{([^{}\n]*)\}")
_MOST = 120
"""Characters of a value."""


@dataclass(frozen=True, slots=True)
class Macro:
    """One skeleton, and by which words of customers it is found."""

    key: str
    title: str
    examples: Sequence[str]
    """What customers write whom it answers."""
    texts: Mapping[Language, str]


class Macros:
    """All that a company has; says which one fits."""

    def __init__(self, macros: Sequence[Macro] = ()) -> None:
        self._macros = {macro.key: macro for macro in macros}
        self._likeness = Likeness({macro.key: macro.examples for macro in macros})

    def fitting(self, said: Sequence[str]) -> Macro | None:
        """The one that answers what a customer said; None where none is like it, or two are."""
        key = self._likeness.best(said)
        return self._macros[key] if key else None


@dataclass(frozen=True, slots=True)
class Gaps:
    """What is still to be filled in; as text it is named in the reader's language when that is shown."""

    found: Sequence[str]
    """As it stands there."""

    def __str__(self) -> str:
        """The names of all, separated by commas."""
        return ", ".join(str(_CALLED[gap.strip("…()")]) for gap in self.found)


def placeholders(text: str) -> list[str]:
    """The names in curly brackets, known or not, in order."""
    return _PLACEHOLDER.findall(text)


def fill(text: str, values: Mapping[str, str]) -> str:
    """``text`` with its values in one line each; a gap stays where there is none.

    A value is never looked through for placeholders: it may be what a customer calls themselves.
    """
    return _PLACEHOLDER.sub(lambda found: one_line(values.get(found[1]) or "", _MOST) or _gap(found[1]), text)


def gaps(text: str) -> list[str]:
    """What is still to be filled in, as it stands there, each once."""
    return list(dict.fromkeys(re.findall(GAP, text)))


def _gap(name: str) -> str:
    return f"…({name})…"
