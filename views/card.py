"""The case card: one message per case, updated in place."""

from __future__ import annotations

from datetime import datetime

from cases import formats
from cases.enums import Channel, Priority, Status
from cases.formats import language_name
from cases.language import _, later, ngettext
from cases.messages import CaseCard, OtherCase, WaitsOn, problem_reference, reference
from cases.reader import reader
from cases.text import escape, one_line, show_invisible
from views.blocks import HEADER_TEXT, Block, button, case_link, context, mrkdwn, name, plain, section, when
from views.channels import channel_line
from views.survey import rating_words

STATUS_WORDS = {
    Status.NEW: later("🆕 New"),
    Status.OPEN: later("🟢 Open: waiting for us"),
    Status.WAITING_CUSTOMER: later("💤 Waiting on the customer"),
    Status.WAITING_DEPARTMENT: later("🏢 Waiting on a department"),
    Status.ANSWERED: later("💬 Answered"),
    Status.CLOSED: later("✅ Closed"),
}


PRIORITY_WORDS = {
    Priority.LOW: later("🔽 Low priority"),
    Priority.NORMAL: later("Normal priority"),
    Priority.HIGH: later("🔺 High priority"),
    Priority.URGENT: later("🚨 Urgent"),
}


def card_text(case: CaseCard) -> str:
    """The card for notifications and screen readers."""
    about = f": {escape(show_invisible(case.subject))}"
    return f"{reference(case.number)} · {name(case.customer) or _('Customer not known yet')}{about}"


def card_blocks(case: CaseCard, block_id: str) -> list[Block]:
    """The card's blocks; the first one's ``block_id`` identifies the post."""
    title = one_line(f"{reference(case.number)} · {show_invisible(case.subject)}", HEADER_TEXT)
    blocks: list[Block] = [
        {"type": "header", "text": plain(title), "block_id": block_id},
        {
            "type": "section",
            "fields": [
                mrkdwn(f"*{_('Customer')}*\n{_customer(case)}"),
                mrkdwn(f"*{_('Status')}*\n{STATUS_WORDS[case.status]}"),
                mrkdwn(f"*{_('Owner')}*\n{owner_line(case)}"),
                mrkdwn(f"*{_('Channel')}*\n{_channel(case)}"),
            ],
        },
        *_due(case),
        *_next_step(case),
        *_waits_on(case),
        *_triaged(case),
        context(mrkdwn(_small_print(case))),
    ]
    if case.status is Status.CLOSED:
        if case.close_reason:
            reason = name(case.close_reason, 300)
            blocks.append(section(_("Closed without telling the customer: {reason}", reason=reason)))
        return [*blocks, {"type": "actions", "elements": [button(_("More"), "case_more", str(case.token))]}]
    buttons = [
        button(_("Close"), "case_close", str(case.token)),
        button(_("More"), "case_more", str(case.token)),
    ]
    if case.owner is None:
        buttons.insert(0, button(_("Take"), "case_take", str(case.token), style="primary"))
    else:
        buttons.insert(0, button(_("Take over"), "case_take", str(case.token)))
    buttons.insert(1, button(_("Summary"), "case_summary", str(case.token)))
    if case.channel is not Channel.INTERNAL:
        buttons.insert(2, button(_("Draft"), "case_draft", str(case.token)))
    buttons.insert(2, button(_("Ask"), "case_ask", str(case.token)))
    return [*blocks, *_suggestion(case), *_others(case), {"type": "actions", "elements": buttons}]


def _due(case: CaseCard) -> list[Block]:
    """By when it should be done, with the click that tells the customer what they do not know yet."""
    line = " · ".join(_dates(case))
    if not line:
        return []
    untold = case.due.untold if case.due and case.status is not Status.CLOSED else None
    if untold is None or case.channel is Channel.INTERNAL:
        return [context(mrkdwn(line))]
    return [section(line) | {"accessory": button(_("Tell the date"), "case_tell_date", str(case.token))}]


def _dates(case: CaseCard) -> list[str]:
    due = case.due
    if due is None:
        return []
    if case.status is Status.CLOSED:
        return [_promised(due.told.first, due.told.kept)] if due.told else []
    facts = [_promised(due.told.last)] if due.told else []
    if due.stopped:
        facts.append(_("⌛ Clock stopped: the customer has the next word"))
    elif due.untold:
        forecast = when(due.untold)
        facts.append(_("forecast {when}", when=forecast) if due.told else _("📅 Due {when}", when=forecast))
    if due.legal:
        facts.append(_("legal deadline {when}", when=when(due.legal)))
    return facts


def _next_step(case: CaseCard) -> list[Block]:
    """Which step is next, and since when it is late. A moment and not a span: the card stands for a while."""
    following = case.due.next if case.due and case.status is not Status.CLOSED else None
    if following is None:
        return []
    step = name(following.step.name, 150)
    facts = [_("Step {number} of {count}: {step}", number=following.number, count=following.count, step=step)]
    if following.department:
        facts.append(name(following.department))
    if following.late:
        facts.append(_("⏰ late since {when}", when=when(following.late)))
    return [context(mrkdwn(" · ".join(facts)))]


def _promised(date: datetime, kept: bool | None = None) -> str:
    if kept is None:
        return _("🤝 Promised {when}", when=when(date))
    if kept:
        return _("🤝 Promised {when}: kept", when=when(date))
    return _("🤝 Promised {when}: not kept", when=when(date))


def _waits_on(case: CaseCard) -> list[Block]:
    """Whose answers are due, and since when."""
    lines = [_waiting(each) for each in case.waits_on[:10]]
    return [context(*(mrkdwn(line) for line in lines))] if lines else []


