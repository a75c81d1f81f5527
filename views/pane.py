"""Answers in the agent pane."""

from __future__ import annotations

from collections.abc import Sequence

from cases.language import _, later
from cases.text import escape, one_line, show_invisible
from views.blocks import section
from views.desk import Row, case_label
from views.thread import Rendered

WITHOUT_MODEL = later("I answer without a model: from your own cases, as they are stored.")


def said(line: str) -> Rendered:
    """An answer of one sentence."""
    return Rendered(line, [section(line)])


def owner_answer(row: Row, url: str, *, mine: bool) -> Rendered:
    """Whose case it is; of others' cases nothing more is told here."""
    case = case_label(row, url)
    if mine:
        return said(_("{case} is yours.", case=case))
    if row["owner"] is None:
        return said(_("{case} is nobody's yet; Take on its card makes it yours.", case=case))
    return said(
        _(
            "{case} is {owner}'s. Here I answer over your own cases; `/cx case` shows any case.",
            case=case,
            owner=f"<@{row['owner']}>",
        )
    )


def help_answer(unknown: str | None = None) -> Rendered:
    """What can be asked; after something that was not understood, so said first."""
    lines = [
        _("• *what is waiting on me*: your cases whose customer waits for an answer"),
        _("• *my cases*: all that you own"),
        _("• *CX-1042*: how one of your cases stands; *who owns CX-1042*"),
        _("• *find broken lamp*: your cases in which these words stand"),
    ]
    return askable(lines, unknown)


def askable(lines: Sequence[str], unknown: str | None) -> Rendered:
    """What can be asked, a line each; after something that was not understood, so said first."""
    head = _("You can ask me:")
    if unknown:
        shown = escape(one_line(show_invisible(unknown), 80))
        head = _("I do not understand “{words}”. You can ask me:", words=shown)
    return Rendered(head, [section("\n".join([head, *lines]))])
