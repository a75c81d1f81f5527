"""The tables of outside channels: what came in over them, and how far replies have come."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.models import _Row


class Entrance(_Row):
    """What a mailbox or a source of the channel API is called, as its file said last."""

    __tablename__ = "entrances"
    __table_args__ = (UniqueConstraint("workspace_id", "channel", "site"),)
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspaces.id"))
    channel: Mapped[str]
    site: Mapped[str]
    title: Mapped[str]
    icon: Mapped[str | None]
    """Name of an emoji; None = that of its channel."""
    public: Mapped[bool] = mapped_column(server_default=text("false"))
    """Whether everybody can read what is said there."""


class ArrivalRow(_Row):
    """Something that came over an outside channel, under that channel's own id: it has one effect."""

    __tablename__ = "arrivals"
    __table_args__ = (UniqueConstraint("workspace_id", "channel", "site", "key"),)
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspaces.id"))
    channel: Mapped[str]
    site: Mapped[str]
    key: Mapped[str]
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id"), unique=True)
    """What it said; None where it was no message of a customer."""
    warnings: Mapped[list[str]] = mapped_column(ARRAY(String), server_default=text("'{}'"))
    """What is odd about it, for the team's eyes."""
    proven: Mapped[bool] = mapped_column(server_default=text("false"))
    """Whether this very message came from whom it names: an address that was proven once can be forged."""
    created_at: Mapped[datetime]


class DeliveryRow(_Row):
    """A reply on its way through somebody else's system. A trigger makes it with its message."""

    __tablename__ = "deliveries"
    __table_args__ = (
        Index("ix_deliveries_queued", "next_at", postgresql_where=text("state = 'queued'")),
        Index("ix_deliveries_sending", "leased_until", postgresql_where=text("state = 'sending'")),
        Index(
            "ix_deliveries_open",
            "conversation_id",
            "id",
            postgresql_where=text("state IN ('queued', 'sending')"),
        ),
        Index(
            "ix_deliveries_lost",
            "workspace_id",
            postgresql_where=text("state IN ('failed', 'unknown')"),
        ),
        Index("ix_deliveries_changed", "changed_at", postgresql_using="brin"),
        CheckConstraint(
            "state IN ('queued', 'sending', 'sent', 'delivered', 'read', 'failed', 'unknown')", name="state"
        ),
    )
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspaces.id"))
    token: Mapped[UUID] = mapped_column(unique=True, server_default=func.gen_random_uuid())
    """What its buttons carry."""
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id"), unique=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id"))
    channel: Mapped[str]
    site: Mapped[str]
    state: Mapped[str] = mapped_column(server_default="queued")
    attempts: Mapped[int] = mapped_column(server_default="0")
    """In all: whoever notes how one ended names it by its number."""
    attempts_before: Mapped[int] = mapped_column(server_default="0")
    """Until a person last had it sent again: those count no more for giving up."""
    provider_id: Mapped[str | None]
    """What the other system calls it."""
    reason: Mapped[str | None]
    """Why it failed, or is tried again."""
    waiting_since: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    """When it was to be handed over first, or again because a person said so."""
    next_at: Mapped[datetime]
    leased_until: Mapped[datetime | None]
    """Until when its sender may take."""
    changed_at: Mapped[datetime]
    decided_by: Mapped[str | None]
    """Who had it sent again, or said that it arrived; none once that came to an end."""
    was_lost: Mapped[bool] = mapped_column(server_default=text("false"))
    """Whether it ever failed, or nobody knew: then Slack may show that still."""
