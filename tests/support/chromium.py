"""A real Chromium: one for all browser tests of a process, a window of its own for each test."""

import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, NoReturn

import pytest
from playwright.async_api import Browser, Error, Page, ViewportSize, async_playwright, expect

# Without the parts that nobody sees, a window takes half the processor time.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE_MS = 30_000

OpenPage = Callable[..., Awaitable[Page]]


def _no_browser(why: str) -> NoReturn:
    if os.environ.get("CX_REQUIRE_BROWSER") == "1":
        pytest.fail(f"CX_REQUIRE_BROWSER=1, but {why}")
    pytest.skip(why)


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """The browser of this run. Without one the tests are skipped; CX_REQUIRE_BROWSER=1 makes them fail."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        _no_browser(f"no Chromium was found (looked for {', '.join(NAMES)})")
    expect.set_options(timeout=PATIENCE_MS)
    async with async_playwright() as playwright:
        try:
            started = await playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        except Error as problem:
            _no_browser(f"{path} does not start: {problem.message.splitlines()[0]}")
        yield started
        await started.close()


async def new_window(
    browser: Browser,
    problems: list[str],
    who: str,
    *,
    width: int = 1280,
    height: int = 800,
    patience_ms: int = PATIENCE_MS,
    **more: Any,
) -> Page:
    """A window of its own, as on another computer; what goes wrong in its pages is added to ``problems``.

    Nothing in it moves: nobody looks, and it would be drawn all the same. ``more`` is for the context.
    """
    size = ViewportSize(width=width, height=height)
    context = await browser.new_context(viewport=size, reduced_motion="reduce", **more)
    context.set_default_timeout(patience_ms)
    page = await context.new_page()
    page.on("pageerror", lambda error: problems.append(f"{who}: {error}"))
    page.on("console", lambda line: problems.append(line.text) if line.type == "error" else None)
    return page


@pytest.fixture
async def open_page(browser: Browser) -> AsyncIterator[OpenPage]:
    """Opens an address in a window of its own, as another computer would.

    The test fails when a page logged an error or its script broke.
    """
    problems: list[str] = []
    opened: list[Page] = []

    async def open_(
        url: str,
        *,
        width: int = 1280,
        height: int = 800,
        touch: bool = False,
        locale: str | None = None,
        zone: str | None = None,
    ) -> Page:
        page = await new_window(
            browser,
            problems,
            url,
            width=width,
            height=height,
            has_touch=touch,
            is_mobile=touch,
            locale=locale,
            timezone_id=zone,
        )
        opened.append(page)
        await page.goto(url)
        return page

    yield open_
    for page in opened:
        await page.context.close()
    assert problems == []
