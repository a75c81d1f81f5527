"""Rows of what supervisors changed of the company's files."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from operator import itemgetter

from psycopg.types.json import Jsonb

from cases.errors import SettingsChanged
from cases.settings import Change, Setting, Value
from storage.db import Connection, Database, Duplicate, Row

CHANGED = "cx_settings"
"""Announced with the id of a workspace whose settings were changed."""

_NEWEST = """
SELECT DISTINCT ON (file, path) file, path, version, back, value, changed_by, changed_at
FROM settings WHERE workspace_id = %(workspace)s ORDER BY file, path, version DESC
"""
_ADD = """
WITH added AS (
    INSERT INTO settings (workspace_id, file, path, version, back, value, changed_by, changed_at)
    VALUES (%(workspace)s, %(file)s, %(path)s, %(version)s, %(back)s, %(value)s, %(by)s, %(now)s)
    RETURNING workspace_id
), noted AS (
    INSERT INTO audit (workspace_id, at, actor, action, detail)
    SELECT workspace_id, %(now)s, %(by)s, 'settings.changed', %(detail)s FROM added
)
SELECT pg_notify('cx_settings', workspace_id::text) FROM added
"""


async def newest(db: Database, workspace: int) -> list[Row]:
    """The newest row of each setting that was ever changed; ``back`` where the file's value counts again."""
    return await db.fetch(_NEWEST, {"workspace": workspace})


def setting_of(row: Row) -> Setting:
    """What a row of ``newest`` is about."""
    return Setting(row["file"], tuple(row["path"]))


def in_force(rows: list[Row]) -> tuple[Change, ...]:
    """The changes of ``newest`` that count, oldest first."""
    counting = sorted((row for row in rows if not row["back"]), key=itemgetter("changed_at", "file", "path"))
    return tuple(
        Change(setting_of(row), row["value"], row["changed_by"], row["changed_at"], row["version"])
        for row in counting
    )


def versions(rows: list[Row]) -> Mapping[Setting, int]:
    """How often each setting was changed."""
    return {setting_of(row): row["version"] for row in rows}


async def add(
    tx: Connection, workspace: int, value: Value, to: object, actor: str, now: datetime, *, back: bool = False
) -> None:
    """Have ``to`` count instead of ``value``, or with ``back`` the file's. Audited, and announced.

    Raises SettingsChanged when somebody else changed it since ``value`` was read.
    """
    setting = value.setting
    detail = {
        "file": setting.file,
        "path": list(setting.path),
        "before": value.now,
        "value": to,
        "back": back,
    }
    row = {
        "workspace": workspace,
        "file": setting.file,
        "path": list(setting.path),
        "version": value.version + 1,
        "back": back,
        "value": None if back else Jsonb(to),
        "by": actor,
        "now": now,
        "detail": Jsonb(detail),
    }
    try:
        await tx.execute(_ADD.encode(), row)
    except Duplicate:
        raise SettingsChanged from None
