"""Small checkers that are put together into the shapes of blocks and elements.

A checker gets a value, the JSON pointer to it and the report it writes problems to.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

MOST_TEXT_IN_ALL = 13_200
MOST_MARKDOWN_IN_ALL = 12_000


@dataclass(slots=True)
class Report:
    """Problems found so far, and what has to be unique or stay within a sum."""

    problems: list[str] = field(default_factory=list)
    block_ids: set[str] = field(default_factory=set)
    action_ids: set[str] = field(default_factory=set)
    text: int = 0
    markdown: int = 0
    tables: int = 0
    table_text: int = 0
    inputs: list[str] = field(default_factory=list)
    focused: int = 0

    def add(self, problem: str, at: str) -> None:
        self.problems.append(f"{problem} [json-pointer:{at}]")


Checker = Callable[[Any, str, Report], None]


@dataclass(slots=True)
class Shape:
    """The properties an object may and must have; `across` checks what spans several of them."""

    props: dict[str, Checker]
    required: tuple[str, ...] = ()
    across: Checker | None = None

    def check(self, value: Any, at: str, report: Report) -> None:
        if not isinstance(value, dict):
            report.add("must provide an object", at)
            return
        for key, item in value.items():
            checker = self.props.get(key)
            if checker is None:
                report.add(f"invalid additional property: {key}", at)
            elif item is not None:
                checker(item, f"{at}/{key}", report)
        for key in self.required:
            if value.get(key) is None:
                report.add(f"missing required field: {key}", at)
        if self.across is not None:
            self.across(value, at, report)


def text(most: int, least: int = 1, pattern: re.Pattern[str] | None = None) -> Checker:
    """A string of `least` to `most` characters."""

    def check(value: Any, at: str, report: Report) -> None:
        if not isinstance(value, str):
            report.add("must provide a string", at)
        elif len(value) < least:
            report.add(f"must be more than {least - 1} characters", at)
        elif len(value) > most:
            report.add(f"must be less than {most + 1} characters", at)
        elif pattern is not None and not pattern.fullmatch(value):
            report.add("does not match the expected format", at)

    return check


def boolean(value: Any, at: str, report: Report) -> None:
    if not isinstance(value, bool):
        report.add("must provide a boolean", at)


def whole(least: int, most: int) -> Checker:
    """A whole number between `least` and `most`."""

    def check(value: Any, at: str, report: Report) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            report.add("must provide a number", at)
        elif value < least:
            report.add(f"must be greater than {least - 1}", at)
        elif value > most:
            report.add(f"must be less than {most + 1}", at)

    return check


def choice(*words: str) -> Checker:
    def check(value: Any, at: str, report: Report) -> None:
        if value not in words:
            report.add(f"must be one of: {', '.join(words)}", at)

    return check


def items(checker: Checker, most: int, least: int = 1) -> Checker:
    """A list of `least` to `most` things, each checked."""

    def check(value: Any, at: str, report: Report) -> None:
        if not isinstance(value, list):
            report.add("must provide an array", at)
            return
        if len(value) < least:
            report.add(f"must provide at least {least} items", at)
        if len(value) > most:
            report.add(f"no more than {most} items allowed", at)
        for index, item in enumerate(value):
            checker(item, f"{at}/{index}", report)

    return check


def anything(value: Any, at: str, report: Report) -> None:
    """Accepts every value."""


def by_type(shapes: dict[str, Shape], allowed: frozenset[str]) -> Checker:
    """An object whose `type` picks its shape among the `allowed` ones."""

    def check(value: Any, at: str, report: Report) -> None:
        if not isinstance(value, dict):
            report.add("must provide an object", at)
            return
        kind = value.get("type")
        if kind is None:
            report.add("missing required field: type", at)
        elif not isinstance(kind, str) or kind not in allowed:
            report.add(f"unsupported type: {kind}", f"{at}/type")
        else:
            shapes[kind].check(value, at, report)

    return check


def composed_text(most: int, *, plain_only: bool = False, least: int = 1) -> Checker:
    """A text object; fills in `emoji` and `verbatim` as Slack does."""
    length = text(most, least)

    def check(value: Any, at: str, report: Report) -> None:
        if not isinstance(value, dict):
            report.add("must provide an object", at)
            return
        kind = value.get("type")
        if kind not in {"plain_text", "mrkdwn"} or (plain_only and kind != "plain_text"):
            report.add(f"unsupported type: {kind}" if kind else "missing required field: type", f"{at}/type")
            return
        flag = "emoji" if kind == "plain_text" else "verbatim"
        for key in value:
            if key not in {"type", "text", flag}:
                report.add(f"invalid additional property: {key}", at)
        if value.get("text") is None:
            report.add("missing required field: text", at)
            return
        length(value["text"], f"{at}/text", report)
        if isinstance(value["text"], str):
            report.text += len(value["text"])
        boolean(value.setdefault(flag, kind == "plain_text"), f"{at}/{flag}", report)

    return check
