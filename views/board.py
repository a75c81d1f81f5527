"""Boards and lists that ``/cx`` answers with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cases.enums import Status
from cases.messages import reference
from cases.text import escape, one_line, show_invisible
from views.blocks import Block, context, mrkdwn, name, plain, section, when
from views.card import STATUS_WORDS
from views.thread import Rendered


def status_board(
    counts: Mapping[Status, tuple[int, int]], rows: Sequence[Mapping[str, Any]], url: str, title: str
) -> Rendered:
    """How many open cases there are by status, and the ones that wait longest for us.

    ``url`` is the workspace's address, for links to the threads; each row says how many cases are
    ``fitting`` in all.
    """
    total = sum(cases for cases, _ in counts.values())
    unclaimed = sum(free for _, free in counts.values())
    summary = f"{total} open · {unclaimed} unclaimed"
    by_status = " · ".join(f"{STATUS_WORDS[status]} {cases}" for status, (cases, _) in counts.items())
    blocks: list[Block] = [
        {"type": "header", "text": plain(title)},
        section(f"*{summary}*" + (f"\n{by_status}" if by_status else "")),
    ]
    blocks += [section(_line(row, url)) for row in rows]
    if not rows:
        blocks.append(section("No case fits. 🎉" if total else "No open case. 🎉"))
    elif rows[0]["fitting"] > len(rows):
        shown = f"Showing {len(rows)} of {rows[0]['fitting']}, the longest-waiting first."
        blocks.append(context(mrkdwn(shown)))
    return Rendered(summary, blocks)


def _line(row: Mapping[str, Any], url: str) -> str:
    label = reference(row["number"])
    if row["thread_ts"]:
        link = f"{url.rstrip('/')}/archives/{row['slack_channel']}/p{row['thread_ts'].replace('.', '')}"
        label = f"<{link}|{label}>"
    owner = f"<@{row['owner']}>" if row["owner"] else "*unclaimed*"
    since = when(row["last_customer_at"] or row["opened_at"])
    subject = escape(show_invisible(one_line(row["subject"], 80)))
    return (
        f"{label} · {name(row['customer'])} · {subject}\n"
        f"{STATUS_WORDS[Status(row['status'])]} · {owner} · since {since}"
    )


def help_text(words: Sequence[tuple[str, str]], unknown: str | None, nearest: str | None) -> Rendered:
    """What ``/cx`` can do; after a typo, the nearest word first."""
    lines = [f"• `/cx {usage}`: {what}" for usage, what in words]
    blocks: list[Block] = []
    if unknown:
        hint = f" Did you mean `/cx {nearest}`?" if nearest else ""
        blocks.append(section(f"There is no `/cx {escape(one_line(show_invisible(unknown), 40))}`.{hint}"))
    blocks += [
        section("\n".join(lines)),
        context(
            mrkdwn(
                "In a case's thread, 📤 on your own message sends it to the customer; "
                "everything else there stays among us."
            )
        ),
    ]
    return Rendered("What /cx can do", blocks)
