"""A database that can or cannot be used."""

from __future__ import annotations

import socket

import psycopg
import pytest

from cases.errors import ConfigError, Unavailable
from storage import migrate, reach
from storage.urls import libpq_url
from tests.support import postgres


def test_a_migrated_database_is_fine(database_url: str) -> None:
    reach.check(database_url)


def test_one_without_tables_is_told_to_migrate(postgres_url: str) -> None:
    with postgres.fresh_database(postgres_url) as url:
        with psycopg.connect(libpq_url(url), autocommit=True) as connection:
            connection.execute("DROP TABLE alembic_version")
        with pytest.raises(ConfigError, match=r"lacks this version's tables; run `cx migrate`\."):
            reach.check(url)


def test_one_of_an_older_version_is_told_to_migrate(database_url: str) -> None:
    with psycopg.connect(libpq_url(database_url), autocommit=True) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0000'")
    assert not reach.is_current(database_url)
    with psycopg.connect(libpq_url(database_url), autocommit=True) as connection:
        connection.execute("UPDATE alembic_version SET version_num = %s", [reach.newest_migration()])
    migrate.upgrade(database_url)
    assert reach.is_current(database_url)


@pytest.mark.parametrize(
    ("url", "kind", "words"),
    [
        ("mysql://root@localhost/x", ConfigError, "names mysql; only PostgreSQL is supported"),
        ("nonsense", ConfigError, "cannot be read; it looks like postgresql://"),
    ],
)
def test_an_address_that_is_none_is_said(url: str, kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        reach.check(url)


def test_a_server_that_is_not_there_is_said_without_the_password() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with pytest.raises(Unavailable) as caught:
        reach.check(f"postgresql://cx:hush@127.0.0.1:{port}/cx")
    assert caught.value.sentence == (
        f"The database postgresql://cx:***@127.0.0.1:{port}/cx cannot be used: Connection refused. "
        "Check DATABASE_URL."
    )


def test_a_database_that_does_not_exist_is_said(database_url: str) -> None:
    missing = postgres.with_name(database_url, "nowhere")
    with pytest.raises(Unavailable, match='cannot be used: database "nowhere" does not exist'):
        reach.check(missing)
