"""A draft of the copilot, from the button to the customer's screen."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

from tests.support.model import ModelServer, model_server
from tests.support.sandbox import ROOT, until
from tests.support.stack import AGENT, CHANNEL, BotProcess, Company, company


@asynccontextmanager
async def open_shop(database_url: str, folder: Path) -> AsyncIterator[tuple[Company, ModelServer]]:
    """A company whose worker asks the local model."""
    async with model_server(folder / "model") as model, company(folder, database_url) as shop:
        worker = BotProcess(
            folder / "worker", shop.sandbox, database_url, OPENAI_BASE_URL=model.url, OPENAI_MODEL="m"
        )
        worker.launch("worker")
        try:
            yield shop, model
        finally:
            worker.stop()


def reply(words: str) -> dict[str, Any]:
    return {"answer": {"tool_calls": [{"name": "Draft", "arguments": {"reply": words}}]}}


async def post_with(shop: Company, words: str, *, seconds: float = 40) -> dict[str, Any]:
    """The newest post in the channel whose blocks hold ``words``."""
    for _look in range(int(seconds * 10)):
        messages = (await shop.sandbox.state())["messages"][CHANNEL]
        found = [each for each in messages if words in json.dumps(each["blocks"], ensure_ascii=False)]
        if found:
            post: dict[str, Any] = found[-1]
            return post
        await asyncio.sleep(0.1)
    raise AssertionError(f"nothing says {words!r}")


async def click(shop: Company, post: dict[str, Any], action: str, **more: Any) -> None:
    await shop.sandbox.act(AGENT, "click", channel=CHANNEL, ts=post["ts"], action_id=action, **more)


async def test_asked_for_changed_and_sent(database_url: str, tmp_path: Path) -> None:
    async with open_shop(database_url, tmp_path) as (shop, model):
        visitor = await shop.visit("draft", "Suri")
        root = await shop.card((await visitor.write("Where is the blue rug?"))["reference"])
        # The only message of this database has the id 1.
        await model.rules(reply("Dear Suri, it left on Monday [m1]."))
        await click(shop, root, "case_draft")
        card = await post_with(shop, "Dear Suri, it left on Monday.")
        assert "[m1]" not in json.dumps(card["blocks"])
        assert "Made by a model (m)" in json.dumps(card["blocks"], ensure_ascii=False)
        await model.rules(reply("Suri, it left on Monday [m1]!"))
        await click(shop, card, "draft_shorter")
        shorter = await post_with(shop, "Suri, it left on Monday!")
        await post_with(shop, "A newer draft of the copilot stands below.")
        assert [text for _who, text in await visitor.texts()] == ["Where is the blue rug?"]
        await click(shop, shorter, "draft_send")
        await post_with(shop, "draft was sent as it was by")
        await post_with(shop, "Sent to the customer")
        texts = [text for _who, text in await visitor.texts()]
        assert texts == ["Where is the blue rug?", "Suri, it left on Monday!"]


async def test_discarded_and_what_the_customer_wrote_meanwhile(database_url: str, tmp_path: Path) -> None:
    async with open_shop(database_url, tmp_path) as (shop, model):
        visitor = await shop.visit("draft", "Suri")
        root = await shop.card((await visitor.write("Where is the blue rug?"))["reference"])
        await model.rules(reply("It left on Monday [m1]."))
        await click(shop, root, "case_draft")
        card = await post_with(shop, "It left on Monday.")
        await visitor.write("Never mind, it came")
        await post_with(shop, "Never mind, it came")
        await click(shop, card, "draft_send")
        await shop.whispered(AGENT, "The customer wrote in the meantime")
        assert len(await visitor.texts()) == 2
        await model.rules({"answer": {"status": 500}})
        await click(shop, root, "case_draft")
        found = await post_with(shop, "No draft this time")
        assert "cannot be reached" in json.dumps(found["blocks"])


MACROS = """macros:
  - key: late
    title: Rug is late
    when: {examples: ["Where is the rug?", "The rug has not come."]}
    text: {en: "Dear {customer}, I look for {order}. {agent}"}
"""


async def test_a_macro_without_a_model_is_sent_once_its_gaps_are_filled_in(
    database_url: str, tmp_path: Path
) -> None:
    config = tmp_path / "config"
    config.mkdir()
    (config / "sites.yml").write_text((ROOT / "config" / "sites.yml").read_text())
    (config / "macros.yml").write_text(MACROS)
    async with company(tmp_path, database_url) as shop:
        worker = BotProcess(tmp_path / "worker", shop.sandbox, database_url, CX_CONFIG_DIR=str(config))
        worker.launch("worker")
        try:
            visitor = await shop.visit("draft", "Suri")
            root = await shop.card((await visitor.write("Hello, where is the rug?"))["reference"])
            await click(shop, root, "case_draft")
            card = await post_with(shop, "Dear Suri, I look for …(order)….")
            assert "the macro “Rug is late”" in json.dumps(card["blocks"], ensure_ascii=False)
            await click(shop, card, "draft_send")
            await shop.whispered(
                AGENT, "This text still has gaps (the order's number): fill them in, then send it."
            )
            assert len(await visitor.texts()) == 1
            await click(shop, card, "draft_edit")
            await fill_in(shop, "Dear Suri, I look for A-1.")
            edited = await post_with(shop, "Dear Suri, I look for A-1.")
            await click(shop, edited, "draft_send")
            await post_with(shop, "draft was changed and sent by")
            assert [text for _who, text in await visitor.texts()][-1] == "Dear Suri, I look for A-1."
        finally:
            worker.stop()


async def fill_in(shop: Company, words: str) -> None:
    """Save the form of a draft with these words."""

    async def opened() -> str | None:
        views = (await shop.sandbox.person(AGENT))["views"]
        return str(views[-1]["id"]) if views else None

    view = await until(opened, 10)
    await shop.sandbox.act(AGENT, "submit", view_id=view, values={"text": {"text": words}})


async def test_fault_48_whatever_the_model_does_customers_are_mirrored_and_answered(
    database_url: str, tmp_path: Path
) -> None:
    says = [{"hang": True}, {"refusal": "I cannot."}, {"empty": True}, {"bytes": 1_000_000}]
    async with open_shop(database_url, tmp_path) as (shop, model):
        for number, answer in enumerate(says):
            visitor = await shop.visit(f"fault48-{number}", "Suri")
            root = await shop.card((await visitor.write(f"Where is rug {number}?"))["reference"])
            await model.rules({"answer": answer})
            asked = len(await model.bodies())
            await click(shop, root, "case_draft")
            await until(partial(asked_again, model, asked))
            await visitor.write(f"Hello {number}?")
            await post_with(shop, f"Hello {number}?", seconds=5)
            await shop.reply(root["ts"], f"Soon {number}.")
            words = [f"Where is rug {number}?", f"Hello {number}?", f"Soon {number}."]
            await visitor.sees(*zip(["customer", "customer", "agent"], words, strict=True), seconds=10)
        await post_with(shop, "The model gave no usable answer.")


async def asked_again(model: ModelServer, before: int) -> bool:
    return len(await model.bodies()) > before
