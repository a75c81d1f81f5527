"""A real PostgreSQL for the tests: one server a run, a database of its own for each test."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
from psycopg import sql

from storage import embedded, migrate
from storage.urls import libpq_url, sqlalchemy_url

TEMPLATE = "cx_template"


@contextmanager
def server() -> Iterator[str]:
    """The address of a server: the one of CX_TEST_DATABASE_URL, else an embedded one."""
    given = os.environ.get("CX_TEST_DATABASE_URL")
    if given:
        yield given
        return
    # Short, because a Unix socket's path has at most 107 bytes.
    home = Path(tempfile.mkdtemp(prefix="cx-", dir="/tmp"))
    running = embedded.start(home)
    try:
        _forget_durability(running.url)
        yield running.url
    finally:
        running.stop()
        shutil.rmtree(home, ignore_errors=True)


def with_name(url: str, name: str) -> str:
    """``url`` for another database of the same server."""
    named = sqlalchemy_url(url).set(drivername="postgresql", database=name)
    return named.render_as_string(hide_password=False)


def _forget_durability(url: str) -> None:
    """Nothing of a test run must survive a power cut: twice as fast."""
    for name in ("fsync", "full_page_writes", "synchronous_commit"):
        _run(url, sql.SQL("ALTER SYSTEM SET {} = off").format(sql.Identifier(name)))
    _run(url, sql.SQL("SELECT pg_reload_conf()").format())


def _run(url: str, statement: sql.Composed) -> None:
    with psycopg.connect(libpq_url(url), autocommit=True) as connection:
        connection.execute(statement)


def make_template(url: str) -> None:
    """A migrated database that tests copy."""
    name = sql.Identifier(TEMPLATE)
    _run(url, sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
    _run(url, sql.SQL("CREATE DATABASE {}").format(name))
    migrate.upgrade(with_name(url, TEMPLATE))


@contextmanager
def fresh_database(url: str) -> Iterator[str]:
    """The address of a new, migrated, empty database; dropped afterwards."""
    name = f"cx_{uuid4().hex[:12]}"
    _run(
        url,
        sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(TEMPLATE)),
    )
    try:
        yield with_name(url, name)
    finally:
        _run(url, sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
