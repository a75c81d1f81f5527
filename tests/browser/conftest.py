"""A window for the browser tests."""

import pytest
from playwright.async_api import Page

from tests.support.chromium import OpenPage


@pytest.fixture
async def page(open_page: OpenPage) -> Page:
    """An empty window."""
    return await open_page("about:blank")
