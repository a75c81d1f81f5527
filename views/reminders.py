"""Reminders: the form, and the post in the case's thread."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cases.language import _
from cases.messages import reference
from cases.text import escape, one_line, show_invisible
from views.blocks import Block, button, context, mrkdwn, section, when, words
from views.forms import choice_field, date_field, modal, text_field, time_field
from views.thread import Rendered

HOUR, TOMORROW, PICK = "hour", "tomorrow", "pick"


def remind_form(number: int, metadata: str) -> Block:
    """When to be reminded of a case, and of what."""
    blocks = [
        *_moment_fields(),
        text_field("text", _("What about?"), max_length=500, multiline=True, optional=False),
    ]
    return modal(
        "remind_form", _("Remind me of {case}", case=reference(number)), _("Remind me"), metadata, blocks
    )


def put_off_form(number: int, metadata: str) -> Block:
    """Until when to put off all that reminds of a case."""
    title = _("Put off {case}", case=reference(number))
    return modal("put_off_form", title, _("Put off"), metadata, _moment_fields())


def _moment_fields() -> list[Block]:
    options = [
        (HOUR, _("In an hour")),
        (TOMORROW, _("Tomorrow at 9:00")),
        (PICK, _("On the day and at the time below")),
    ]
    return [
        choice_field("when", _("When"), options, value=HOUR),
        date_field("day", _("Day")),
        time_field("time", _("Time")),
    ]


def reminder_post(reminder: Mapping[str, Any], block_id: str) -> Rendered:
    """The reminder, for the person whom it mentions."""
    token = str(reminder["token"])
    rendered = _said(reminder, block_id)
    buttons = [
        button(_("Snooze 1 h"), "remind_snooze", token),
        button(_("Tomorrow"), "remind_tomorrow", token),
        button(_("Done"), "remind_done", token),
    ]
    return Rendered(rendered.text, [*rendered.blocks, {"type": "actions", "elements": buttons}])


def reminder_ended(reminder: Mapping[str, Any], block_id: str, again: datetime | None) -> Rendered:
    """The reminder after its person has put it off until ``again``, or said that it is done."""
    line = _("💤 put off until {when}", when=when(again)) if again else _("✅ done")
    rendered = _said(reminder, block_id)
    return Rendered(rendered.text, [*rendered.blocks, context(mrkdwn(line))])


def _said(reminder: Mapping[str, Any], block_id: str) -> Rendered:
    line = _("⏰ {person} reminder:", person=f"<@{reminder['member']}>")
    shown = show_invisible(reminder["text"])
    return Rendered(
        f"{line} {escape(one_line(shown, 200))}", [section(line) | {"block_id": block_id}, words(shown)]
    )
