"""Where the pages of ours lie that customers open by a link."""

from __future__ import annotations

from uuid import UUID

from channels.tokens import Signer

CASE_PATH = "/c/"
"""Where the page of a case lies."""


def case_link(address: str, signer: Signer, receipt: UUID) -> str:
    """The link that goes with a receipt; ``address`` is where customers' browsers reach the server."""
    return f"{address}{CASE_PATH}{signer.page(receipt)}"
