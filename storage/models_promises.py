"""Tables of what customers were told of dates, and of when the steps of cases are looked at."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.models import _Row


class Promise(_Row):
    """A date that a customer was told. Of one case the first counts, until the case is closed."""

    __tablename__ = "promises"
    __table_args__ = (Index(None, "case_id"),)
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspaces.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id"), unique=True)
    """The reply that told it."""
    date_at: Mapped[datetime]
    told_at: Mapped[datetime]
    told_by: Mapped[str]
    ended_at: Mapped[datetime | None]
    """When its case was closed, however that was."""
    kept: Mapped[bool | None]
    """Whether the customer was told of the end by then; only the first date told has an answer."""


class StepLook(_Row):
    """When it is to be seen where an open case stands in its process: triggers and looks move it."""

    __tablename__ = "step_looks"
    __table_args__ = (UniqueConstraint("case_id"), Index("ix_step_looks_due", "workspace_id", "at"))
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspaces.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    at: Mapped[datetime]
    """In business time; -infinity for at once."""
    claimed_at: Mapped[datetime | None]
    """Since when somebody looks, in real time; None again when the case changes meanwhile."""
