"""The wire shapes of ``POST /v1/responses``."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

from benchmarks.model_server.answers import Answer, Call, chunks
from benchmarks.model_server.asked import Asked, Json, Message, Refused, Tool, check_results, model_of, plain
from benchmarks.model_server.ledger import Usage


def read(body: Json) -> Asked:
    """The request; raises Refused."""
    if body.get("previous_response_id"):
        raise Refused(
            f"Previous response with id '{body['previous_response_id']}' not found.",
            "previous_response_id",
            "previous_response_not_found",
        )
    tools = tuple(
        Tool(each["name"], each.get("description") or "", each.get("parameters") or {})
        for each in body.get("tools") or ()
        if each.get("type") == "function"
    )
    form: Json = (body.get("text") or {}).get("format") or {}
    return Asked(
        model=model_of(body),
        messages=(*_instructions(body.get("instructions")), *_messages(body.get("input"))),
        tools=tools,
        choice=_choice(body.get("tool_choice"), {tool.name for tool in tools}),
        schema=form.get("schema", {}) if form.get("type") == "json_schema" else None,
        any_json=form.get("type") == "json_object",
        parallel=body.get("parallel_tool_calls") is not False,
        stream=bool(body.get("stream")),
        most_tokens=body.get("max_output_tokens"),
    )


def _instructions(given: str | None) -> list[Message]:
    return [Message("system", given)] if given else []


def _messages(given: object) -> list[Message]:
    if isinstance(given, str) and given:
        return [Message("user", given)]
    if not isinstance(given, list) or not given:
        raise Refused("Missing required parameter: 'input'.", "input", "missing_required_parameter")
    names = {each["call_id"]: each["name"] for each in given if each.get("type") == "function_call"}
    found = [_message(each, names) for each in given]
    results = [each["call_id"] for each in given if each.get("type") == "function_call_output"]
    check_results(found, results)
    return found


def _message(given: Json, names: dict[str, str]) -> Message:
    if given.get("type") == "function_call":
        return Message("assistant", "", ((given["call_id"], given["name"], given["arguments"]),))
    if given.get("type") == "function_call_output":
        if given["call_id"] not in names:
            raise Refused(
                f"No tool call found for function call output with call_id {given['call_id']}.", "input"
            )
        return Message("tool", plain(given.get("output")), tool=names[given["call_id"]])
    return Message(str(given.get("role") or given.get("type")), plain(given.get("content")))


def _choice(given: Any, names: set[str]) -> str:
    if given is None or isinstance(given, str):
        return given or "auto"
    if given.get("name") not in names:
        raise Refused(f"Tool choice '{given.get('name')}' not found in 'tools' parameter.", "tool_choice")
    return f"!{given['name']}"


def whole(asked: Asked, answer: Answer, usage: Usage, body: Json) -> Json:
    """The body of an answer in one piece."""
    return _response(f"resp_{uuid4().hex}", asked, answer, body, _items(answer), usage)


def events(asked: Asked, answer: Answer, usage: Usage, body: Json) -> Iterator[Json]:
    """The events of a streamed answer, each with its ``type`` and its number."""
    for number, event in enumerate(_events(asked, answer, usage, body)):
        yield {**event, "sequence_number": number}


def _events(asked: Asked, answer: Answer, usage: Usage, body: Json) -> Iterator[Json]:
    name, items = f"resp_{uuid4().hex}", _items(answer)
    begun = _response(name, asked, answer, body, [], None)
    yield {"type": "response.created", "response": begun}
    yield {"type": "response.in_progress", "response": begun}
    for index, item in enumerate(items):
        yield from _spoken(index, item) if item["type"] == "message" else _calling(index, item)
    done = _response(name, asked, answer, body, items, usage)
    yield {"type": f"response.{done['status']}", "response": done}


def _spoken(index: int, item: Json) -> Iterator[Json]:
    begun = {**item, "status": "in_progress", "content": []}
    yield {"type": "response.output_item.added", "output_index": index, "item": begun}
    for place, part in enumerate(item["content"]):
        yield from _part({"output_index": index, "content_index": place, "item_id": item["id"]}, part)
    yield {"type": "response.output_item.done", "output_index": index, "item": item}


def _part(where: Json, part: Json) -> Iterator[Json]:
    """A text or a refusal, piece by piece."""
    kind = "text" if part["type"] == "output_text" else "refusal"
    name = "output_text" if kind == "text" else "refusal"
    more: Json = {"logprobs": []} if kind == "text" else {}
    yield {"type": "response.content_part.added", **where, "part": {**part, kind: ""}}
    for piece in chunks(part[kind]):
        yield {"type": f"response.{name}.delta", **where, "delta": piece, **more}
    yield {"type": f"response.{name}.done", **where, kind: part[kind], **more}
    yield {"type": "response.content_part.done", **where, "part": part}


def _calling(index: int, item: Json) -> Iterator[Json]:
    where, name = {"output_index": index, "item_id": item["id"]}, "response.function_call_arguments"
    begun = {**item, "status": "in_progress", "arguments": ""}
    yield {"type": "response.output_item.added", "output_index": index, "item": begun}
    for piece in chunks(item["arguments"]):
        yield {"type": f"{name}.delta", **where, "delta": piece}
    yield {"type": f"{name}.done", **where, "name": item["name"], "arguments": item["arguments"]}
    yield {"type": "response.output_item.done", "output_index": index, "item": item}


def _items(answer: Answer) -> list[Json]:
    """What the model put out: a message, then its calls."""
    content: list[Json] = []
    if answer.text is not None:
        content.append({"type": "output_text", "text": answer.text, "annotations": [], "logprobs": []})
    if answer.refusal is not None:
        content.append({"type": "refusal", "refusal": answer.refusal})
    calls = [_call(call) for call in answer.calls]
    return [_said(content), *calls] if content or answer.empty == "content" else calls


def _said(content: list[Json]) -> Json:
    shape = {"type": "message", "role": "assistant", "status": "completed"}
    return {"id": f"msg_{uuid4().hex}", **shape, "content": content}


def _call(call: Call) -> Json:
    ids = {"id": f"fc_{uuid4().hex}", "call_id": f"call_{uuid4().hex[:24]}"}
    return {
        **ids,
        "type": "function_call",
        "status": "completed",
        "name": call.name,
        "arguments": call.arguments,
    }


def _response(
    name: str, asked: Asked, answer: Answer, body: Json, items: list[Json], usage: Usage | None
) -> Json:
    """The whole response; without ``usage`` it has only begun."""
    reason = {"length": "max_output_tokens", "content_filter": "content_filter"}.get(answer.finish or "")
    ended = "incomplete" if reason else "completed"
    return {
        "id": name,
        "object": "response",
        "created_at": int(time.time()),
        "status": ended if usage else "in_progress",
        "error": None,
        "incomplete_details": {"reason": reason} if reason and usage else None,
        "instructions": body.get("instructions"),
        "metadata": body.get("metadata") or {},
        "model": asked.model,
        "output": items,
        "parallel_tool_calls": asked.parallel,
        "service_tier": "default",
        "store": body.get("store") is not False,
        "temperature": body.get("temperature", 1.0),
        "text": body.get("text") or {"format": {"type": "text"}},
        "tool_choice": body.get("tool_choice") or "auto",
        "tools": body.get("tools") or [],
        "top_p": body.get("top_p", 1.0),
        "truncation": "disabled",
        "usage": _usage(usage) if usage else None,
    }


def _usage(usage: Usage) -> Json:
    return {
        "input_tokens": usage.prompt,
        "input_tokens_details": {"cached_tokens": usage.cached, "cache_write_tokens": 0},
        "output_tokens": usage.completion,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": usage.prompt + usage.completion,
    }
