"""Links to the pages of cases are taken out of what customers write, and nothing else is."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import quote
from uuid import UUID

import pytest

from channels.pages import case_link, survey_link, without_links
from channels.tokens import Signer

SIGNER = Signer("a secret for tests")
RECEIPT = UUID("5a0c5a4e-8f4e-4d4e-9a53-8a6a7b1f2c3d")
LINK = case_link("https://chat.example", SIGNER, RECEIPT)
SURVEY = survey_link("https://chat.example", SIGNER, RECEIPT, datetime(2020, 1, 1, tzinfo=UTC))
TOKEN = LINK.rpartition("/")[2]
SAID = "[link to the page]"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (LINK, SAID),
        (f"> How it stands: {LINK}\nThanks, when?", f"> How it stands: {SAID}\nThanks, when?"),
        (f"<{LINK}?sent> or ({LINK}).", f"<{SAID}> or ({SAID})."),
        (f"https://safe.example/?url=https%3A%2F%2Fchat.example%2Fc%2F{TOKEN}&data=1 x", f"{SAID} x"),
        (f"See https://x.example/ and {TOKEN}", f"See https://x.example/ and {SAID}"),
        (f"{LINK}?a={TOKEN} {LINK}", f"{SAID} {SAID}"),
        (f"{LINK}x", f"{SAID}x"),
        (f"> Or on this page: {SURVEY}\nFive!", f"> Or on this page: {SAID}\nFive!"),
        (f"https://safe.example/?url={quote(SURVEY, safe='')}&data=1 x", f"{SAID} x"),
        (f"{SURVEY} {LINK}", f"{SAID} {SAID}"),
    ],
)
def test_no_link_that_we_signed_is_kept(text: str, kept: str) -> None:
    assert without_links(text, SIGNER) == kept


@pytest.mark.parametrize(
    "text",
    [
        "https://chat.example/c/x",
        case_link("https://chat.example", Signer("another"), RECEIPT),
        f"https://chat.example/c/{SIGNER.form(RECEIPT, 'x')}",
        "",
    ],
)
def test_what_we_did_not_sign_stays(text: str) -> None:
    assert without_links(text, SIGNER) == text


@pytest.mark.parametrize("piece", ["https://", "a", "a.", f"{LINK}?", TOKEN])
def test_hostile_texts_come_to_an_end(piece: str) -> None:
    assert TOKEN not in without_links(f"{piece * (200_000 // len(piece))} {LINK}", SIGNER)
