"""All rows of a database, kept, and put back: so a test begins with what takes long to build."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psycopg import sql

from storage.db import Database

_TABLES = """
SELECT c.relname AS name, array_agg(a.attname ORDER BY a.attnum) FILTER (WHERE a.attgenerated = '') AS columns
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname <> 'alembic_version'
GROUP BY c.oid ORDER BY c.relname
"""
_KEPT = sql.SQL("SELECT jsonb_agg(t)::text AS rows FROM {table} t")
_DELETED = sql.SQL("DELETE FROM {table}")
_PUT_BACK = sql.SQL(
    "INSERT INTO {table} ({columns}) OVERRIDING SYSTEM VALUE"
    " SELECT {columns} FROM jsonb_populate_recordset(NULL::{table}, {rows}::jsonb)"
)

Rows = sql.Composed
"""Statements that empty each table, and fill it with what it held."""


async def kept(db: Database) -> Rows:
    """What ``db`` holds now."""
    tables = await db.fetch(_TABLES)
    deleted = [_DELETED.format(table=sql.Identifier(table["name"])) for table in tables]
    return sql.SQL("; ").join([*deleted, *[each for table in tables for each in await _filled(db, table)]])


async def _filled(db: Database, table: Any) -> Sequence[sql.Composed]:
    name, columns = sql.Identifier(table["name"]), sql.SQL(", ").join(map(sql.Identifier, table["columns"]))
    (row,) = await db.fetch(_KEPT.format(table=name).as_string())
    if row["rows"] is None:
        return []
    return [_PUT_BACK.format(table=name, columns=columns, rows=sql.Literal(row["rows"]))]


async def put_back(db: Database, rows: Rows) -> None:
    """``db`` with these rows and no others; what hands out ids goes on where it stands."""
    async with db.transaction() as tx:
        # Keys would want an order, and triggers would do what they did once more.
        await tx.execute("SET LOCAL session_replication_role = replica")
        await tx.execute(rows, prepare=False)  # so that they may be many
