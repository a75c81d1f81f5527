"""What the carriers are told at their start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

HOST = "127.0.0.1"
SERVER = "mx.harbour-hill.example"
"""By this name the provider speaks of itself, also where it says whom it has checked."""


@dataclass(frozen=True, slots=True)
class Options:
    """Ports, a folder, and the secrets of those who may come in."""

    data: Path
    port: int
    """For the windows of the demo's page, and for the replies of the channel API."""
    imap_port: int
    smtp_port: int
    shop: str
    """The shop's address: the one mailbox that can be read over IMAP."""
    source: tuple[str, ...]
    """Where text messages are handed in: the address of one source of the channel API for each bot."""
    control: str = field(repr=False)
    """Opens the windows of all customers."""
    mail_secret: str = field(repr=False)
    """The password of the shop's mailbox."""
    phone_secret: str = field(repr=False)
    """By which text messages and replies are signed: ``whsec_…``."""


def secrets_of(environment: Mapping[str, str]) -> dict[str, str]:
    """The secrets, which do not stand on the command line; raises KeyError for one that is missing."""
    names = {"control": "CONTROL", "mail_secret": "MAIL_SECRET", "phone_secret": "PHONE_SECRET"}
    return {field: environment[f"CARRIERS_{name}"] for field, name in names.items()}
