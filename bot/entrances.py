"""All entrances that files name: whose Slack channels must be there, whatever leads customers to them."""

from __future__ import annotations

from bot.settings import Settings
from cases.arrivals import Entrance
from cases.enums import Channel
from storage.mailboxes import read_mailboxes


def read_entrances(settings: Settings) -> tuple[Entrance, ...]:
    """The mailboxes; raises ConfigError."""
    return tuple(
        Entrance(
            Channel.MAIL,
            mailbox.key,
            mailbox.name,
            mailbox.slack_channel,
            settings.mailboxes_file.name,
            mailbox.workspace,
        )
        for mailbox in read_mailboxes(settings.mailboxes_file)
    )
