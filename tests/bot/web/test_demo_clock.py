"""The demo's clock over HTTP: who may turn it, whereto, and what is said meanwhile."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.web.context import ClockControl, WebContext
from bot.web.demo_clock import page_token
from storage import turned
from tests.support.webchat import ChatClient, ok, refusal, web_chat

ZONE = ZoneInfo("Europe/Dublin")
CONTROL = ClockControl("turn", lambda: ZONE)
AWAY = timedelta(seconds=5)


@pytest.fixture
async def page(web: WebContext) -> AsyncIterator[ChatClient]:
    async with web_chat(replace(web, clock_control=CONTROL)) as client:
        yield client


async def turn(page: ChatClient, token: str = "turn", **wanted: Any) -> Any:
    headers = {"Authorization": f"Bearer {token}"}
    answer = await page.http.post(f"{page.address}/demo/clock", json=wanted, headers=headers)
    await answer.read()
    return answer


async def standing(page: ChatClient) -> dict[str, Any]:
    return await ok(await page.http.get(f"{page.address}/demo/clock"))


async def test_where_the_clock_is_the_computers_there_is_no_control(chat: ChatClient) -> None:
    for path in ("clock", "clock.js"):
        async with chat.http.get(f"{chat.address}/demo/{path}") as answer:
            assert answer.status == 404
    assert (await turn(chat, by=3600)).status == 404
    assert "clock" not in await (await chat.http.get(f"{chat.address}/demo/")).text()


async def test_the_page_has_a_token_of_its_own(page: ChatClient) -> None:
    html = await (await page.http.get(f"{page.address}/demo/")).text()
    assert f'data-token="{page_token(CONTROL)}"' in html
    assert "turn" not in page_token(CONTROL)
    assert (await turn(page, page_token(CONTROL), by=3600)).status == 202


@pytest.mark.parametrize("token", ["", "another", "türn", page_token(replace(CONTROL, token="another"))])
async def test_nobody_else_turns_it(web: WebContext, page: ChatClient, token: str) -> None:
    assert (await refusal(await turn(page, token, by=3600)))[0] == 403
    assert (await turned.read(web.db)).to_at is None


async def test_one_turns_it_and_sees_how_far(web: WebContext, page: ChatClient) -> None:
    at_rest = {"zone": "Europe/Dublin", "ahead_seconds": 0.0, "waits_for": None, "stopped_by": None}
    shown = await standing(page)
    assert shown | at_rest == shown
    assert (shown["from"], shown["to"]) == (None, None)
    assert (await turn(page, by=7200)).status == 202
    shown = await standing(page)
    begun, to, now = (datetime.fromisoformat(shown[name]) for name in ("from", "to", "now"))
    assert to - begun == timedelta(hours=2)
    assert begun <= now < begun + AWAY
    refused = await refusal(await turn(page, by=60))
    assert refused == (409, "already_done", "The clock is being turned already.")
    async with await web.db.dedicated() as held:
        await turned.wait(held, "outbox")
        assert (await standing(page))["waits_for"] == "outbox"
        await turned.turn(held, timedelta(hours=2))
        await turned.end(held, "outbox")
    shown = await standing(page)
    assert (shown["ahead_seconds"], shown["to"], shown["stopped_by"]) == (7200.0, None, "outbox")


async def test_to_a_moment_and_to_the_next_morning(web: WebContext, page: ChatClient) -> None:
    wanted = datetime.now(UTC) + timedelta(days=30)
    assert (await turn(page, to=wanted.isoformat())).status == 202
    assert (await turned.read(web.db)).to_at == wanted
    async with await web.db.dedicated() as held:
        await turned.end(held)
    assert (await turn(page, to="morning")).status == 202
    to = (await turned.read(web.db)).to_at
    assert to is not None
    assert (to.astimezone(ZONE).hour, to.astimezone(ZONE).minute) == (9, 0)
    assert timedelta(0) < to - datetime.now(UTC) <= timedelta(hours=25)


@pytest.mark.parametrize(
    "wanted",
    [
        {},
        {"by": 0},
        {"by": -3600},
        {"by": True},
        {"by": "3600"},
        {"by": float("nan")},
        {"by": 1e300},
        {"by": 32 * 86400},
        {"by": 60, "to": "morning"},
        {"to": "yesterday"},
        {"to": "2027-01-31T09:00:00"},
        {"to": "2020-01-31T09:00:00+00:00"},
        {"to": "9999-12-31T23:59:59-23:59"},
        {"to": "0001-01-01T00:00:00+23:59"},
        {"to": ["morning"]},
        {"off": 1},
    ],
    ids=str,
)
async def test_what_is_no_time_to_come_is_refused(
    web: WebContext, page: ChatClient, wanted: dict[str, Any]
) -> None:
    assert (await refusal(await turn(page, **wanted)))[:2] == (400, "invalid")
    assert (await turned.read(web.db)).to_at is None


@pytest.mark.parametrize("body", [b"", b"[]", b"\xff", b"[" * 900])
async def test_a_body_that_says_nothing_is_refused(page: ChatClient, body: bytes) -> None:
    headers = {"Authorization": "Bearer turn"}
    answer = await page.http.post(f"{page.address}/demo/clock", data=body, headers=headers)
    assert (await refusal(answer))[0] == 400
