"""Tables of what has to be done about cases by when."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from storage.models import Base


class DutyRow(Base):
    """Something that has to be done about a case, and when people are reminded of it next."""

    __tablename__ = "duties"
    __table_args__ = (
        UniqueConstraint("case_id", "kind", "ref"),
        Index(
            "ix_duties_next", "workspace_id", "next_at", "id", postgresql_where=text("next_at IS NOT NULL")
        ),
        Index("ix_duties_nudge", "workspace_id", "nudge_at", postgresql_where=text("nudge_at IS NOT NULL")),
    )
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspaces.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    kind: Mapped[str]
    ref: Mapped[int]
    """Which one of its kind: a question, a draft, a promise; 0 where there is only one."""
    ask_id: Mapped[int | None] = mapped_column(ForeignKey("asks.id"))
    since: Mapped[datetime]
    due_at: Mapped[datetime]
    at: Mapped[list[datetime]] = mapped_column(ARRAY(TIMESTAMP(timezone=True)))
    """The moments of the stages from ``base`` on."""
    base: Mapped[int]
    stage: Mapped[int]
    """The one of which people are reminded next."""
    next_at: Mapped[datetime | None]
    """When that is; None until further moments are worked out."""
    spoken: Mapped[bool] = mapped_column(server_default=text("false"))
    """Whether anybody was reminded of it."""
    skipped: Mapped[int] = mapped_column(server_default="0")
    """So many stages were over when people first heard of it: who is reminded climbs that much later."""
    snoozed_until: Mapped[datetime | None]
    snoozes: Mapped[int] = mapped_column(server_default="0")
    nudge_at: Mapped[datetime | None]
    """When the customer is asked once more by itself; None where people do that, or it was done."""


class Recheck(Base):
    """A case of which something changed: what has to be done about it is to be worked out anew."""

    __tablename__ = "rechecks"
    __table_args__ = (Index(None, "case_id"), Index(None, "workspace_id", "id"))
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspaces.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))


class PolicySeen(Base):
    """By which rules the duties of a workspace were worked out last."""

    __tablename__ = "policies_seen"
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspaces.id"), primary_key=True)
    fingerprint: Mapped[str]
