"""The local model server, as the real clients see it: openai's own, and LangChain's."""

from __future__ import annotations

import json
import math
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any, Literal

import openai
import pytest
from jsonschema import Draft202012Validator
from langchain.agents import create_agent
from langchain.agents.structured_output import ToolStrategy
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_core.utils.function_calling import convert_to_openai_tool
from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from pydantic import BaseModel, Field, SecretStr

from benchmarks.model_server import asked, hostile, plausible
from tests.support.model import ModelServer, model_server

MODEL = "gpt-4.1-mini"
PROMPT = "[m3] Customer: Where is my lamp?\n[m12] Customer: It was order 7741 and I am annoyed.\nTask: Brief"


class Fact(BaseModel):
    text: str
    message_ids: Annotated[list[str], Field(min_length=1, max_length=1)]


class Brief(BaseModel):
    """What the case is about."""

    summary: str
    facts: list[Fact]
    mood: Literal["calm", "annoyed"]
    confidence: Annotated[float, Field(ge=0, le=1)]
    stars: Annotated[int, Field(ge=3, le=5)]
    due: str | None = None
    source: Annotated[str, Field(pattern=r"^m\d+$")]


@tool
def orders(number: str) -> str:
    """The customer's orders."""
    return f"order {number} left on Monday"


@tool
def history(words: str) -> str:
    """Earlier cases."""
    return "none"


@pytest.fixture(scope="session")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ModelServer]:
    async with model_server(tmp_path_factory.mktemp("model")) as running:
        yield running


@pytest.fixture
async def model(server: ModelServer) -> ModelServer:
    """The server as after its start."""
    await server.reset()
    await server.forget_prompts()
    return server


@pytest.fixture
async def client(model: ModelServer) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(base_url=model.url, api_key="k", max_retries=0, timeout=5) as made:
        yield made


def chat(server: ModelServer, **more: Any) -> ChatOpenAI:
    settings: dict[str, Any] = {"model": MODEL, "stream_usage": True, "max_retries": 0, "timeout": 5}
    return ChatOpenAI(base_url=server.url, api_key=SecretStr("k"), **settings | more)


RESPONSES = pytest.mark.parametrize("responses", [False, True], ids=["chat", "responses"])


async def gathered(chunks: AsyncIterator[AIMessage]) -> AIMessageChunk:
    """A stream, put together."""
    whole: AIMessageChunk | None = None
    async for chunk in chunks:
        assert isinstance(chunk, AIMessageChunk)
        whole = chunk if whole is None else whole + chunk
    assert whole is not None
    return whole


async def ask(client: openai.AsyncOpenAI, text: str = "Hello", **more: Any) -> Any:
    return await client.chat.completions.create(
        model=MODEL, messages=[{"role": "user", "content": text}], **more
    )


async def respond(client: openai.AsyncOpenAI, **more: Any) -> Any:
    return await client.responses.create(**{"model": MODEL, "input": "Hello", **more})


# ── openai's own client ──────────────────────────────────────────────────────────────────────────


async def test_a_plain_answer_quotes_the_customer(client: openai.AsyncOpenAI) -> None:
    answer = await ask(client, "My lamp is broken")
    assert "My lamp is broken" in answer.choices[0].message.content
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens > 0


async def test_a_streamed_answer_ends_with_its_usage(client: openai.AsyncOpenAI) -> None:
    async with client.chat.completions.stream(
        model=MODEL, messages=[{"role": "user", "content": "Hi"}], stream_options={"include_usage": True}
    ) as stream:
        final = await stream.get_final_completion()
    plain = await ask(client, "Hi")
    assert final.choices[0].message.content == plain.choices[0].message.content
    assert final.usage is not None
    assert final.usage.prompt_tokens == plain.usage.prompt_tokens


async def test_usage_is_streamed_only_when_asked_for(client: openai.AsyncOpenAI) -> None:
    chunks = [chunk async for chunk in await ask(client, stream=True)]
    assert len(chunks) > 2
    assert {chunk.usage for chunk in chunks} == {None}


async def test_responses_stream_every_event_that_the_client_gathers(
    model: ModelServer, client: openai.AsyncOpenAI
) -> None:
    calls = [{"name": "orders", "arguments": {"number": "7741"}}]
    await model.rules({"answer": {"text": "One moment", "tool_calls": calls}})
    async with client.responses.stream(model=MODEL, input="Hi", instructions="Be brief") as stream:
        seen = [event.type async for event in stream]
        final = await stream.get_final_response()
    assert final.output_text == "One moment"
    call = final.output[1]
    assert call.type == "function_call"
    assert json.loads(call.arguments) == {"number": "7741"}
    assert final.usage is not None
    assert final.usage.output_tokens > 0
    assert seen[:3] == ["response.created", "response.in_progress", "response.output_item.added"]
    assert seen[-1] == "response.completed"
    assert seen.count("response.output_text.done") == seen.count("response.function_call_arguments.done") == 1


async def test_embeddings_are_near_where_words_are_shared(client: openai.AsyncOpenAI) -> None:
    texts = ["my lamp arrived broken", "the lamp is broken", "invoice for March"]
    kinds: tuple[Literal["float", "base64"], ...] = ("float", "base64")
    for kind in kinds:
        found = await client.embeddings.create(model="e", input=texts, encoding_format=kind)
        assert found.usage.prompt_tokens > 0
    vectors = [each.embedding for each in (await client.embeddings.create(model="e", input=texts)).data]
    assert {len(vector) for vector in vectors} == {384}
    assert math.isclose(_dot(vectors[0], vectors[0]), 1, rel_tol=1e-5)
    assert _dot(vectors[0], vectors[1]) > 0.3 > abs(_dot(vectors[0], vectors[2]))


