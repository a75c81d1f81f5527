"""The table of the demo's clock."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import CheckConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.models import Base


class TurnedClock(Base):
    """One row, in a demo only: how far its business time is ahead of the computer's."""

    __tablename__ = "turned_clock"
    __table_args__ = (CheckConstraint("one", name="one"), CheckConstraint("ahead >= '0'", name="ahead"))
    one: Mapped[bool] = mapped_column(primary_key=True, server_default=text("true"))
    ahead: Mapped[timedelta] = mapped_column(server_default=text("'0'"))
    from_at: Mapped[datetime | None]
    """Business time when somebody began to turn it, …"""
    to_at: Mapped[datetime | None]
    """… and how far they want it turned; None when nobody does."""
    waits_for: Mapped[str | None]
    """What has to be finished before it is turned on."""
    stopped_by: Mapped[str | None]
    """What was not finished for so long that the last turning ended before its time."""
