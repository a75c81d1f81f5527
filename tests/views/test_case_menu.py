from __future__ import annotations

import pytest

from cases.enums import Status
from tests.views import limits, samples
from views.blocks import Block
from views.case_menu import assign_form, case_menu, sort_form


def buttons(view: Block) -> set[str]:
    limits.check_blocks(view["blocks"])
    assert len(view["title"]["text"]) <= 24
    made = [one for block in view["blocks"] if block["type"] == "actions" for one in block["elements"]]
    assert all(element["value"] == str(samples.TOKEN) for element in made)
    return {element["action_id"] for element in made}


@pytest.mark.parametrize(
    ("owner", "there", "not_there"),
    [
        (None, "menu_take", "menu_release"),
        ("U1", "menu_release", "menu_take"),
        ("U2", "menu_take", "menu_release"),
    ],
)
def test_the_acts_fit_the_reader(owner: str | None, there: str, not_there: str) -> None:
    made = buttons(case_menu(samples.card(owner=owner), "U1"))
    assert there in made
    assert not_there not in made
    assert {"menu_assign", "menu_close"} <= made


def test_a_closed_case_cannot_be_worked_on() -> None:
    made = buttons(case_menu(samples.card(Status.CLOSED), "U1"))
    assert not made & {"menu_take", "menu_assign", "menu_close"}


def test_an_outcome_stands_on_top() -> None:
    assert "This case is yours." in str(case_menu(samples.card(), "U1", "This case is yours.")["blocks"][0])


MANY = [(f"key{number}", "n" * 90) for number in range(120)]


@pytest.mark.parametrize(
    "form", [assign_form(999_999_999, "x"), sort_form(samples.card(number=999_999_999), "x", MANY, MANY)]
)
def test_forms_fit(form: Block) -> None:
    limits.check_blocks(form["blocks"])
    assert len(form["title"]["text"]) <= 24
    assert len(form["submit"]["text"]) <= 24
