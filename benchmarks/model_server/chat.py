"""The wire shapes of ``POST /v1/chat/completions``."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import uuid4

from benchmarks.model_server.answers import Answer, Call, chunks
from benchmarks.model_server.asked import Asked, Json, Message, Refused, Tool, check_results, model_of, plain
from benchmarks.model_server.ledger import Usage


def read(body: Json) -> Asked:
    """The request; raises Refused."""
    messages = _messages(body.get("messages"))
    tools = tuple(_tool(each) for each in body.get("tools") or ())
    form: Json = body.get("response_format") or {}
    return Asked(
        model=model_of(body),
        messages=messages,
        tools=tools,
        choice=_choice(body.get("tool_choice"), tools),
        schema=form["json_schema"].get("schema", {}) if form.get("type") == "json_schema" else None,
        any_json=form.get("type") == "json_object",
        parallel=body.get("parallel_tool_calls") is not False,
        stream=bool(body.get("stream")),
        most_tokens=body.get("max_completion_tokens") or body.get("max_tokens"),
    )


def _messages(given: object) -> tuple[Message, ...]:
    if not isinstance(given, list) or not given:
        raise Refused("Invalid 'messages': empty array.", "messages", "empty_array")
    names: dict[str, str] = {}
    found = []
    for each in given:
        calls = tuple(
            (call["id"], call["function"]["name"], call["function"]["arguments"])
            for call in each.get("tool_calls") or ()
        )
        names.update((call, name) for call, name, _ in calls)
        if each.get("role") == "tool" and each.get("tool_call_id") not in names:
            raise Refused(
                "messages with role 'tool' must be a response to a preceding message with 'tool_calls'."
            )
        tool = names.get(each.get("tool_call_id", ""), "")
        found.append(Message(str(each.get("role")), plain(each.get("content")), calls, tool))
    check_results(found, [each["tool_call_id"] for each in given if each.get("role") == "tool"])
    return tuple(found)


def _tool(given: Json) -> Tool:
    function: Json = given.get("function") or {}
    if not function.get("name"):
        raise Refused("Missing required parameter: 'tools[0].function.name'.", "tools")
    return Tool(function["name"], function.get("description") or "", function.get("parameters") or {})


def _choice(given: Any, tools: Sequence[Tool]) -> str:
    if given is None:
        return "auto"
    if not tools:
        raise Refused("'tool_choice' is only allowed when 'tools' are specified.", "tool_choice")
    if isinstance(given, str):
        return given
    name = given["function"]["name"]
    if name not in [tool.name for tool in tools]:
        raise Refused(f"Tool choice '{name}' not found in 'tools' parameter.", "tool_choice")
    return f"!{name}"


def whole(asked: Asked, answer: Answer, usage: Usage, body: Json) -> Json:
    """The body of an answer in one piece."""
    message: Json = {"role": "assistant", "content": answer.text, "refusal": answer.refusal}
    if answer.calls:
        message["tool_calls"] = [_call(call) for call in answer.calls]
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": _finish(answer)}
    return {
        **_head(asked, "chat.completion"),
        "choices": [] if answer.empty == "choices" else [choice],
        "usage": _usage(usage),
    }


def events(asked: Asked, answer: Answer, usage: Usage, body: Json) -> Iterator[Json]:
    """The chunks of a streamed answer."""
    head = _head(asked, "chat.completion.chunk")
    wanted = bool((body.get("stream_options") or {}).get("include_usage"))
    last: Json = {"usage": None} if wanted else {}
    if answer.empty != "choices":
        for delta in _deltas(answer):
            yield {**head, "choices": [_piece(delta)], **last}
        yield {**head, "choices": [_piece({}, _finish(answer))], **last}
    if wanted:
        yield {**head, "choices": [], "usage": _usage(usage)}


def _deltas(answer: Answer) -> Iterator[Json]:
    yield {"role": "assistant", "content": "" if answer.text is not None else None, "refusal": None}
    yield from ({"content": piece} for piece in chunks(answer.text or ""))
    yield from ({"refusal": piece} for piece in chunks(answer.refusal or ""))
    for index, call in enumerate(answer.calls):
        begun = _call(call)
        begun["function"] = {"name": call.name, "arguments": ""}
        yield {"tool_calls": [{"index": index, **begun}]}
        for piece in chunks(call.arguments):
            yield {"tool_calls": [{"index": index, "function": {"arguments": piece}}]}


def _piece(delta: Json, finish: str | None = None) -> Json:
    return {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}


def _head(asked: Asked, kind: str) -> Json:
    return {
        "id": f"chatcmpl-{uuid4().hex}",
        "object": kind,
        "created": int(time.time()),
        "model": asked.model,
        "service_tier": "default",
        "system_fingerprint": "fp_local",
    }


def _call(call: Call) -> Json:
    function = {"name": call.name, "arguments": call.arguments}
    return {"id": f"call_{uuid4().hex[:24]}", "type": "function", "function": function}


def _finish(answer: Answer) -> str:
    return answer.finish or ("tool_calls" if answer.calls else "stop")


def _usage(usage: Usage) -> Json:
    return {
        "prompt_tokens": usage.prompt,
        "completion_tokens": usage.completion,
        "total_tokens": usage.prompt + usage.completion,
        "prompt_tokens_details": {"cached_tokens": usage.cached, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": 0,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }
