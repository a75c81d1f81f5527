"""Asked in words in the agent pane: a model answers over one's own cases, and over nobody else's."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.journeys import test_words
from tests.journeys.test_words import IN_PANE, LONG, methods, open_shop, questions
from tests.support import postgres
from tests.support.model import ModelServer
from tests.support.sandbox import until
from tests.support.stack import AGENT, CHANNEL, Company

TOM = "U0TOM"
MAIL = "mine@example.org"
Running = tuple[Company, ModelServer]


@pytest.fixture(scope="module")
async def shop(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    """Maya owns the first case, and Tom the second."""
    with postgres.fresh_database(postgres_url) as url:
        async with open_shop(url, tmp_path_factory.mktemp("company")) as (company, model, _worker):
            for who, user, words in ((AGENT, "p1", f"My lamp, write to {MAIL}"), (TOM, "p2", "quokka lamp")):
                visitor = await company.visit(user, "Suri" if who == AGENT else "Quokkaname")
                card = await company.card((await visitor.write(words))["reference"])
                await company.sandbox.act(who, "click", channel=CHANNEL, ts=card["ts"], action_id="case_take")
            yield company, model


async def asked(shop: Company, text: str, user: str = AGENT) -> tuple[str, str]:
    """A question in somebody's pane: the channel and its ts."""
    channel = (await shop.sandbox.act(user, "open_dm"))["channel"]
    return channel, (await shop.sandbox.act(user, "post", channel=channel, text=text))["ts"]


async def answered(shop: Company, place: tuple[str, str], words: str) -> str:
    """The one answer, once it says something and we are seen to be at rest."""

    async def there() -> str | None:
        found = [each for each in await shop.sandbox.messages(*place) if each["ts"] != place[1]]
        shown = json.dumps([each["blocks"] for each in found], ensure_ascii=False)
        return shown if words in shown and len(found) == 1 else None

    shown: str = await until(there, 40)

    async def rests() -> bool:
        threads: list[dict[str, Any]] = (await shop.sandbox.person(AGENT))["agent"]["threads"]
        return [t["session"]["status"] for t in threads if t["thread_ts"] == place[1]] == ["active"]

    await until(rests)
    return shown


def calls(*made: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    """A rule for the first turn, in which the model looks things up."""
    tools = [{"name": name, "arguments": arguments} for name, arguments in made]
    return {"when": IN_PANE | {"times": 1}, "answer": {"tool_calls": tools}}


def says(words: str, pace: float = 0.0) -> dict[str, Any]:
    return test_words.says(words, pace, IN_PANE)


async def test_it_streams_over_ones_own_cases_alone(shop: Running) -> None:
    company, model = shop
    await model.rules(
        calls(
            ("my_cases", {}),
            ("find_in_my_cases", {"words": "lamp"}),
            ("my_case", {"number": "CX-1001"}),
            ("my_case", {"number": "CX-1002"}),
            ("my_case", {"number": "1002; DROP TABLE cases"}),
            ("orders", {}),
            ("propose_status", {"status": "open"}),
        ),
        says("The lamp [c:CX-1001] waits, that [c:CX-1002] not. " + LONG, 0.1),
    )
    shown = await answered(company, await asked(company, "what waits for me?"), "Ask again on Friday.")
    assert "The lamp ([CX-1001](http" in shown
    assert "that not." in shown
    made = await methods(company)
    assert made.count("chat.startStream") == made.count("chat.stopStream") == 1
    assert made.count("chat.appendStream") >= 2
    told = json.dumps(await questions(model), ensure_ascii=False)
    assert "My lamp, write to" in told
    assert "quokka" not in told.lower()
    assert MAIL not in told
    await model.forget_requests()


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "error_429", "method": "chat.startStream", "times": 1},
        {"kind": "drop_reply", "method": "chat.startStream", "times": 1},
        {"kind": "drop_reply", "method": "chat.appendStream", "times": 1},
        {"kind": "drop_reply", "method": "chat.stopStream", "times": 1},
    ],
    ids=lambda fault: f"{fault['kind']} {fault['method']}",
)
async def test_whatever_happens_to_the_stream_there_is_one_whole_answer(
    shop: Running, fault: dict[str, Any]
) -> None:
    company, model = shop
    await company.sandbox.faults(fault)
    await model.rules(says(LONG, 0.08))
    shown = await answered(company, await asked(company, "what waits?"), "Ask again on Friday.")
    await company.sandbox.faults()
    assert shown.count("It left on Monday") == 1
    assert "by a model (m)" in shown


async def test_without_the_model_the_stored_answer_comes_and_says_why(shop: Running) -> None:
    company, model = shop
    await model.rules({"when": IN_PANE, "answer": {"status": 500}})
    shown = await answered(company, await asked(company, "my cases"), "CX-1001")
    assert "The model cannot be reached now." in shown
    assert "I answer without a model" in shown
    assert "by a model (m)" not in shown


async def test_who_presses_stop_reads_no_more(shop: Running) -> None:
    company, model = shop
    await model.rules(says(LONG, 0.3))
    channel, ts = await asked(company, "tell me all")

    async def begun() -> bool:
        found = await company.sandbox.messages(channel, ts)
        return len(found) == 2

    await until(begun, 40)
    await company.sandbox.act(AGENT, "stop_agent", channel=channel, thread_ts=ts)

    async def over() -> bool:
        found = await company.sandbox.messages(channel, ts)
        return found[-1].get("streaming_state") == "completed"

    await until(over, 40)
    shown = json.dumps(await company.sandbox.messages(channel, ts), ensure_ascii=False)
    assert "Ask again on Friday." not in shown
