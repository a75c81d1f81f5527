"""What the app posts into a case's thread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from cases import text
from cases.endings import BY_PROCESS
from cases.enums import Channel
from cases.language import _, later, ngettext
from cases.messages import problem_reference
from views.blocks import (
    Block,
    button,
    clock_time,
    context,
    file_line,
    mrkdwn,
    name,
    plain,
    section,
    when,
    words,
)
from views.channels import ICONS, channel_line, delivery_line
from views.plain import to_plain

_AGAIN = later("🗑 Somebody deleted this from the thread; it belongs to the case and is shown again.")


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a message (all of it, unless it is long) as it stands in the thread."""

    uuid: UUID
    text: str
    part: int
    author: str
    files: Sequence[dict[str, Any]] = field(default=())
    span: tuple[int, int] | None = None
    """From where to where of ``text`` it goes, where an edit has said so."""
    last: bool = False
    """With a ``span``: whether the message ends here."""
    edited_at: datetime | None = None
    deleted_at: datetime | None = None
    delivered_at: datetime | None = None
    read_at: datetime | None = None
    again: bool = False
    """Whether somebody deleted the post that showed it before."""
    channel: Channel = Channel.WEBCHAT
    place: str = ""
    """The name of the mailbox or of the other system."""
    icon: str | None = None
    """That of the other system."""
    public: bool = False
    """Whether everybody can read it."""
    warnings: Sequence[str] = ()
    """What is odd about it."""
    delivery: str | None = None
    """How far it has come through somebody else's system."""
    reason: str | None = None
    """Why it has not come further."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A post without its place: fallback text, blocks, and the name it appears under."""

    text: str
    blocks: list[Block]
    username: str | None = None
    icon: str | None = None
    broadcast: bool = False
    """Shown in the channel as well, not in its thread only."""


def _cut(part: Part) -> tuple[str, bool]:
    if part.span is not None:
        return part.text[slice(*part.span)], part.last
    pieces = text.split(part.text)
    return pieces[part.part], part.part == len(pieces) - 1


@dataclass(frozen=True, slots=True)
class Call:
    """Who is to look when the customer writes; nobody means everybody in the channel."""

    who: str | None


def called(rendered: Rendered, call: Call) -> Rendered:
    """The post with a line that calls its case's owner; without one it is shown in the channel, too."""
    line = f"👉 <@{call.who}>" if call.who else _("👉 Nobody looks after this case now.")
    return replace(
        rendered,
        blocks=[*rendered.blocks, section(line)],
        broadcast=rendered.broadcast or not call.who,
    )


def customer_post(parts: Sequence[Part], post: UUID) -> Rendered:
    """Consecutive messages of the customer in one post, one block each, under their name.

    The words stand to the letter, but for characters that turn the reading direction. What the
    customer changed says so; what they took back leaves a line.
    """
    blocks: list[Block] = []
    for part in parts:
        if part.channel is not parts[0].channel or part.public:
            line = channel_line(part.channel, part.place, public=part.public, icon=part.icon)
            blocks.append(context(mrkdwn(line)))
        blocks += _customer_part(part)
    if any(part.again for part in parts):
        blocks.append(context(plain(str(_AGAIN))))
    blocks[0]["block_id"] = f"{blocks[0].get('block_id', 'files')}:{post}"
    summary = text.escape(text.one_line(text.show_turns(_cut(parts[0])[0]), 200)) or "📎"
    if parts[0].deleted_at:
        summary = _("🗑 A deleted message")
    author = text.one_line(text.show_invisible(parts[0].author), 75) or _("Customer")
    return Rendered(summary, blocks, username=author, icon=parts[0].icon or ICONS[parts[0].channel])


