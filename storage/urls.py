"""Database addresses as operators write them, and as the libraries want them."""

from __future__ import annotations

from sqlalchemy import make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError

from cases.errors import ConfigError


def sqlalchemy_url(url: str) -> URL:
    """``url`` for SQLAlchemy with psycopg 3; raises ConfigError when it is no PostgreSQL address."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):  # ValueError: a port that is no number
        raise ConfigError("DATABASE_URL cannot be read; it looks like postgresql://user@host/name.") from None
    if parsed.get_backend_name() not in {"postgresql", "postgres"}:
        raise ConfigError(f"DATABASE_URL names {parsed.get_backend_name()}; only PostgreSQL is supported.")
    return parsed.set(drivername="postgresql+psycopg")


def libpq_url(url: str) -> str:
    """``url`` as libpq reads it, for psycopg without SQLAlchemy."""
    return sqlalchemy_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
