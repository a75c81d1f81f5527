"""The case card: one message per case, updated in place."""

from __future__ import annotations

from cases.enums import Status
from cases.messages import CaseCard, reference
from cases.text import escape, one_line, show_invisible
from views.blocks import HEADER_TEXT, Block, button, context, mrkdwn, name, plain, section, when

STATUS_WORDS = {
    Status.NEW: "🆕 New",
    Status.OPEN: "🟢 Open: waiting for us",
    Status.WAITING_CUSTOMER: "💤 Waiting on the customer",
    Status.WAITING_DEPARTMENT: "🏢 Waiting on a department",
    Status.ANSWERED: "💬 Answered",
    Status.CLOSED: "✅ Closed",
}


def card_text(case: CaseCard) -> str:
    """The card for notifications and screen readers."""
    return f"{reference(case.number)} · {name(case.customer)}: {escape(show_invisible(case.subject))}"


def card_blocks(case: CaseCard, block_id: str) -> list[Block]:
    """The card's blocks; the first one's ``block_id`` identifies the post."""
    title = one_line(f"{reference(case.number)} · {show_invisible(case.subject)}", HEADER_TEXT)
    blocks: list[Block] = [
        {"type": "header", "text": plain(title), "block_id": block_id},
        {
            "type": "section",
            "fields": [
                mrkdwn(f"*Customer*\n{_customer(case)}"),
                mrkdwn(f"*Status*\n{STATUS_WORDS[case.status]}"),
                mrkdwn(f"*Owner*\n{f'<@{case.owner}>' if case.owner else 'Nobody yet'}"),
                mrkdwn(f"*Channel*\n💬 Web chat · {name(case.site)}"),
            ],
        },
        context(mrkdwn(_small_print(case))),
    ]
    if case.status is Status.CLOSED:
        if case.close_reason:
            blocks.append(section(f"Closed without telling the customer: {name(case.close_reason, 300)}"))
        return [*blocks, {"type": "actions", "elements": [button("More", "case_more", str(case.token))]}]
    buttons = [
        button("Close", "case_close", str(case.token)),
        button("More", "case_more", str(case.token)),
    ]
    if case.owner is None:
        buttons.insert(0, button("Take", "case_take", str(case.token), style="primary"))
    else:
        buttons.insert(0, button("Take over", "case_take", str(case.token)))
    buttons.insert(1, button("Summary", "case_summary", str(case.token)))
    return [*blocks, {"type": "actions", "elements": buttons}]


def _customer(case: CaseCard) -> str:
    return f"{name(case.customer)}{' · signed in' if case.customer_verified else ' · not signed in'}"


def _small_print(case: CaseCard) -> str:
    facts = [f"Opened {when(case.opened_at)}"]
    if case.closed_at:
        facts.append(f"closed {when(case.closed_at)}")
    if case.follows is not None:
        facts.append(f"follows {reference(case.follows)}")
    facts.append(_counted(case.orders, "order"))
    facts.append(_counted(case.earlier_cases, "earlier case"))
    return " · ".join(facts)


def _counted(count: int, noun: str) -> str:
    return f"{count or 'no'} {noun}{'' if count == 1 else 's'}"
