"""The command line, as people use it: processes, their words and their exit status."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from storage.urls import libpq_url
from tests.support import postgres, prepared
from tests.support.ports import free_port
from tests.support.sandbox import ROOT

COMMANDS = [
    "demo",
    "run",
    "worker",
    "migrate",
    "doctor",
    "copilot",
    "masks",
    "settings",
    "replay",
    "import",
    "bench",
]
HEAVY = ["slack_bolt", "slack_sdk", "sqlalchemy", "psycopg", "fastapi", "pydantic", "alembic", "aiohttp"]


def cx(*words: str, home: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """``cx words`` in an environment that holds nothing but what is given."""
    clean = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("CX_", "SLACK_", "DATABASE_", "OPENAI_"))
    }
    # Somebody may look at a demo while the tests run.
    own = {"PYTHONPATH": str(ROOT), "CX_HOME": str(home), "CX_PORT": str(free_port()), "COLUMNS": "200"}
    return prepared.run("bot.cli", *words, environment=clean | own | environment, folder=home)


def test_help_names_every_command_and_is_quick() -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-m", "bot.cli", "--help"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == 0
    assert all(f" {command} " in done.stdout for command in COMMANDS)
    # Processor time: on a busy machine the clock says nothing about the program.
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 1.0


def test_help_loads_nothing_heavy() -> None:
    program = f"import bot.cli, sys; print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str, tmp_path: Path) -> None:
    done = cx(command, "--help", home=tmp_path)
    assert done.returncode == 0
    assert "usage" in done.stdout.lower()


NOWHERE = "postgresql://cx:hush@127.0.0.1:1/cx"


@pytest.mark.parametrize(
    ("command", "environment", "sentence"),
    [
        ("run", {"DATABASE_URL": NOWHERE}, "cannot be used: Connection refused. Check DATABASE_URL."),
        ("worker", {"DATABASE_URL": NOWHERE}, "cannot be used: Connection refused. Check DATABASE_URL."),
        ("migrate", {"DATABASE_URL": NOWHERE}, "cannot be used: Connection refused. Check DATABASE_URL."),
        ("run", {"DATABASE_URL": "mysql://x/y"}, "DATABASE_URL names mysql; only PostgreSQL is supported."),
        ("run", {"CX_PORT": "many"}, "CX_PORT: Input should be a valid integer"),
        ("doctor", {"CX_PORT": "0"}, "CX_PORT: Input should be greater than or equal to 1"),
        ("worker", {"CX_CHAT_SECRETS": "shop"}, "CX_CHAT_SECRETS wants pairs like shop=secret"),
    ],
)
def test_what_is_wrong_is_one_sentence(
    command: str, environment: dict[str, str], sentence: str, tmp_path: Path
) -> None:
    done = cx(command, home=tmp_path, **environment)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("cx: ")
    assert sentence in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert "hush" not in done.stderr


@pytest.mark.parametrize("command", ["run", "worker"])
def test_a_missing_token_is_one_sentence(command: str, database_url: str, tmp_path: Path) -> None:
    done = cx(command, home=tmp_path, DATABASE_URL=database_url)
    assert done.returncode == 2
    assert done.stderr == "cx: SLACK_BOT_TOKEN is not set; `cx doctor` lists what a real workspace needs.\n"


def test_a_database_without_tables_is_told_to_migrate(postgres_url: str, tmp_path: Path) -> None:
    with postgres.fresh_database(postgres_url) as url:
        with psycopg.connect(libpq_url(url), autocommit=True) as connection:
            connection.execute("DROP SCHEMA public CASCADE")
            connection.execute("CREATE SCHEMA public")
        refused = cx("run", home=tmp_path, DATABASE_URL=url)
        assert (refused.returncode, refused.stderr) == (
            2,
            "cx: The database lacks this version's tables; run `cx migrate`.\n",
        )
        for _ in range(2):
            done = cx("migrate", home=tmp_path, DATABASE_URL=url)
            assert done.returncode == 0, done.stderr
            assert "is up to date" in done.stdout
        assert "SLACK_BOT_TOKEN" in cx("run", home=tmp_path, DATABASE_URL=url).stderr


def register(url: str, team: str = "T1") -> None:
    with psycopg.connect(libpq_url(url), autocommit=True) as connection:
        connection.execute(
            "INSERT INTO workspaces (team_id, name, bot_user_id, bot_id, created_at) "
            "VALUES (%s, 'Shop', 'U1', 'B1', now())",
            [team],
        )


def count(url: str, table: str) -> int:
    with psycopg.connect(libpq_url(url)) as connection:
        row = connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()
        assert row is not None
        return int(row[0])


def test_customers_and_orders_are_imported(database_url: str, tmp_path: Path) -> None:
    register(database_url)
    shop = ROOT / "config" / "demo"
    for kind, rows in (("customers", 12), ("orders", 21)):
        first = cx("import", kind, str(shop / f"{kind}.jsonl"), home=tmp_path, DATABASE_URL=database_url)
        assert (first.returncode, first.stdout) == (0, f"{rows} added, 0 brought up to date.\n"), first.stderr
        again = cx("import", kind, str(shop / f"{kind}.jsonl"), home=tmp_path, DATABASE_URL=database_url)
        assert again.stdout == f"0 added, {rows} brought up to date.\n"
        assert count(database_url, kind) == rows


def test_articles_are_imported_and_replaced(database_url: str, tmp_path: Path) -> None:
    register(database_url)
    folder = tmp_path / "handbook"
    folder.mkdir()
    (folder / "a.md").write_text("# Returns\n\nWithin sixty days.")
    (folder / "b.md").write_text("# Lamps\n\nForty watts.")
    first = cx("import", "kb", str(folder), home=tmp_path, DATABASE_URL=database_url)
    assert first.stdout == "handbook: 2 added, 0 changed, 0 removed, 0 as they were.\n", first.stderr
    (folder / "a.md").unlink()
    (folder / "b.md").write_text("# Lamps\n\nSixty watts.")
    again = cx("import", "kb", str(folder), home=tmp_path, DATABASE_URL=database_url)
    assert again.stdout == "handbook: 0 added, 1 changed, 1 removed, 0 as they were.\n"
    (folder / "c.md").write_text("---\n[\n---\n")
    broken = cx("import", "kb", str(folder), home=tmp_path, DATABASE_URL=database_url)
    assert broken.returncode == 2
    assert broken.stderr.startswith(f"{folder / 'c.md'}:1: the front matter is no YAML")
    assert "cx: 1 broken line; nothing was imported." in broken.stderr
    missing = cx("import", "kb", "nowhere", home=tmp_path, DATABASE_URL=database_url)
    assert missing.stderr == "cx: nowhere is no folder, and no .csv or .jsonl file.\n"
    assert count(database_url, "articles") == 1


def test_a_broken_line_is_named_and_nothing_is_imported(database_url: str, tmp_path: Path) -> None:
    register(database_url)
    file = tmp_path / "orders.jsonl"
    good = json.dumps({"order_id": "1", "customer_id": "c", "status": "new"})
    file.write_text(f'{good}\n{{"order_id": "2"}}\n[bold]not json\n')
    done = cx("import", "orders", str(file), home=tmp_path, DATABASE_URL=database_url)
    assert done.returncode == 2
    lines = done.stderr.splitlines()
    assert lines[0] == f"{file}:2: `customer_id` is missing"
    assert lines[1].startswith(f"{file}:3: no valid JSON")
    assert lines[2] == "cx: 2 broken lines; nothing was imported."
    assert count(database_url, "orders") == 0


def test_an_import_needs_a_file_and_a_workspace(database_url: str, tmp_path: Path) -> None:
    missing = cx("import", "orders", "nowhere.jsonl", home=tmp_path, DATABASE_URL=database_url)
    assert missing.returncode == 2
    assert "No Slack workspace is known yet; start `cx run` once, then import." in missing.stderr
    register(database_url)
    missing = cx("import", "orders", "nowhere.jsonl", home=tmp_path, DATABASE_URL=database_url)
    assert missing.stderr == "cx: nowhere.jsonl cannot be read: No such file or directory.\n"
    register(database_url, "T2")
    several = cx("import", "orders", "nowhere.jsonl", home=tmp_path, DATABASE_URL=database_url)
    assert "name one with --team: T1 (Shop), T2 (Shop)" in several.stderr
    words = ["import", "orders", "nowhere.jsonl", "--team", "T3"]
    unknown = cx(*words, home=tmp_path, DATABASE_URL=database_url)
    assert "The workspace T3 is not known here; known are T1 (Shop), T2 (Shop)." in unknown.stderr


def test_replay_is_handed_its_words_and_its_exit_status(tmp_path: Path) -> None:
    words = ["nowhere.jsonl", "--cases-at-once", "3"]
    ours = cx("replay", *words, home=tmp_path)
    direct = subprocess.run(
        [sys.executable, "-m", "benchmarks.replay", *words],
        env=os.environ | {"CX_HOME": str(tmp_path)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ours.returncode == direct.returncode != 0
    assert (ours.stdout, ours.stderr) == (direct.stdout, direct.stderr)
