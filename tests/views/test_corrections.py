from __future__ import annotations

from cases.replies import MAX_REPLY
from tests.views import limits
from views.corrections import correction


def test_what_would_be_sent_is_shown_to_its_end() -> None:
    """GUARANTEES 4: what is approved is what was shown."""
    body = "ą" * (MAX_REPLY - 20) + " the very end"
    rendered = correction("d1", "x" * 9_000, body, "Maria")
    limits.check(rendered)
    shown = "".join(limits.words_of(rendered.blocks))
    assert shown.endswith(body)
    assert shown.removesuffix(body).endswith("…")
