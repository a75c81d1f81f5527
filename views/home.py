"""The App Home: what waits on one person, their cases, and for supervisors the board."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cases.enums import Status
from cases.language import _, later, ngettext
from cases.roles import Role, Standing
from cases.text import escape, one_line, show_invisible
from views.blocks import Block, button, context, link_button, mrkdwn, name, plain, section, sections, when
from views.card import STATUS_WORDS
from views.desk import Row, case_label, case_line, rest, thread_url
from views.duties import what_is_due
from views.forms import option

MOST_DRAFTS, MOST_UNANSWERED, MOST_UNCLAIMED, MOST_OTHERS, MOST_ON_BOARD, MOST_TODAY = 3, 9, 6, 9, 9, 8
"""So many of each are shown: two blocks a case, and Slack takes 100 blocks."""

_ROLES = {
    Role.AGENT: later("agent"),
    Role.DEPARTMENT: later("department"),
    Role.LEAD: later("lead"),
    Role.SUPERVISOR: later("supervisor"),
}
_SHOWN = {"": later("All open cases"), "unclaimed": later("Unclaimed cases"), "mine": later("My cases")}


@dataclass(frozen=True, slots=True)
class Board:
    """What a supervisor sees of everybody's cases, as of ``/cx status``."""

    filter: str
    counts: Mapping[Status, tuple[int, int]]
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything that one person's Home shows."""

    standing: Standing
    drafts: Sequence[Row] = field(default=())
    unanswered: Sequence[Row] = field(default=())
    unclaimed: Sequence[Row] = field(default=())
    others: Sequence[Row] = field(default=())
    today: Sequence[Row] = field(default=())
    """What they are reminded of today, as ``storage.agenda`` gives it."""
    board: Board | None = None


def home_view(desk: Desk, url: str, notice: str | None = None) -> Block:
    """The Home of somebody who works on cases; ``url`` is the workspace's address."""
    blocks = [section(f"⚠️ {notice}")] if notice else []
    blocks.append(context(mrkdwn(_you_are(desk.standing))))
    if desk.standing.roles & {Role.AGENT, Role.SUPERVISOR}:
        blocks += [*_waiting(desk, url), *_today(desk, url), {"type": "divider"}, *_mine(desk, url)]
    if desk.board is not None:
        blocks += [{"type": "divider"}, *_board(desk.board, url)]
    return {"type": "home", "blocks": blocks[:100]}


def closed_home(sentence: str) -> Block:
    """The Home of somebody who may not look at cases: why."""
    return {"type": "home", "blocks": [section(sentence)]}


def _you_are(standing: Standing) -> str:
    roles = ", ".join(str(_ROLES[role]) for role in Role if role in standing.roles) or _("nothing yet")
    line = _("Here you are: {roles}.", roles=roles)
    if standing.departments:
        line += " " + _("Your departments: {names}.", names=name(", ".join(standing.departments), 200))
    return line


def _waiting(desk: Desk, url: str) -> list[Block]:
    blocks: list[Block] = [{"type": "header", "text": plain(_("Waiting on me"))}]
    for row in desk.drafts:
        blocks += _draft(row, url)
    blocks += _more(desk.drafts)
    for row in desk.unanswered:
        blocks += _case(row, url)
    blocks += _more(desk.unanswered)
    if desk.unclaimed:
        blocks.append(section(f"*{_('Nobody owns these yet')}*"))
    for row in desk.unclaimed:
        blocks += _case(row, url)
    blocks += _more(desk.unclaimed)
    if len(blocks) == 1:
        blocks.append(section(_("Nothing waits on you. 🎉")))
    return blocks


def _today(desk: Desk, url: str) -> list[Block]:
    if not desk.today:
        return []
    lines = [_reminder(row, url) for row in desk.today]
    head: Block = {"type": "header", "text": plain(_("Today's reminders"))}
    return [head, *sections(lines), *_more(desk.today)]


def _reminder(row: Row, url: str) -> str:
    """What somebody is reminded of: their own words with the time, or what they owe."""
    if row["kind"] == "note":
        said = _("“{words}” {when}", words=name(row["text"], 150), when=when(row["due_at"]))
    else:
        said = what_is_due(row)
    later_on = _("💤 put off until {when}", when=when(row["snoozed_until"])) if row["snoozed_until"] else ""
    return f"⏰ *{case_label(row, url)}* · {name(row['subject'], 60)} · {said} {later_on}".rstrip()


