"""What a client asks, the same for chat completions and for responses."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.model_server import tokens

Json = dict[str, Any]


class Refused(Exception):
    """The request is not one that OpenAI would take; the message says why."""

    def __init__(self, message: str, param: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.param = param
        self.code = code


@dataclass(frozen=True, slots=True)
class Tool:
    """A function that the client offers."""

    name: str
    description: str
    parameters: Json


@dataclass(frozen=True, slots=True)
class Message:
    """One turn: somebody's text, calls that the model made before, or what a tool answered (``tool``)."""

    role: str
    text: str
    calls: tuple[tuple[str, str, str], ...] = ()
    """Id, name and arguments of each."""
    tool: str = ""
    """The name of the tool whose result this is."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request to answer."""

    model: str
    messages: tuple[Message, ...]
    tools: tuple[Tool, ...] = ()
    choice: str = "auto"
    """``auto``, ``none``, ``required``, or ``!NAME`` for the one tool that must be called."""
    schema: Json | None = None
    """What the answer's JSON must fit; None: it is a text."""
    any_json: bool = False
    """The answer must be JSON of whatever shape."""
    parallel: bool = True
    stream: bool = False
    most_tokens: int | None = None

    @property
    def last(self) -> Message:
        """The last message."""
        return self.messages[-1]

    @property
    def last_words(self) -> str:
        """The last message of the user."""
        return next((each.text for each in reversed(self.messages) if each.role == "user"), "")

    @property
    def forced(self) -> str | None:
        """The tool that must be called."""
        return self.choice[1:] if self.choice.startswith("!") else None

    def offers(self, name: str) -> Tool | None:
        """The offered tool of this name."""
        return next((tool for tool in self.tools if tool.name == name), None)

    def called(self, name: str) -> bool:
        """Whether a result of this tool is in the conversation."""
        return any(each.tool == name for each in self.messages)

    def texts(self) -> Iterator[str]:
        """Everything that the model reads, in its order: tools, the answer's schema, messages."""
        for tool in self.tools:
            yield f"{tool.name} {tool.description} {_compact(tool.parameters)}"
        if self.schema is not None:
            yield _compact(self.schema)
        for each in self.messages:
            yield each.text
            yield from (f"{name} {arguments}" for _, name, arguments in each.calls)

    def prompt(self) -> list[str]:
        """The tokens of the request: OpenAI's cache looks at tools first, then the schema, then messages."""
        head = Asked(self.model, (), self.tools, schema=self.schema)
        found = tokens.pieces("\n".join(head.texts()))
        for each in self.messages:
            found += ["<|", each.role, "|>", *tokens.pieces(each.text)]
            for _, name, arguments in each.calls:
                found += tokens.pieces(f"{name} {arguments}")
        return [*found, "<|", "assistant", "|>"]


def plain(content: object) -> str:
    """The text of a message's content, which is a string or a list of parts."""
    if not isinstance(content, list):
        return content if isinstance(content, str) else ""
    parts = (part.get("text") or part.get("refusal") or "" for part in content if isinstance(part, dict))
    return "\n".join(part for part in parts if isinstance(part, str))


def model_of(body: Mapping[str, Any]) -> str:
    """The model's name; raises Refused."""
    model = body.get("model")
    if not isinstance(model, str) or not model:
        raise Refused("you must provide a model parameter")
    return model


def check_results(messages: Sequence[Message], ids: Sequence[str]) -> None:
    """Raises Refused unless each call before the last turn has a result; ``ids``: calls with results."""
    for each in messages:
        for call, name, _ in each.calls:
            if call not in ids:
                raise Refused(f"No tool output found for function call {call} ({name}).", "messages")


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
