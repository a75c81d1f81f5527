"""What ``cx doctor`` says of receipts: whether their links lead customers to us."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from urllib.parse import urlsplit

from bot.finding import Finding, State
from bot.settings import Settings
from cases.errors import ConfigError
from cases.mailboxes import is_here
from storage.config import Site
from storage.mailboxes import read_mailboxes
from storage.sources import read_sources

_MEND = "Set CX_PUBLIC_URL to where their browsers reach this server, such as https://cx.example.com."


def receipts(settings: Settings, sites: Mapping[str, Site]) -> Iterator[Finding]:
    """Where receipts are on, and whether the link to a case's page can go with them."""
    places = [*_places(settings, sites)]
    if not places:
        return
    on = f"On for {', '.join(places)}"
    if settings.address is None:
        what = f"{on}, but nobody has said where customers reach this server: they go without a link."
        yield Finding("receipts", State.NOTE, what, _MEND)
    elif _is_here(settings.address):
        what = f"{on}, but their links lead to {settings.address}, which customers do not reach."
        yield Finding("receipts", State.NOTE, what, _MEND)
    else:
        yield Finding("receipts", State.GOOD, f"{on}; their links lead to {settings.address}.")


def _is_here(address: str) -> bool:
    """Whether an address leads to this machine, or nowhere."""
    try:
        return is_here(urlsplit(address).hostname or "localhost")
    except ValueError:
        return True


def _places(settings: Settings, sites: Mapping[str, Site]) -> Iterator[str]:
    """The key of each place, and the file that says `receipts: true` there."""
    yield from (f"`{key}` in sites.yml" for key, site in sites.items() if site.receipts)
    # Of a file that cannot be read others tell.
    with suppress(ConfigError):
        for mailbox in read_mailboxes(settings.mailboxes_file):
            if mailbox.receipts:
                yield f"`{mailbox.key}` in {settings.mailboxes_file.name}"
    with suppress(ConfigError):
        for key, source in read_sources(settings.sources_file).items():
            if source.receipts:
                yield f"`{key}` in {settings.sources_file.name}"
