"""The table of what supervisors changed of the company's files."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from storage.models import _Row


class SettingRow(_Row):
    """A value that stands before the one of a file. A trigger refuses changes and deletions."""

    __tablename__ = "settings"
    __table_args__ = (UniqueConstraint("workspace_id", "file", "path", "version"),)
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspaces.id"))
    file: Mapped[str]
    path: Mapped[list[str]] = mapped_column(ARRAY(String))
    version: Mapped[int]
    """Counts the changes of a setting; the highest one counts."""
    back: Mapped[bool] = mapped_column(server_default=text("false"))
    """Whether the file's value counts again."""
    value: Mapped[Any | None] = mapped_column(JSONB(none_as_null=True))
    changed_by: Mapped[str]
    changed_at: Mapped[datetime]
