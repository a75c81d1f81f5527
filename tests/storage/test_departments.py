"""``departments.yml``: what it says, and how its mistakes are named."""

from __future__ import annotations

from pathlib import Path

import pytest

from cases.errors import ConfigError
from cases.routing import Desk
from storage.departments import read_departments

GOOD = """departments:
  - key: billing
    name: Billing
    description: Money.
    examples: [Charged twice, Refund missing]
"""


def test_what_it_says(tmp_path: Path) -> None:
    file = tmp_path / "departments.yml"
    assert read_departments(file) == ()
    file.write_text("# nothing yet\n")
    assert read_departments(file) == ()
    file.write_text(GOOD)
    assert read_departments(file) == (
        Desk("billing", "Billing", "Money.", ("Charged twice", "Refund missing")),
    )
    file.write_text(GOOD + "    channel: '#billing'\n")
    assert [desk.channel for desk in read_departments(file)] == ["billing"]


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        (GOOD + "    channel: ''\n", 6, "a text is needed"),
        (GOOD + "    channel: the billing room\n", 6, "name or id of a Slack channel"),
        (GOOD + "    channel: ['#billing']\n", 6, "a text is needed"),
        (GOOD.replace("examples", "exmaples"), 5, "did you mean `examples`?"),
        (GOOD.replace("    name: Billing\n", ""), 2, "needs `name`"),
        (GOOD.replace("key: billing", "key: Bil ling"), 2, "is no key"),
        (GOOD.replace("[Charged twice, Refund missing]", "[Once]"), 5, "two examples"),
        (GOOD.replace("[Charged twice, Refund missing]", "Once"), 5, "a list is needed"),
        (GOOD + GOOD.split("\n", 1)[1], 6, "a department with the key `billing` already"),
        ("departments: [\n", 2, "no YAML"),
    ],
)
def test_mistakes_name_their_line(tmp_path: Path, text: str, line: int, what: str) -> None:
    file = tmp_path / "departments.yml"
    file.write_text(text)
    with pytest.raises(ConfigError) as wrong:
        read_departments(file)
    assert f"{file}, line {line}" in wrong.value.sentence
    assert what in wrong.value.sentence
