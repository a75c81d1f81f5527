"""The tables of what customers do by themselves: the page of their case, and articles that answer them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.models import _Row


class ReceiptRow(_Row):
    """That a customer was told that their first message of a case has come, or why they were not."""

    __tablename__ = "receipts"
    __table_args__ = (
        Index(None, "conversation_id"),
        CheckConstraint("(message_id IS NULL) = (why IS NOT NULL)", name="why"),
    )
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspaces.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), unique=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id"))
    """Where it went, and all that its page shows."""
    token: Mapped[UUID] = mapped_column(unique=True, server_default=func.gen_random_uuid())
    """What the link to the page stands for: with another one the old link is dead."""
    withdrawn: Mapped[bool] = mapped_column(server_default=text("false"))
    """Whether the link was withdrawn: then none is mailed any more."""
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id"), unique=True)
    """What told them; its words are without the link, which is for the customer alone."""
    why: Mapped[str | None]
    """Why there was none."""
    decided_at: Mapped[datetime]


class ArticleAnswer(_Row):
    """That a customer said of an article that it answered their question: once in a conversation."""

    __tablename__ = "article_answers"
    __table_args__ = (UniqueConstraint("article_id", "conversation_id"),)
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspaces.id"))
    article_id: Mapped[int] = mapped_column(ForeignKey("articles.id", ondelete="CASCADE"))
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id"))
    said_at: Mapped[datetime]
