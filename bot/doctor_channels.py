"""What ``cx doctor`` says of the channel API, and of replies on outside channels."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

from bot.finding import Finding, State
from bot.settings import Settings
from cases.errors import ConfigError
from storage import deliveries
from storage.db import Database
from storage.sources import read_sources

_WAITING = timedelta(minutes=5)


def sources(settings: Settings) -> Iterator[Finding]:
    """Whether each source can sign, and takes replies."""
    try:
        found = read_sources(settings.sources_file)
    except ConfigError as error:
        yield Finding("channel API", State.BLOCKED, error.sentence, "Mend the file.")
        return
    for key, source in found.items():
        if key not in settings.api_secrets:
            mend = f"Add {key}=whsec_… to CX_API_SECRETS: echo whsec_$(openssl rand -base64 32)"
            yield Finding(f"source {key}", State.FAILED, "Has no secret: all its requests are refused.", mend)
        elif source.deliver_to is None:
            what = "Takes no replies: what is sent there fails."
            yield Finding(f"source {key}", State.NOTE, what, "Give it a `deliver_to` in sources.yml.")
        else:
            yield Finding(f"source {key}", State.GOOD, f"Replies go to {source.deliver_to}")
    for key in settings.api_secrets.keys() - found.keys():
        what = f"CX_API_SECRETS names {key}, which is not in sources.yml."
        yield Finding(f"source {key}", State.FAILED, what, "Correct one of the two.")


async def carried(db: Database) -> AsyncIterator[Finding]:
    """Which replies did not arrive, may not have arrived, or wait."""
    counts = await deliveries.counts(db)
    lost = {state: counts.get(state, 0) for state in ("failed", "unknown")}
    if any(lost.values()):
        yield Finding(
            "replies",
            State.FAILED,
            f"{lost['failed']} failed, of {lost['unknown']} nobody knows whether they arrived.",
            "In the threads of their cases *Send again* and *It arrived* decide.",
        )
    for row in await deliveries.stuck(db, _WAITING):
        yield Finding(
            f"replies: {row['channel']} {row['site']}",
            State.FAILED,
            f"{row['many']} wait for more than five minutes.",
            "A worker must run (`cx worker`) and the channel be set up there, too.",
        )
