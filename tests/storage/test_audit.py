from __future__ import annotations

import psycopg
import pytest

from tests.support.office import Office


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET actor = 'nobody'",
        "DELETE FROM audit",
        "DELETE FROM audit WHERE false",
        "TRUNCATE audit",
    ],
)
async def test_the_audit_cannot_be_changed(office: Office, statement: str) -> None:
    await office.case()
    with pytest.raises(psycopg.errors.RaiseException, match="append-only"):
        await office.db.fetch(statement)
    assert await office.column("SELECT action FROM audit") == ["case.opened"]
