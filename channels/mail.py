"""Mails as the rest of the product knows them: what came in, what goes out, and what no mail may exceed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cases.text import show_invisible

MAX_RAW = 25 * 1024 * 1024
"""Bytes of a whole mail."""
MAX_DEPTH = 20
"""Multiparts in multiparts."""
MAX_PARTS = 200
MAX_HEAD = 256 * 1024
"""Bytes of the headers of a mail or of one of its parts."""
MAX_HEADER = 64 * 1024
"""Bytes of one header."""
MAX_TEXT = 10_000
"""Characters of what is new in a mail; a longer one also comes as the file ``WHOLE_TEXT``."""
MAX_FOLDED = 100_000
"""Characters of what is folded away; the raw mail has the rest."""
MAX_SUBJECT = 500
WHOLE_TEXT = "message.txt"


@dataclass(frozen=True, slots=True)
class Address:
    """A person at an address, which is in lower case and plain ASCII."""

    name: str
    email: str

    @property
    def shown(self) -> str:
        """Name and address for people, with every character spelled out that nobody can see."""
        return show_invisible(f"{self.name} <{self.email}>" if self.name else self.email)

    @property
    def domain(self) -> str:
        """What follows the @."""
        return self.email.rpartition("@")[2]


@dataclass(frozen=True, slots=True)
class Own:
    """What is ours: the addresses of our mailboxes, and the names by which our mail servers sign."""

    addresses: frozenset[str]
    """In lower case, without a part after a plus sign."""
    authserv_ids: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Part:
    """A file of a mail."""

    name: str
    mime_type: str
    content: bytes
    content_id: str | None = None
    inline: bool = False
    """Whether the mail shows it among its words."""


class Kind(StrEnum):
    """Why nobody wrote a mail by hand."""

    AUTO_REPLY = "auto_reply"
    """Out of office, a receipt, a read report."""
    BOUNCE = "bounce"
    """A mail server says what became of a mail."""
    BULK = "bulk"
    """A newsletter, a list, a program's notice."""
    LOOP = "loop"
    OWN = "own"
    """Sent from one of our own addresses."""


class Outcome(StrEnum):
    """What a mail server says of a mail that it was given."""

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"


@dataclass(frozen=True, slots=True)
class Bounce:
    """What became of a mail that we sent, as some server says: anybody could have written this."""

    outcome: Outcome
    message_ids: tuple[str, ...]
    """Of the mails that this may be about."""
    recipients: tuple[str, ...]
    reason: str
    """On one line, in the server's words; empty where it gave none."""


@dataclass(frozen=True, slots=True)
class Automatic:
    """A mail that a program sent."""

    kind: Kind
    why: str
    """The header that says so, in lower case. ``subject`` proves little: a person may write it."""
    bounce: Bounce | None = None


@dataclass(frozen=True, slots=True)
class InboundMail:
    """A mail that was read: its sender's word in all, also whose it is, unless ``authenticated``."""

    message_id: str | None
    """With its angle brackets. None where there is none or it names nothing, such as ``<>``."""
    sender: Address
    reply_to: Address | None
    """Where the sender wants answers, if elsewhere; never follow it silently."""
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    subject: str
    text: str
    """What is new in it; empty where there are only files."""
    folded: str
    """Quotes and signatures."""
    language: str | None
    """As Content-Language names it, such as ``pl``."""
    references: tuple[str, ...]
    """Message-IDs of what it may answer: the most telling one, In-Reply-To, comes last."""
    tokens: tuple[str, ...]
    """What follows the plus sign of our own addresses that it was sent to: look with ``ReplyTokens``."""
    attachments: tuple[Part, ...]
    date: datetime | None
    """In UTC, by the sender's clock."""
    automatic: Automatic | None
    may_answer: bool
    """Whether an automatic receipt may go to the sender (RFC 3834); how many is the caller's to count."""
    authenticated: bool | None
    """Whether our own server vouches for the sender's domain; None where it said nothing."""
    warnings: tuple[str, ...]
    """Sentences for the agent, in the language of whoever reads (``cases.reader.use``)."""


@dataclass(frozen=True, slots=True)
class Quoted:
    """The customer's mail that a reply answers."""

    name: str
    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class OutboundMail:
    """A mail to a customer, complete: the same one gives the same bytes."""

    message_id: str
    """``<…@our.domain>``: the same each time that this reply is sent."""
    sender: Address
    to: Address
    subject: str
    text: str
    date: datetime
    reply_to: Address | None = None
    """Our address with the reply token."""
    references: tuple[str, ...] = ()
    """As the customer's mail had them, and its own Message-ID last."""
    automatic: bool = False
    """Whether no person sent it: receipts, surveys, reminders."""
    signature: str = ""
    quoted: Quoted | None = None
    attachments: tuple[Part, ...] = ()
