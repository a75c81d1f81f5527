"""What replies bind the company to: listed before Send, and what is still open afterwards."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cases import formats
from cases.brief import Promised
from cases.commitments import CommitmentKind, Sum
from cases.language import _, later, ngettext
from cases.ledger import NOTHING, Before, Entry, Note, rank
from cases.messages import CaseCard, reference
from views.blocks import Block, button, section, sections, squeezed, when
from views.forms import page

Row = Mapping[str, Any]

FORGET, REMEMBER = "forget", "remember"
"""What the button beside a date says of it."""
_MOST_WORDS = 120
_SHOWN = {
    CommitmentKind.MONEY: later("💶 money: {words}"),
    CommitmentKind.DATE: later("📅 a time: {words}"),
    CommitmentKind.POLICY: later("🤝 a commitment: {words}"),
}


@dataclass(frozen=True, slots=True)
class Listed:
    """What a draft binds the company to, with what its lines need to know."""

    entries: Sequence[Entry]
    forgotten: Collection[int] = ()
    """Where the dates begin that nobody is to be reminded of."""
    limit: Sum | None = None
    before: Before = NOTHING


def promise_blocks(listed: Listed, draft: str, action: str, room: int = 4_000) -> list[Block]:
    """A line for each entry; a date can be taken off the ledger by a button, and put back.

    They take about ``room`` characters; what does not need a second look is left out first. ``action`` is
    the button's.
    """
    shown = _fitting(listed, room)
    dated = [
        section(line) | {"accessory": _button(entry, listed, draft, action)}
        for entry, line in shown
        if entry.due is not None
    ]
    plain = [line for entry, line in shown if entry.due is None]
    rest = len(listed.entries) - len(shown)
    if rest:
        plain.append(ngettext("and {count} more", "and {count} more", rest))
    return [*dated, *(sections(plain) if plain else [])]


def _fitting(listed: Listed, room: int) -> list[tuple[Entry, str]]:
    """The entries for which there is room, each with its line; one at least, in their order."""
    each_may = max(20, min(_MOST_WORDS, room // (2 * max(len(listed.entries), 1))))
    lines = [(entry, _line(entry, listed, each_may)) for entry in listed.entries]
    kept: list[tuple[Entry, str]] = []
    used = 0
    for entry, line in sorted(lines, key=lambda each: rank(each[0])):
        used += len(line) + len(_("Do not remember"))
        if used <= room or not kept:
            kept.append((entry, line))
    return sorted(kept, key=lambda each: each[0].place)


def _button(entry: Entry, listed: Listed, draft: str, action: str) -> Block:
    if entry.place in listed.forgotten:
        return button(_("Remember"), action, f"{draft} {entry.place} {REMEMBER}")
    return button(_("Do not remember"), action, f"{draft} {entry.place} {FORGET}")


def _line(entry: Entry, listed: Listed, most: int) -> str:
    said = _(_SHOWN[entry.kind].message, words=squeezed(entry.words, most))
    return "\n".join([_said_of(entry, said, listed), *_notes(entry, listed)])


def _said_of(entry: Entry, said: str, listed: Listed) -> str:
    if entry.kind is not CommitmentKind.DATE:
        return said
    if entry.due is None:
        return f"{said} · " + _("no date can be read from it: nobody is reminded")
    if entry.place in listed.forgotten:
        return f"{said} · " + _("nobody is reminded")
    return f"{said} · " + _("we will remind you: {when}", when=when(entry.due))


def _notes(entry: Entry, listed: Listed) -> list[str]:
    return [f"❗ {_note(note, entry, listed)}" for note in entry.notes]


def _note(note: Note, entry: Entry, listed: Listed) -> str:
    match note:
        case Note.OVER:
            limit = sum_shown(listed.limit)
            return _("more than agents may decide alone ({limit}): ask your supervisor", limit=limit)
        case Note.UNSURE:
            limit = sum_shown(listed.limit)
            return _("perhaps more than agents may decide alone ({limit})", limit=limit)
        case Note.LATER:
            assert listed.before.due is not None
            return _("later than what was promised before: {when}", when=when(listed.before.due))
        case _:
            other = listed.before.other(entry.sum) if entry.sum else None
            return _("an earlier reply said {sum}", sum=sum_shown(other))


def sum_shown(worth: Sum | None) -> str:
    """A sum as the reader writes numbers: 1,200 EUR."""
    return f"{formats.number(float(worth[0]))} {worth[1]}" if worth else "?"


def promise_lines(promised: Sequence[Promised]) -> list[str]:
    """What is still open of what our replies promised."""
    return [
        _("🤝 Promised by {when}: “{words}”", when=when(each.due), words=squeezed(each.words, 240))
        for each in promised[:10]
    ]


def promises_page(case: CaseCard, rows: Sequence[Row], notice: str | None = None) -> Block:
    """Everything that replies of a case promised and that is still open (``storage.commitments.open_of``)."""
    blocks = [section(f"ℹ️ {notice}")] if notice else []
    if not rows:
        blocks.append(section(_("Nothing is open of what replies in this case promised.")))
    for row in rows[:20]:
        blocks += [section(_open(row)), _ends(str(row["token"]))]
    return page(_("Promises of {case}", case=reference(case.number)), blocks, str(case.token))


def _open(row: Row) -> str:
    said = _("said by {person}, {when}", person=f"<@{row['made_by']}>", when=when(row["made_at"]))
    return f"📅 *{when(row['due_at'])}*\n“{squeezed(row['said'], 240)}”\n{said}"


def _ends(token: str) -> Block:
    return {
        "type": "actions",
        "elements": [
            button(_("It is done"), "promise_done", token),
            button(_("Remove"), "promise_remove", token),
        ],
    }
