"""Where the pages of ours lie that customers open by a link."""

from __future__ import annotations

import re
from datetime import datetime
from uuid import UUID

from cases.language import _
from channels.errors import BadToken
from channels.tokens import Signer

CASE_PATH = "/c/"
"""Where the page of a case lies."""
SURVEY_PATH = "/s/"
"""Where the page lies on which customers say how it was."""

# What ``Signer.page`` makes, and what of an address may stand around it: programs that check links wrap
# them in others.
_TOKEN = re.compile(r"[A-Za-z0-9_-]{48}\.[A-Za-z0-9_-]{43}")
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
    """``text`` of a customer without the links to pages of cases that we signed.

    Whoever has such a link has the page, so it stands neither in Slack nor in the database, nor in what a
    model reads, also where a customer quotes it.
    """
    parts, at = [], 0
    for link in _TOKEN.finditer(text):
        if link.start() < at or not _is_page(link[0], signer):
            continue
        head = _HEAD.search(text, max(at, link.start() - _LONGEST_HEAD), link.start())
        tail = _TAIL.match(text, link.end())
        parts += [text[at : (head or link).start()], _("[link to the page]")]
        at = (tail or link).end()
    return "".join([*parts, text[at:]])


def _is_page(token: str, signer: Signer) -> bool:
    try:
        signer.read_page(token)
    except BadToken:
        return False
    return True