def _waiting(waits: WaitsOn) -> str:
    department, since = name(waits.department), when(waits.since)
    facts = [_("🏢 Waiting on {department} since {when}", department=department, when=since)]
    if waits.taken_by:
        facts.append(f"🙋 <@{waits.taken_by}>")
    if waits.later_at:
        facts.append(_("⏳ answers by {when}", when=when(waits.later_at)))
    return " · ".join(facts)


def _triaged(case: CaseCard) -> list[Block]:
    """Whom the copilot would ask, or that it cannot tell: while the case waits for us."""
    found = case.triaged
    if found is None or case.status not in {Status.NEW, Status.OPEN}:
        return []
    line = _(
        "🧭 Copilot asks: whom does this need? Say it with *Ask*, or under "
        "*More → Status, priority, department*."
    )
    if found.department:
        share = formats.percent(found.confidence)
        department = name(found.department)
        line = _("🧭 Copilot suggests: {department} ({share})", department=department, share=share)
    if not found.model:
        line += f" · {_('without a model')}"
    return [context(mrkdwn(line))]


def _suggestion(case: CaseCard) -> list[Block]:
    """Whom the customer may be: for the team alone, which decides."""
    known = case.suggestion
    if known is None:
        return []
    who = {"name": name(known.name), "customer": name(known.customer or "?")}
    line = _(
        "🔍 *Perhaps somebody we know:* {name} ({customer}), whose order {order} is named here under the "
        "same name. Nothing of theirs is shown to whoever writes here.",
        order=name(known.order or ""),
        **who,
    )
    if known.address is not None:
        line = _(
            "🔍 *Perhaps somebody we know:* {name} ({customer}), whose address is {address}. It is not "
            "proven that whoever writes here is them. Nothing of theirs is shown to them.",
            address=name(known.address),
            **who,
        )
    buttons = [
        button(_("Same person"), "customer_same", str(known.token)),
        button(_("Not the same"), "customer_not_same", str(known.token)),
    ]
    return [section(line), {"type": "actions", "elements": buttons}]


def _others(case: CaseCard) -> list[Block]:
    """The customer's other open cases, each with the form that lets this one go on there."""
    blocks = [_other(case, other) for other in case.others]
    if not blocks:
        return []
    lines = [_("The same matter? *Merge…* lets this case go on there. Only related? *More → Link*.")]
    if case.others_left_out:
        left_out = ngettext(
            "{count} more open case is not shown.",
            "{count} more open cases are not shown.",
            case.others_left_out,
        )
        lines.append(left_out)
    return [*blocks, context(mrkdwn(" ".join(lines)))]


def _other(case: CaseCard, other: OtherCase) -> Block:
    line = _(
        "👥 *The same customer has another open case:* {case} · {subject}",
        case=case_link(other.number, other.url),
        subject=name(other.subject, 150),
    )
    return section(line) | {"accessory": button(_("Merge…"), "case_merge", f"{case.token} {other.token}")}


def owner_line(case: CaseCard) -> str:
    """Whose the case is, and who covers for them."""
    if case.owner is None:
        return _("Nobody yet")
    if case.away_until is None:
        return f"<@{case.owner}>"
    until = when(case.away_until)
    if case.cover is None:
        return _("Unclaimed: {owner} is away until {date}", owner=f"<@{case.owner}>", date=until)
    cover = f"<@{case.cover}>"
    return _("{cover} covers for {owner} until {date}", cover=cover, owner=f"<@{case.owner}>", date=until)


def _channel(case: CaseCard) -> str:
    return channel_line(case.channel, case.place or case.site, public=case.public, icon=case.icon)


def _customer(case: CaseCard) -> str:
    if case.channel is Channel.INTERNAL:
        return name(case.customer) or _("Not known yet")
    facts = [name(case.customer), *([name(case.handle)] if case.handle else []), _proven(case)]
    if case.language not in {None, reader().language}:
        assert case.language is not None
        facts.append(language_name(case.language))
    return " · ".join(facts)


def _proven(case: CaseCard) -> str:
    """Whether we know that it is them."""
    if case.channel is Channel.WEBCHAT:
        return _("signed in") if case.customer_verified else _("not signed in")
    return _("proven") if case.customer_verified else _("not proven")


def _small_print(case: CaseCard) -> str:
    facts = [_("opened {when}", when=when(case.opened_at))]
    if case.closed_at:
        facts.append(_("closed {when}", when=when(case.closed_at)))
    if case.rating is not None:
        facts.append(_("⭐ rated {rating}", rating=rating_words(*case.rating)))
    if case.priority is not Priority.NORMAL:
        facts.insert(0, str(PRIORITY_WORDS[case.priority]))
    if case.process_name:
        facts.append(_("process: {process}", process=name(case.process_name, 150)))
    if case.tags:
        facts.append(name(" ".join(f"#{tag}" for tag in case.tags), 300))
    if case.merged_into is not None:
        facts.append(_("goes on in {case}", case=reference(case.merged_into)))
    if case.problem is not None:
        problem = problem_reference(case.problem)
        facts.append(_("part of {problem}: {title}", problem=problem, title=name(case.problem_title, 150)))
    if case.linked:
        facts.append(_("linked to {cases}", cases=", ".join(map(reference, case.linked))))
    if case.follows is not None:
        facts.append(_("follows {case}", case=reference(case.follows)))
    orders, earlier = case.orders, case.earlier_cases
    facts.append(ngettext("{count} order", "{count} orders", orders) if orders else _("no orders"))
    facts.append(
        ngettext("{count} earlier case", "{count} earlier cases", earlier)
        if earlier
        else _("no earlier cases")
    )
    text = " · ".join(facts)
    return text[:1].upper() + text[1:]
