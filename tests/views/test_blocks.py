from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from views.blocks import SECTION_TEXT, name, sections, size, when


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1_000, "1 kB"),
        (1_000_000, "1 MB"),
        (25_400_000, "25.4 MB"),
    ],
)
def test_sizes(count: int, shown: str) -> None:
    assert size(count) == shown


def test_a_moment_is_shown_in_the_readers_zone() -> None:
    moment = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert when(moment) == "<!date^1774747800^{date_short_pretty} {time}|29 Mar 2026, 01:30 UTC>"


def test_the_fallback_is_in_utc_whatever_the_zone_of_the_moment() -> None:
    elsewhere = datetime(2026, 3, 29, 3, 30, tzinfo=timezone(timedelta(hours=2)))
    assert when(elsewhere).endswith("|29 Mar 2026, 01:30 UTC>")


def test_a_name_is_one_short_line_in_which_nothing_is_markup() -> None:
    assert name(" A\n\t<@U1> & \u202eB ") == "A &lt;@U1&gt; &amp; ‹U+202E›B"
    assert name("x" * 200) == "x" * 79 + "…"


def test_lines_share_a_section_as_long_as_they_fit() -> None:
    blocks = sections(["a" * 1_000] * 5)
    texts = [block["text"]["text"] for block in blocks]
    assert [len(text) for text in texts] == [2_001, 2_001, 1_000]
    assert max(map(len, texts)) <= SECTION_TEXT
