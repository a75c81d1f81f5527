"""Bringing a database's schema up to this version."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, create_engine, text

from storage.schema import METADATA
from storage.urls import sqlalchemy_url

_MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 0x6378_6D69  # "cxmi": two replicas that start at once migrate one after the other


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def upgrade(url: str) -> None:
    """Apply the migrations that ``url``'s database lacks; safe to run from several processes."""
    engine = create_engine(sqlalchemy_url(url))
    try:
        with engine.connect() as connection:
            connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _LOCK})
            connection.commit()
            command.upgrade(_config(connection), "head")
            connection.commit()
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _LOCK})
            connection.commit()
    finally:
        engine.dispose()


def differences(connection: Connection) -> list[object]:
    """What the models and the migrated schema disagree on: empty when the migrations are complete."""
    context = MigrationContext.configure(
        connection,
        opts={
            "include_object": lambda _o, name, kind, _r, _c: (
                not (kind == "table" and (name or "").startswith("procrastinate_"))
            )
        },
    )
    return list(compare_metadata(context, METADATA))
