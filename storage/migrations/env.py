"""Alembic's entry: runs the migrations over the connection that ``storage.migrate`` hands in."""

from __future__ import annotations

from alembic import context

from storage import models_knowledge  # noqa: F401 - its tables belong to the schema
from storage.models import Base


def _ours(_object: object, name: str | None, kind: str, _reflected: bool, _other: object) -> bool:
    """Leave procrastinate's own tables out of comparisons."""
    return not (kind == "table" and (name or "").startswith("procrastinate_"))


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    include_object=_ours,
)
with context.begin_transaction():
    context.run_migrations()
