"""One person's work in words: lines of cases, lists of them, one case in short."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cases.enums import Status
from cases.language import _, ngettext
from cases.messages import CaseCard, reference
from cases.text import escape, one_line, show_invisible
from views.blocks import Block, context, mrkdwn, name, plain, section, when
from views.card import STATUS_WORDS
from views.plain import noted, with_mentions
from views.thread import Rendered

Row = Mapping[str, Any]


def thread_url(row: Row, url: str) -> str | None:
    """The address of a case's thread, once it is posted; ``url`` is the workspace's."""
    if not row["thread_ts"]:
        return None
    return f"{url.rstrip('/')}/archives/{row['slack_channel']}/p{row['thread_ts'].replace('.', '')}"


def case_label(row: Row, url: str) -> str:
    """The case's reference, as a link to its thread."""
    link = thread_url(row, url)
    return f"<{link}|{reference(row['number'])}>" if link else reference(row["number"])


def case_line(row: Row, url: str) -> str:
    """A case on two lines: what it is, and how it stands."""
    owner = f"<@{row['owner']}>" if row["owner"] else f"*{_('nobody yet')}*"
    since = when(row["last_customer_at"] or row["opened_at"])
    subject = escape(show_invisible(one_line(row["subject"], 80)))
    return (
        f"*{case_label(row, url)}* · {name(row['customer'])} · {subject}\n"
        f"{STATUS_WORDS[Status(row['status'])]} · {owner} · {since}"
    )


def said_line(row: Row, words: Sequence[str]) -> str | None:
    """What was said around the first of ``words``, for a case that was found."""
    said = " ".join((noted(row["said"]) if row["talker"] else row["said"] or "").split())
    if not said:
        return None
    at = min((place for word in words if (place := said.lower().find(word)) >= 0), default=0)
    start = max(0, at - 40)
    cut = ("…" if start else "") + one_line(said[start:], 120)
    shown = escape(show_invisible(cut))
    return f"“{with_mentions(shown) if row['talker'] else shown}”"


def rest(rows: Sequence[Row]) -> Block | None:
    """“and N more”, when more fit than are shown."""
    more = (rows[0]["fitting"] - len(rows)) if rows else 0
    return context(mrkdwn(ngettext("and {count} more", "and {count} more", more))) if more > 0 else None


def case_list(title: str, rows: Sequence[Row], url: str, empty: str, words: Sequence[str] = ()) -> Rendered:
    """A list of cases under a title, or one sentence when there is none."""
    blocks: list[Block] = [{"type": "header", "text": plain(title)}]
    for row in rows:
        line = case_line(row, url)
        said = said_line(row, words) if words else None
        blocks.append(section(f"{line}\n{said}" if said else line))
    more = rest(rows)
    if more:
        blocks.append(more)
    if not rows:
        blocks.append(section(empty))
    return Rendered(title, blocks)


def case_details(row: Row, card: CaseCard, said: Mapping[str, Row], url: str) -> Rendered:
    """One case in short: how it stands, the last words of both sides (``in``, ``out``), what is known."""
    lines = [case_line(row, url)]
    if "in" in said:
        lines.append(
            _(
                "*The customer* ({time}): {words}",
                time=when(said["in"]["created_at"]),
                words=_quote(said["in"]),
            )
        )
    if "out" in said:
        answer = said["out"]
        lines.append(
            _(
                "*Our last answer* ({time}, {author}): {words}",
                time=when(answer["created_at"]),
                author=name(answer["author_name"]),
                words=_quote(answer),
            )
        )
    known = [
        ngettext("{count} order", "{count} orders", card.orders),
        ngettext("{count} earlier case", "{count} earlier cases", card.earlier_cases),
    ]
    blocks = [section(line) for line in lines]
    blocks.append(context(mrkdwn(" · ".join(known))))
    return Rendered(reference(card.number), blocks)


def _quote(said: Row) -> str:
    return f"“{escape(show_invisible(one_line(said['text'], 240)))}”"
