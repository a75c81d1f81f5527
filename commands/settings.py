"""``/cx settings``: hours, days off, times, texts and roles."""

from __future__ import annotations

from commands.request import Request
from views.thread import Rendered


async def run_settings(request: Request) -> Rendered:
    """Opens the form; nothing is said besides."""
    open_settings = request.hands.open_settings
    assert open_settings is not None
    await open_settings()
    return Rendered("", [])
