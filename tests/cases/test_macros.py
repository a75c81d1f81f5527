"""Skeletons of replies: filled in, and found by what customers write."""

from __future__ import annotations

import re

import pytest

from cases.likeness import Likeness
from cases.macros import GAP, PLACEHOLDERS, Gaps, Macro, Macros, fill, gaps, placeholders
from cases.reader import Language
from storage.macros import read_macros
from tests.support.sandbox import ROOT

DEMO = read_macros(ROOT / "config" / "demo" / "macros.yml")


def test_values_are_plain_text_and_what_is_not_known_stays_a_gap() -> None:
    filled = fill("Dear {customer}, {order} is {order_status}.", {"customer": "Eve {order}\n{agent}"})
    assert filled == "Dear Eve {order} {agent}, …(order)… is …(order_status)…."
    assert gaps(filled) == ["…(order)…", "…(order_status)…"]
    assert gaps("(order) … {order} …(else)…") == []
    assert gaps("…(order)… and …(order)…") == ["…(order)…"]
    assert placeholders("{a} {} {order_status}") == ["a", "", "order_status"]
    assert all(re.fullmatch(GAP, fill(f"{{{name}}}", {})) for name in PLACEHOLDERS)
    assert str(Gaps(gaps(filled))) == "the order's number, the order's state"
    assert len(str(Gaps([fill(f"{{{name}}}", {}) for name in PLACEHOLDERS])).split(", ")) == len(PLACEHOLDERS)
    assert len(fill("{customer}", {"customer": "x" * 10_000})) == 120


@pytest.mark.parametrize(
    ("said", "key"),
    [
        ("Hello! Where is my order #H20391? It should be here.", "parcel-late"),
        ("I ordered two weeks ago, the parcel still didn't come", "parcel-late"),
        ("Dzień dobry, gdzie jest moja paczka? Zamówienie #H20402", "parcel-late"),
        ("Kde je prosím moje zásilka", "parcel-late"),
        ("Jó napot! Hol van a csomagom?", "parcel-late"),
        ("A lovely mat, but too thick. Could I send it back?", "return"),
        ("Could I please get an invoice for order H20391", "invoice"),
        # Nothing that it knows, however much it looks like that.
        ("Where is my refund?", None),
        ("Where is your shop?", None),
        ("My parcel came, but there are five plates in the box", None),
        ("My order has arrived, thank you!", None),
        ("Please cancel my order", None),
        ("How do I wash the linen?", None),
        ("Guten Tag, wo ist mein Paket?", None),
        ("", None),
        # Two things at once: one skeleton would answer half.
        ("Where is my parcel? And please send me an invoice with our VAT number.", None),
    ],
)
def test_a_macro_is_found_by_what_carries_a_sentence(said: str, key: str | None) -> None:
    found = Macros(DEMO).fitting([said])
    assert (found.key if found else None) == key


def test_without_macros_nothing_fits() -> None:
    assert Macros().fitting(["Where is my parcel?"]) is None
    one = Macro("late", "Late", ("Where is my parcel?", "?"), {Language.EN: "Dear {customer}"})
    assert Macros([one]).fitting(["Thanks!", "where's my parcel??"]) is one
    assert Macros([one]).fitting(["Parcel"]) is None


def test_a_long_story_takes_no_time() -> None:
    known = Likeness({macro.key: macro.examples for macro in DEMO})
    assert known.best(["word and more, " * 20_000]) is None
