"""The fixed vocabularies of a case."""

from __future__ import annotations

from enum import StrEnum


class Channel(StrEnum):
    """Where a customer talks to us."""

    WEBCHAT = "webchat"
    INTERNAL = "internal"
    """None yet: somebody of ours opened the case by hand."""
    MAIL = "mail"
    API = "api"
    """Another system, by the channel API."""
    PHONE = "phone"
    """Calls: nothing can be written there."""


CARRIED = frozenset({Channel.MAIL, Channel.API})
"""Channels on which replies are handed to somebody else's system, which may refuse or lose them."""
CAN_CHANGE = frozenset({Channel.WEBCHAT})
"""Channels on which what was sent can be changed or taken back afterwards."""


class Status(StrEnum):
    """Where a case stands, as shown on its card."""

    NEW = "new"
    OPEN = "open"
    WAITING_CUSTOMER = "waiting_customer"
    WAITING_DEPARTMENT = "waiting_department"
    ANSWERED = "answered"
    CLOSED = "closed"


BY_HAND = (Status.OPEN, Status.WAITING_CUSTOMER, Status.ANSWERED)
"""What people may say of an open case: we owe the next word, the customer does, or nothing is owed."""


class Priority(StrEnum):
    """How urgent a case is."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


class Direction(StrEnum):
    """Who a message is for: in (from the customer), out (to the customer), internal (our own talk)."""

    IN = "in"
    OUT = "out"
    INTERNAL = "internal"


class DraftKind(StrEnum):
    """What a text meant for the customer is."""

    REPLY = "reply"
    CLOSING = "closing"
    CORRECTION = "correction"


class DraftState(StrEnum):
    """The life of a text between a person's wish to send it and the customer."""

    PREVIEW = "preview"
    APPROVED = "approved"
    SENT = "sent"
    CANCELLED = "cancelled"


class Delivery(StrEnum):
    """How far a reply has come that is handed to somebody else's system."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    """Taken by the other system."""
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    """It surely did not reach the customer."""
    UNKNOWN = "unknown"
    """It may have reached them: a person decides."""


class HoldReason(StrEnum):
    """Why nothing is posted to a Slack channel for now."""

    SHARED = "shared"
    REMOVED = "removed"
    """The app was removed from the channel."""
    ARCHIVED = "archived"
    GONE = "gone"
    """Slack does not show it to the app: deleted, or private and the app was removed."""
    TOKEN = "token"  # noqa: S105 - a word, no secret
    """Slack refuses the app's token: true of all channels."""


class NoticeAbout(StrEnum):
    """What those who administer the workspace are told of."""

    HELD = "held"
    RESUMED = "resumed"
    RENAMED = "renamed"
    OUTAGE = "outage"
    """Nothing came from Slack for a while; what people did meanwhile is being fetched."""
    LIMITED = "limited"
    """Slack held events back."""
    SILENT = "silent"
    """Posts appear, but Slack sends no events."""
    HEARD = "heard"
    """Slack sends events again."""


class CloseHow(StrEnum):
    """How a case is closed: the customer is told, was told already, or is not told (then a reason is due)."""

    TELL = "tell"
    TOLD = "told"
    SILENT = "silent"