def _mine(desk: Desk, url: str) -> list[Block]:
    count = sum(rows[0]["fitting"] for rows in (desk.unanswered, desk.others) if rows)
    blocks: list[Block] = [
        {"type": "header", "text": plain(_("My cases"))},
        section(_count(count, desk.unanswered[0]["fitting"] if desk.unanswered else 0)),
    ]
    state = None
    for row in desk.others:
        if row["status"] != state:
            state = row["status"]
            blocks.append(context(mrkdwn(f"*{STATUS_WORDS[Status(state)]}*")))
        blocks += _case(row, url)
    return blocks + _more(desk.others)


def _count(count: int, unanswered: int) -> str:
    line = ngettext("You own {count} open case.", "You own {count} open cases.", count)
    if unanswered:
        line += " " + ngettext(
            "In {count} of them the customer waits for you, above.",
            "In {count} of them the customers wait for you, above.",
            unanswered,
        )
    return line


def _board(board: Board, url: str) -> list[Block]:
    total = sum(cases for cases, _free in board.counts.values())
    free = sum(free for _cases, free in board.counts.values())
    summary = ngettext("{count} open case", "{count} open cases", total)
    summary += " · " + ngettext("{count} unclaimed", "{count} unclaimed", free)
    by_status = " · ".join(
        f"{STATUS_WORDS[status]} {cases}" for status, (cases, _free) in board.counts.items()
    )
    blocks: list[Block] = [
        {"type": "header", "text": plain(_("Everybody's cases"))},
        section(f"*{summary}*" + (f"\n{by_status}" if by_status else "")),
        _filters(board.filter),
    ]
    for row in board.rows:
        blocks += _case(row, url)
    if not board.rows:
        blocks.append(section(_("No case fits. 🎉")))
    return blocks + _more(board.rows)


def _filters(chosen: str) -> Block:
    """The filters of ``/cx status``; the one in force is shown as chosen."""
    options = [option(word or "all", str(label)) for word, label in _SHOWN.items()]
    shown: Block = {
        "type": "static_select",
        "action_id": "home_show",
        "placeholder": plain(_("Which cases")),
        "options": options,
    }
    person: Block = {
        "type": "users_select",
        "action_id": "home_person",
        "placeholder": plain(_("Whose cases")),
    }
    channel: Block = {
        "type": "channels_select",
        "action_id": "home_channel",
        "placeholder": plain(_("Which channel")),
    }
    if chosen in _SHOWN:
        shown["initial_option"] = next(each for each in options if each["value"] == (chosen or "all"))
    elif chosen.startswith("<@"):
        person["initial_user"] = chosen[2:-1]
    elif chosen.startswith("<#"):
        channel["initial_channel"] = chosen[2:-1]
    # Slack keeps what is chosen in a block of the same id.
    return {"type": "actions", "block_id": f"board:{chosen}", "elements": [shown, person, channel]}


def _case(row: Row, url: str) -> list[Block]:
    """A case and what can be done with it."""
    buttons = [button(_("Summary"), "home_summary", str(row["token"]))]
    link = thread_url(row, url)
    if link:
        buttons.insert(0, link_button(_("Open thread"), "home_open", link))
    if row["status"] != Status.CLOSED:
        if row["unclaimed"]:
            buttons.insert(0, button(_("Take"), "home_take", str(row["token"]), style="primary"))
        buttons.append(button(_("More"), "case_more", str(row["token"])))
    return [section(case_line(row, url)), {"type": "actions", "elements": buttons}]


def _draft(row: Row, url: str) -> list[Block]:
    said = escape(show_invisible(one_line(row["body"], 120)))
    line = _(
        "✏️ *{case}* · {customer} · your text waits for Send or Cancel since {time}:",
        case=case_label(row, url),
        customer=name(row["customer"]),
        time=when(row["created_at"]),
    )
    blocks = [section(f"{line}\n“{said}”")]
    link = thread_url(row, url)
    if link:
        blocks.append({"type": "actions", "elements": [link_button(_("Open thread"), "home_open", link)]})
    return blocks


def _more(rows: Sequence[Mapping[str, Any]]) -> list[Block]:
    more = rest(rows)
    return [more] if more else []
