"""The summary of a case as people read it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any


class Mood(StrEnum):
    """How the customer feels about it."""

    PLEASED = "pleased"
    CALM = "calm"
    WORRIED = "worried"
    ANNOYED = "annoyed"
    ANGRY = "angry"


class On(StrEnum):
    """On whom something waits."""

    CUSTOMER = "customer"
    AGENT = "agent"
    DEPARTMENT = "department"


@dataclass(frozen=True, slots=True)
class Statement:
    """Something said about the case, with the markers of what it rests on."""

    text: str
    cites: tuple[str, ...] = ()
    by: str = ""
    """By when, for what was promised."""
    on: On | None = None
    """On whom it waits, for what is open."""


@dataclass(frozen=True, slots=True)
class CaseSummary:
    """What somebody needs to know who takes a case over."""

    problem: Statement
    facts: Sequence[Statement]
    promised: Sequence[Statement]
    open: Sequence[Statement]
    mood: Mood
    next_step: str
    translation: str
    """Of the customer's latest message, where it is in another language than the summary."""

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> CaseSummary:
        """A summary from its stored form."""
        return cls(
            problem=_statement(body["problem"]),
            facts=[_statement(each) for each in body["facts"]],
            promised=[_statement(each) for each in body["promised"]],
            open=[_statement(each) for each in body["open"]],
            mood=Mood(body["mood"]),
            next_step=body["next_step"],
            translation=body["translation"],
        )

    def statements(self) -> list[Statement]:
        """All of them, in the order in which they are shown."""
        return [self.problem, *self.facts, *self.promised, *self.open]

    def checked(self, check: Callable[[Statement], Statement]) -> CaseSummary:
        """The summary with each statement put through ``check``."""
        return replace(
            self,
            problem=check(self.problem),
            facts=[check(each) for each in self.facts],
            promised=[check(each) for each in self.promised],
            open=[check(each) for each in self.open],
        )

    def stored(self) -> dict[str, Any]:
        """The form in which it is stored."""
        return {
            "problem": _stored(self.problem),
            "facts": [_stored(each) for each in self.facts],
            "promised": [_stored(each) for each in self.promised],
            "open": [_stored(each) for each in self.open],
            "mood": self.mood.value,
            "next_step": self.next_step,
            "translation": self.translation,
        }


def _statement(said: Mapping[str, Any]) -> Statement:
    on = said.get("on")
    return Statement(said["text"], tuple(said["cites"]), said.get("by", ""), On(on) if on else None)


def _stored(statement: Statement) -> dict[str, Any]:
    said: dict[str, Any] = {"text": statement.text, "cites": list(statement.cites)}
    if statement.by:
        said["by"] = statement.by
    if statement.on:
        said["on"] = statement.on.value
    return said
