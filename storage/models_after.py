"""The tables of how cases end: which may close by themselves, surveys, and what customers answered."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, func, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.models import _Row


class Survey(_Row):
    """That a customer is to be asked about a case. A trigger makes it when the case is closed."""

    __tablename__ = "surveys"
    __table_args__ = (
        Index("ix_surveys_waiting", "workspace_id", "look_at", postgresql_where=text("state = 'waiting'")),
        Index(
            "ix_surveys_conversation",
            "conversation_id",
            postgresql_where=text("conversation_id IS NOT NULL"),
        ),
        CheckConstraint("state IN ('waiting', 'asked', 'dropped')", name="state"),
        CheckConstraint("(state = 'asked') = (message_id IS NOT NULL)", name="asked"),
    )
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspaces.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), unique=True)
    token: Mapped[UUID] = mapped_column(unique=True, server_default=func.gen_random_uuid())
    """What its link stands for."""
    state: Mapped[str]
    why: Mapped[str | None]
    """Why nobody is asked."""
    closed_at: Mapped[datetime]
    """The closing that it is about."""
    look_at: Mapped[datetime]
    """When to decide whether to ask."""
    kind: Mapped[str | None]
    asked_at: Mapped[datetime | None]
    conversation_id: Mapped[int | None] = mapped_column(ForeignKey("conversations.id"))
    """Where it was asked."""
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id"), unique=True)
    """What asks; its words are without the link, which is for the customer alone."""


class RatingRow(_Row):
    """What a customer answered to a survey: once."""

    __tablename__ = "ratings"
    __table_args__ = (
        Index(None, "case_id"),
        CheckConstraint(
            "kind = 'csat' AND score BETWEEN 1 AND 5 OR kind = 'nps' AND score BETWEEN 0 AND 10",
            name="score",
        ),
    )
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspaces.id"))
    survey_id: Mapped[int] = mapped_column(ForeignKey("surveys.id"), unique=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    kind: Mapped[str]
    score: Mapped[int] = mapped_column(SmallInteger)
    comment: Mapped[str]
    first_contact: Mapped[bool | None]
    """Whether it was solved at the first contact, where they said so."""
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id"), unique=True)
    """The message that was the answer; none where it came by the page."""
    rated_at: Mapped[datetime]


class Ripening(_Row):
    """That a department answered in a case: it may close by itself. A trigger makes it."""

    __tablename__ = "ripening"
    __table_args__ = (Index(None, "case_id"), Index(None, "workspace_id"))
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspaces.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
