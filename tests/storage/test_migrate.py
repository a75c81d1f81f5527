from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import create_engine

from storage import migrate, reach
from storage.schema import METADATA
from storage.urls import libpq_url, sqlalchemy_url
from tests.support.postgres import with_name


@pytest.fixture
def empty_url(postgres_url: str) -> Iterator[str]:
    """A database without any table."""
    name = f"cx_{uuid4().hex[:12]}"
    with psycopg.connect(libpq_url(postgres_url), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield with_name(postgres_url, name)
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def state(url: str) -> tuple[bool, list[object]]:
    """Whether the schema is current, and how it differs from the models."""
    engine = create_engine(sqlalchemy_url(url))
    with engine.connect() as connection:
        found = reach.is_current(url), migrate.differences(connection)
    engine.dispose()
    return found


def test_the_migrations_make_what_the_models_say(database_url: str) -> None:
    assert state(database_url) == (True, [])


def test_an_empty_database_is_not_current(empty_url: str) -> None:
    current, differences = state(empty_url)
    assert not current
    assert differences


def test_upgrading_again_changes_nothing(empty_url: str) -> None:
    migrate.upgrade(empty_url)
    with psycopg.connect(libpq_url(empty_url), autocommit=True) as connection:
        connection.execute(
            "INSERT INTO workspaces (team_id, name, bot_user_id, bot_id, created_at) "
            "VALUES ('T1', 'x', 'U', 'B', now())"
        )
        migrate.upgrade(empty_url)
        assert connection.execute("SELECT count(*) FROM workspaces").fetchone() == (1,)
    assert state(empty_url) == (True, [])


def test_three_processes_may_upgrade_at_once(empty_url: str) -> None:
    program = "import sys; from storage import migrate; migrate.upgrade(sys.argv[1])"
    processes = [
        subprocess.Popen([sys.executable, "-c", program, empty_url], stderr=subprocess.PIPE) for _ in range(3)
    ]
    outcomes = [(process.communicate(timeout=60)[1], process.returncode) for process in processes]
    assert outcomes == [(b"", 0)] * 3
    assert state(empty_url) == (True, [])


def test_the_job_engine_has_its_tables(database_url: str) -> None:
    with psycopg.connect(libpq_url(database_url)) as connection:
        found = connection.execute("SELECT to_regclass('procrastinate_jobs') IS NOT NULL").fetchone()
    assert found == (True,)


def test_every_table_belongs_to_a_workspace() -> None:
    tables = METADATA.tables
    lacking = {name for name, table in tables.items() if "workspace_id" not in table.columns}
    assert lacking == {"workspaces", "install_states", "this_database", "turned_clock"}
