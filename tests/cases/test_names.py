from __future__ import annotations

import pytest

from cases.names import holds_name, same_name


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Piotr Zieliński", "piotr ZIELINSKI"),
        ("Łukasz Żółć", "Lukasz Zolc"),
        ("Kovács Anna", "Anna Kovács"),
        ("Søren Ærø", "Soren Aero"),
        ("Béla O’Neill", "Bela O'Neill"),
        ("Straße Anna", "Strasse Anna"),
    ],
)
def test_one_name_written_differently(one: str, other: str) -> None:
    assert same_name(one, other)
    assert holds_name(f"Hello, this is {other}. My parcel?", one)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Anna Nowak", "Anna Nowakowska"), ("Anna Nowak", "Anna"), ("Anna Nowak", "Anna Anna"), ("", "")],
)
def test_other_names(one: str, other: str) -> None:
    assert not same_name(one, other)
    assert not holds_name(f"It is {other}!", one)


def test_a_text_holds_only_a_full_name_side_by_side() -> None:
    assert not holds_name("Anna here, my husband is called Nowak", "Anna Nowak")
    assert not holds_name("Maria here", "Maria")
    assert not holds_name("", "Anna Nowak")
