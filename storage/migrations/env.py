"""Alembic's entry: runs the migrations over the connection that ``storage.migrate`` hands in."""

from __future__ import annotations

from alembic import context

from storage.schema import METADATA


def _ours(_object: object, name: str | None, kind: str, _reflected: bool, _other: object) -> bool:
    """Leave procrastinate's own tables out of comparisons."""
    return not (kind == "table" and (name or "").startswith("procrastinate_"))


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    include_object=_ours,
)
with context.begin_transaction():
    context.run_migrations()
