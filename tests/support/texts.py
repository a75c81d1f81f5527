"""Texts as people and attackers write them, for property tests."""

from __future__ import annotations

from hypothesis import strategies as st

CHARACTERS = st.one_of(
    st.sampled_from("&<>*_`~ \n\n.@#!|é–😀👩‍👩‍👧🇵🇱\u202e\u200b\u0000\ufeff"),
    st.characters(exclude_categories=["Cs"]),
)
"""Any character that UTF-8 can hold, the awkward ones often."""

TEXTS = st.text(CHARACTERS, max_size=300)

HOSTILE = (
    "<!channel>",
    "<!here|here>",
    "<@U1>",
    "<#C1>",
    "<!subteam^S1>",
    "<https://evil.example|our bank>",
    "*bold* _it_ ~no~ `code`",
    "a & b &amp; c",
    "&lt;!channel&gt;",
    "\u202egnp.exe",
    "😀" * 30,
    "x" * 3_000,
    "&" * 3_000,
    "\u200b" * 3_000,
)
"""What must stay mere words in Slack, at any length."""
