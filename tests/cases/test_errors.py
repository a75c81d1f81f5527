from __future__ import annotations

from collections.abc import Iterator

import pytest

from cases import errors
from cases.errors import CxError


def tree(root: type[CxError]) -> Iterator[type[CxError]]:
    yield root
    for child in root.__subclasses__():
        yield from tree(child)


@pytest.mark.parametrize("kind", [kind for kind in tree(CxError) if kind.__module__ == errors.__name__])
def test_each_known_error_is_a_sentence_for_people(kind: type[CxError]) -> None:
    sentence = kind().sentence
    assert sentence[0].isupper()
    assert sentence.endswith(".")
    assert "\n" not in sentence


def test_an_error_may_say_more() -> None:
    assert errors.NotFound("There is no CX-1.").sentence == "There is no CX-1."
