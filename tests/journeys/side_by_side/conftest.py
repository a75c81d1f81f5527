"""Two agents at their desks, side by side, and a customer's chat."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page

from tests.support import postgres
from tests.support.chromium import OpenPage, new_window
from tests.support.stack import AGENT, CHANNEL, Company, company, without_roles
from tests.support.windows import PATIENCE_MS, Chat, Desk

TOM = "U0TOM"


@pytest.fixture(scope="module")
async def shop(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Company]:
    with postgres.fresh_database(postgres_url) as url:
        folder: Path = tmp_path_factory.mktemp("company")
        config = Path(without_roles(folder))
        with (config / "sites.yml").open("a") as sites:
            sites.write(
                "  - {key: outlet, title: The outlet, slack_channel: support, allowed_origins: ['*']}\n"
            )
        settings: dict[str, Any] = {"CX_DEMO": "1", "CX_CONFIG_DIR": str(config)}
        async with company(folder, url, **settings) as running:
            yield running


async def window(browser: Browser, shop: Company, user: str, problems: list[str]) -> Page:
    page = await new_window(browser, problems, user, height=900, patience_ms=PATIENCE_MS)
    await page.goto(f"{shop.sandbox.page_url}?as={user}#/{CHANNEL}")
    return page


@pytest.fixture(scope="module")
async def desks(browser: Browser, shop: Company) -> AsyncIterator[tuple[Desk, Desk]]:
    problems: list[str] = []
    pages = [await window(browser, shop, user, problems) for user in (AGENT, TOM)]
    yield Desk(pages[0]), Desk(pages[1])
    for page in pages:
        await page.context.close()
    assert problems == []


async def at_rest(desk: Desk) -> Desk:
    """In the channel, without what a failed test left open."""
    if await desk.dialog.count():
        await desk.done()
    await desk.go(CHANNEL)
    return desk


@pytest.fixture
async def maya(desks: tuple[Desk, Desk]) -> Desk:
    return await at_rest(desks[0])


@pytest.fixture
async def tom(desks: tuple[Desk, Desk]) -> Desk:
    return await at_rest(desks[1])


@pytest.fixture
async def chat(shop: Company, open_page: OpenPage) -> Chat:
    window = Chat(await open_page(f"{shop.bots[0].url}/demo/"))
    await window.open()
    return window
