"""What those who administer the workspace are told: what is wrong, what it means, how to mend it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cases.enums import HoldReason, NoticeAbout
from cases.language import _, later
from cases.text import escape
from views.blocks import section, when
from views.thread import Rendered

_HELD = {
    HoldReason.SHARED: later(
        "⚠️ {channel} is shared with others now, and cases never live in shared channels. "
        "Please unshare it, or name another channel in `config/sites.yml`."
    ),
    HoldReason.REMOVED: later(
        "⚠️ I was removed from {channel}, where cases live. Please invite me again: type `/invite` there."
    ),
    HoldReason.ARCHIVED: later(
        "⚠️ {channel}, where cases live, was archived. "
        "Please unarchive it, or name another channel in `config/sites.yml`."
    ),
    HoldReason.GONE: later(
        "⚠️ I do not see {channel} any more, where cases live: it was deleted, or it is private and I was "
        "removed. Please invite me again, or name another channel in `config/sites.yml`."
    ),
}
_PEOPLE = {
    HoldReason.REMOVED: later(
        "I was removed from this channel and cannot show anything here. Nothing is lost: what you do is "
        "kept, and those who administer the workspace know."
    ),
    HoldReason.ARCHIVED: later(
        "This channel is archived, so I cannot show anything here. Nothing is lost: what you do is kept, "
        "and those who administer the workspace know."
    ),
    HoldReason.GONE: later(
        "I do not see this channel any more and cannot show anything here. Nothing is lost: what you do is "
        "kept, and those who administer the workspace know."
    ),
    HoldReason.TOKEN: later(
        "Slack does not let me in at the moment. Nothing is lost: customers can write as before, "
        "and what waits appears as soon as that is mended."
    ),
}


def admin_notice(about: NoticeAbout, channel: str, detail: Mapping[str, Any], since: datetime) -> Rendered:
    """One direct message; ``channel`` is what it is about, ``since`` when that began."""
    line = _line(about, f"<#{channel}>", detail, when(since))
    return Rendered(line, [section(line)])


def _line(about: NoticeAbout, channel: str, detail: Mapping[str, Any], since: str) -> str:
    match about:
        case NoticeAbout.HELD:
            why = _(_HELD[HoldReason(detail["reason"])].message, channel=channel)
            rest = _(
                "I post nothing there any more; customers can write as before, nothing is lost, and what "
                "waits appears as soon as I may post again."
            )
            return f"{why} {rest}"
        case NoticeAbout.RESUMED if detail["reason"] == HoldReason.TOKEN:
            return _(
                "✅ Slack accepts my token again, which it had refused since {since}. What waited appears "
                "now, in its order, and what people wrote meanwhile is being fetched.",
                since=since,
            )
        case NoticeAbout.RESUMED:
            return _(
                "✅ I can post in {channel} again, which I could not since {since}. What waited appears now, "
                "in its order.",
                channel=channel,
                since=since,
            )
        case NoticeAbout.RENAMED:
            return _(
                "{channel} has a new name, and `config/sites.yml` still says “{old}”. All goes on, but "
                "please change the name there before the next restart.",
                channel=channel,
                old=escape(str(detail["old"])),
            )
        case NoticeAbout.OUTAGE:
            return _(
                "✅ I hear from Slack again, from which I was cut off since {since}. What people wrote, "
                "changed and marked with 📤 meanwhile is being fetched; clicks and commands have to be made "
                "again.",
                since=since,
            )
        case NoticeAbout.LIMITED:
            return _(
                "⚠️ Slack holds events back since {since}, because there are more than it delivers in an "
                "hour. What is missing is being fetched from the threads, so it may be late.",
                since=since,
            )
        case NoticeAbout.SILENT:
            return _(
                "⚠️ Slack takes my posts but sends no events since {since}. I read the threads instead, which "
                "is slower. Please look at *Event Subscriptions* of this app at api.slack.com/apps: Slack "
                "disables them when an app does not answer for long.",
                since=since,
            )
        case NoticeAbout.HEARD:
            return _("✅ Slack sends events again, which it had not since {since}.", since=since)


def held_here(reason: HoldReason) -> str | None:
    """What to say to somebody who acts in a channel that is held; None where the act itself is refused."""
    said = _PEOPLE.get(reason)
    return str(said) if said else None
