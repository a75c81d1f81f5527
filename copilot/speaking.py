"""An answer in words, heard while the model writes it, and made safe before anybody reads it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from cases.deeds import ReplyWish, Wish
from cases.enums import Channel
from cases.formats import language_name
from cases.proposals import Proposal
from cases.reader import language_of, reader
from cases.roles import Act
from copilot import draft
from copilot.masking import Mask
from copilot.model import Endpoint, ModelFailed, Why, chat, passing
from copilot.speech import Speech
from copilot.work import Copilot, Done, Ground, Task, between, endpoint_of, ground, measured, system
from prompts.loader import load
from storage import links, workspaces
from tools.scope import DeskScope, Scope
from tools.table import Kind

_NEEDS = {"propose_draft": Act.SEND, "propose_ask": Act.ASK, "propose_status": Act.ARRANGE}
"""What somebody must be allowed to do so that it is proposed to them; a reminder is their own."""
Say = Callable[[str], Awaitable[bool]]
"""Shows the next words of an answer; False when nobody wants to read on."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What was said, whole."""

    words: str
    """Markdown that can neither ping nor lead anywhere but to our own messages and cases."""
    prompt: str
    model: str
    wishes: Sequence[Wish] = ()
    """What the model proposes to do: nothing of it has happened."""
    reply: Proposal | None = None
    """What it proposes to write to the customer, checked."""
    status: str = ""
    """Where the case stood when the model looked at it."""


async def in_thread(
    copilot: Copilot,
    case: int,
    asker: str,
    agent: str,
    question: str,
    say: Say,
    now: datetime,
    may: Collection[Act],
) -> Answer:
    """Answer ``question`` of ``asker`` (their id; ``agent`` is their name) over a case, in the reader's
    language; ``say`` is given each part as soon as it may be seen. Nothing is proposed but what they ``may``
    do.

    Raises ModelFailed, also after words were said, and NotFound.
    """
    endpoint = endpoint_of(copilot)
    on = await ground(copilot, case, asker, now)
    prompt = load("answer")
    # not translated: it is for the model
    words = prompt.fill(agent=agent, language=language_name(reader().language), now=_clock(now))
    task = Task(prompt, words, {"question": question}, tone=on.tone)
    places = await links.of_messages(copilot.db, case)
    said = _Said(Speech(on.mask, on.scope.shown, places), say, on.scope.wishes)
    without = {name for name, act in _NEEDS.items() if act not in may}
    if on.head["channel"] == Channel.INTERNAL:
        # Who came from nowhere cannot be written to.
        without.add("propose_draft")
    await measured(
        copilot, task, on.scope, lambda spent: _spoken(copilot, endpoint, task, on, said, spent, without)
    )
    wishes = [wish for wish in on.scope.wishes if not isinstance(wish, ReplyWish)]
    reply = _reply(copilot, on, task.label)
    return Answer(said.words, task.label, endpoint.model, wishes, reply, on.head["status"])


async def in_pane(
    copilot: Copilot, place: tuple[int, str], asker: str, agent: str, question: str, say: Say, now: datetime
) -> Answer:
    """``in_thread`` over the cases that ``asker`` owns in a workspace (``place``: its id and address)."""
    endpoint = endpoint_of(copilot)
    workspace, url = place
    mask = Mask(uuid4().bytes, on=await workspaces.masked(copilot.db, copilot.masks, workspace))
    scope = DeskScope(copilot.db, workspace, url, asker, now, copilot.embed)
    prompt, tone = load("pane"), copilot.tone()
    words = prompt.fill(
        company=copilot.company,
        agent=agent,
        now=_clock(now),
        language=language_name(reader().language),
        tone=tone.words,
    )
    told = "Answer your colleague."  # not translated
    task = Task(prompt, told, {"question": question}, shared=(), tone=tone)
    said = _Said(Speech(mask, scope.shown, scope.places), say)

    async def work(spent: Any) -> None:
        from copilot.toolbox import wrapped_desk

        agent = _agent(endpoint, wrapped_desk(), words, between(scope, mask, spent, said.may_begin_again))
        await _hear(agent, [task.given(mask)], scope, said)

    await measured(copilot, task, scope, work)
    return Answer(said.words, task.label, endpoint.model)


def _clock(now: datetime) -> str:
    """The time on the reader's clocks, as a model reads it."""
    return now.astimezone(reader().zone).isoformat(timespec="minutes")


def _reply(copilot: Copilot, on: Ground, prompt: str) -> Proposal | None:
    """The reply that the model proposes, as ``copilot.draft`` checks it; None for one of no use."""
    from copilot.outputs import Draft

    replies = [wish.reply for wish in on.scope.wishes if isinstance(wish, ReplyWish)]
    if not replies:
        return None
    (reply,), model = replies, endpoint_of(copilot).model
    unknown = on.mask.unknown(reply)
    done = Done(Draft(reply=reply), on.file, on.head, on.scope.shown, prompt, model, unknown)
    try:
        return draft.checked(done, language_of(on.head["language"] or ""), copilot.hosts)
    except ModelFailed:
        return None


async def _spoken(
    copilot: Copilot,
    endpoint: Endpoint,
    task: Task,
    on: Ground,
    said: _Said,
    spent: Any,
    without: Collection[str],
) -> None:
    from copilot.toolbox import wrapped

    tools = wrapped(*Kind, but=without)
    guards = between(on.scope, on.mask, spent, said.may_begin_again)
    agent = _agent(endpoint, tools, system(copilot, on.tone), guards)
    await _hear(agent, [on.file.text, task.given(on.mask)], on.scope, said)


def _agent(endpoint: Endpoint, tools: Any, system_prompt: str, guards: list[Any]) -> Any:
    from langchain.agents import create_agent

    return create_agent(
        chat(endpoint),
        tools=tools,
        system_prompt=system_prompt,
        middleware=guards,
        context_schema=Scope,
    )


async def _hear(agent: Any, given: Sequence[str], scope: Scope | DeskScope, said: _Said) -> None:
    """Take a model's words as they come; raises ModelFailed when there were none."""
    from langchain_core.messages import AIMessageChunk, HumanMessage
    from langsmith import tracing_context

    messages = {"messages": [HumanMessage(each) for each in given]}
    # Nobody's tracing service, whatever the environment says.
    with tracing_context(enabled=False):
        async with aclosing(agent.astream(messages, context=scope, stream_mode="messages")) as stream:
            async for chunk, _about in stream:
                if isinstance(chunk, AIMessageChunk) and chunk.text and not await said.take(chunk):
                    break
    await said.end()


class _Said:
    """The answer so far."""

    def __init__(self, speech: Speech, say: Say, wishes: Sequence[Wish] = ()) -> None:
        """``wishes`` are what the model proposes: who proposes something need not say more."""
        self._wishes = wishes
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
        """The model has said all; raises ModelFailed when that and what it proposes is nothing."""
        await self._show(self._speech.end())
        if not self.words and not self._wishes:
            raise ModelFailed(Why.REFUSED)

    async def _show(self, words: str) -> bool:
        self._parts.append(words)
        return not words or await self._say(words)
