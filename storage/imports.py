"""Customers and orders from the company's own systems: JSON Lines in, all or nothing.

A customer's line needs ``customer_id`` and ``name`` and may have ``email``, ``phone`` and ``language``;
an order's line needs ``order_id``, ``customer_id`` and ``status``. Whatever else a line has (address,
items, payments, …) is kept as it is. A line whose id is known already replaces what was known.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
from psycopg.types.json import Jsonb

from cases.errors import InvalidInput
from storage.db import Connection, Database

BATCH = 500
MAX_PROBLEMS = 20
"""Broken lines that are reported one by one."""
MAX_LINE_BYTES = 1_000_000

Fields = Mapping[str, bool]
"""Field name → whether a line must have it."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What a file holds: its key, the fields that have columns of their own, the statement."""

    key: str
    fields: Fields
    statement: str


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did."""

    added: int
    changed: int


@dataclass(frozen=True, slots=True)
class Problem:
    """A line that cannot be used, and why."""

    line: int
    reason: str
    file: Path | None = None
    """Where the import reads several."""


class BrokenFile(InvalidInput):
    """The file has broken lines; nothing of it was imported."""

    def __init__(self, problems: Sequence[Problem], total: int) -> None:
        super().__init__(f"{total} broken {'line' if total == 1 else 'lines'}; nothing was imported.")
        self.problems = problems
        self.total = total
        """How many lines are broken; ``problems`` holds the first ones."""


CUSTOMERS = Kind(
    key="customer_id",
    fields={"customer_id": True, "name": True, "email": False, "phone": False, "language": False},
    statement="""
        INSERT INTO customers (workspace_id, external_id, name, email, email_proven, phone, language, profile,
                               created_at)
        SELECT %(workspace)s, f->>'customer_id', f->>'name', f->>'email', f->>'email' IS NOT NULL,
               f->>'phone', f->>'language', rest, %(now)s
        FROM unnest(%(fields)s::jsonb[], %(rest)s::jsonb[]) AS line (f, rest)
        ON CONFLICT (workspace_id, external_id) DO UPDATE
        SET name = excluded.name, email = excluded.email, email_proven = excluded.email_proven,
            phone = excluded.phone,
            language = excluded.language, profile = excluded.profile
        RETURNING xmax = 0 AS added
    """,
)

ORDERS = Kind(
    key="order_id",
    fields={"order_id": True, "customer_id": True, "status": True},
    statement="""
        INSERT INTO orders (workspace_id, external_id, customer_external_id, status, data, updated_at)
        SELECT %(workspace)s, f->>'order_id', f->>'customer_id', f->>'status', rest, %(now)s
        FROM unnest(%(fields)s::jsonb[], %(rest)s::jsonb[]) AS line (f, rest)
        ON CONFLICT (workspace_id, external_id) DO UPDATE
        SET customer_external_id = excluded.customer_external_id, status = excluded.status,
            data = excluded.data, updated_at = excluded.updated_at
        RETURNING xmax = 0 AS added
    """,
)

Line = tuple[dict[str, Any], dict[str, Any]]
"""The fields with columns, and the rest."""


async def load(
    db: Database,
    workspace: int,
    kind: Kind,
    lines: Iterable[bytes],
    now: datetime,
    progress: Callable[[int], None] = lambda read: None,
) -> Imported:
    """Import all ``lines`` in one transaction; ``progress`` hears how many have been read.

    Raises BrokenFile, with the number and the reason of each broken line, and then nothing of the file
    was imported.
    """
    reading = _Reading(kind)
    added = changed = 0
    async with db.transaction() as tx:
        for batch in reading.batches(lines):
            if not reading.total:
                new, known = await _write(tx, workspace, kind, batch, now)
                added, changed = added + new, changed + known
            progress(reading.number)
        if reading.total:
            raise BrokenFile(reading.problems, reading.total)
    return Imported(added, changed)


async def _write(
    tx: Connection, workspace: int, kind: Kind, batch: Sequence[Line], now: datetime
) -> tuple[int, int]:
    cursor = await tx.execute(
        kind.statement.encode(),
        {
            "workspace": workspace,
            "fields": [Jsonb(fields) for fields, _ in batch],
            "rest": [Jsonb(rest) for _, rest in batch],
            "now": now,
        },
    )
    rows = await cursor.fetchall()
    added = sum(row["added"] for row in rows)
    return added, len(rows) - added


class _Reading:
    """One pass over a file: good lines in batches, broken ones noted."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        self._seen: dict[str, int] = {}
        self.number = 0
        self.total = 0
        self.problems: list[Problem] = []

    def batches(self, lines: Iterable[bytes]) -> Iterator[list[Line]]:
        batch: list[Line] = []
        for self.number, raw in enumerate(lines, 1):
            text = raw.removeprefix(codecs.BOM_UTF8).strip()
            if text:
                self._read(text, batch)
            if len(batch) == BATCH:
                yield batch
                batch = []
        if batch:
            yield batch

    def _read(self, text: bytes, batch: list[Line]) -> None:
        try:
            line = _parse(text, self._kind.fields)
            key = line[0][self._kind.key]
            if key in self._seen:
                raise ValueError(f"{self._kind.key} {key} stands on line {self._seen[key]} already")
            self._seen[key] = self.number
            batch.append(line)
        except ValueError as error:
            self.total += 1
            if len(self.problems) < MAX_PROBLEMS:
                self.problems.append(Problem(self.number, str(error)))


def _parse(text: bytes, fields: Fields) -> Line:
    """The line's fields and its rest; raises ValueError with the reason in words."""
    if len(text) > MAX_LINE_BYTES:
        raise ValueError(f"longer than {MAX_LINE_BYTES:,} bytes")
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise ValueError(f"no valid JSON ({error.msg} at character {error.pos + 1})") from None
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")
    if has_nul(value):
        raise ValueError("a text has a NUL character, which the database cannot keep")
    known = {name: text_of(value, name, required=required) for name, required in fields.items()}
    return known, {name: content for name, content in value.items() if name not in fields}


def text_of(value: Mapping[str, Any], name: str, *, required: bool) -> str | None:
    content = value.get(name)
    if content is None and not required:
        return None
    if not isinstance(content, str) or (required and not content.strip()):
        raise ValueError(f"`{name}` must be a text" if name in value else f"`{name}` is missing")
    return content


def has_nul(value: object) -> bool:
    match value:
        case str():
            return "\0" in value
        case list():
            return any(has_nul(each) for each in value)
        case dict():
            return any("\0" in name or has_nul(content) for name, content in value.items())
        case _:
            return False
