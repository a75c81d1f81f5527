"""Where the pages of ours lie that customers open by a link."""

from __future__ import annotations

import re
from datetime import datetime
from urllib.parse import unquote
from uuid import UUID

from cases.language import _
from channels.tokens import Signer

CASE_PATH = "/c/"
"""Where the page of a case lies."""
SURVEY_PATH = "/s/"
"""Where the page lies on which customers say how it was."""

# What ``Signer.page`` and ``Signer.survey`` make, and what of an address may stand around it: programs that
# check links wrap them in others, and write the sign of equality otherwise there.
_TOKEN = re.compile(r"([A-Za-z0-9_-]{48}(?:[A-Za-z0-9_-]{15}(?:=|%3[Dd]))?)\.([A-Za-z0-9_-]{43})")
_HEAD = re.compile(r"https?://[^\s<>\"'()\[\]]*$")
_TAIL = re.compile(r"[?&#][^\s<>\"'()\[\]]{0,500}")
_LONGEST_HEAD = 300


def case_link(address: str, signer: Signer, receipt: UUID) -> str:
    """The link that goes with a receipt; ``address`` is where customers' browsers reach the server."""
    return f"{address}{CASE_PATH}{signer.page(receipt)}"


def survey_link(address: str, signer: Signer, survey: UUID, asked_at: datetime) -> str:
    """The link that goes with the question how it was; ``address`` as in ``case_link``."""
    return f"{address}{SURVEY_PATH}{signer.survey(survey, asked_at)}"


def without_links(text: str, signer: Signer) -> str:
    """``text`` of a customer without the links to pages of cases and surveys that we signed.

    Whoever has such a link has the page, so it stands neither in Slack nor in the database, nor in what a
    model reads, also where a customer quotes it.
    """
    parts, at = [], 0
    for link in _TOKEN.finditer(text):
        if link.start() < at or not signer.opens(f"{unquote(link[1])}.{link[2]}"):
            continue
        head = _HEAD.search(text, max(at, link.start() - _LONGEST_HEAD), link.start())
        tail = _TAIL.match(text, link.end())
        parts += [text[at : (head or link).start()], _("[link to the page]")]
        at = (tail or link).end()
    return "".join([*parts, text[at:]])