def _dot(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


async def test_langchains_embeddings_are_the_same(model: ModelServer, client: openai.AsyncOpenAI) -> None:
    direct = await client.embeddings.create(model="e", input="a lamp")
    async with openai.DefaultAsyncHttpxClient() as http:
        embeddings = OpenAIEmbeddings(
            base_url=model.url,
            api_key=SecretStr("k"),
            check_embedding_ctx_length=False,
            http_async_client=http,
        )
        vector = await embeddings.aembed_query("a lamp")
    assert vector == pytest.approx(direct.data[0].embedding, abs=1e-6)


async def test_models_are_listed(client: openai.AsyncOpenAI) -> None:
    assert MODEL in [each.id async for each in client.models.list()]


@pytest.mark.parametrize(
    "messages",
    [
        [],
        [{"role": "tool", "tool_call_id": "call_1", "content": "nobody asked"}],
        [
            {"role": "user", "content": "Hi"},
            {
                "role": "assistant",
                "tool_calls": [
                    {"id": "call_1", "type": "function", "function": {"name": "a", "arguments": "{}"}}
                ],
            },
            {"role": "user", "content": "and?"},
        ],
    ],
    ids=["none", "result without call", "call without result"],
)
async def test_what_openai_refuses_is_refused(client: openai.AsyncOpenAI, messages: Any) -> None:
    with pytest.raises(openai.BadRequestError):
        await client.chat.completions.create(model=MODEL, messages=messages)


async def test_an_answer_ends_at_the_clients_limit(client: openai.AsyncOpenAI) -> None:
    answer = await ask(client, max_completion_tokens=3)
    assert answer.choices[0].finish_reason == "length"
    assert answer.usage.completion_tokens == 3
    response = await respond(client, max_output_tokens=3)
    assert (response.status, response.incomplete_details.reason) == ("incomplete", "max_output_tokens")


# ── LangChain's ──────────────────────────────────────────────────────────────────────────────────


@RESPONSES
async def test_streams_carry_text_and_usage(model: ModelServer, responses: bool) -> None:
    before = (await model.usage())["completion"]
    whole = await gathered(chat(model, use_responses_api=responses).astream("My lamp is broken"))
    assert "My lamp is broken" in whole.text
    usage: Any = whole.usage_metadata
    assert usage["output_tokens"] == (await model.usage())["completion"] - before > 0


@RESPONSES
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
async def test_tools_are_called_in_parallel(model: ModelServer, responses: bool, stream: bool) -> None:
    calls: list[dict[str, Any]] = [
        {"name": "orders", "arguments": {"number": "7741"}},
        {"name": "history", "arguments": {"words": "Žluťoučký kůň" * 20}},
        {"name": "orders", "arguments": '{"number": '},
    ]
    await model.rules({"answer": {"text": "Let me look", "tool_calls": calls}})
    llm = chat(model, use_responses_api=responses).bind_tools([orders, history])
    said: Any = await (gathered(llm.astream("Hi")) if stream else llm.ainvoke("Hi"))
    assert said.text == "Let me look"
    assert [(call["name"], call["args"]) for call in said.tool_calls][:2] == [
        (call["name"], call["arguments"]) for call in calls[:2]
    ]
    if not stream:
        assert [call["args"] for call in said.invalid_tool_calls] == ['{"number": ']


@RESPONSES
async def test_an_agent_looks_something_up_and_fills_its_output(model: ModelServer, responses: bool) -> None:
    lookup = {"tool_calls": [{"name": "orders", "arguments": {"number": "7741"}}]}
    await model.rules({"when": {"tool": "orders", "not_called": "orders"}, "answer": lookup})
    agent: Any = create_agent(
        chat(model, use_responses_api=responses), [orders, history], response_format=ToolStrategy(Brief)
    )
    done = await agent.ainvoke({"messages": [HumanMessage(PROMPT)]})
    brief = done["structured_response"]
    assert "annoyed" in brief.summary
    assert [fact.message_ids for fact in brief.facts] == [["m12"], ["m3"]]
    assert (brief.mood, brief.confidence, brief.stars, brief.source) == ("calm", 0.5, 3, "m12")
    assert any(isinstance(each, ToolMessage) and "Monday" in each.text for each in done["messages"])


@RESPONSES
async def test_structured_outputs_fit_their_schema(model: ModelServer, responses: bool) -> None:
    llm = chat(model, use_responses_api=responses)
    methods: tuple[Literal["json_schema", "function_calling"], ...] = ("json_schema", "function_calling")
    for method in methods:
        brief = await llm.with_structured_output(Brief, method=method).ainvoke(PROMPT)
        assert isinstance(brief, Brief)
        assert len(brief.facts) == 2


async def test_the_named_tool_is_chosen_and_each_only_once(model: ModelServer) -> None:
    llm = chat(model).bind_tools([orders, history])
    asked = HumanMessage("Look into orders, then history")
    said = await llm.ainvoke([asked])
    (call,) = said.tool_calls
    assert call["name"] == "history"
    after = await llm.ainvoke([asked, said, ToolMessage("none", tool_call_id=call["id"])])
    assert not after.tool_calls
    await model.outputs("orders")
    assert (await llm.ainvoke([asked])).tool_calls[0]["name"] == "orders"
    forced = chat(model).bind_tools([orders, history], tool_choice="history")
    assert (await forced.ainvoke([asked])).tool_calls[0]["name"] == "history"
    none = chat(model).bind_tools([orders, history], tool_choice="none")
    assert not (await none.ainvoke([asked])).tool_calls


SCHEMAS: dict[str, dict[str, Any]] = {
    "limits": {
        "type": "object",
        "properties": {
            "hours": {"type": "integer", "exclusiveMinimum": 3},
            "share": {"type": "number", "maximum": 0.2},
            "code": {"type": "string", "minLength": 90, "maxLength": 90},
            "when": {"type": ["string", "null"], "format": "date"},
            "kinds": {"type": "array", "items": {"enum": ["a", "b"]}, "minItems": 1, "maxItems": 1},
            "none": {"type": "null"},
            "sure": {"type": "boolean"},
            "fixed": {"const": 7},
        },
        "required": ["hours", "share", "code", "when", "kinds", "none", "sure", "fixed"],
        "additionalProperties": False,
    },
    "recursive": {
        "$defs": {
            "Node": {
                "type": "object",
                "properties": {
                    "name": {"type": "string"},
                    "next": {"anyOf": [{"$ref": "#/$defs/Node"}, {"type": "null"}]},
                },
                "required": ["name", "next"],
            }
        },
        "allOf": [{"$ref": "#/$defs/Node"}],
    },
}


@pytest.mark.parametrize("name", SCHEMAS)
def test_filled_schemas_hold(name: str) -> None:
    request = asked.Asked(MODEL, (asked.Message("user", PROMPT),), schema=SCHEMAS[name])
    text = plausible.answer(request, []).text
    assert text is not None
    Draft202012Validator(SCHEMAS[name]).validate(json.loads(text))


# ── tokens ───────────────────────────────────────────────────────────────────────────────────────


@RESPONSES
async def test_a_common_beginning_is_cached_in_steps(model: ModelServer, responses: bool) -> None:
    llm = chat(model, use_responses_api=responses)
    fixed = " ".join(f"w{number:03x}" for number in range(1_200))
    read = [await cached(llm, text) for text in (f"{fixed} one", f"{fixed} two", f"changed {fixed}")]
    assert read == [0, 1_152, 0]
    assert await cached(chat(model, model="other"), f"{fixed} one") == 0
    assert await cached(llm, "short") == await cached(llm, "short") == 0


async def test_tools_come_first_in_the_cached_beginning(model: ModelServer) -> None:
    text = "word " * 1_200
    first, second = chat(model).bind_tools([orders]), chat(model).bind_tools([history])
    assert [await cached(llm, text) for llm in (first, second, first)] == [0, 0, 1_152]


async def cached(llm: Any, text: str) -> int:
    said: AIMessage = await llm.ainvoke(text)
    assert said.usage_metadata is not None
    return said.usage_metadata["input_token_details"]["cache_read"]


async def test_sums_and_requests_are_kept(model: ModelServer, client: openai.AsyncOpenAI) -> None:
    before = await model.usage()
    answer = await ask(client, "What is kept?")
    after = await model.usage()
    assert after["calls"] == before["calls"] + 1
    assert after["prompt"] == before["prompt"] + answer.usage.prompt_tokens
    (request,) = await model.requests()
    assert request["path"] == "/v1/chat/completions"
    assert request["headers"]["authorization"] == "present"
    assert request["body"]["messages"] == [{"role": "user", "content": "What is kept?"}]


# ── rules ────────────────────────────────────────────────────────────────────────────────────────


async def test_the_first_rule_that_fits_answers(model: ModelServer, client: openai.AsyncOpenAI) -> None:
    await model.rules(
        {"when": {"last_contains": "lamp", "times": 1}, "answer": {"text": "once"}},
        {"when": {"contains": 'a "lamp"'}, "answer": {"text": "contains"}},
        {"when": {"model": "other"}, "answer": {"text": "never"}},
        {"answer": {"bytes": 1_000_000}},
    )
    said = [
        (await ask(client, text)).choices[0].message.content for text in ('a "lamp"', 'a "lamp"', "table")
    ]
    assert said[:2] == ["once", "contains"]
    assert len(said[2]) == 1_000_000


async def test_a_rule_that_is_not_understood_is_refused(model: ModelServer) -> None:
    rules: list[dict[str, Any]] = [
        {"answer": {"txt": "x"}},
        {"when": {"has": "x"}, "answer": {"text": "x"}},
        {"answer": {}},
    ]
    for rule in rules:
        with pytest.raises(RuntimeError, match=r"rule|answer"):
            await model.rules(rule)


async def test_errors_have_openais_shape(model: ModelServer, client: openai.AsyncOpenAI) -> None:
    await model.rules({"when": {"times": 1}, "answer": {"status": 429, "headers": {"Retry-After": "7"}}})
    with pytest.raises(openai.RateLimitError) as limited:
        await ask(client)
    assert limited.value.response.headers["retry-after"] == "7"
    await model.rules({"answer": {"status": 400, "body": {"error": {"code": "context_length_exceeded"}}}})
    with pytest.raises(openai.BadRequestError) as long:
        await respond(client)
    assert long.value.code == "context_length_exceeded"
    await model.rules({"when": {"path": "embeddings"}, "answer": {"status": 500}})
    with pytest.raises(openai.InternalServerError):
        await client.embeddings.create(model="e", input="x")
    await ask(client)


@pytest.mark.parametrize("answer", [{"hang": True}, {"delay_seconds": 5}, {"hang": True, "text": "x" * 99}])
async def test_silence_is_the_clients_timeout(
    model: ModelServer, client: openai.AsyncOpenAI, answer: dict[str, Any]
) -> None:
    await model.rules({"answer": answer})
    with pytest.raises(openai.APITimeoutError):
        await ask(client, timeout=0.2)


async def test_a_connection_is_cut_before_or_within_an_answer(
    model: ModelServer, client: openai.AsyncOpenAI
) -> None:
    await model.rules({"answer": {"close": True}})
    with pytest.raises(openai.APIConnectionError):
        await ask(client)
    await model.rules({"answer": {"close": True, "text": "half of this " * 9}})
    with pytest.raises(openai.APIConnectionError):
        await ask(client)
    for create in (ask, respond):
        events = aiter(await create(client, stream=True))
        assert await anext(events)
        with pytest.raises(Exception, match=r"closed|incomplete|onnection"):
            [event async for event in events]


async def test_bodies_may_be_nonsense(model: ModelServer, client: openai.AsyncOpenAI) -> None:
    await model.rules({"answer": {"raw": '{"choices": [{"mess'}})
    with pytest.raises(json.JSONDecodeError):
        await ask(client)
    await model.rules({"answer": {"empty": True}})
    assert (await ask(client)).choices == []
    assert (await respond(client)).output == []
    await model.rules({"answer": {"empty": "content"}})
    assert (await ask(client)).choices[0].message.content is None
    assert (await respond(client)).output_text == ""


@RESPONSES
async def test_a_refusal_is_said(model: ModelServer, responses: bool) -> None:
    await model.default("refuse")
    llm = chat(model, use_responses_api=responses)
    assert "can't help" in (await llm.ainvoke("Hi")).text
    structured = llm.with_structured_output(Brief, method="json_schema")
    with pytest.raises(Exception, match="can't help"):
        await structured.ainvoke(PROMPT)


# ── hostile ──────────────────────────────────────────────────────────────────────────────────────


async def test_hostile_answers_try_everything_and_again_with_the_same_seed(
    model: ModelServer, client: openai.AsyncOpenAI
) -> None:
    await model.default("hostile", "canary-of-bela")
    offered = [convert_to_openai_tool(each) for each in (orders, history)]
    rounds = []
    for _ in range(2):
        await model.seed(3)
        rounds.append([(await ask(client, tools=offered)).choices[0].message for _ in range(60)])
    texts = [[each.content for each in one] for one in rounds]
    assert texts[0] == texts[1]
    calls = [call.function for each in rounds[0] for call in each.tool_calls or ()]
    names = {call.name for call in calls}
    assert names > {"orders", "history"}
    assert max(len(each.tool_calls or ()) for each in rounds[0]) > 20
    assert len([each for each in rounds[0] if each.tool_calls]) > 40
    assert len({call.arguments for call in calls} & set(hostile.BROKEN)) > 3
    everything = "".join(call.arguments for call in calls)
    for attempt in ("<!channel>", "<@U0ADA>", "DROP TABLE", "etc/passwd", "evil.example", "canary-of-bela"):
        assert attempt in everything
    assert "A" * 1_000_000 in everything


async def test_hostile_structured_answers_may_fit(model: ModelServer, client: openai.AsyncOpenAI) -> None:
    await model.default("hostile")
    schema = Brief.model_json_schema()
    form: Any = {"type": "json_schema", "json_schema": {"name": "Brief", "schema": schema}}
    texts = [(await ask(client, PROMPT, response_format=form)).choices[0].message.content for _ in range(20)]
    fitting = [text for text in texts if text and text[0] == "{" and valid(schema, json.loads(text))]
    assert fitting
    assert any("evil" in text or "<!" in text for text in fitting)


def valid(schema: dict[str, Any], value: object) -> bool:
    return Draft202012Validator(schema).is_valid(value)


# ── the process ──────────────────────────────────────────────────────────────────────────────────


async def test_it_starts_with_a_script_and_ends_when_asked(tmp_path: Path) -> None:
    script = tmp_path / "script.json"
    script.write_text(json.dumps([{"answer": {"text": "as written"}}]))
    async with model_server(tmp_path / "model", script=script) as running:
        said = await chat(running).ainvoke("Hi")
        assert said.text == "as written"
        await running.end()
        assert running.ended() == 0


async def test_a_script_that_is_not_understood_is_named(tmp_path: Path) -> None:
    script = tmp_path / "script.json"
    script.write_text('[{"answer": {"txt": "x"}}]')
    server = ModelServer(tmp_path / "model", script=script)
    with pytest.raises(RuntimeError, match="unknown in a rule: txt"):
        server.start()
