from __future__ import annotations

import pytest

from cases.errors import TextMissing, TextTooLong
from cases.replies import MAX_REPLY, check_words


@pytest.mark.parametrize("words", ["", "  \n\t", "\u00a0"])
def test_nothing_cannot_be_sent(words: str) -> None:
    with pytest.raises(TextMissing):
        check_words(words)


def test_the_longest_reply_fits_and_one_more_character_does_not() -> None:
    assert check_words(f"  {'x' * MAX_REPLY}\n") == "x" * MAX_REPLY
    with pytest.raises(TextTooLong, match="10,001"):
        check_words("x" * (MAX_REPLY + 1))
