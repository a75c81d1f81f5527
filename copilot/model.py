"""The model: any endpoint that speaks OpenAI's protocol. Imported late, because what it needs is heavy."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from langchain_openai import ChatOpenAI


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where the model is."""

    model: str
    base_url: str | None
    """None is OpenAI's own."""
    api_key: str = field(repr=False)
    call_seconds: float = 25.0
    """How long one call may take."""
    seconds: float = 60.0
    """How long a piece of work may take, calls and tools together."""


class Why(StrEnum):
    """Why a model was of no use."""

    DOWN = "down"
    """It cannot be reached, or answers with an error of its own."""
    SLOW = "slow"
    DENIED = "denied"
    """It does not take our key, our model's name, or our request."""
    REFUSED = "refused"
    """It answered in words where a form was asked for, or with nothing."""
    MALFORMED = "malformed"
    """What it filled in does not hold."""
    LIMIT = "limit"
    """It called again and again without coming to an end."""
    SPENT = "spent"
    """The case has used up what is allowed per hour."""


class ModelFailed(Exception):
    """A model was of no use this time; whoever asked goes on without it."""

    def __init__(self, why: Why) -> None:
        super().__init__(why.value)
        self.why = why


@lru_cache(maxsize=4)
def chat(endpoint: Endpoint) -> ChatOpenAI:
    """LangChain's client of the endpoint. It does not retry by itself: what surrounds it does."""
    from pydantic import SecretStr

    from copilot.streamed import StreamedChat

    return StreamedChat(
        model=endpoint.model,
        base_url=endpoint.base_url,
        api_key=SecretStr(endpoint.api_key),
        timeout=endpoint.call_seconds,
        max_retries=0,
        stream_usage=True,
    )


def why(error: BaseException) -> Why | None:
    """What an exception from under a piece of work means; None for a mistake of ours."""
    import openai
    from langchain.agents.middleware.model_call_limit import ModelCallLimitExceededError
    from langchain.agents.structured_output import StructuredOutputError
    from langgraph.errors import GraphRecursionError

    found: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], Why], ...] = (
        ((TimeoutError, openai.APITimeoutError), Why.SLOW),
        ((openai.APIConnectionError, openai.InternalServerError, openai.RateLimitError), Why.DOWN),
        (openai.APIStatusError, Why.DENIED),
        ((ModelCallLimitExceededError, GraphRecursionError), Why.LIMIT),
        ((StructuredOutputError, openai.OpenAIError), Why.MALFORMED),
    )
    for kinds, meaning in found:
        if isinstance(error, kinds):
            return meaning
    # What is no answer at all breaks inside the client in ways of its own.
    inside = type(error).__module__.split(".")[0]
    broken = isinstance(error, (ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError))
    return (
        Why.MALFORMED if broken or inside in {"openai", "httpx2", "httpcore2", "langchain_openai"} else None
    )


async def trouble(endpoint: Endpoint) -> str | None:
    """What keeps the model from answering, in a sentence for the operator; None when nothing does."""
    import openai

    client = openai.AsyncOpenAI(
        api_key=endpoint.api_key,
        base_url=endpoint.base_url,
        timeout=10,
        max_retries=0,
        http_client=openai.DefaultAsyncHttpxClient(),
    )
    async with client:
        try:
            known = [model.id async for model in client.models.list()]
        except openai.APIStatusError as error:
            # Its text may repeat the key.
            return f"it answers HTTP {error.status_code}."
        except Exception as error:
            return f"it cannot be reached ({type(error).__name__})."
    if known and endpoint.model not in known:
        return f"it does not know the model {endpoint.model}."
    return None


def passing(error: Exception) -> bool:
    """Whether the same call may work a moment later."""
    return why(error) is Why.DOWN