def _customer_part(part: Part) -> list[Block]:
    mark = {"block_id": f"m:{part.uuid}:{part.part}"}
    if part.deleted_at:
        line = _("🗑 _Deleted by the customer_ · {time}", time=clock_time(part.deleted_at))
        return [context(mrkdwn(line)) | mark]
    piece, last = _cut(part)
    blocks: list[Block] = []
    if piece:
        blocks.append(words(text.show_turns(piece)) | mark)
    elif not (last and part.files):
        # An edit left nothing for this place.
        blocks.append(context(plain(_("(no words here any more)"))) | mark)
    if last and part.files:
        blocks.append(context(*(plain(file_line(file)) for file in part.files[:10])))
    if last and part.edited_at:
        blocks.append(context(mrkdwn(_("✏️ _edited_ {time}", time=clock_time(part.edited_at)))))
    if last and part.warnings:
        blocks.append(context(*(plain(f"⚠️ {_line(each)}") for each in part.warnings[:10])))
    return blocks


def _line(warning: str) -> str:
    return text.one_line(text.show_invisible(warning), 300)


def quote_post(parts: Sequence[tuple[Part, datetime]], post: UUID) -> Rendered:
    """What was said elsewhere in Slack before there was a case, with who and when: internal talk."""
    blocks: list[Block] = []
    for part, at in parts:
        piece, _ = _cut(part)
        if part.part == 0:
            blocks.append(context(mrkdwn(f"💬 *{name(part.author)}* · {when(at)}")))
        if piece:
            blocks.append(
                words(text.show_turns(to_plain(piece, str)))
                | {"block_id": f"m:{part.uuid}:{part.part}:{post}"}
            )
    blocks[0]["block_id"] = f"p:{post}" if blocks[0]["type"] == "context" else blocks[0]["block_id"]
    return Rendered(text.escape(text.one_line(_cut(parts[0][0])[0], 200)) or "📎", blocks)


def files_post(part: Part, post: UUID) -> Rendered:
    """The line above a customer's files, which Slack shows under it."""
    who = name(part.author)
    line = _("📎 From {customer}", customer=who)
    if part.deleted_at:
        line = _("🗑 _Files deleted by the customer_ · {time}", time=clock_time(part.deleted_at))
    return Rendered(line, [section(line) | {"block_id": f"p:{post}"}])


def files_failed_post(part: Part, post: UUID, error: str) -> Rendered:
    """Files of the customer that Slack does not take, with a way to try again."""
    line = ngettext(
        "⚠️ A file of {customer} could not be brought here (Slack says: {error}).",
        "⚠️ {count} files of {customer} could not be brought here (Slack says: {error}).",
        len(part.files) or 1,
        customer=name(part.author),
        error=text.escape(error),
    )
    blocks: list[Block] = [section(line) | {"block_id": f"p:{post}"}]
    blocks.append({"type": "actions", "elements": [button(_("Try again"), "files_retry", str(part.uuid))]})
    return Rendered(line, blocks)


def too_long(shown: Rendered, post: UUID) -> Rendered:
    """In the place of a card that Slack does not take, so that what comes behind it can be shown."""
    line = _("⚠️ Slack does not take this card, it is too long: {summary}", summary=shown.text[:200])
    return Rendered(line, [section(line) | {"block_id": f"p:{post}"}])


def sent_post(part: Part, post: UUID, *, by: str, closing: bool) -> Rendered:
    """What went to the customer from the app, so that it looks different from our own talk."""
    piece, last = _cut(part)
    head = _sent_head(by, closing=closing)
    mark = {"block_id": f"m:{part.uuid}:{part.part}"}
    blocks = [context(mrkdwn(head)) | {"block_id": f"p:{post}"}]
    if part.deleted_at:
        line = _("🗑 _Taken back from the customer_ · {time}", time=clock_time(part.deleted_at))
        blocks.append(context(mrkdwn(line)) | mark)
    elif piece:
        blocks.append(words(piece) | mark)
    else:
        blocks.append(context(plain(_("(no words here any more)"))) | mark)
    if last and part.edited_at and not part.deleted_at:
        blocks.append(context(mrkdwn(_("✏️ _corrected_ {time}", time=clock_time(part.edited_at)))))
    if last and not part.deleted_at:
        blocks += _receipt(part)
    if part.again:
        blocks.append(context(plain(str(_AGAIN))))
    if last and closing:
        person = f"<@{by}>"
        line = (
            _("✅ Closed by its process") if by == BY_PROCESS else _("✅ Closed by {person}", person=person)
        )
        blocks.append(context(mrkdwn(line)))
    return Rendered(_("Sent to the customer: {words}", words=text.escape(text.one_line(piece, 200))), blocks)


