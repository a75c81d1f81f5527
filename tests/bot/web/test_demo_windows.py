"""The windows on customers' mailboxes and phones: whose they are, and that nobody else has them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.web import demo_windows
from bot.web.context import Carriers, Shopper, WebContext
from bot.web.demo_windows import page_token
from bot.web.limits import Rate
from tests.support.carriers import carriers
from tests.support.webchat import ChatClient, ok, refusal, web_chat

PIOTR = Shopper("piotr", "Piotr <b>", "piotr@example.com", "+48 600 555 014")
MAIL: dict[str, Any] = {"key": "mail-0001", "subject": "Hello", "text": "Is it there?", "answers": None}


async def shoppers() -> list[Shopper]:
    return [PIOTR]


@pytest.fixture
async def page(web: WebContext, tmp_path: Path) -> AsyncIterator[ChatClient]:
    async with carriers(tmp_path) as options:
        known = Carriers(f"http://127.0.0.1:{options.port}", options.control)
        async with web_chat(replace(web, carriers=known, shoppers=shoppers)) as client:
            yield client


async def ask(
    page: ChatClient, path: str, who: str = "piotr", token: str | None = None, **wanted: Any
) -> Any:
    shown = page_token(Carriers("", "control")) if token is None else token
    answer = await page.http.request(
        "POST" if wanted else "GET",
        f"{page.address}/demo/{path}",
        params={"as": who},
        headers={"Authorization": f"Bearer {shown}"},
        json=wanted or None,
    )
    await answer.read()
    return answer


async def test_there_are_none_without_carriers(chat: ChatClient) -> None:
    for path in ("mail", "mail/1", "phone", "windows.js"):
        assert (await ask(chat, path)).status == 404
    assert "windows" not in await (await chat.http.get(f"{chat.address}/demo/")).text()


async def test_each_customer_has_their_own(page: ChatClient) -> None:
    html = await (await page.http.get(f"{page.address}/demo/?as=piotr")).text()
    assert "Mailbox of Piotr &lt;b&gt;" in html
    assert (await ask(page, "mail", **MAIL)).status == 202
    assert (await ask(page, "mail", **MAIL)).status == 202
    (mail,) = (await ok(await ask(page, "mail")))["mails"]
    assert (mail["subject"], mail["mine"]) == ("Hello", True)
    assert (await ok(await ask(page, f"mail/{mail['number']}")))["text"] == "Is it there?"
    assert (await ok(await ask(page, "mail", "")))["mails"] == []
    assert (await refusal(await ask(page, "mail/1", "")))[0] == 404
    assert (await ask(page, "phone", **MAIL)).status == 202
    (line,) = (await ok(await ask(page, "phone")))["messages"]
    assert (line["number"], line["text"]) == ("+48600555014", "Is it there?")


@pytest.mark.parametrize("token", ["", "control", "türn", page_token(Carriers("", "another"))])
async def test_no_other_page_reads_or_writes(page: ChatClient, token: str) -> None:
    for path in ("mail", "mail/1", "phone"):
        assert (await refusal(await ask(page, path, token=token)))[0] == 403
    assert (await refusal(await ask(page, "mail", token=token, **MAIL)))[0] == 403
    assert (await ok(await ask(page, "mail")))["mails"] == []


async def test_what_cannot_be_sent_is_refused(page: ChatClient) -> None:
    assert (await refusal(await ask(page, "mail", "nobody")))[0] == 404
    for wanted in (MAIL | {"key": "no"}, MAIL | {"text": " "}, MAIL | {"subject": "x" * 400}):
        assert (await refusal(await ask(page, "mail", **wanted)))[0] == 400


async def test_it_is_limited(web: WebContext, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_windows, "WRITE_RATE", Rate(1, 600))
    known = Carriers("http://127.0.0.1:9", "control")
    async with web_chat(replace(web, carriers=known, shoppers=shoppers)) as client:
        assert (await refusal(await ask(client, "phone", **MAIL)))[0] == 503
        assert (await refusal(await ask(client, "phone", **MAIL)))[0] == 429
