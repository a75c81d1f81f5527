"""The locked packages fit each other, and every Python that we say we run on."""

from __future__ import annotations

from importlib.metadata import distribution

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from tests.support.sandbox import ROOT

OLDEST = "3.11.0"
LOCKED = {
    canonicalize_name(line.split("==")[0]): line.split("==")[1].split(";")[0].strip()
    for line in (ROOT / "requirements.lock").read_text().splitlines()
    if "==" in line and not line.startswith("#")
}


@pytest.mark.parametrize("name", sorted(LOCKED))
def test_it_runs_on_the_oldest_python_and_has_what_it_needs(name: str) -> None:
    found = distribution(name)
    assert found.version == LOCKED[name]
    python = found.metadata["Requires-Python"]
    assert python is None or SpecifierSet(python).contains(OLDEST)
    for line in found.requires or []:
        needed = Requirement(line)
        if needed.marker is not None and not needed.marker.evaluate({"extra": ""}):
            continue
        other = canonicalize_name(needed.name)
        assert other in LOCKED
        assert needed.specifier.contains(LOCKED[other], prereleases=True)
