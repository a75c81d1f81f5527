"""Whether a database can be used: it answers, and it has this version's tables."""

from __future__ import annotations

import re
from urllib.parse import unquote

from sqlalchemy import create_engine
from sqlalchemy.exc import OperationalError

from cases.errors import ConfigError, Unavailable
from storage import migrate
from storage.urls import sqlalchemy_url

_CONNECT_SECONDS = 5


def check(url: str) -> None:
    """Return when ``url`` can be worked with.

    Raises ConfigError for an address that is no PostgreSQL address or a database that lacks migrations,
    and Unavailable with PostgreSQL's own reason when it does not let us in.
    """
    if not is_current(url):
        raise ConfigError("The database lacks this version's tables; run `cx migrate`.")


def is_current(url: str) -> bool:
    """Whether the database has all migrations of this version; raises as ``check`` does."""
    engine = create_engine(sqlalchemy_url(url), connect_args={"connect_timeout": _CONNECT_SECONDS})
    try:
        with engine.connect() as connection:
            return migrate.is_current(connection)
    except OperationalError as error:
        raise Unavailable(
            f"The database {shown(url)} cannot be used: {_reason(error)}. Check DATABASE_URL."
        ) from None
    finally:
        engine.dispose()


def shown(url: str) -> str:
    """``url`` for people: without its password, and readable where it names a socket's folder."""
    return unquote(sqlalchemy_url(url).set(drivername="postgresql").render_as_string(hide_password=True))


def _reason(error: OperationalError) -> str:
    """PostgreSQL's or the network's own words, without the address, which is shown already."""
    lines = [line.strip() for line in str(error.orig).splitlines() if line.strip()]
    words = next((line for line in lines if "failed: " in line or "FATAL" in line), lines[0] if lines else "")
    return re.split(r"FATAL: +|failed: ", words)[-1].rstrip(".") or "no reason given"
