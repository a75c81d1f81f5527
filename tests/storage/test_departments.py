"""``departments.yml``: what it says, and how its mistakes are named."""

from __future__ import annotations

from pathlib import Path

import pytest

from cases.errors import ConfigError
from cases.routing import Desk, Process
from storage.departments import read_departments
from storage.processes import read_processes
from tests.support.sandbox import ROOT

CONFIG = ROOT / "config"

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


def test_processes_are_read_alike(tmp_path: Path) -> None:
    file = tmp_path / "processes.yml"
    assert read_processes(file) == ()
    file.write_text(GOOD.replace("departments:", "processes:"))
    assert read_processes(file) == (
        Process("billing", "Billing", "Money.", ("Charged twice", "Refund missing")),
    )
    assert read_processes(CONFIG / "processes.sample.yml")
    assert read_processes(CONFIG / "demo" / "processes.yml")


@pytest.mark.parametrize(
    ("more", "line", "what"),
    [
        ("    channel: billing\n", 6, "`channel` means nothing here"),
        ("    description: Twice\n", 6, "`description` stands here twice"),
        ("    exmples: [One, Two]\n", 6, "did you mean `examples`?"),
        ("  - {key: billing, name: Again, examples: [One, Two]}\n", 6, "a process with the key `billing`"),
        ("  - {key: other, examples: [One, Two]}\n", 6, "this process needs `name`"),
    ],
)
def test_mistakes_in_processes(tmp_path: Path, more: str, line: int, what: str) -> None:
    file = tmp_path / "processes.yml"
    file.write_text(GOOD.replace("departments:", "processes:") + more)
    with pytest.raises(ConfigError) as wrong:
        read_processes(file)
    assert f"{file}, line {line}" in wrong.value.sentence
    assert what in wrong.value.sentence
