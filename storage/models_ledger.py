"""The table of what replies promised."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.models import _Row


class Commitment(_Row):
    """Words of a reply that bind the company, since it was sent."""

    __tablename__ = "commitments"
    __table_args__ = (
        UniqueConstraint("message_id", "edit", "place"),
        Index(None, "case_id"),
        Index(
            "ix_commitments_open",
            "workspace_id",
            "due_at",
            postgresql_where=text("state = 'open'"),
        ),
        CheckConstraint("state IN ('open', 'kept', 'removed', 'gone', 'noted')", name="state"),
        CheckConstraint("state IN ('noted', 'gone') OR due_at IS NOT NULL", name="due"),
    )
    token: Mapped[UUID] = mapped_column(unique=True, server_default=func.gen_random_uuid())
    """What its buttons carry."""
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspaces.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id"))
    """The reply that says it."""
    edit: Mapped[int] = mapped_column(server_default="0")
    """How often that had been corrected then."""
    place: Mapped[int]
    """Where its words begin in the reply."""
    kind: Mapped[str]
    words: Mapped[str]
    due_at: Mapped[datetime | None]
    """By when what was promised must be done; None for what has no moment, which is only noted."""
    amount: Mapped[Decimal | None]
    currency: Mapped[str | None]
    state: Mapped[str]
    made_at: Mapped[datetime]
    made_by: Mapped[str]
    """Who sent the reply."""
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None]
    """Who kept or removed it; None where the case was closed, or the reply changed."""
