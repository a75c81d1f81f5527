"""Everything that can be done with a case, in one modal: behind More on its card and Case actions."""

from __future__ import annotations

from collections.abc import Sequence

from cases.enums import BY_HAND, Channel, Status
from cases.language import _
from cases.messages import CaseCard, reference
from cases.text import escape, one_line, show_invisible
from cases.triage import GENERAL, NOBODY_ELSE
from views.blocks import Block, button, context, mrkdwn, name, section
from views.card import PRIORITY_WORDS, STATUS_WORDS
from views.forms import choice_field, modal, page, person_field, text_field


def case_menu(case: CaseCard, reader: str, notice: str | None = None) -> Block:
    """The acts that make sense for ``reader`` in the case's present state."""
    token = str(case.token)
    owner = f"<@{case.owner}>" if case.owner else _("nobody yet")
    subject = escape(show_invisible(one_line(case.subject, 150)))
    blocks = [section(f"ℹ️ {notice}")] if notice else []
    blocks += [
        section(f"*{reference(case.number)} · {name(case.customer)}*\n{subject}"),
        context(mrkdwn(f"{STATUS_WORDS[case.status]} · " + _("owner: {owner}", owner=owner))),
    ]
    blocks += [_row(title, buttons) for title, buttons in _groups(case, reader, token) if buttons]
    return page(_("Case actions"), blocks, token)


def _row(title: str, buttons: list[Block]) -> Block:
    return {"type": "actions", "block_id": title, "elements": buttons}


def _groups(case: CaseCard, reader: str, token: str) -> list[tuple[str, list[Block]]]:
    draft = [] if case.channel is Channel.INTERNAL else [button(_("Draft"), "menu_draft", token)]
    back = [
        button(_("Catch me up"), "menu_catch_up", token),
        button(_("Knowledge"), "menu_knowledge", token),
        button(_("Customer's view"), "menu_seen", token),
        button(_("Customer's cases"), "menu_history", token),
        button(_("Promises"), "menu_promises", token),
        button(_("Log"), "menu_log", token),
    ]
    tell = button(_("Tell a department"), "menu_tell", token)
    if case.status is Status.CLOSED:
        reopen = [] if case.merged_into else [button(_("Reopen"), "menu_reopen", token)]
        return [("back", back), ("ask", [tell]), ("end", reopen)]
    owner = [button(_("Hand over"), "menu_assign", token)]
    if case.owner != reader:
        owner.insert(0, button(_("Take"), "menu_take", token))
    else:
        owner.append(button(_("Not mine"), "menu_release", token))
    ask = [
        *draft,
        button(_("Ask"), "menu_ask", token),
        tell,
        button(_("Remind me"), "menu_remind", token),
        button(_("Snooze"), "menu_snooze", token),
    ]
    if case.channel is not Channel.INTERNAL:
        ask.append(button(_("Tell the date"), "menu_tell_date", token))
    groups = [("back", back), ("owner", owner), ("ask", ask)]
    groups.append(("sort", [button(_("Status, priority, department"), "menu_sort", token)]))
    join = [
        button(_("Link"), "menu_link", token),
        button(_("Merge"), "menu_merge", token),
        button(_("Split"), "menu_split", token),
        button(_("Problem"), "menu_problem", token),
    ]
    groups.append(("join", join))
    if case.channel is Channel.INTERNAL:
        groups.append(
            (
                "customer",
                [
                    button(_("Customer"), "menu_customer", token),
                    button(_("Another channel"), "menu_switch", token),
                ],
            )
        )
    else:
        customers = [
            button(_("Merge customers"), "menu_merge_customers", token),
            button(_("Split customers"), "menu_split_customers", token),
            button(_("Another channel"), "menu_switch", token),
        ]
        groups.append(("customer", customers))
    return [*groups, ("end", [button(_("Close"), "menu_close", token)])]


def sort_form(
    case: CaseCard,
    metadata: str,
    desks: Sequence[tuple[str, str]] = (),
    processes: Sequence[tuple[str, str]] = (),
) -> Block:
    """Where the case stands, how urgent it is, what it is about, and whom it needs.

    ``desks`` and ``processes`` are key and name of those that the company has.
    """
    options = [(priority.value, str(words)) for priority, words in PRIORITY_WORDS.items()]
    turns = [(status.value, str(STATUS_WORDS[status])) for status in BY_HAND]
    return modal(
        "sort_form",
        _("Sort {case}", case=reference(case.number)),
        _("Save"),
        metadata,
        [
            choice_field("status", _("Status"), turns, value=shown_status(case), optional=True),
            choice_field("priority", _("Priority"), options, value=case.priority),
            *_choices(case, desks, processes),
            text_field(
                "tags", _("Tags"), _("Separated by spaces."), value=" ".join(case.tags), max_length=300
            ),
        ],
    )


def _choices(
    case: CaseCard, desks: Sequence[tuple[str, str]], processes: Sequence[tuple[str, str]]
) -> list[Block]:
    fields = []
    if processes:
        known = processes if GENERAL in dict(processes) else [(GENERAL, _("Something else")), *processes]
        # One that the company no longer names is left as it is unless another is chosen.
        fields.append(choice_field("process", _("Process"), known[:100], value=case.process, optional=True))
    if desks:
        label, hint = (
            _("Whom it needs"),
            _("Cases with similar words are suggested the same one from now on."),
        )
        named = [*desks[:99], (NOBODY_ELSE, _("Nobody else"))]
        fields.append(choice_field("department", label, named, hint, value=case.department, optional=True))
    return fields


def shown_status(case: CaseCard) -> Status | None:
    """What the form shows as the status: a new case waits for us; None for one that waits elsewhere."""
    status = Status.OPEN if case.status is Status.NEW else case.status
    return status if status in BY_HAND else None


def assign_form(number: int, metadata: str) -> Block:
    """Who gets the case, and what they should know."""
    return modal(
        "assign_form",
        _("Hand over {case}", case=reference(number)),
        _("Hand over"),
        metadata,
        [
            person_field(
                "to", _("New owner"), _("They get a brief of the case, and the thread mentions them.")
            ),
            text_field("why", _("Anything they should know"), max_length=500, multiline=True),
        ],
    )
