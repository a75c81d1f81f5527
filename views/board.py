"""Boards and lists that ``/cx`` answers with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, cast

from cases.enums import Status
from cases.language import _, ngettext, pgettext
from cases.messages import reference
from cases.text import escape, one_line, show_invisible
from cases.waiting import Waited
from views.blocks import Block, context, mrkdwn, name, plain, section, when
from views.card import STATUS_WORDS
from views.thread import Rendered
from views.waiting import waiting_line

SILENT_IN = timedelta(days=30)
"""Of so long the cases are counted that were closed without telling the customer."""


def status_board(
    counts: Mapping[Status, tuple[int, int]],
    rows: Sequence[Mapping[str, Any]],
    url: str,
    title: str,
    silent: int = 0,
    waited: Waited | None = None,
) -> Rendered:
    """How many open cases there are by status, and the ones that wait longest for us.

    ``url`` is the workspace's address, for links to the threads; each row says how many cases are
    ``fitting`` in all. ``silent`` are those that were closed without telling the customer, ``waited`` says
    for whom the one case waited that was asked for.
    """
    total = sum(cases for cases, _free in counts.values())
    unclaimed = sum(free for _, free in counts.values())
    summary = " · ".join(
        [
            ngettext("{count} open", "{count} open", total),
            ngettext("{count} unclaimed", "{count} unclaimed", unclaimed),
        ]
    )
    by_status = " · ".join(f"{STATUS_WORDS[status]} {cases}" for status, (cases, _free) in counts.items())
    blocks: list[Block] = [
        {"type": "header", "text": plain(title)},
        section(f"*{summary}*" + (f"\n{by_status}" if by_status else "")),
    ]
    blocks += [section(_line(row, url)) for row in rows]
    if waited is not None and (line := waiting_line(waited)):
        blocks.append(context(mrkdwn(line)))
    if not rows:
        blocks.append(section(_("No case fits. 🎉") if total else _("No open case. 🎉")))
    elif rows[0]["fitting"] > len(rows):
        shown = _(
            "Showing {shown} of {fitting}, the longest-waiting first.",
            shown=len(rows),
            fitting=rows[0]["fitting"],
        )
        blocks.append(context(mrkdwn(shown)))
    if silent:
        line = ngettext(
            "{count} case was closed without telling the customer in the last {days} days.",
            "{count} cases were closed without telling the customer in the last {days} days.",
            silent,
            days=SILENT_IN.days,
        )
        blocks.append(context(mrkdwn(line)))
    return Rendered(summary, blocks)


def _line(row: Mapping[str, Any], url: str) -> str:
    label = reference(row["number"])
    if row["thread_ts"]:
        link = f"{url.rstrip('/')}/archives/{row['slack_channel']}/p{row['thread_ts'].replace('.', '')}"
        label = f"<{link}|{label}>"
    owner = f"<@{row['owner']}>" if row["owner"] else f"*{pgettext('case', 'unclaimed')}*"
    since = _("since {when}", when=when(_since(row)))
    subject = escape(show_invisible(one_line(row["subject"], 80)))
    return (
        f"{label} · {name(row['customer'])} · {subject}\n"
        f"{STATUS_WORDS[Status(row['status'])]} · {owner} · {since}"
    )


def _since(row: Mapping[str, Any]) -> datetime:
    """Since when the customer waits for us, or we for them."""
    if row["status"] == Status.WAITING_CUSTOMER and row["last_reply_at"] is not None:
        return cast(datetime, row["last_reply_at"])
    return cast(datetime, row["last_customer_at"] or row["opened_at"])


def help_text(words: Sequence[tuple[str, str]], unknown: str | None, nearest: str | None) -> Rendered:
    """What ``/cx`` can do; after a typo, the nearest word first."""
    lines = [f"• `/cx {usage}`: {what}" for usage, what in words]
    blocks: list[Block] = []
    if unknown:
        typed = escape(one_line(show_invisible(unknown), 40))
        line = _("There is no `/cx {word}`.", word=typed)
        if nearest:
            line += " " + _("Did you mean `/cx {word}`?", word=nearest)
        blocks.append(section(line))
    blocks += [
        section("\n".join(lines)),
        context(
            mrkdwn(
                _(
                    "In a case's thread, 📤 on your own message sends it to the customer; "
                    "everything else there stays among us."
                )
            )
        ),
    ]
    return Rendered(_("What /cx can do"), blocks)
