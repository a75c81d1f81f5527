"""The forms of ``/cx settings``: what to change, its values, and what was saved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from cases.language import _, later
from cases.reader import Language
from cases.settings import Change, Kind, Part, Setting, Sheet, Value
from cases.settings_text import written
from cases.text import escape, one_line, show_invisible
from views.blocks import Block, context, mrkdwn, plain, section, sections, when
from views.forms import modal, option, page, several_boxes, text_field

MOST_LISTED = 15
"""So many changes in force are listed."""
MOST_VALUES = 45
"""Two blocks for each, and Slack takes 100 in a form."""
_LONGEST = 3_000
"""Characters of a field (Slack)."""

_KINDS = {
    Kind.HOURS: later("Hours"),
    Kind.DAYS: later("Days off"),
    Kind.TIMES: later("Times"),
    Kind.TEXTS: later("Texts"),
    Kind.ROLES: later("Roles"),
}
_NAMES = {
    "week": later("Hours of the week"),
    "time_zone": later("Time zone"),
    "holidays": later("Public holidays"),
    "closed": later("Closed on"),
    "special": later("Other hours on"),
    "first_response": later("First response"),
    "next_update": later("Next update"),
    "legal": later("Legal deadline, in calendar days"),
    "promise_text": later("Tells the date"),
    "supervisors": later("Supervisors"),
    "agents": later("Agents"),
    "lead": later("Leads"),
}
_HINTS = {
    "week": later("A line for days with the same hours; days without a line are closed."),
    "time_zone": later("A name such as Europe/Warsaw."),
    "holidays": later("A country, or a part of one: PL or DE-BY."),
    "closed": later("A date on each line, such as 2026-12-24."),
    "special": later("A line for each, such as 2026-12-31: 09:00-13:00."),
    "first_response": later("Time of business: 30m, 2h, 1d or 1d 4h."),
    "next_update": later("Time of business: 30m, 2h, 1d or 1d 4h."),
    "supervisors": later(
        "A line for each: a user group such as @care, or a member ID. Without any, who runs the workspace."
    ),
    "agents": later("A line for each: a user group, or a member ID. Without any, every full member."),
    "lead": later("A line for each: a user group, or a member ID."),
    "promise_text": later("{date} stands for the date. Without a text there is a usual one."),
}
_LANGUAGES = {
    Language.EN: later("English"),
    Language.PL: later("Polish"),
    Language.CS: later("Czech"),
    Language.HU: later("Hungarian"),
}
_LONG = frozenset({"week", "closed", "special", "supervisors", "agents", "lead"})
_NEEDED = frozenset({"week", "time_zone", "time"})


def settings_form(
    parts: Sequence[Part], changes: Sequence[Change], lost: Sequence[Change], metadata: str
) -> Block:
    """What can be changed, what was, and what of that is ``lost`` because its file is another one since."""
    intro = _(
        "The files of the company are the base. What is changed here stands before them, in this workspace, "
        "until it is given back."
    )
    blocks = [section(intro), _choice(parts)]
    if changes:
        blocks += sections([f"*{_('Changed here')}*", *map(_change_line, changes[-MOST_LISTED:])])
    if lost:
        line = _("These changes do not count any more, because their files are others now:")
        blocks += sections([f"⚠️ {line}", *map(_change_line, lost[-MOST_LISTED:])])
    return modal("settings_form", _("Settings"), _("Next"), metadata, blocks)


def _choice(parts: Sequence[Part]) -> Block:
    groups = []
    for kind, label in _KINDS.items():
        own = [option(part.word, _title(part)) for part in parts if part.kind is kind][:100]
        if own:
            groups.append({"label": plain(str(label)), "options": own})
    return {
        "type": "input",
        "block_id": "part",
        "label": plain(_("What would you like to change?")),
        "element": {"type": "static_select", "action_id": "part", "option_groups": groups},
    }


def _title(part: Part) -> str:
    if part.kind is Kind.ROLES:
        return str(_KINDS[part.kind])
    return f"{_KINDS[part.kind]}: {show_invisible(part.name or part.key)}"


def _change_line(change: Change) -> str:
    path = change.setting.path
    named = len(path) > 2 and path[-1] != "lead"
    what = f"{path[1]}: {label(change.setting)}" if named else label(change.setting)
    return _(
        "• {what}, by {person} {when}",
        what=_shown(what, 150),
        person=f"<@{change.by}>",
        when=_when(change.at),
    )


def part_form(sheet: Sheet, metadata: str) -> Block:
    """The values of one part, each as it is now, and who changed it."""
    blocks: list[Block] = [section(f"*{_shown(_title(sheet.part), 200)}*")]
    for number, value in shown_values(sheet):
        blocks += _value(number, value)
    if len(list(shown_values(sheet))) < len(sheet.values):
        blocks.append(section(_("Some values are too long, or too many, to be changed here.")))
    if any(value.change for value in sheet.values):
        boxes = [("back", _("Give all of this back to the file"))]
        blocks.append(several_boxes("back", _("As the file says"), boxes))
    return modal("settings_part_form", _("Settings"), _("Save"), metadata, blocks)


def shown_values(sheet: Sheet) -> Iterator[tuple[str, Value]]:
    """The values that the form of a part has fields for, each by the name of its field."""
    for number, value in enumerate(sheet.values[:MOST_VALUES]):
        if len(written(value.setting, value.now)) <= _LONGEST:
            yield f"value{number}", value


def _value(field: str, value: Value) -> list[Block]:
    kind = _kind(value.setting)
    hint = _HINTS.get(kind)
    made = text_field(
        field,
        one_line(label(value.setting), 200),
        str(hint) if hint else None,
        value=written(value.setting, value.now),
        max_length=_LONGEST,
        multiline=kind in _LONG or kind.endswith("_text"),
        optional=kind not in _NEEDED,
    )
    return [made, context(mrkdwn(_changed(value)))] if value.change else [made]


def _changed(value: Value) -> str:
    assert value.change is not None
    said = written(value.setting, value.file)
    who, at = f"<@{value.change.by}>", _when(value.change.at)
    if not said:
        return _("Changed by {person} {when}. The file says nothing.", person=who, when=at)
    shown = _shown(said.replace("\n", " · "), 300)
    return _("Changed by {person} {when}. The file says: {value}", person=who, when=at, value=shown)


def saved_page(sheet: Sheet, changed: Sequence[Value], *, back: bool) -> Block:
    """What was saved, for whoever did."""
    line = _("↩️ As the file says again:") if back else _("✅ Saved, and in force from now on:")
    title = f"*{_shown(_title(sheet.part), 200)}*"
    lines = [f"• {_shown(label(value.setting), 200)}" for value in changed]
    return page(_("Settings"), sections([f"{line} {title}", *lines]))


def label(setting: Setting) -> str:
    """What people call a setting: its own name, the step, or the text with its language."""
    kind = _kind(setting)
    if kind == "time":
        return show_invisible(setting.path[-2])
    name = str(_NAMES.get(kind, kind))
    if kind == "lead":
        return f"{name}: {show_invisible(setting.path[-2])}"
    last = setting.path[-1]
    return f"{name} ({_LANGUAGES[Language(last)]})" if last in set(Language) else name


def _kind(setting: Setting) -> str:
    """The field of the file: of a text in some language that of the text."""
    return setting.path[-2] if setting.path[-1] in set(Language) else setting.path[-1]


def _shown(text: str, limit: int) -> str:
    return escape(one_line(show_invisible(text), limit))


def _when(at: datetime | None) -> str:
    return when(at) if at else ""
