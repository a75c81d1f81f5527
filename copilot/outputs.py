"""The forms that a model fills in. What does not hold is refused; nothing in them is ever executed."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Sentence = Annotated[str, Field(max_length=600)]
Cites = Annotated[list[Annotated[str, Field(max_length=40)]], Field(max_length=8)]


def _lean(schema: dict[str, Any]) -> None:
    """Spare a model what tells it nothing: it may leave out what is not required."""
    del schema["additionalProperties"]
    for each in schema["properties"].values():
        each.pop("default", None)


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra=_lean)


class Statement(_Form):
    """A statement with the markers of what it rests on."""

    text: Sentence
    cites: Cites = []


class Promised(Statement):
    """Something promised to the customer; `by` says by when, as it was said."""

    by: Annotated[str, Field(max_length=80)] = ""


class OpenPoint(Statement):
    """Something open, and on whom it waits."""

    on: Literal["customer", "agent", "department"]


class Summary(_Form):
    """The summary of the case, for the agent who takes over."""

    problem: Statement
    facts: Annotated[list[Statement], Field(max_length=8)] = []
    promised: Annotated[list[Promised], Field(max_length=6)] = []
    open: Annotated[list[OpenPoint], Field(max_length=6)] = []
    mood: Literal["pleased", "calm", "worried", "annoyed", "angry"]
    next_step: Sentence
    translation: Annotated[str, Field(max_length=4_000)] = ""


class Draft(_Form):
    """A reply to the customer with markers behind its facts; or, with an empty `reply`, what was found out
    and what has to be asked."""

    reply: Annotated[str, Field(max_length=6_000)] = ""
    findings: Annotated[list[Sentence], Field(max_length=6)] = []
    questions: Annotated[list[Sentence], Field(max_length=6)] = []
    back_translation: Annotated[str, Field(max_length=6_000)] = ""


class Triage(_Form):
    """Whom a new case needs, what it is about, and how urgent it is; keys from the lists, or
    empty."""

    department: Annotated[str, Field(max_length=40)] = ""
    confidence: Annotated[float, Field(ge=0, le=1)] = 0.0
    process: Annotated[str, Field(max_length=40)] = ""
    priority: Literal["normal", "high"] = "normal"
    language: Annotated[str, Field(max_length=10)] = ""
