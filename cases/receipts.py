"""What a customer is told when their first message of a case has come, and when they are not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from cases.enums import Channel
from cases.language import _
from cases.messages import reference

WAIT = timedelta(seconds=20)
"""For so long it may become clear what a case is about, and so by when it will be done."""
TOO_LATE = timedelta(hours=2)
"""After so long nobody wonders any more whether their message has come."""
LINK_FOR = timedelta(days=30)
"""For how long after its closing a case has its page."""
MOST_A_DAY = 5
"""So many go to one handle in a day: two machines that answer each other come to an end."""

Place = tuple[str, str]
"""A channel, and the key of its site or mailbox."""


@dataclass(frozen=True, slots=True)
class Situation:
    """What decides whether a receipt may go."""

    channel: str
    proven: bool
    """Whether what opened the case is known to come from the handle that it names."""
    automatic_ok: bool
    """Whether a person wrote, as far as the channel knows: nothing goes to bounces and automatic replies."""
    before: bool
    """Whether a receipt went to that handle before."""
    answered: bool
    """Whether somebody has answered already."""
    public: bool = False
    """Whether everybody can read what is said there, and so would have the link."""
    lately: int = 0
    """How many receipts went to that handle within a day."""
    stands: bool = True
    """Whether the case is open, and where its conversation goes on."""


def why_not(situation: Situation) -> str | None:
    """Why no receipt goes, in a word for the log; None where one goes.

    By messages that nobody has proven, one goes to their address at most, ever: whoever writes in another's
    name must not have us write to them again and again. In the web chat a receipt stays on the screen of
    whoever wrote.
    """
    if not situation.stands:
        return "moved"
    if situation.public:
        return "public"
    if not situation.automatic_ok:
        return "automatic"
    if situation.answered:
        return "answered"
    if situation.channel == Channel.WEBCHAT:
        return None
    if situation.before and not situation.proven:
        return "unverified"
    return "often" if situation.lately >= MOST_A_DAY else None


def words(number: int, date: str | None) -> str:
    """The receipt of a case; ``date`` is the sentence by when it will be done, where that is known."""
    thanks = _("Thank you, your message has come. Its number is {case}.", case=reference(number))
    return f"{thanks}\n{date}" if date else thanks


def link_words(link: str) -> str:
    """The line with the link to the page: put to a receipt when the customer reads it, and stored nowhere."""
    return _("How it stands, and a place to write to us: {link}", link=link)
