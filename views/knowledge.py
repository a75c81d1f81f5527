"""Articles of the knowledge base: what was found, one to read, and what is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cases.language import _, later, ngettext
from cases.messages import CaseCard, reference
from cases.text import escape, one_line, show_invisible
from views.blocks import Block, button, case_link, context, mrkdwn, name, plain, section, sections, when
from views.desk import thread_url
from views.forms import page
from views.markdown import MAX_CHARACTERS, gist, rich_text
from views.thread import Rendered

Rows = Sequence[Mapping[str, Any]]

RANKED = later("Ranked by words, without a model.")
_LISTED = 5
"""Cases and searches of a gap that are shown."""
_PASSAGE = 300
"""Characters of a passage in a list."""


def found_articles(rows: Rows, case: str = "") -> Rendered:
    """The answer of ``/cx kb words``; ``case`` is the token of the case in whose thread it is given."""
    title = _("Knowledge")
    blocks: list[Block] = [{"type": "header", "text": plain(title)}, *(_article(row, case) for row in rows)]
    if rows:
        blocks.append(context(mrkdwn(str(RANKED))))
    else:
        blocks.append(section(_("No article has these words.")))
    return Rendered(title, blocks)


def case_articles(
    case: CaseCard, rows: Rows, marks: Mapping[int | None, str], notice: str | None = None
) -> Block:
    """Articles for a case: what may answer what its customer wrote; ``marks`` is what people said of them.

    A mark is the id of an article that helped, or None where none did, with who said so.
    """
    token = str(case.token)
    blocks = [section(f"ℹ️ {notice}")] if notice else []
    for row in rows:
        blocks.append(_article(row, token))
        if row["id"] in marks:
            blocks.append(context(mrkdwn(_("👍 helped, says {person}", person=f"<@{marks[row['id']]}>"))))
    if not rows:
        blocks.append(section(_("No article has anything of what the customer wrote.")))
    if None in marks:
        missing = _("{person} says that an article is missing.", person=f"<@{marks[None]}>")
        blocks.append(context(mrkdwn(missing)))
    else:
        ask = button(_("None of these helps"), "kb_none", token)
        blocks.append({"type": "actions", "elements": [ask]})
    blocks.append(context(mrkdwn(str(RANKED))))
    return page(_("Knowledge for {case}", case=reference(case.number)), blocks, token)


def _article(row: Mapping[str, Any], case: str = "") -> Block:
    """An article with the passage that fits; ``case`` is the token of the case for which it is shown."""
    passage = escape(show_invisible(gist(row["passage_text"], _PASSAGE)))
    shown = section(f"*{name(row['title'], 150)}*\n{passage}")
    return shown | {"accessory": button(_("Read"), "kb_read", f"{row['token']} {case}".strip())}


def article_page(row: Mapping[str, Any], case: str | None) -> Block:
    """One article, whole; ``case``: the token of the case for which it is read."""
    title = plain(one_line(show_invisible(row["title"]), 150))
    blocks: list[Block] = [{"type": "header", "text": title}]
    blocks += rich_text(row["body"])
    if len(row["body"]) > MAX_CHARACTERS:
        blocks.append(context(mrkdwn(_("The rest is at its source."))))
    public = _("customers may read it") if row["public"] else _("for us only")
    source = [name(row["source"]), public, _("as of {time}", time=when(row["updated_at"]))]
    if row["url"]:
        source.append(name(row["url"], 300))
    if row["answered"]:
        count = row["answered"]
        source.append(ngettext("answered {count} customer", "answered {count} customers", count))
    blocks.append(context(mrkdwn(" · ".join(source))))
    if case:
        helped = button(_("This helped"), "kb_helped", f"{row['token']} {case}")
        blocks.append({"type": "actions", "elements": [helped]})
    return page(_("Article"), blocks)


def article_gaps(gaps: Sequence[tuple[Sequence[str], Rows]], url: str) -> Rendered:
    """The answer of ``/cx kb gaps``: what no article answers, the latest first.

    Each gap is the words in common, and its cases and searches; ``url`` is the workspace's.
    """
    title = _("Missing articles")
    blocks: list[Block] = [{"type": "header", "text": plain(title)}]
    blocks += [block for words, rows in gaps for block in sections(_gap(words, rows, url))]
    if gaps:
        blocks.append(context(mrkdwn(_("Grouped by rare words that they share, without a model."))))
    else:
        blocks.append(section(_("Nobody has missed an article in the last 90 days.")))
    return Rendered(title, blocks)


def _gap(words: Sequence[str], rows: Rows, url: str) -> list[str]:
    lines = [_gap_line(row, url) for row in rows[:_LISTED]]
    if len(rows) > _LISTED:
        lines.append(ngettext("and {count} more", "and {count} more", len(rows) - _LISTED))
    if len(rows) == 1:
        return lines
    cases = len({row["number"] for row in rows if row["number"] is not None})
    head = [f"*{name(', '.join(words), 150)}*"] if words else []
    head.append(ngettext("{count} case", "{count} cases", cases) if cases else _("searches only"))
    return [" · ".join(head), *lines]


def _gap_line(row: Mapping[str, Any], url: str) -> str:
    said = row["words"] if row["words"] is not None else row["subject"]
    shown = escape(show_invisible(one_line(said, 120)))
    case = f"*{case_link(row['number'], thread_url(row, url))}* · " if row["number"] is not None else "🔍 "
    time = when(row["said_at"])
    if row["said_by"] is None:
        return f"{case}{shown} · " + _("closed {when}", when=time)
    return f"{case}{shown} · " + _(
        "{person} found nothing ({time})", person=f"<@{row['said_by']}>", time=time
    )
