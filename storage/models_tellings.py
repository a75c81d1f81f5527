"""Tables of what departments are told of customers, and of the digests in which they read it."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.models import _Row


class Digest(_Row):
    """One message to a department with all that it was told since the last one: one a working day at most."""

    __tablename__ = "digests"
    __table_args__ = (UniqueConstraint("workspace_id", "department", "day"),)
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspaces.id"))
    department: Mapped[str]
    """Its key in ``departments.yml``."""
    department_name: Mapped[str]
    slack_channel: Mapped[str]
    day: Mapped[date]
    """The day on the department's own calendar."""
    left_over: Mapped[int]
    """How much more had been told, which waits for the next digest."""
    created_at: Mapped[datetime]


class Telling(_Row):
    """What a customer taught us, passed on to a department; nothing is due."""

    __tablename__ = "tellings"
    __table_args__ = (
        UniqueConstraint("workspace_id", "request_key"),
        Index(None, "case_id"),
        Index(None, "digest_id"),
        Index(
            "ix_tellings_waiting",
            "workspace_id",
            "department",
            "told_at",
            postgresql_where=text("digest_id IS NULL"),
        ),
    )
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspaces.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    request_key: Mapped[str]
    """The form that it was: repeated = once."""
    department: Mapped[str]
    """The key of the department."""
    text: Mapped[str]
    told_by: Mapped[str]
    told_by_name: Mapped[str]
    told_at: Mapped[datetime]
    digest_id: Mapped[int | None] = mapped_column(ForeignKey("digests.id"))
    """The digest in which it stands; None while it waits."""
