"""An answer in words, heard while the model writes it, and made safe before anybody reads it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cases.formats import language_name
from cases.reader import reader
from copilot.model import Endpoint, ModelFailed, Why, chat, passing
from copilot.speech import Speech
from copilot.work import Copilot, Ground, Task, between, endpoint_of, ground, measured, system
from prompts.loader import load
from storage import links
from tools.scope import Scope

Say = Callable[[str], Awaitable[bool]]
"""Shows the next words of an answer; False when nobody wants to read on."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What was said, whole."""

    words: str
    """Markdown that can neither ping nor lead anywhere but to our own messages and cases."""
    prompt: str
    model: str


async def in_thread(
    copilot: Copilot, case: int, asker: str, agent: str, question: str, say: Say, now: datetime
) -> Answer:
    """Answer ``question`` of ``asker`` (their id; ``agent`` is their name) over a case, in the reader's
    language; ``say`` is given each part as soon as it may be seen.

    Raises ModelFailed, also after words were said, and NotFound.
    """
    endpoint = endpoint_of(copilot)
    on = await ground(copilot, case, asker, now)
    prompt = load("answer")
    # not translated: it is for the model
    words = prompt.fill(agent=agent, language=language_name(reader().language))
    task = Task(prompt, words, {"question": question})
    places = await links.of_messages(copilot.db, case)
    said = _Said(Speech(on.mask, on.scope.shown, places), say)
    await measured(copilot, task, on.scope, lambda spent: _spoken(copilot, endpoint, task, on, said, spent))
    return Answer(said.words, task.label, endpoint.model)


async def _spoken(
    copilot: Copilot, endpoint: Endpoint, task: Task, on: Ground, said: _Said, spent: Any
) -> None:
    from langchain.agents import create_agent
    from langchain_core.messages import HumanMessage

    from copilot.toolbox import wrapped

    agent = create_agent(
        chat(endpoint),
        tools=wrapped(),
        system_prompt=system(copilot),
        middleware=between(on.scope, on.mask, spent, said.may_begin_again),
        context_schema=Scope,
    )
    given: Any = {"messages": [HumanMessage(on.file.text), HumanMessage(task.given(on.mask))]}
    await _hear(agent.astream(given, context=on.scope, stream_mode="messages"), said)


async def _hear(stream: Any, said: _Said) -> None:
    """Take a model's words as they come; raises ModelFailed when there were none."""
    from langchain_core.messages import AIMessageChunk
    from langsmith import tracing_context

    # Nobody's tracing service, whatever the environment says.
    with tracing_context(enabled=False):
        async with aclosing(stream):
            async for chunk, _about in stream:
                if isinstance(chunk, AIMessageChunk) and chunk.text and not await said.take(chunk):
                    break
    await said.end()


class _Said:
    """The answer so far."""

    def __init__(self, speech: Speech, say: Say) -> None:
        self._speech = speech
        self._say = say
        self._parts: list[str] = []
        self._turn: str | None = None

    @property
    def words(self) -> str:
        """What may be shown of it."""
        return "".join(self._parts).strip()

    def may_begin_again(self, error: Exception) -> bool:
        """Whether a call that failed may be repeated: nobody wants the same words twice."""
        return self._speech.silent and passing(error)

    async def take(self, chunk: Any) -> bool:
        """More of the model's words; False when nobody wants to read on."""
        # What a model says before and after it looks something up are two paragraphs.
        pause = "\n\n" if self._turn not in (None, chunk.id) else ""
        self._turn = chunk.id
        return await self._show(self._speech.feed(pause + str(chunk.text)))

    async def end(self) -> None:
        """The model has said all; raises ModelFailed when that is nothing."""
        await self._show(self._speech.end())
        if not self.words:
            raise ModelFailed(Why.REFUSED)

    async def _show(self, words: str) -> bool:
        self._parts.append(words)
        return not words or await self._say(words)
