"""The demo's mail provider and telephone company, in the test's own process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from carriers.config import Options
from carriers.serving import serving
from tests.support.ports import free_ports

SHOP = "hello@harbour-hill.example"
PHONE_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def options(folder: Path, *sources: str) -> Options:
    """Free ports, and secrets that say what they are."""
    first = free_ports(3)
    return Options(
        data=folder / "carriers",
        port=first,
        imap_port=first + 1,
        smtp_port=first + 2,
        shop=SHOP,
        source=sources or ("http://127.0.0.1:9/nobody",),
        control="control",
        mail_secret="mail secret",
        phone_secret=PHONE_SECRET,
    )


@asynccontextmanager
async def carriers(folder: Path, *sources: str) -> AsyncIterator[Options]:
    """Both, started and stopped; what lies in the folder from before is theirs again."""
    chosen = options(folder, *sources)
    async with serving(chosen):
        yield chosen
