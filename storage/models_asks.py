"""Tables of what departments are asked, and of reminders."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    String,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from storage.models import Base


class _Row(Base):
    __abstract__ = True
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)


class Ask(_Row):
    """A question to a department about a case, bound to the words that a person confirmed."""

    __tablename__ = "asks"
    __table_args__ = (
        UniqueConstraint("workspace_id", "request_key"),
        Index(
            "uq_asks_thread",
            "workspace_id",
            "slack_channel",
            "ts",
            unique=True,
            postgresql_where=text("ts IS NOT NULL"),
        ),
        Index(None, "case_id"),
        Index("ix_asks_open", "case_id", postgresql_where=text("state = 'open'")),
        CheckConstraint(
            "state IN ('proposed', 'open', 'answered', 'rerouted', 'discarded')",
            name="state",
        ),
    )
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspaces.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    token: Mapped[UUID] = mapped_column(unique=True, server_default=func.gen_random_uuid())
    """A new one with each change of the proposed words, so that nobody posts what they did not see."""
    request_key: Mapped[str]
    """What asked for it (a form, a command, the copilot's call): repeated = the same question."""
    state: Mapped[str]
    department: Mapped[str]
    """Its key in ``departments.yml``."""
    department_name: Mapped[str]
    slack_channel: Mapped[str]
    question: Mapped[str]
    due_on: Mapped[date | None]
    proposed_by: Mapped[str]
    """A person, or \"copilot\"."""
    asked_by: Mapped[str]
    """Who confirms it, or did."""
    asked_by_name: Mapped[str]
    created_at: Mapped[datetime]
    asked_at: Mapped[datetime | None]
    ts: Mapped[str | None]
    """Where its post stands."""
    taken_by: Mapped[str | None]
    taken_at: Mapped[datetime | None]
    answered_by: Mapped[str | None]
    """Who answered first."""
    answered_at: Mapped[datetime | None]
    later_at: Mapped[datetime | None]
    """When the department means to answer, as it said itself; …"""
    later_why: Mapped[str | None]
    """… and why not before."""
    step: Mapped[str | None]
    """The name of the step whose turn posted it; None where a person asked."""
    rerouted_by: Mapped[str | None]
    from_ask_id: Mapped[int | None] = mapped_column(ForeignKey("asks.id"), unique=True)
    """The question that went to another department first."""


class AskAnswer(_Row):
    """What a department said to a question: its answer, or what it must know first."""

    __tablename__ = "ask_answers"
    __table_args__ = (
        UniqueConstraint("workspace_id", "request_key"),
        Index(None, "ask_id"),
        CheckConstraint("kind IN ('answer', 'need_more')", name="kind"),
    )
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspaces.id"))
    ask_id: Mapped[int] = mapped_column(ForeignKey("asks.id"))
    kind: Mapped[str]
    text: Mapped[str]
    author: Mapped[str]
    author_name: Mapped[str]
    later: Mapped[bool]
    """Whether the question was answered before."""
    request_key: Mapped[str]
    """The form, or the Slack message that it was: repeated = once."""
    created_at: Mapped[datetime]


class Reminder(_Row):
    """Something of which a person is to be reminded in a case's thread."""

    __tablename__ = "reminders"
    __table_args__ = (
        Index(
            "uq_reminders_request",
            "workspace_id",
            "request_key",
            unique=True,
            postgresql_where=text("request_key IS NOT NULL"),
        ),
        Index(
            "uq_reminders_duty",
            "duty_id",
            "stage",
            "snoozes",
            unique=True,
            postgresql_where=text("duty_id IS NOT NULL"),
        ),
        Index("ix_reminders_due", "workspace_id", "due_at", postgresql_where=text("state = 'waiting'")),
        Index("ix_reminders_outbox", "outbox_id", postgresql_where=text("outbox_id IS NOT NULL")),
        Index("ix_reminders_case", "case_id"),
        Index(
            "ix_reminders_member",
            "workspace_id",
            "member",
            postgresql_where=text("member IS NOT NULL AND state <> 'gone'"),
        ),
        CheckConstraint("state IN ('waiting', 'sent', 'gone')", name="state"),
    )
    workspace_id: Mapped[int]
    """Its case's, which is not checked once more: hundreds are written at once."""
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    token: Mapped[UUID] = mapped_column(unique=True, server_default=func.gen_random_uuid())
    request_key: Mapped[str | None]
    """The form that asked for it: repeated = the same reminder. None where a duty is what asks."""
    kind: Mapped[str]
    due_at: Mapped[datetime]
    member: Mapped[str | None]
    """Whose it is; None = of everybody who looks after what is due."""
    text: Mapped[str]
    state: Mapped[str] = mapped_column(server_default="waiting")
    gone_why: Mapped[str | None]
    """Why it is gone: \"done\", \"snoozed\", \"settled\" with its reason, or \"closed\" with its case."""
    snoozes: Mapped[int] = mapped_column(server_default="0")
    """How often it was put off; of a duty: had been when this was sent."""
    created_by: Mapped[str]
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    duty_id: Mapped[int | None]
    """The duty it is about; the number stays when that is gone. None where it is somebody's own wish."""
    stage: Mapped[int | None]
    outbox_id: Mapped[int | None] = mapped_column(ForeignKey("outbox.id", ondelete="SET NULL"))
    """What posts it, with others that were due at once."""
    mentions: Mapped[list[str]] = mapped_column(ARRAY(String), server_default="{}")
    again_at: Mapped[datetime | None]
    """Until when it was put off."""
    ended_by: Mapped[str | None]
    """Who put it off."""
