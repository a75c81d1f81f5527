"""The roles file: what it may say, and where it is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from cases.errors import ConfigError
from cases.roles import Department, People, RoleBook
from storage.roles import read_roles

ROOT = Path(__file__).parents[2]


def write(folder: Path, text: str) -> Path:
    path = folder / "roles.yml"
    path.write_text(text, encoding="utf-8")
    return path


def people(*groups: str, members: tuple[str, ...] = ()) -> People:
    return People(frozenset(groups), frozenset(members))


def test_everything_that_it_may_say(tmp_path: Path) -> None:
    text = """
agents:
  groups: ["@care", S024BE7LH]
supervisors: {groups: [heads], members: [U0ELIF]}
departments:
  - key: logistics
    name: Lager & Versand
    groups: [logistics]
    lead:
      members: [U0JONAS, W012]
  - {key: billing-2, name: Billing, members: [U0PRIYA]}
"""
    assert read_roles(write(tmp_path, text)) == RoleBook(
        agents=people("care", "S024BE7LH"),
        supervisors=people("heads", members=("U0ELIF",)),
        departments=(
            Department(
                "logistics", "Lager & Versand", people("logistics"), people(members=("U0JONAS", "W012"))
            ),
            Department("billing-2", "Billing", people(members=("U0PRIYA",)), people()),
        ),
    )


@pytest.mark.parametrize("text", ["", "# nothing yet\n", None])
def test_without_words_it_says_nothing(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "roles.yml" if text is None else write(tmp_path, text)
    assert read_roles(path) == RoleBook()


def test_the_file_of_the_demo_names_its_people() -> None:
    book = read_roles(ROOT / "config" / "demo" / "roles.yml")
    assert book.supervisors is not None
    assert {department.name for department in book.departments} == {"Logistics", "Billing"}


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("agents:\n  groups: [care", 2, "this is no YAML"),
        ("- agents", 1, "here a mapping with `agents`, `supervisors`, `departments`, `admins` is needed"),
        ("agent:\n  groups: [care]", 1, "`agent` means nothing here; did you mean `agents`?"),
        ("agents: {groups: [care]}\nxyz: 1", 2, "`xyz` means nothing here; known are agents,"),
        ("agents: {groups: [a]}\nagents: {groups: [b]}", 2, "`agents` stands here twice"),
        ("agents:\n  members:\n    - U0ELIF\n    - elif", 4, "“elif” is no member id"),
        ("agents:\n  groups: care", 2, "here a list is needed"),
        ("agents:\n  groups:\n    - 12", 3, "here a text is needed"),
        ("agents:\n  groups: []", 2, "name at least one of `groups`"),
        ("supervisors:\n", 1, "here a mapping with `groups`, `members` is needed"),
        ("departments:\n  - name: Billing\n    members: [U12]", 2, "needs `key`"),
        ("departments:\n  - key: a\n    members: [U12]", 2, "needs `name`"),
        ("departments:\n  - key: A b\n    name: x\n    members: [U12]", 2, "is no key"),
        ("departments:\n  - {key: a, name: x}", 2, "name at least one"),
        (
            "departments:\n  - {key: a, name: x, members: [U12]}\n  - {key: a, name: y, members: [U12]}",
            3,
            "a department with the key `a` already",
        ),
        ("departments:\n  - key: a\n    name: x\n    members: [U12]\n    lead: {}", 5, "name at least one"),
    ],
)
def test_a_mistake_is_pointed_at(tmp_path: Path, text: str, line: int, says: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        read_roles(path)
    assert caught.value.sentence.startswith(f"{path}, line {line}: ")
    assert says in caught.value.sentence


@pytest.mark.parametrize("content", [b"\xff\xfe", None], ids=["no text", "a folder"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "roles.yml"
    path.mkdir() if content is None else path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"roles\.yml cannot be read"):
        read_roles(path)
