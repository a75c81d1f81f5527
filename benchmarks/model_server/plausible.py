"""The answers of a model that understands little and keeps to every shape."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import cached_property
from typing import Any

from benchmarks.model_server.answers import Answer, Call
from benchmarks.model_server.asked import Asked, Tool
from benchmarks.model_server.schemas import Filler, Schema

_MESSAGE_ID = re.compile(r"\bm\d+\b")
_CUSTOMER = re.compile(r"\bcustomer\b[^:\n]{0,40}:[ \t]*(\S.*)", re.IGNORECASE)
_TASK = re.compile(r"^\s*Task:.*$", re.IGNORECASE | re.MULTILINE)
_NAMES_OF_IDS = re.compile(r"(^|_)(ids?|messages?|sources?|evidence|refs?|cit\w+|based_on)$", re.IGNORECASE)
_LONG_NAMES = re.compile(r"summary|text|body|draft|reply|answer|brief|story|question|content|explanation")
_SHORT, _LONG = 10, 24
"""Words of a string."""


def answer(asked: Asked, outputs: Sequence[str]) -> Answer:
    """Calls the output tool where there is one, fills the schema where there is one, else says something."""
    pen = Pen(asked)
    tool = chosen(asked, outputs)
    if tool is not None:
        filled = Filler(tool.parameters, pen).fill()
        return Answer(calls=(Call(tool.name, json.dumps(filled, ensure_ascii=False)),))
    if asked.schema is not None:
        return Answer(text=json.dumps(Filler(asked.schema, pen).fill(), ensure_ascii=False))
    if asked.any_json:
        return Answer(text=json.dumps({"answer": pen.words(0, _SHORT)}, ensure_ascii=False))
    return Answer(text=f"About “{pen.words(0, _LONG)}”: this is being looked into.")


def chosen(asked: Asked, outputs: Sequence[str]) -> Tool | None:
    """The tool to call now.

    The forced one; else among ``outputs`` (all offered tools without any) that whose name occurs last in the
    user's last message; else the only one, or, if one must be called, the first. What has answered since the
    user spoke is not called again, unless it must be.
    """
    if not asked.tools or asked.choice == "none":
        return None
    if asked.forced:
        return asked.offers(asked.forced)
    known = [tool for tool in asked.tools if tool.name in outputs]
    must = asked.choice in ("required", "any") or bool(known)
    tools = known or list(asked.tools)
    found = _named_last(tools, asked.last_words)
    if found is None and (must or len(tools) == 1):
        found = tools[0]
    return found if must or found is None or found.name not in _answered(asked) else None


def _named_last(tools: Sequence[Tool], text: str) -> Tool | None:
    """The tool that the text names last, as a word of its own, whatever its case."""
    places = {
        tool.name: max(
            (found.start() for found in re.finditer(rf"\b{re.escape(tool.name)}\b", text, re.IGNORECASE)),
            default=-1,
        )
        for tool in tools
    }
    best = max(tools, key=lambda tool: places[tool.name])
    return best if places[best.name] >= 0 else None


def _answered(asked: Asked) -> set[str]:
    """The tools that have answered since the user spoke last."""
    last = max((at for at, each in enumerate(asked.messages) if each.role == "user"), default=0)
    return {each.tool for each in asked.messages[last:] if each.tool}


class Pen:
    """Writes with the customer's last words and with ids that are in the prompt."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked

    def string(self, name: str, schema: Schema, place: int) -> str:
        """A message's id where the property asks for one, else words."""
        wants_id = _NAMES_OF_IDS.search(name) or "message id" in str(schema.get("description", "")).lower()
        if wants_id and self._ids:
            return self._ids[-1 - place % len(self._ids)]
        return self.words(place, _LONG if _LONG_NAMES.search(name.lower()) else _SHORT)

    def number(self, schema: Schema) -> float:
        """Neither sure nor unsure."""
        return 0.5

    def candidates(self) -> Sequence[str]:
        """Every word of the prompt, ids first."""
        return [*reversed(self._ids), *(word.strip(".,;:!?()[]\"'") for word in self._prompt.split())]

    def words(self, place: int, most: int) -> str:
        """The customer's last words, or at ``place`` other than 0 some of those that came before."""
        return " ".join(self._said[-1 - place % len(self._said)].split()[:most])

    @cached_property
    def _prompt(self) -> str:
        return "\n".join(each.text for each in self._asked.messages if each.role != "system")

    @cached_property
    def _ids(self) -> list[str]:
        return list(dict.fromkeys(_MESSAGE_ID.findall(self._prompt)))

    @cached_property
    def _said(self) -> list[str]:
        """What the customer said, message by message; without a customer, the user's lines."""
        said: list[Any] = _CUSTOMER.findall(self._prompt)
        lines = _TASK.sub("", self._asked.last_words).splitlines()
        return said or [line for line in lines if line.strip()] or ["nothing was said"]
