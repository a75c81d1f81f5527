"""What the copilot proposes to do: a card with exactly what would happen, then who decided, in a line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from cases import text
from cases.deeds import DeedKind
from cases.enums import Status
from cases.language import _
from cases.text import escape, one_line, show_invisible
from views.blocks import Block, button, context, mrkdwn, name, section, when, words
from views.card import STATUS_WORDS
from views.thread import Rendered

Deed = Mapping[str, Any]
"""A proposal as ``storage.deeds`` gives it."""


def deed_card(deed: Deed, block_id: str) -> Rendered:
    """The card while somebody may decide, else one line."""
    kind = DeedKind(deed["kind"])
    if deed["state"] != "proposed":
        line = _decided(deed, _SHORT[kind](deed))
        return Rendered(line, [context(mrkdwn(line)) | {"block_id": block_id}])
    line = _HEADS[kind](deed)
    made = _(
        "✨ Proposed by a model ({model}) for {person}. Nothing happens before somebody confirms it.",
        model=name(deed["model"]),
        person=f"<@{deed['asker']}>",
    )
    said = _words(deed)
    summary = f"{line} {escape(one_line(show_invisible(said), 200))}" if said else line
    return Rendered(
        summary,
        [section(line) | {"block_id": block_id}, *_shown(said), context(mrkdwn(made)), _buttons(deed)],
    )


def _words(deed: Deed) -> str:
    """The words that would be used, to the letter."""
    return str(deed["facts"].get("question") or deed["facts"].get("words") or "")


def _shown(said: str) -> list[Block]:
    return [words(part) for part in text.split(show_invisible(said), 2_900) if part]


def _buttons(deed: Deed) -> Block:
    token = str(deed["token"])
    both = [
        button(_("Confirm"), "deed_confirm", token, style="primary"),
        button(_("Discard"), "deed_discard", token),
    ]
    return {"type": "actions", "elements": both}


def _ask(deed: Deed) -> str:
    return _("💡 *Ask {department} this?*", department=name(deed["facts"]["name"]))


def _remind(deed: Deed) -> str:
    at = datetime.fromisoformat(deed["facts"]["at"])
    return _("💡 *Remind {person} of this, {when}?*", person=f"<@{deed['asker']}>", when=when(at))


def _status(deed: Deed) -> str:
    return _("💡 *Say that the case stands here: {status}?*", status=_standing(deed))


_HEADS: dict[DeedKind, Callable[[Deed], str]] = {
    DeedKind.ASK: _ask,
    DeedKind.REMIND: _remind,
    DeedKind.STATUS: _status,
}
_SHORT: dict[DeedKind, Callable[[Deed], str]] = {
    DeedKind.ASK: lambda deed: _("ask {department}", department=name(deed["facts"]["name"])),
    DeedKind.REMIND: lambda deed: _("remind {person}", person=f"<@{deed['asker']}>"),
    DeedKind.STATUS: lambda deed: _("status: {status}", status=_standing(deed)),
}


def _standing(deed: Deed) -> str:
    return str(STATUS_WORDS[Status(deed["facts"]["status"])])


def _decided(deed: Deed, what: str) -> str:
    person = f"<@{deed['decided_by']}>"
    if deed["state"] == "confirmed":
        return _("💡 Proposed: {what}. {person} confirmed it.", what=what, person=person)
    return _("💡 Proposed: {what}. {person} discarded it.", what=what, person=person)
