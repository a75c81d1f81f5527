"""What stands between a model and everything else: counts, limits, masks, and an audit of each tool call."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import structlog
from langchain.agents.middleware import AgentMiddleware
from langchain.agents.middleware.types import ModelRequest, ModelResponse
from langchain.tools.tool_node import ToolCallRequest
from langchain_core.messages import AIMessage, ToolMessage
from langgraph.types import Command

from cases.text import storable
from copilot.masking import Mask, each_text
from copilot.model import ModelFailed, Why
from storage import runs
from storage.db import Row
from tools.scope import DeskScope, Scope

MOST_ARGUMENTS = 20_000
"""Characters that the arguments of a tool call may have."""
MOST_RESULT = 12_000
"""Characters of a tool's result that a model is shown."""
CALLS_PER_HOUR, TOOL_CALLS_PER_HOUR, TOKENS_PER_HOUR = 60, 150, 300_000
"""What one case may use in an hour, and one person who asks over all theirs."""

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Spent:
    """What a piece of work used."""

    calls: int = 0
    tool_calls: int = 0
    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0

    def add(self, message: AIMessage) -> None:
        """Count the tokens of an answer, where the endpoint says how many there were."""
        usage = message.usage_metadata
        if usage:
            self.input_tokens += usage["input_tokens"]
            self.output_tokens += usage["output_tokens"]
            self.cached_tokens += (usage.get("input_token_details") or {}).get("cache_read") or 0


class Meter(AgentMiddleware[Any, Scope, Any]):
    """The meter of one piece of work, in which tools may be called ``most`` times."""

    def __init__(self, scope: Scope | DeskScope, mask: Mask, spent: Spent, most: int) -> None:
        super().__init__()
        self._scope = scope
        self._mask = mask
        self._spent = spent
        self._left = most

    async def awrap_model_call(
        self,
        request: ModelRequest[Scope],
        handler: Callable[[ModelRequest[Scope]], Awaitable[ModelResponse[Any]]],
    ) -> ModelResponse[Any]:
        """Call the model; raises ModelFailed when the hour is used up, or the model has used up its tools."""
        used, now = await self._used(), self._spent
        if (
            used["calls"] + now.calls >= CALLS_PER_HOUR
            or used["tool_calls"] + now.tool_calls >= TOOL_CALLS_PER_HOUR
            or used["tokens"] + now.input_tokens + now.output_tokens >= TOKENS_PER_HOUR
        ):
            raise ModelFailed(Why.SPENT)
        self._spent.calls += 1
        answer = await handler(request)
        for message in answer.result:
            if isinstance(message, AIMessage):
                self._spent.add(message)
                await self._take(message)
        return answer

    async def _used(self) -> Row:
        """What the case has used in this hour, or the person who asks over all their cases."""
        scope = self._scope
        if scope.case_id is None:
            return await runs.spent_by(scope.db, scope.workspace_id, scope.member, scope.now)
        return await runs.spent(scope.db, scope.case_id, scope.now)

    async def _take(self, message: AIMessage) -> None:
        """Write down the calls that no tool will see: unreadable ones, and all when they are too many."""
        self._left -= len(message.tool_calls)
        lost: list[Any] = [*message.invalid_tool_calls, *(message.tool_calls if self._left < 0 else ())]
        await self._audit("refused", *((call["name"], _size(call["args"])) for call in lost))
        if self._left < 0:
            raise ModelFailed(Why.LIMIT)

    async def awrap_tool_call(
        self,
        request: ToolCallRequest,
        handler: Callable[[ToolCallRequest], Awaitable[ToolMessage | Command[Any]]],
    ) -> ToolMessage | Command[Any]:
        """Run a tool with what the model meant, show the model what it may see, and write both down."""
        self._spent.tool_calls += 1
        call = request.tool_call
        known = call["name"], (size := _size(call["args"]))
        if request.tool is None or size > MOST_ARGUMENTS:
            await self._audit("refused", known)
            return self._said(request, "Refused: there is no such tool, or its arguments are too long.")
        try:
            meant = each_text(call["args"], self._mask.restore)
            answer = await handler(request.override(tool_call={**call, "args": meant}))
        except Exception as error:
            log.warning("copilot.tool_failed", tool=call["name"], error=type(error).__name__)
            await self._audit("failed", known)
            return self._said(request, "This tool is not available now.")
        if not isinstance(answer, ToolMessage):
            await self._audit("refused", known)
            return self._said(request, "Refused.")
        await self._audit("refused" if answer.status == "error" else "done", known)
        return self._said(request, str(answer.content), str(answer.status))

    def _said(self, request: ToolCallRequest, words: str, status: str = "success") -> ToolMessage:
        return ToolMessage(
            content=self._hidden(words)[:MOST_RESULT],
            tool_call_id=request.tool_call["id"],
            name=request.tool_call["name"],
            status="error" if status == "error" else "success",
        )

    def _hidden(self, words: str) -> str:
        """A tool's result with each of its texts and numbers masked by itself: JSON's escapes would hide
        from the mask where words begin."""
        try:
            result = json.loads(words)
        except (ValueError, RecursionError):
            return self._mask.hide(words)
        return json.dumps(each_text(result, self._mask.hide, numbers=True), ensure_ascii=False)

    async def _audit(self, outcome: str, *calls: tuple[str | None, int]) -> None:
        scope = self._scope
        named = [(storable(name or "")[:80], size) for name, size in calls]
        if scope.case_id is None:
            await runs.audit_tools_of(scope.db, scope.workspace_id, scope.member, named, outcome, scope.now)
        else:
            await runs.audit_tools(scope.db, scope.case_id, named, outcome, scope.now)


def _size(arguments: object) -> int:
    return len(json.dumps(arguments, default=str))
