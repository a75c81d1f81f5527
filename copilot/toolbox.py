"""The tools as LangChain calls them: the scope comes from the runtime, never from the model."""

from __future__ import annotations

import inspect
import json
from collections.abc import Collection, Sequence
from functools import cache
from typing import Any, get_type_hints

from langchain.tools import ToolRuntime
from langchain_core.tools import BaseTool, StructuredTool
from pydantic import ConfigDict, create_model

from tools import table
from tools.table import Kind, Tool


def wrapped(*kinds: Kind, but: Collection[str] = ()) -> Sequence[BaseTool]:
    """The tools of these ``kinds``, those that read where none is said, for an agent whose context is a
    ``Scope``; ``but`` leaves some out."""
    wanted = kinds or (Kind.READ,)
    return [_wrap(tool) for tool in table.TABLE if tool.kind in wanted and tool.name not in but]


def wrapped_desk() -> Sequence[BaseTool]:
    """The tools for an agent whose context is a ``DeskScope``."""
    return [_wrap(tool) for tool in table.DESK]


@cache
def _wrap(tool: Tool) -> BaseTool:
    given = _given(tool)

    async def call(runtime: ToolRuntime[Any, Any], **arguments: Any) -> str:
        # A forged `runtime` never arrives here: LangGraph puts its own in place.
        wanted = {name: arguments[name] for name in given if name in arguments}
        return json.dumps(await tool.run(runtime.context, **wanted), ensure_ascii=False, default=str)

    fields: dict[str, Any] = {
        name: (kind, ... if default is inspect.Parameter.empty else default)
        for name, (kind, default) in given.items()
    }
    fields["runtime"] = (ToolRuntime[Any, Any], ...)
    config = ConfigDict(arbitrary_types_allowed=True)
    schema = create_model(tool.name, __config__=config, **fields)
    return StructuredTool.from_function(
        coroutine=call, name=tool.name, description=tool.contract, args_schema=schema
    )


def _given(tool: Tool) -> dict[str, tuple[Any, Any]]:
    """What the model gives: name → type and default."""
    hints = get_type_hints(tool.run)
    parameters = list(inspect.signature(tool.run).parameters.values())[1:]
    return {each.name: (hints[each.name], each.default) for each in parameters}