def _sent_head(by: str, *, closing: bool) -> str:
    if by == BY_PROCESS:
        return (
            _("📨 *Closing message sent to the customer* by itself, as the process of this case says")
            if closing
            else _("📨 *Sent to the customer* by itself")
        )
    person = f"<@{by}>"
    if closing:
        return _("📨 *Closing message sent to the customer* by {person}", person=person)
    return _("📨 *Sent to the customer* by {person}", person=person)


def _receipt(part: Part) -> list[Block]:
    """How far a message has come on the customer's side, in small print."""
    if part.read_at:
        return [context(mrkdwn(_("👁️ read {time}", time=clock_time(part.read_at))))]
    if part.delivered_at:
        return [context(mrkdwn(_("📬 delivered {time}", time=clock_time(part.delivered_at))))]
    if part.delivery is not None:
        return [context(mrkdwn(delivery_line(part.delivery, part.reason)))]
    return []


def overtaken_post(part: Part, post: UUID, *, by: str) -> Rendered:
    """A closing text that went out after the customer had written again: the case stays open."""
    rendered = sent_post(part, post, by=by, closing=False)
    note = context(mrkdwn(_("The customer wrote before this went out, so the case stays open.")))
    return Rendered(rendered.text, [*rendered.blocks, note])


def notice_post(payload: dict[str, Any], post: UUID) -> Rendered:
    """One line about the case: taken, reopened, closed."""
    line = _NOTICES[payload["event"]](payload)
    return Rendered(line, [section(line) | {"block_id": f"p:{post}"}])


def _by(payload: dict[str, Any]) -> str:
    return f"<@{payload['by']}>"


def _taken(payload: dict[str, Any]) -> str:
    return _("🙋 {person} owns this case now.", person=_by(payload))


def _released(payload: dict[str, Any]) -> str:
    return _("🙌 {person} gave this case back: it is nobody's now.", person=_by(payload))


def _assigned(payload: dict[str, Any]) -> str:
    why = f" {name(payload['why'], 500)}" if payload.get("why") else ""
    owner = f"<@{payload['to']}>"
    return _("🤝 {person} hands this case over to {owner}.", person=_by(payload), owner=owner) + why


def _linked(payload: dict[str, Any]) -> str:
    return _("🔗 {person} linked this case to {case}.", person=_by(payload), case=payload["link"])


def _merged(payload: dict[str, Any]) -> str:
    return _(
        "🔀 {person} merged this case into {case}: what the customer writes next lands there.",
        person=_by(payload),
        case=payload["link"],
    )


def _absorbed(payload: dict[str, Any]) -> str:
    return _("🔀 {person} merged {case} into this case.", person=_by(payload), case=payload["link"])


def _problem_joined(payload: dict[str, Any]) -> str:
    return _(
        "🧩 {person} made this case part of {problem}: {title}",
        person=_by(payload),
        problem=problem_reference(payload["problem"]),
        title=name(payload["title"], 150),
    )


def _problem_left(payload: dict[str, Any]) -> str:
    problem = problem_reference(payload["problem"])
    return _("🧩 {person} took this case out of {problem}.", person=_by(payload), problem=problem)


