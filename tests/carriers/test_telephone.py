"""The demo's telephone company: text messages are carried once, in order, signed, whoever dies meanwhile."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from standardwebhooks.webhooks import Webhook

from carriers.config import Options
from tests.support.carriers import PHONE_SECRET, carriers
from tests.support.sandbox import until

NUMBER = "+48600555014"
HEADERS = {"Authorization": "Bearer control"}


class Shop:
    """Takes text messages, and refuses them as it is told."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, Any]] = []
        self.answers: list[int] = []
        self.url = ""

    async def take(self, request: web.Request) -> web.Response:
        body = await request.text()
        Webhook(PHONE_SECRET).verify(body, dict(request.headers))
        status = self.answers.pop(0) if self.answers else 200
        if status == 200:
            self.heard.append((request.match_info["what"], json.loads(body)))
        return web.json_response({}, status=status)


@asynccontextmanager
async def open_shop() -> AsyncIterator[Shop]:
    shop = Shop()
    app = web.Application()
    app.router.add_post("/{what}", shop.take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    shop.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield shop
    finally:
        await runner.cleanup()


async def ask(options: Options, method: str, **more: Any) -> Any:
    address = f"http://127.0.0.1:{options.port}/phone"
    async with (
        aiohttp.ClientSession(headers=HEADERS) as session,
        session.request(method, address, params={"number": NUMBER}, **more) as answer,
    ):
        return answer.status, await answer.text()


async def say(options: Options, key: str, text: str) -> None:
    assert (await ask(options, "POST", json={"key": key, "text": text}))[0] == 202


async def talk(options: Options) -> list[tuple[str, str]]:
    _, body = await ask(options, "GET")
    return [(line["text"], line["state"]) for line in json.loads(body)["messages"]]


async def test_what_waits_is_carried_after_a_restart_once_and_in_order(tmp_path: Path) -> None:
    async with open_shop() as shop:
        async with carriers(tmp_path) as options:
            for key, text in (("message-1", "One"), ("message-2", "Two"), ("message-1", "One")):
                await say(options, key, text)
            assert await talk(options) == [("One", "waiting"), ("Two", "waiting")]
        with (tmp_path / "carriers" / "phone.jsonl").open("a") as file:
            file.write('\n{"id": "half a li')
        shop.answers = [503, 429]
        async with carriers(tmp_path, shop.url) as options:
            await until(lambda: len(shop.heard) == 2, 20)
            await say(options, "message-3", "Three")
            await until(lambda: len(shop.heard) == 3, 20)
        sender = {"id": NUMBER, "phone": NUMBER, "verified": True}
        texts = ("One", "Two", "Three")
        assert shop.heard == [("messages", {"sender": sender, "text": text}) for text in texts]


async def test_what_is_refused_stops_nothing(tmp_path: Path) -> None:
    async with open_shop() as shop, carriers(tmp_path, shop.url) as options:
        shop.answers = [401]
        await say(options, "message-1", "One")
        await say(options, "message-2", "Two")
        await until(lambda: len(shop.heard) == 1, 20)

        async def told() -> bool:
            return await talk(options) == [("One", "refused"), ("Two", "carried")]

        await until(told, 10)


async def test_a_reply_is_shown_once_and_its_arrival_told(tmp_path: Path) -> None:
    body = json.dumps(
        {"type": "reply", "data": {"message": "m1", "to": NUMBER, "text": "Yes.", "survey": None}}
    )
    now = datetime.now(UTC)
    signed = {
        "webhook-id": "m1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(PHONE_SECRET).sign("m1", now, body),
    }
    async with (
        open_shop() as shop,
        carriers(tmp_path, shop.url) as options,
        aiohttp.ClientSession() as session,
    ):
        address = f"http://127.0.0.1:{options.port}/replies"
        for headers, status in (
            (signed, 200),
            (signed, 200),
            ({}, 401),
            (signed | {"webhook-id": "m2"}, 401),
        ):
            async with session.post(address, data=body, headers=headers) as answer:
                assert answer.status == status
        await until(lambda: shop.heard == [("deliveries", {"message": "m1", "state": "delivered"})], 10)
        assert [text for text, _ in await talk(options)] == ["Yes."]


async def test_the_windows_open_only_with_the_control_secret(tmp_path: Path) -> None:
    async with carriers(tmp_path) as options, aiohttp.ClientSession() as session:
        for path in (
            "mail?address=a@example.com",
            "mail/1?address=a@example.com",
            "phone?number=%2B48600555014",
        ):
            async with session.get(f"http://127.0.0.1:{options.port}/{path}") as answer:
                assert answer.status == 403
        for path in ("mail?address=..%2F..%2Fa@example.com", "mail?address=a@gmail.com", "phone?number=0"):
            async with session.get(f"http://127.0.0.1:{options.port}/{path}", headers=HEADERS) as answer:
                assert answer.status == 400
        unusable: list[Any] = [
            {},
            {"key": "message-1"},
            {"key": "../..//", "text": "x"},
            {"key": "message-1", "text": "\0"},
            [],
        ]
        for wanted in unusable:
            assert (await ask(options, "POST", json=wanted))[0] == 400
