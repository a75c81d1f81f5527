"""The table of what is found out about cases when they arrive."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.models import _Row


class Triage(_Row):
    """Whom a case needs, how urgent it is and what it is about: as the copilot saw it, and as people said."""

    __tablename__ = "triage"
    __table_args__ = (
        UniqueConstraint("case_id"),
        Index(
            "ix_triage_chosen",
            "workspace_id",
            "corrected_at",
            postgresql_where=text("corrected_to IS NOT NULL"),
        ),
        CheckConstraint("by IN ('words', 'model')", name="by"),
    )
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspaces.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    through: Mapped[int] = mapped_column(server_default="0")
    """How much of the customer's words it knows, as ``conversations.last_in_seq`` counts them."""
    tries: Mapped[int] = mapped_column(server_default="0")
    """Looks that were begun."""
    claimed_at: Mapped[datetime | None]
    """Since when somebody looks, in real time; a look that takes too long is anybody's again."""
    department: Mapped[str | None]
    """The key of the likeliest department, sure or not; none where nothing could be told."""
    department_name: Mapped[str | None]
    confidence: Mapped[float] = mapped_column(server_default="0")
    """The probability that ``department`` is right."""
    sure: Mapped[bool] = mapped_column(server_default=text("false"))
    asks: Mapped[bool] = mapped_column(server_default=text("false"))
    """Whether people are asked whom the case needs."""
    process: Mapped[str | None]
    priority: Mapped[str | None]
    language: Mapped[str | None]
    by: Mapped[str | None]
    """Who told: ``words`` where no model had a part in it."""
    prompt: Mapped[str] = mapped_column(server_default="")
    model: Mapped[str] = mapped_column(server_default="")
    at: Mapped[datetime | None]
    """When the last look ended."""
    corrected_to: Mapped[str | None]
    """The department that a person chose, also where it is the suggested one: nobody looks any more then.
    ``cases.triage.NOBODY_ELSE`` for none."""
    corrected_by: Mapped[str | None]
    corrected_at: Mapped[datetime | None]
