"""What those who administer the workspace are told about a channel that gets no posts for now."""

from __future__ import annotations

from cases.enums import HoldReason
from cases.language import _, later
from views.blocks import section
from views.thread import Rendered

_WHY = {
    HoldReason.SHARED: later(
        "⚠️ {channel} is shared with others now, and cases never live in shared channels. "
        "Please unshare it, or name another channel in `config/sites.yml`."
    )
}


def hold_notice(channel: str, reason: HoldReason) -> Rendered:
    """Which channel, why, and what happens to what is meant for it."""
    why = _(_WHY[reason].message, channel=f"<#{channel}>")
    line = (
        why
        + " "
        + _(
            "I post nothing there any more; customers can write as before, nothing is lost, and what waits "
            "appears as soon as I may post again."
        )
    )
    return Rendered(line, [section(line)])
