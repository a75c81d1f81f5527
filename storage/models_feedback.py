"""The tables of what people think of what the copilot showed them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, Index, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from storage.models import _Row


class CopilotCard(_Row):
    """Something of the copilot's that people can say is good or bad."""

    __tablename__ = "copilot_cards"
    __table_args__ = (UniqueConstraint("workspace_id", "kind", "about"),)
    uuid: Mapped[UUID] = mapped_column(unique=True, default=uuid4, server_default=func.gen_random_uuid())
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspaces.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    kind: Mapped[str]
    """``summary``, ``draft`` or ``answer``."""
    about: Mapped[str]
    """Which one of its kind: shown again, it is the same card."""
    prompt: Mapped[str]
    """Name and version of the prompts, as in ``copilot_runs``."""
    model: Mapped[str]
    """Empty where no model had a part in it."""
    made_at: Mapped[datetime]


class Feedback(_Row):
    """What one person thinks of one card; their latest word counts."""

    __tablename__ = "feedback"
    __table_args__ = (UniqueConstraint("card_id", "given_by"), Index(None, "workspace_id", "given_at"))
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspaces.id"))
    card_id: Mapped[int] = mapped_column(ForeignKey("copilot_cards.id"))
    given_by: Mapped[str]
    good: Mapped[bool]
    comment: Mapped[str] = mapped_column(server_default="")
    given_at: Mapped[datetime]
