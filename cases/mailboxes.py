"""What a company says of its mailboxes: where mails are fetched from, and where ours are handed in."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import ip_address


class Security(StrEnum):
    """How a connection to a mail server is kept from others' eyes."""

    TLS = "tls"
    """From the first byte on."""
    STARTTLS = "starttls"
    """It begins in the open, and goes on only once it is encrypted."""
    NONE = "none"
    """For servers on this machine only."""


@dataclass(frozen=True, slots=True)
class MailServer:
    """A server of a mailbox, and who we are there."""

    host: str
    port: int
    security: Security
    user: str | None = None
    """None = it lets us in without a password, as a relay on this machine does."""


class Grant(StrEnum):
    """By what an authorization server gives tokens (RFC 6749)."""

    REFRESH_TOKEN = "refresh_token"  # noqa: S105 - a word, no secret
    """A person let the app in once."""
    CLIENT_CREDENTIALS = "client_credentials"
    """An administrator did, for the app itself."""


@dataclass(frozen=True, slots=True)
class OAuth:
    """How to get the tokens that stand in a password's place (XOAUTH2)."""

    token_url: str
    client_id: str
    scope: str = ""
    grant: Grant = Grant.REFRESH_TOKEN


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One mailbox: an address to which customers write, and from which they are answered."""

    key: str
    address: str
    name: str
    """What the customer's mail program shows as the sender."""
    slack_channel: str
    """Name or id of the Slack channel where its cases go."""
    imap: MailServer
    smtp: MailServer
    folder: str = "INBOX"
    workspace: str | None = None
    """Team id (T…) of the Slack workspace; None where there is only one."""
    aliases: tuple[str, ...] = ()
    """Other addresses of ours whose mails land here."""
    authserv_ids: frozenset[str] = frozenset()
    """Under which names its own mail server writes Authentication-Results; others' are not believed."""
    plus: bool = True
    """Whether mails to its address with something after a plus sign reach it, too (RFC 5233)."""
    receipts: bool = False
    """Whether customers are told at once that their mail has come."""
    signature: str = ""
    oauth: OAuth | None = None

    @property
    def addresses(self) -> frozenset[str]:
        """All its addresses, in small letters."""
        return frozenset(each.lower() for each in (self.address, *self.aliases))

    @property
    def place(self) -> str:
        """Where its mails lie: a server's numbers of mails count for this folder of this user only."""
        return f"{self.imap.user or ''}@{self.imap.host}/{self.folder}"

    @property
    def domain(self) -> str:
        """What its address ends in."""
        return self.address.rpartition("@")[2]


@dataclass(frozen=True, slots=True)
class OpenMailbox:
    """A mailbox from which a workspace can write, and where its cases live."""

    mailbox: Mailbox
    slack_channel: str
    """Id of the Slack channel."""


@dataclass(frozen=True, slots=True)
class MailSecrets:
    """What a mailbox logs in with: a password; with OAuth the refresh token, or the client's secret."""

    secret: str = field(repr=False)
    client_secret: str = field(default="", repr=False)
    """Beside a refresh token, where the authorization server wants it."""
    smtp: str = field(default="", repr=False)
    """The password of the outgoing server, where that is another one."""


def secrets_of(key: str, known: dict[str, str]) -> MailSecrets | None:
    """The secrets of the mailbox ``key``, of CX_MAIL_SECRETS; None where it has none."""
    secret = known.get(key)
    if not secret:
        return None
    return MailSecrets(secret, known.get(f"{key}.client", ""), known.get(f"{key}.smtp", ""))


def is_here(host: str) -> bool:
    """Whether a host is this machine: only there nothing has to be encrypted."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