def _split(payload: dict[str, Any]) -> str:
    if not payload["count"]:
        return _("✂️ {person} took {case} out of this case again.", person=_by(payload), case=payload["link"])
    return ngettext(
        "✂️ {person} moved {count} message to {case}.",
        "✂️ {person} moved {count} messages to {case}.",
        payload["count"],
        person=_by(payload),
        case=payload["link"],
    )


def _split_from(payload: dict[str, Any]) -> str:
    if not payload["count"]:
        return _("✂️ {person} took this case out of {case} again.", person=_by(payload), case=payload["link"])
    return ngettext(
        "✂️ {person} moved {count} message here from {case}.",
        "✂️ {person} moved {count} messages here from {case}.",
        payload["count"],
        person=_by(payload),
        case=payload["link"],
    )


def _switched(payload: dict[str, Any]) -> str:
    site = name(payload["site"])
    if "channel" in payload:
        site = channel_line(Channel(payload["channel"]), payload["title"] or payload["site"])
    return _("↪️ {person} goes on over {channel}: replies go there now.", person=_by(payload), channel=site)


def _begun(payload: dict[str, Any]) -> str:
    values = {"person": _by(payload), "address": name(payload["address"], 260)}
    mailbox = name(payload["mailbox"])
    if payload["proven"]:
        return _(
            "📧 {person} goes on by mail to {address}: replies go there now, from {mailbox}.",
            mailbox=mailbox,
            **values,
        )
    return _(
        "📧 {person} goes on by mail to {address}: replies go there now, from {mailbox}. It is not proven "
        "that the address is theirs.",
        mailbox=mailbox,
        **values,
    )


def _customer_linked(payload: dict[str, Any]) -> str:
    if payload["reached"]:
        return _("👤 {person} linked the customer of this case; answers reach them now.", person=_by(payload))
    return _(
        "👤 {person} linked the customer of this case; no channel reaches them yet.", person=_by(payload)
    )


def _reopened(payload: dict[str, Any]) -> str:
    if payload.get("by"):
        return _("🔁 Reopened by {person}.", person=_by(payload))
    return _("🔁 The customer wrote again: reopened.")


def _closed(payload: dict[str, Any]) -> str:
    reason = name(payload["reason"], 300)
    return _(
        "✅ Closed by {person} without telling the customer: {reason}", person=_by(payload), reason=reason
    )


def _closed_told(payload: dict[str, Any]) -> str:
    return _(
        "✅ Closed by {person}: the customer was told {when} by “{words}”",
        person=_by(payload),
        when=when(datetime.fromisoformat(payload["at"])),
        words=name(payload["words"], 150),
    )


def _corrected(payload: dict[str, Any]) -> str:
    return _(
        "✏️ {person} sent the customer a correction: they see the edited words, marked so.",
        person=_by(payload),
    )


def _retracted(payload: dict[str, Any]) -> str:
    return _("🗑 {person} took a message back: the customer does not see it any more.", person=_by(payload))


def _left_deleted(_payload: dict[str, Any]) -> str:
    return _("🗑 Somebody deleted words of this case from its thread again. They stay on record.")


def _calling(payload: dict[str, Any]) -> str:
    facts = dict.fromkeys(name(each) for each in (payload["name"], payload["number"]) if each)
    return _("📞 *{customer}* calls now.", customer=" · ".join(facts))


_NOTICES = {
    "calling": _calling,
    "corrected": _corrected,
    "retracted": _retracted,
    "left_deleted": _left_deleted,
    "taken": _taken,
    "released": _released,
    "assigned": _assigned,
    "reopened": _reopened,
    "customer_linked": _customer_linked,
    "switched": _switched,
    "begun": _begun,
    "linked": _linked,
    "merged": _merged,
    "absorbed": _absorbed,
    "problem_joined": _problem_joined,
    "problem_left": _problem_left,
    "split": _split,
    "split_from": _split_from,
    "closed": _closed,
    "closed_told": _closed_told,
}
