"""The ways in that other systems carry: mailboxes and sources of the channel API, as their files say now."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bot.mail.office import check, entrances_of
from bot.settings import Settings
from cases.arrivals import Entrance
from cases.enums import Channel
from cases.mailboxes import Mailbox
from storage.sources import Source, read_sources
from storage.watched import Watched


@dataclass(frozen=True, slots=True)
class Entrances:
    """What the two files say."""

    sources: Mapping[str, Source]
    """By key."""
    mailboxes: Sequence[Mailbox]
    all: Sequence[Entrance]
    """Those of mailboxes, too."""

    def where(self, chosen: Callable[[Entrance], bool]) -> Entrances:
        """Those of them that are ``chosen``."""
        ways = [each for each in self.all if chosen(each)]
        keys = {(each.channel, each.key) for each in ways}
        sources = {key: each for key, each in self.sources.items() if (Channel.API, key) in keys}
        return Entrances(sources, [box for box in self.mailboxes if (Channel.MAIL, box.key) in keys], ways)


def watch_entrances(settings: Settings) -> Watched[Entrances]:
    """Read both files, and again when one changes; raises ConfigError for a mistake, or a missing secret."""
    return Watched((settings.sources_file, settings.mailboxes_file), lambda: _read(settings), settled=True)


def _read(settings: Settings) -> Entrances:
    sources = read_sources(settings.sources_file)
    boxes = check(settings)
    ways = [source.entrance for source in sources.values()]
    ways += entrances_of(boxes, settings.mailboxes_file.name)
    return Entrances(sources, [mailbox for mailbox, _ in boxes], ways)
