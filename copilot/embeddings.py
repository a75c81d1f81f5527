"""What an embedding model makes of texts, over OpenAI's API or one that speaks like it.

Passages get theirs in workers, at leisure; a question has ``QUESTION_SECONDS``, after which words alone rank.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

import structlog

from cases.articles import Vector, pieces
from cases.errors import Unavailable

if TYPE_CHECKING:
    from openai import AsyncOpenAI

QUESTION_SECONDS = 2.0
_BATCH_SECONDS = 60.0
_REST_SECONDS = 30.0
"""How long nobody waits for a model that let a question wait in vain."""
MAX_CHARACTERS = 8_000
"""Of one text."""

log = structlog.get_logger(__name__)

Masked = Callable[[int], Awaitable[bool]]
"""Whether questions of a workspace may leave the house only without what is personal in them."""


def without_personal(question: str) -> str:
    """A question with a word for its kind in place of each thing that is personal or secret."""
    from copilot.masking import personal

    parts, place = [], 0
    for span in personal(question):
        parts += [question[place : span.start], span.kind.lower()]
        place = span.end
    return "".join([*parts, question[place:]])


class TextRefused(Unavailable):
    """The embedding model does not take this text."""


class Embeddings:
    """One model at one address."""

    def __init__(self, model: str, base_url: str | None, api_key: str, masked: Masked | None = None) -> None:
        """``masked`` is asked for each question; without it all are."""
        self.model = model
        self.base_url = base_url
        self._api_key = api_key
        self._masked = masked
        self._client: asyncio.Task[AsyncOpenAI] | None = None
        self._resting_until = 0.0

    async def of_question(self, question: str, workspace: int) -> list[Vector]:
        """The vectors of a question's pieces, without what is personal in it where its workspace is masked.

        Empty when the model does not answer within 2 s, and for half a minute from then on; whatever the
        model does, it does not raise.
        """
        clock = asyncio.get_running_loop().time
        if not question.strip() or clock() < self._resting_until:
            return []
        hide = without_personal if self._masked is None or await self._masked(workspace) else str
        try:
            async with asyncio.timeout(QUESTION_SECONDS):
                asked = pieces(await asyncio.to_thread(hide, question))
                return [Vector(self.model, values) for values in await self._ask(asked, QUESTION_SECONDS)]
        except (Unavailable, TimeoutError) as error:
            self._resting_until = clock() + _REST_SECONDS
            log.warning("embeddings.late", error=f"{type(error).__name__}: {error}")
            return []

    async def of_passages(self, texts: Sequence[str]) -> list[Sequence[float]]:
        """The vectors of passages; raises TextRefused for what it does not take, else Unavailable."""
        return await self._ask(texts, _BATCH_SECONDS)

    async def close(self) -> None:
        """Hang up."""
        if self._client is not None:
            await (await self._client).close()
            self._client = None

    async def _ask(self, texts: Sequence[str], seconds: float) -> list[Sequence[float]]:
        if self._client is None:
            self._client = asyncio.create_task(asyncio.to_thread(self._connect))
        client = await asyncio.shield(self._client)
        import openai

        try:
            answer = await client.embeddings.create(
                model=self.model,
                input=[text[:MAX_CHARACTERS] or " " for text in texts],
                encoding_format="float",
                timeout=seconds,
            )
        except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
            raise TextRefused(f"The embedding model refuses (status {error.status_code}).") from None
        except openai.APIStatusError as error:
            raise Unavailable(f"The embedding model answers with status {error.status_code}.") from None
        except openai.OpenAIError as error:
            raise Unavailable(f"The embedding model does not answer ({type(error).__name__}).") from None
        vectors = [each.embedding for each in sorted(answer.data, key=lambda each: each.index)]
        if len(vectors) != len(texts) or not all(_good(each) for each in vectors):
            raise Unavailable("The embedding model answers something else than a vector for each text.")
        return list(vectors)

    def _connect(self) -> AsyncOpenAI:
        """The client; importing it takes a second, so that a thread does it."""
        from openai import AsyncOpenAI

        return AsyncOpenAI(base_url=self.base_url, api_key=self._api_key or "none", max_retries=0)


def _good(vector: Sequence[float]) -> bool:
    return bool(vector) and all(math.isfinite(value) for value in vector) and any(vector)
