"""What people think of the copilot's cards: from two small buttons to the operator's figures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import psycopg

from storage.urls import libpq_url
from tests.bot.test_cli import cx
from tests.journeys.test_drafts import click, post_with
from tests.support.sandbox import until
from tests.support.stack import AGENT, CHANNEL, GUEST, BotProcess, Company, company

THANKS = "Thank you, noted."


def card_of(message: dict[str, Any]) -> str:
    """The token in the buttons of a card."""
    (block,) = [each for each in message["blocks"] if each["type"] == "context_actions"]
    value: str = block["elements"][0]["positive_button"]["value"]
    return value.removesuffix(" good")


async def rate(shop: Company, message: dict[str, Any], value: str, who: str = AGENT) -> None:
    await shop.sandbox.act(
        who,
        "click",
        channel=CHANNEL,
        ts=message["ts"],
        action_id="copilot_feedback",
        value=f"{card_of(message)} {value}",
    )


async def thanks(shop: Company) -> int:
    """How often somebody was thanked."""
    shown = (await shop.sandbox.person(AGENT))["ephemerals"]
    return sum(THANKS in json.dumps(each["blocks"]) for each in shown)


async def thanked(shop: Company, times: int) -> None:
    async def told() -> bool:
        return await thanks(shop) >= times

    await until(told, 15)


async def noted(database_url: str, *row: Any) -> None:
    """Wait until this is what is known of a card."""

    async def there() -> bool:
        return row in rows(database_url)

    await until(there, 15)


async def whispered_summary(shop: Company) -> dict[str, Any]:
    async def there() -> dict[str, Any] | None:
        shown = (await shop.sandbox.person(AGENT))["ephemerals"]
        return next((each for each in shown if "context_actions" in str(each["blocks"])), None)

    found: dict[str, Any] = await until(there, 30)
    return found


async def why(shop: Company, words: str) -> None:
    """Fill in the form that opens after 👎."""

    async def opened() -> str | None:
        views = (await shop.sandbox.person(AGENT))["views"]
        return str(views[-1]["id"]) if views else None

    view = await until(opened, 10)
    await shop.sandbox.act(AGENT, "submit", view_id=view, values={"text": {"text": words}})


def rows(database_url: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(libpq_url(database_url)) as connection:
        return connection.execute(
            """SELECT c.kind, f.given_by, f.good, f.comment FROM feedback f
               JOIN copilot_cards c ON c.id = f.card_id ORDER BY c.kind, f.id"""
        ).fetchall()


async def test_on_each_card_and_in_the_operators_figures(database_url: str, tmp_path: Path) -> None:
    async with company(tmp_path, database_url) as shop:
        worker = BotProcess(tmp_path / "worker", shop.sandbox, database_url)
        worker.launch("worker")
        try:
            visitor = await shop.visit("rated", "Suri")
            root = await shop.card((await visitor.write("Where is the blue rug?"))["reference"])
            await click(shop, root, "case_summary")
            await rate(shop, await whispered_summary(shop), "good")
            await thanked(shop, 1)
            await click(shop, root, "case_draft")
            found = await post_with(shop, "No draft this time")
            await rate(shop, found, "bad")
            await why(shop, "Not a\nword on [rugs]")
            await noted(database_url, "draft", AGENT, False, "Not a\nword on [rugs]")
            await shop.sandbox.act(
                AGENT, "post", channel=CHANNEL, text="<@U0COPILOT> who owns it?", thread_ts=root["ts"]
            )
            answer = await post_with(shop, "Internal answer")
            await rate(shop, answer, "bad")
            await noted(database_url, "answer", AGENT, False, "")
            await rate(shop, answer, "good")
            await thanked(shop, 2)
            await rate(shop, answer, "bad", GUEST)
            await shop.whispered(GUEST, "Only full members of this workspace can work on cases.")
            # Who does not like it gets a form: that is enough.
            assert await thanks(shop) == 2
        finally:
            worker.stop()
    assert rows(database_url) == [
        ("answer", AGENT, True, ""),
        ("draft", AGENT, False, "Not a\nword on [rugs]"),
        ("summary", AGENT, True, ""),
    ]
    file = tmp_path / "figures.json"
    done = cx("copilot", "--json", str(file), home=tmp_path, DATABASE_URL=database_url)
    assert done.returncode == 0, done.stderr
    assert "draft, without a model: 👎 “Not a word on [rugs]”" in done.stdout
    by_task = {each["task"]: each for each in json.loads(file.read_text())["tasks"]}
    assert by_task["draft"]["drafts"]["only_findings"] == 1
    assert by_task["draft"]["feedback"] == {"good": 0, "bad": 1, "comments": ["Not a\nword on [rugs]"]}
    assert by_task["answer"]["feedback"]["good"] == by_task["summary"]["feedback"]["good"] == 1


async def test_nothing_yet(database_url: str, tmp_path: Path) -> None:
    done = cx("copilot", "--days", "7", home=tmp_path, DATABASE_URL=database_url)
    assert (done.returncode, done.stdout) == (
        0,
        "Nobody asked the copilot for anything in the last 7 days.\n",
    )
    done = cx("copilot", "--team", "T404", home=tmp_path, DATABASE_URL=database_url)
    assert (done.returncode, "No Slack workspace is known yet" in done.stderr) == (2, True)
