from __future__ import annotations

import pytest

from cases.errors import ConfigError
from storage.urls import libpq_url, sqlalchemy_url


@pytest.mark.parametrize(
    ("url", "libpq"),
    [
        ("postgresql://cx@db/cx", "postgresql://cx@db/cx"),
        ("postgres://cx@db/cx", "postgresql://cx@db/cx"),
        ("postgresql+asyncpg://cx@db/cx", "postgresql://cx@db/cx"),
        ("postgresql://cx:p%40ss@db:5433/cx", "postgresql://cx:p%40ss@db:5433/cx"),
        ("postgresql://cx@/cx?host=/tmp/s", "postgresql://cx@/cx?host=%2Ftmp%2Fs"),
        ("postgresql://db/cx?sslmode=require", "postgresql://db/cx?sslmode=require"),
    ],
)
def test_addresses_as_people_write_them(url: str, libpq: str) -> None:
    assert libpq_url(url) == libpq
    assert sqlalchemy_url(url).drivername == "postgresql+psycopg"


@pytest.mark.parametrize(
    "url", ["", "cx", "db.example:5432", "sqlite:///cx.db", "mysql://db/cx", "postgresql://db:port/cx"]
)
def test_what_is_no_postgresql_address_is_said_in_one_sentence(url: str) -> None:
    with pytest.raises(ConfigError, match=r"^DATABASE_URL .*\.$"):
        libpq_url(url)


def test_a_password_is_not_repeated_in_the_error() -> None:
    with pytest.raises(ConfigError) as caught:
        libpq_url("mysql://cx:secret@db/cx")
    assert "secret" not in caught.value.sentence
