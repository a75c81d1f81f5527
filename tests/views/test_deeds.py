"""What the copilot proposes to do: shown to the letter, then in one line."""

from __future__ import annotations

from typing import Any

import pytest

from cases.commitments import CommitmentKind
from cases.ledger import MOST, Before, Entry, Note
from cases.replies import MAX_REPLY, MAX_SHOWN
from cases.text import show_invisible
from tests.views import limits, samples
from views.deeds import deed_card
from views.draft import draft_card
from views.ledger import Listed
from views.preview import preview

NASTY = "Where is <!channel> \u202eit? "
FACTS: dict[str, dict[str, str]] = {
    "ask": {"department": "logistics", "name": "<!here> Log", "question": NASTY * 90},
    "remind": {"at": "2026-05-01T09:00:00+02:00", "words": NASTY},
    "status": {"status": "waiting_customer", "was": "open"},
}


def deed(kind: str, state: str = "proposed") -> dict[str, Any]:
    return {
        "token": "00000000-0000-0000-0000-000000000001",
        "kind": kind,
        "state": state,
        "facts": FACTS[kind],
        "asker": "U1ANNA",
        "decided_by": "U2BORIS",
        "model": "m<1>",
    }


@pytest.mark.parametrize("kind", FACTS)
def test_it_is_shown_whole_and_can_be_decided(kind: str) -> None:
    rendered = deed_card(deed(kind), "p:1")
    limits.check(rendered)
    said = FACTS[kind].get("question") or FACTS[kind].get("words") or ""
    assert "".join(limits.words_of(rendered.blocks)) == said.replace("\u202e", "‹U+202E›")
    assert not [text for text in limits.markup_of(rendered) if "<!here" in text or "<!channel" in text]
    (actions,) = [block for block in rendered.blocks if block["type"] == "actions"]
    assert [each["action_id"] for each in actions["elements"]] == ["deed_confirm", "deed_discard"]


@pytest.mark.parametrize("sign", ["x", "\u200b", "&", "ą", "\U000e0041"])
def test_the_largest_draft_fits_into_a_message(sign: str) -> None:
    """A card that Slack refuses would hold up the thread: 13,200 characters are the most."""
    most = MAX_SHOWN // len(show_invisible(sign))
    row = {
        **dict.fromkeys(("draft", "card"), "00000000-0000-0000-0000-000000000001"),
        "state": "preview",
        "customer": sign * 80,
        "note": "",
        "body": sign * most,
        "made": sign * most,
        "back_translation": sign * 6_000,
        "flags": [{"kind": "money", "words": sign * 500}] * 20,
        "findings": [sign * 600] * 6,
        "questions": [sign * 600] * 6,
        "sources": [{"marker": "k:1", "label": sign * 200}] * 10,
        "requested_by": "U1ANNA",
        "model": "m",
        "language": "en",
        "then_status": None,
    }
    for shown, listed in ((row, None), (row, promising(sign * 500)), (row | {"draft": None}, None)):
        rendered = draft_card(shown, {}, "p:1", listed)
        limits.check(rendered)
        assert sum(map(len, limits.texts(rendered.blocks))) <= 13_200


def promising(words: str) -> Listed:
    """As many promises as a reply may have, each with a note."""
    due, later = samples.NOW, (Note.LATER,)
    entries = [Entry(CommitmentKind.DATE, words, place, due, notes=later) for place in range(MOST)]
    return Listed(entries, before=Before(samples.NOW))


@pytest.mark.parametrize("sign", ["x", "\u200b", "&", "ą"])
def test_the_largest_preview_fits_into_a_message(sign: str) -> None:
    most = MAX_REPLY // len(show_invisible(sign))
    rendered = preview("d1", sign * most, sign * 80, listed=promising(sign * 500))
    limits.check(rendered)
    assert "reply_promise" in str(rendered.blocks)
    assert sum(map(len, limits.texts(rendered.blocks))) <= 13_200


@pytest.mark.parametrize("state", ["confirmed", "discarded"])
@pytest.mark.parametrize("kind", FACTS)
def test_decided_it_is_one_line_that_says_by_whom(kind: str, state: str) -> None:
    rendered = deed_card(deed(kind, state), "p:1")
    limits.check(rendered)
    assert len(rendered.blocks) == 1
    assert "<@U2BORIS>" in rendered.text
    assert state in rendered.text
