"""The house polices itself: no room stands outside the import contracts."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
PROJECT: dict[str, Any] = tomllib.loads(ROOT.joinpath("pyproject.toml").read_text())
LINTER: dict[str, Any] = PROJECT["tool"]["importlinter"]


def rooms() -> set[str]:
    """The top-level packages with code, but for the tests."""
    found = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    return found - {"tests"}


def bound_rooms() -> dict[str, set[str]]:
    """For each contract, the top-level packages that it binds."""
    keys = ("layers", "source_modules", "modules", "ancestors")
    return {
        contract["id"]: {
            name.strip().split(".")[0]
            for key in keys
            for entry in contract.get(key, [])
            for name in entry.split("|")
        }
        for contract in LINTER["contracts"]
    }


def test_there_are_rooms() -> None:
    assert {"bot", "cases", "flows", "storage", "views"} <= rooms()


def test_every_room_is_looked_at() -> None:
    assert set(LINTER["root_packages"]) == rooms()


@pytest.mark.parametrize("room", sorted(rooms()))
def test_every_room_has_its_place(room: str) -> None:
    bound = bound_rooms()
    apart = {
        "sandbox": "nobody-imports-the-sandbox",
        "carriers": "nobody-imports-the-carriers",
        "benchmarks": "benchmarks-apart",
    }
    if room in apart:
        contract = next(contract for contract in LINTER["contracts"] if contract["id"] == apart[room])
        assert contract["forbidden_modules"] == [room]
        assert bound[apart[room]] >= rooms() - {room, *apart}
    else:
        assert room in bound["floors"]
        assert room in bound["sandbox-apart"] | bound["nobody-imports-the-sandbox"]


def test_every_flow_is_independent() -> None:
    flows = {f"flows.{path.stem}" for path in ROOT.glob("flows/*.py") if path.stem != "__init__"}
    contract = next(contract for contract in LINTER["contracts"] if contract["id"] == "flows-apart")
    assert set(contract["modules"]) == flows


@pytest.mark.parametrize("room", sorted(rooms()))
def test_every_room_is_type_checked_and_packaged(room: str) -> None:
    assert room in PROJECT["tool"]["mypy"]["files"]
    assert f"{room}*" in PROJECT["tool"]["setuptools"]["packages"]["find"]["include"]


def test_every_room_has_no_cycles() -> None:
    assert bound_rooms()["no-cycles"] == rooms()
