"""Scripted answers: the first rule that fits a request answers it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from benchmarks.model_server.answers import Answer, Call, arguments_of
from benchmarks.model_server.asked import Asked

_WHEN = frozenset({"contains", "last_contains", "tool", "called", "not_called", "times", "model", "path"})
_FAULTS = frozenset({"delay_seconds", "pace_seconds", "hang", "close"})
_PLAIN = frozenset({"refusal", "finish", "status", "body", "headers", "raw"})
_ANSWER = _FAULTS | _PLAIN | {"text", "tool_calls", "bytes", "empty"}
_DEFAULT_PATHS = ("chat/completions", "responses")


class BadRule(Exception):
    """The rule cannot be understood; the message says what of it."""


@dataclass(slots=True)
class Rule:
    """When to answer what, and how often still."""

    when: Mapping[str, Any]
    answer: Answer | None
    """None: whoever answers without rules, with the faults of ``faults``."""
    faults: dict[str, Any] = field(default_factory=dict)
    left: int | None = None
    """None: always."""

    def fits(self, path: str, text: str, asked: Asked | None) -> bool:
        """Whether this rule answers the request, whose JSON is ``text``; ``asked``: None without a turn."""
        return self.left != 0 and self._place(path) and self._words(text, asked) and self._turn(asked)

    def _place(self, path: str) -> bool:
        wanted = self.when.get("path")
        return wanted in path if wanted else path.endswith(_DEFAULT_PATHS)

    def _words(self, text: str, asked: Asked | None) -> bool:
        wanted = self.when.get("contains", "")
        return wanted in text or (asked is not None and any(wanted in each for each in asked.texts()))

    def _turn(self, asked: Asked | None) -> bool:
        """Whether the conditions on the conversation hold."""
        if asked is None:
            return not set(self.when) - {"path", "contains", "times"}
        when = self.when
        return (
            when.get("last_contains", "") in asked.last.text
            and when.get("model") in (None, asked.model)
            and (when.get("tool") is None or asked.offers(when["tool"]) is not None)
            and (when.get("called") is None or asked.called(when["called"]))
            and (when.get("not_called") is None or not asked.called(when["not_called"]))
        )


@dataclass(slots=True)
class Rules:
    """The rules in force, in their order."""

    rules: list[Rule] = field(default_factory=list)

    def put(self, given: object) -> None:
        """Replace all of them; raises BadRule and keeps what was there."""
        if not isinstance(given, list):
            raise BadRule("rules are a list")
        self.rules = [read_rule(each) for each in given]

    def take(self, path: str, text: str, asked: Asked | None) -> Rule | None:
        """The first rule that fits; it has fired once more."""
        for rule in self.rules:
            if rule.fits(path, text, asked):
                rule.left = None if rule.left is None else rule.left - 1
                return rule
        return None


def read_rule(given: object) -> Rule:
    """A rule from its JSON; raises BadRule."""
    if (
        not isinstance(given, dict)
        or set(given) - {"when", "answer"}
        or not isinstance(given.get("answer"), dict)
    ):
        raise BadRule(f"a rule has an answer, may have when, and nothing else: {given}")
    when, answer = given.get("when") or {}, given["answer"]
    if strange := sorted((set(when) - _WHEN) | (set(answer) - _ANSWER)):
        raise BadRule(f"unknown in a rule: {', '.join(strange)}")
    faults = {name: answer[name] for name in _FAULTS & set(answer)}
    delayed = bool(answer) and not set(answer) - {"delay_seconds", "pace_seconds"}
    return Rule(when, None if delayed else read_answer(answer), faults, when.get("times"))


def read_answer(given: Mapping[str, Any]) -> Answer:
    """An answer from its JSON; raises BadRule."""
    text = "x" * given["bytes"] if "bytes" in given else given.get("text")
    empty = given.get("empty")
    if not given or empty not in (None, True, "choices", "content"):
        raise BadRule(f"not an answer: {dict(given)}")
    status = given.get("status", 200)
    if not isinstance(status, int) or (status != 200 and not 400 <= status <= 599):
        raise BadRule("a status is between 400 and 599")
    return Answer(
        text=text,
        calls=tuple(_call(each) for each in given.get("tool_calls") or ()),
        empty="choices" if empty is True else empty,
        **{name: given[name] for name in (_FAULTS | _PLAIN) & set(given)},
    )


def _call(given: object) -> Call:
    if not isinstance(given, dict) or not isinstance(given.get("name"), str):
        raise BadRule(f"a tool call has a name and arguments: {given}")
    return Call(given["name"], arguments_of(given.get("arguments", {})))
