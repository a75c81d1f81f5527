"""A model's words on their way into Slack: the same however they came, and harmless."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases import links
from copilot.masking import Mask
from copilot.speech import MOST_SHOWN, Speech, pieces

KEY = b"k" * 16
MAIL = "anna@example.org"
PLACE = "https://shop.slack.com/archives/C1/p12?thread_ts=1.1&cid=C1"
KNOWN = {"m12": "m12", "o:W1": "W1 (shipped)", "k:17": "Returns [x](http://evil.com) <!here>"}


def mask() -> tuple[Mask, str]:
    """A mask that has hidden an address, and its token."""
    made = Mask(KEY)
    return made, made.hide(MAIL)


def shown(*words: str) -> str:
    """What is shown of a model's words that come in these parts."""
    speech = Speech(mask()[0], KNOWN, {"m12": PLACE})
    return "".join([*(speech.feed(each) for each in words), speech.end()])


TOKEN = mask()[1]
SIGNS = """
<!channel> <@U0ADA> <!subteam^S1| < > @here @ [m12] [m 12] [m9] (m12) [o:W1] [k:17] [ ] ( ) ![ ]( ]:
http://evil.com evil .com https:// www. &lt; & ; ` ``` ** word 1. mailto: x@y.cz | / javascript:
"""
NASTY = (
    *SIGNS.split(),
    *(" ", "  ", "\n", "\n\n", "\u200b", "\u202e", "\ue000", "\x00", "\ud800"),
    *(TOKEN, TOKEN[:4], TOKEN[4:], "EMAIL ", TOKEN[7:-1]),
)
TEXTS = st.lists(st.one_of(st.sampled_from(NASTY), st.text(max_size=3)), max_size=24).map("".join)
OURS = re.compile(re.escape(f"[a message]({PLACE})") + "|`" + re.escape(MAIL) + "`")


@given(TEXTS, st.lists(st.integers(0, 200), max_size=12))
def test_it_does_not_matter_where_the_models_parts_begin(text: str, cuts: Sequence[int]) -> None:
    places = sorted({0, len(text), *(cut for cut in cuts if cut < len(text))})
    assert shown(*(text[a:b] for a, b in pairwise(places))) == shown(text)


@given(TEXTS)
def test_pieces_are_the_text(text: str) -> None:
    assert "".join(pieces(text)) == text


@given(TEXTS)
def test_nothing_pings_links_or_hides(text: str) -> None:
    said = shown(text)
    bare = OURS.sub(" ", said)
    assert not set("<>@") & set(bare), said
    assert links.find(bare) == []
    for sign in ("](", "]:", "][", "![", "\u200b", "\u202e", "\x00", "&lt;"):
        assert sign not in bare
    assert MAIL not in bare


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("It left on Monday [m12].", f"It left on Monday ([a message]({PLACE}))."),
        ("It left [m99].", "It left."),
        ("Order W1 [o:W1] is out.", "Order W1 (W1 shipped) is out."),
        (f"Write to {TOKEN}, please.", f"Write to `{MAIL}`, please."),
        (f"Write to {TOKEN[1:-1].lower().replace('-', ' ')}.", f"Write to `{MAIL}`."),
        ("evil [m9].com and evil[m9].com", "evil .com and evil .com"),
        ("<!channel> [here](https://evil.com/x)", "‹!channel› here (evil[.]com/x)"),
        ("![x](http://evil.com/i.png)", "x (evil[.]com/i[.]png)"),
        ("@here, H&M &lt;!here&gt;", "＠here, H&M ＆lt;!here＆gt;"),
        ("[a][1]\n\n[1]: http://evil.com", "[a] [1]\n\n[1] : evil[.]com"),
        ("**Bold**\n- one\n- two", "**Bold**\n- one\n- two"),
        ("[k:17]", " (Returns x evil . com ‹!here›)"),
    ],
)
def test_what_becomes_of_words(said: str, expected: str) -> None:
    assert shown(*said) == expected


def test_words_come_as_soon_as_they_are_safe() -> None:
    speech = Speech(mask()[0], KNOWN, {})
    assert speech.feed("It left on") == "It left"
    assert speech.feed(" Monday [m1") == " on Monday"
    assert speech.feed("2]. And") == " (a message)."
    assert speech.end() == " And"


def test_an_endless_answer_is_cut() -> None:
    assert len(shown(*(["word [m12] "] * 5_000))) <= MOST_SHOWN + 2
    assert len(shown("x" * 1_000_000)) <= MOST_SHOWN
