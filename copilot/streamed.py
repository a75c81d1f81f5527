"""LangChain's client for streams: it reads the arguments of a tool call once, when they are whole.

LangChain itself guesses at each piece of them what they may become, in a time that grows with the square of
the piece's length: a model that streams a megabyte would stop its worker for hours.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextvars import ContextVar
from typing import Any

from langchain_core.messages import AIMessageChunk
from langchain_core.messages.tool import ToolCallChunk
from langchain_core.outputs import ChatGenerationChunk
from langchain_openai import ChatOpenAI

_Calls = dict[int, dict[str, str]]
_calls: ContextVar[_Calls] = ContextVar("calls")
"""What the stream that is being read has called so far, by its index."""


class StreamedChat(ChatOpenAI):
    """The client."""

    async def _astream(self, *args: Any, **kwargs: Any) -> AsyncIterator[ChatGenerationChunk]:
        calls: _Calls = {}
        _calls.set(calls)
        async for chunk in super()._astream(*args, **kwargs):
            yield chunk
        if calls:
            whole = [_whole(index, call) for index, call in sorted(calls.items())]
            yield ChatGenerationChunk(message=AIMessageChunk(content="", tool_call_chunks=whole))

    def _convert_chunk_to_generation_chunk(
        self, chunk: dict[str, Any], *args: Any, **kwargs: Any
    ) -> ChatGenerationChunk | None:
        for choice in chunk.get("choices") or ():
            for piece in (choice.get("delta") or {}).pop("tool_calls", None) or ():
                _add(_calls.get(), piece)
        return super()._convert_chunk_to_generation_chunk(chunk, *args, **kwargs)


def _add(calls: _Calls, piece: dict[str, Any]) -> None:
    call = calls.setdefault(int(piece.get("index") or 0), {"id": "", "name": "", "arguments": ""})
    made = piece.get("function") or {}
    call["id"] = call["id"] or str(piece.get("id") or "")
    call["name"] = call["name"] or str(made.get("name") or "")
    call["arguments"] += str(made.get("arguments") or "")


def _whole(index: int, call: dict[str, str]) -> ToolCallChunk:
    """A call as LangChain takes it; for arguments that are no JSON object, some that are none either."""
    return ToolCallChunk(
        type="tool_call_chunk",
        index=index,
        id=call["id"] or None,
        name=call["name"],
        args=call["arguments"] if _is_object(call["arguments"]) else json.dumps(len(call["arguments"])),
    )


def _is_object(arguments: str) -> bool:
    try:
        return isinstance(json.loads(arguments or "{}"), dict)
    except (ValueError, RecursionError):
        return False
