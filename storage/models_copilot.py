"""The tables of the copilot: summaries, drafts, questions and what it proposed to do, and what that cost."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from storage.models import Json, _Row


class SummaryRow(_Row):
    """The newest summary of a case in one language, and the one that the case file begins with."""

    __tablename__ = "summaries"
    __table_args__ = (UniqueConstraint("case_id", "language"),)
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspaces.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    language: Mapped[str]
    body: Mapped[Json]
    through_id: Mapped[int]
    """The last message that it knows."""
    base: Mapped[Json | None]
    """The summary that stands for the messages up to ``base_id`` in the case file; it may know later ones. It
    stays as it is until many messages came after it, so that what a model is sent only grows at its end,
    which providers cache."""
    base_id: Mapped[int] = mapped_column(server_default="0")
    prompt: Mapped[str]
    model: Mapped[str]
    dropped: Mapped[int]
    """Citations that named nothing of this case."""
    made_at: Mapped[datetime]


class CopilotRun(_Row):
    """One piece of work of a model: what it cost, and how it ended."""

    __tablename__ = "copilot_runs"
    __table_args__ = (
        Index(None, "case_id", "started_at"),
        Index(None, "workspace_id", "started_at"),
        Index(
            "ix_copilot_runs_member_started_at",
            "workspace_id",
            "member",
            "started_at",
            postgresql_where=text("case_id IS NULL"),
        ),
    )
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspaces.id"))
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"))
    """None where somebody asked over all their cases."""
    member: Mapped[str | None]
    """Who asked, where somebody did."""
    task: Mapped[str]
    prompt: Mapped[str]
    """Name and version of the prompts that it was given."""
    model: Mapped[str]
    calls: Mapped[int]
    tool_calls: Mapped[int]
    input_tokens: Mapped[int]
    cached_tokens: Mapped[int]
    """Of the input tokens, those that the provider had cached."""
    output_tokens: Mapped[int]
    outcome: Mapped[str]
    """``done``, or what went wrong in one word."""
    started_at: Mapped[datetime]
    seconds: Mapped[float]


class CopilotDraft(_Row):
    """A reply that the copilot proposed, with what it rests on; its fate is what became of its draft."""

    __tablename__ = "copilot_drafts"
    __table_args__ = (
        UniqueConstraint("request_key"),
        Index(None, "case_id"),
        Index(
            "uq_copilot_drafts_draft", "draft_id", unique=True, postgresql_where=text("draft_id IS NOT NULL")
        ),
    )
    uuid: Mapped[UUID] = mapped_column(unique=True, default=uuid4, server_default=func.gen_random_uuid())
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspaces.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    request_key: Mapped[str]
    """What asked for it: repeated = the same draft."""
    requested_by: Mapped[str]
    draft_id: Mapped[int | None] = mapped_column(ForeignKey("drafts.id"))
    """None where there is nothing to send: findings and questions only."""
    outbox_id: Mapped[int | None] = mapped_column(ForeignKey("outbox.id"))
    """What posts its card."""
    made: Mapped[str]
    """The reply as it was proposed."""
    cited: Mapped[str]
    """The same with its markers."""
    language: Mapped[str]
    back_translation: Mapped[str]
    sources: Mapped[list[Json]] = mapped_column(JSONB)
    """What it rests on: ``marker`` and ``label``, in order."""
    dropped: Mapped[int]
    """Citations that named nothing that the model was shown."""
    flags: Mapped[list[Json]] = mapped_column(JSONB)
    """Words that a person must look at twice: ``kind`` and ``words``."""
    findings: Mapped[list[str]] = mapped_column(JSONB)
    questions: Mapped[list[str]] = mapped_column(JSONB)
    note: Mapped[str] = mapped_column(server_default="")
    """Why there is less than was asked for: the model's outage, a limit."""
    prompt: Mapped[str]
    model: Mapped[str]
    """Empty where no model had a part in it."""
    made_at: Mapped[datetime]
    discarded_by: Mapped[str | None]


class QuestionRow(_Row):
    """A question that a model answers in a worker, and how far its answer has come."""

    __tablename__ = "questions"
    __table_args__ = (
        UniqueConstraint("workspace_id", "channel", "ts"),
        Index(None, "case_id"),
        Index(
            "ix_questions_open",
            "workspace_id",
            "channel",
            "thread_ts",
            postgresql_where=text("done_at IS NULL"),
        ),
    )
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspaces.id"))
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"))
    """None in the agent pane, where somebody asks over their own cases."""
    asker: Mapped[str]
    channel: Mapped[str]
    thread_ts: Mapped[str]
    ts: Mapped[str]
    words: Mapped[str]
    """In plain words."""
    may: Mapped[list[str]] = mapped_column(ARRAY(String), server_default=text("'{}'"))
    """Acts that the asker may do: the copilot proposes to nobody what they may not."""
    post_id: Mapped[UUID] = mapped_column(default=uuid4, server_default=func.gen_random_uuid())
    """What the answer's post carries, so that it can be found in Slack."""
    begun_at: Mapped[datetime | None]
    """Set before the first words go to Slack: from then on they may be there."""
    post_ts: Mapped[str | None]
    """Where the answer stands in Slack, once that is known."""
    answer: Mapped[Json | None]
    """The whole answer, as it is shown: ``text`` and ``blocks``."""
    prompt: Mapped[str] = mapped_column(server_default="")
    model: Mapped[str] = mapped_column(server_default="")
    """Empty where no model had a part in it."""
    asked_at: Mapped[datetime]
    stopped_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]


class DeedRow(_Row):
    """Something that the copilot proposed to do, as a card in the thread shows it: a person decides."""

    __tablename__ = "deeds"
    __table_args__ = (
        UniqueConstraint("question_id", "place"),
        Index(None, "case_id"),
        CheckConstraint("kind IN ('ask', 'remind', 'status')", name="kind"),
        CheckConstraint("state IN ('proposed', 'confirmed', 'discarded')", name="state"),
    )
    token: Mapped[UUID] = mapped_column(unique=True, default=uuid4, server_default=func.gen_random_uuid())
    """What its buttons carry."""
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspaces.id"))
    question_id: Mapped[int] = mapped_column(ForeignKey("questions.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    place: Mapped[int]
    """Which of the answer's proposals it is."""
    kind: Mapped[str]
    facts: Mapped[Json]
    """What is shown and, once somebody confirms it, done: to the letter."""
    asker: Mapped[str]
    """Whose question it was."""
    model: Mapped[str]
    state: Mapped[str] = mapped_column(server_default="proposed")
    decided_by: Mapped[str | None]
    made_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
