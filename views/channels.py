"""What channels look like: their icons, their names, and how far a reply has come on them."""

from __future__ import annotations

from cases.enums import Channel, Delivery
from cases.language import _, later
from views.blocks import name

ICONS = {
    Channel.WEBCHAT: ":speech_balloon:",
    Channel.MAIL: ":email:",
    Channel.API: ":globe_with_meridians:",
    Channel.PHONE: ":telephone_receiver:",
    Channel.INTERNAL: ":speech_balloon:",
}
"""The picture beside what a customer wrote there."""
SIGNS = {
    Channel.WEBCHAT: "💬",
    Channel.MAIL: "📧",
    Channel.API: "🌐",
    Channel.PHONE: "📞",
    Channel.INTERNAL: "🗒",
}
WORDS = {
    Channel.WEBCHAT: later("Web chat"),
    Channel.MAIL: later("Mail"),
    Channel.PHONE: later("Phone"),
    Channel.INTERNAL: later("None yet"),
}


def channel_line(channel: Channel, title: str, *, public: bool = False, icon: str | None = None) -> str:
    """A channel in Slack's markup, with the site, the mailbox or the other system by its name.

    ``icon`` is the emoji that this place has of its own.
    """
    if channel is Channel.INTERNAL and title == Channel.PHONE:
        channel, title = Channel.PHONE, ""
    words = [str(WORDS[channel])] if channel in WORDS else []
    if title:
        words.append(name(title))
    if public:
        words.append(f"*{_('PUBLIC')}*")
    return f"{icon or SIGNS[channel]} {' · '.join(words)}"


def delivery_line(state: str, reason: str | None) -> str:
    """How far a reply has come that somebody else's system carries, where a time does not say it."""
    why = name(reason or "", 300)
    match Delivery(state):
        case Delivery.QUEUED | Delivery.SENDING if why:
            return _("⏳ not delivered yet, and tried again: {reason}", reason=why)
        case Delivery.QUEUED | Delivery.SENDING:
            return _("⏳ on its way")
        case Delivery.FAILED:
            return _("❗ failed: {reason}", reason=why)
        case Delivery.UNKNOWN:
            return _("❗ not known whether it arrived: {reason}", reason=why)
        case _:
            return _("📬 handed over")
