"""Asked in words, answered by a model that is heard while it speaks, from the mention to the thread."""

from __future__ import annotations

import json
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.test_worker import ended
from tests.support.model import ModelServer, model_server
from tests.support.sandbox import until
from tests.support.stack import AGENT, CHANNEL, BotProcess, Company, company

US = "<@U0COPILOT>"
MAIL = "suri.patel@example.org"

POINTS = ("stream.after_start", "stream.after_append", "stream.after_answer", "stream.after_stop")
"""Where a worker may die over an answer; each takes half a minute, so all of them only by CX_ALL_KILLS=1."""


@asynccontextmanager
async def open_shop(
    database_url: str, folder: Path, **environment: str
) -> AsyncIterator[tuple[Company, ModelServer, BotProcess]]:
    """A company whose bot and worker know the local model; ``environment`` is the worker's."""
    async with (
        model_server(folder / "model") as model,
        company(folder, database_url, OPENAI_BASE_URL=model.url, OPENAI_MODEL="m") as shop,
    ):
        where = {"OPENAI_BASE_URL": model.url, "OPENAI_MODEL": "m"}
        worker = BotProcess(folder / "worker", shop.sandbox, database_url, **where, **environment)
        worker.launch("worker")
        try:
            yield shop, model, worker
        finally:
            worker.stop()


IN_THREAD, IN_PANE = {"tool": "propose_status"}, {"tool": "my_cases"}
"""By what a question is told from a look at a new case."""


def says(words: str, pace: float = 0.0, where: dict[str, Any] = IN_THREAD) -> dict[str, Any]:
    return {"when": where, "answer": {"text": words, "pace_seconds": pace}}


async def questions(model: ModelServer) -> list[dict[str, Any]]:
    """What the model was asked in words."""
    return [body for body in await model.bodies() if body.get("stream")]


async def opened(shop: Company, words: str) -> str:
    visitor = await shop.visit("words", "Suri")
    ts: str = (await shop.card((await visitor.write(words))["reference"]))["ts"]
    return ts


async def asks(shop: Company, root: str, text: str) -> None:
    await shop.sandbox.act(AGENT, "post", channel=CHANNEL, text=f"{US} {text}", thread_ts=root)


async def answers(shop: Company, root: str) -> list[dict[str, Any]]:
    found = await shop.sandbox.messages(CHANNEL, root)
    return [each for each in found if "Internal answer" in json.dumps(each["blocks"], ensure_ascii=False)]


async def answered(shop: Company, root: str, words: str, seconds: float = 40) -> dict[str, Any]:
    """The only answer, once it is whole and says ``words``."""

    async def there() -> bool:
        found = await answers(shop, root)
        return bool(found) and words in json.dumps(found[-1]["blocks"], ensure_ascii=False)

    await until(there, seconds)
    (found,) = await answers(shop, root)
    return found


async def methods(shop: Company) -> list[str]:
    return [each["method"] for each in (await shop.sandbox.calls())["calls"]]


LONG = (
    "It left on Monday [m1] and is on its way. " + "The carrier said so twice. " * 12 + "Ask again on Friday."
)


async def test_an_answer_grows_and_knows_what_the_model_does_not(database_url: str, tmp_path: Path) -> None:
    async with open_shop(database_url, tmp_path) as (shop, model, _worker):
        root = await opened(shop, f"Where is my rug? Write to {MAIL}")
        await model.rules(says(LONG, 0.15))
        await asks(shop, root, f"where is it, and is {MAIL} hers?")
        whole = json.dumps((await answered(shop, root, "Ask again on Friday."))["blocks"], ensure_ascii=False)
        await answered(shop, root, "Made by a model (m)")
        assert "[a message](http" in whole
        made = await methods(shop)
        assert made.count("chat.startStream") == made.count("chat.stopStream") == 1
        assert made.count("chat.appendStream") >= 2
        assert "chat.update" not in made[made.index("chat.startStream") :]
        (body,) = await questions(model)
        assert MAIL not in json.dumps(body)
        token = re.findall(r"EMAIL-\w+", json.dumps(body))[-1]
        await model.rules(says(f"Write to [{token}] <!channel> [now](https://evil.com)."))
        await asks(shop, root, "how do I reach her?")

        async def second() -> bool:
            found = await answers(shop, root)
            return len(found) == 2 and "Made by a model (m)" in json.dumps(found[-1])

        # It is seen from its first words on: looked at is the whole of it.
        await until(second)
        shown = json.dumps((await answers(shop, root))[-1], ensure_ascii=False)
        assert f"`{MAIL}`" in shown
        assert "<!channel>" not in shown
        assert "https://evil" not in shown


async def test_without_the_model_the_stored_answer_comes_and_says_why(
    database_url: str, tmp_path: Path
) -> None:
    async with open_shop(database_url, tmp_path) as (shop, model, _worker):
        root = await opened(shop, "Where is my rug?")
        await model.rules({"when": IN_THREAD, "answer": {"status": 500}})
        await asks(shop, root, "who owns it?")
        shown = json.dumps((await answered(shop, root, "Nobody yet"))["blocks"], ensure_ascii=False)
        assert "The model cannot be reached now." in shown
        # It breaks off after its first words were shown.
        await model.rules({"when": IN_THREAD, "answer": {"text": LONG, "pace_seconds": 0.1, "close": True}})
        await asks(shop, root, "who has it?")

        async def second() -> bool:
            found = await answers(shop, root)
            return len(found) == 2 and "Nobody yet" in json.dumps(found[-1], ensure_ascii=False)

        await until(second)
        assert "carrier" not in json.dumps(await answers(shop, root))
        assert (await methods(shop)).count("chat.startStream") == 1


@pytest.mark.parametrize("point", POINTS if os.environ.get("CX_ALL_KILLS") else POINTS[::2])
async def test_a_worker_that_dies_over_an_answer_leaves_one(
    database_url: str, tmp_path: Path, point: str
) -> None:
    armed = f"{point}@{tmp_path / 'died'}"
    async with open_shop(database_url, tmp_path, CX_CRASH_AT=armed) as (shop, model, worker):
        root = await opened(shop, "Where is my rug?")
        await model.rules(says(LONG, 0.1))
        await asks(shop, root, "where is it?")
        await until(lambda: ended(worker), 40)
        worker.launch("worker")
        whole = await answered(shop, root, "Ask again on Friday.", 60)
        await answered(shop, root, "Made by a model (m)")
        assert json.dumps(whole["blocks"]).count("It left on Monday") == 1


async def test_where_slack_does_not_stream_the_answer_is_posted_whole(
    database_url: str, tmp_path: Path
) -> None:
    async with open_shop(database_url, tmp_path) as (shop, model, _worker):
        root = await opened(shop, "Where is my rug?")
        await shop.sandbox.faults({"kind": "error_429", "method": "chat.startStream"})
        await model.rules(says(LONG))
        await asks(shop, root, "where is it?")
        shown = await answered(shop, root, "Ask again on Friday.")
        assert "Made by a model (m)" in json.dumps(shown["blocks"], ensure_ascii=False)
