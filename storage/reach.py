"""Whether a database can be used: it answers, and it has this version's tables."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

import psycopg

from cases.errors import ConfigError, Unavailable
from storage.urls import libpq_url, sqlalchemy_url

_CONNECT_SECONDS = 5
_VERSIONS = Path(__file__).parent / "migrations" / "versions"


def check(url: str) -> None:
    """Return when ``url`` can be worked with.

    Raises ConfigError for an address that is no PostgreSQL address or a database that lacks migrations,
    and Unavailable with PostgreSQL's own reason when it does not let us in.
    """
    if not is_current(url):
        raise ConfigError("The database lacks this version's tables; run `cx migrate`.")


def is_current(url: str) -> bool:
    """Whether the database has all migrations of this version; raises as ``check`` does.

    Asked at every start, so it does without alembic, whose import takes longer than the question.
    """
    try:
        with psycopg.connect(libpq_url(url), connect_timeout=_CONNECT_SECONDS) as connection:
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
            return row == (newest_migration(),)
    except psycopg.errors.UndefinedTable:
        return False
    except psycopg.OperationalError as error:
        raise Unavailable(
            f"The database {shown(url)} cannot be used: {_reason(error)}. Check DATABASE_URL."
        ) from None


def belongs_to_another(url: str, team: str) -> bool:
    """Whether a Slack workspace other than ``team`` is at home in the database."""
    try:
        with psycopg.connect(libpq_url(url), connect_timeout=_CONNECT_SECONDS) as connection:
            found = connection.execute("SELECT 1 FROM workspaces WHERE team_id <> %s LIMIT 1", [team])
            return found.fetchone() is not None
    except psycopg.errors.UndefinedTable:
        return False


def newest_migration() -> str:
    """The id of this version's last migration: the number that its file's name begins with."""
    return max(path.stem.split("_", 1)[0] for path in _VERSIONS.glob("[0-9]*_*.py"))


def shown(url: str) -> str:
    """``url`` for people: without its password, and readable where it names a socket's folder."""
    return unquote(sqlalchemy_url(url).set(drivername="postgresql").render_as_string(hide_password=True))


def _reason(error: psycopg.OperationalError) -> str:
    """PostgreSQL's or the network's own words, without the address, which is shown already."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    words = next((line for line in lines if "failed: " in line or "FATAL" in line), lines[0] if lines else "")
    return re.split(r"FATAL: +|failed: ", words)[-1].rstrip(".") or "no reason given"
