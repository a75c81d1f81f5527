"""Tables of the knowledge base that come with an embedding model, and with what nobody found."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import REAL, BigInteger, ForeignKey, Identity, Index, func, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from storage.models import Base


class PassageVector(Base):
    """What a model makes of a passage. Plain numbers, so that a server without pgvector has the same tables:
    they are cast where they are compared."""

    __tablename__ = "passage_vectors"
    passage_id: Mapped[int] = mapped_column(
        ForeignKey("passages.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    model: Mapped[str] = mapped_column(primary_key=True)
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspaces.id"))
    dimensions: Mapped[int] = mapped_column(server_default="0")
    embedding: Mapped[list[float] | None] = mapped_column(ARRAY(REAL))
    """None until the model has answered."""
    refused: Mapped[bool] = mapped_column(server_default=text("false"))
    """Whether the model does not take this passage."""
    claimed_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class KnowledgeMiss(Base):
    """Words for which somebody looked in vain."""

    __tablename__ = "knowledge_misses"
    __table_args__ = (Index(None, "workspace_id", "asked_at"),)
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspaces.id"))
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"))
    """The case in whose thread they asked."""
    words: Mapped[str]
    asked_by: Mapped[str]
    asked_at: Mapped[datetime]
