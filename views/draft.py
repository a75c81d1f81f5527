"""A reply that the copilot proposes: its card is its preview, complete, and nothing of it was sent yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cases import text
from cases.enums import BY_HAND, Status
from cases.formats import language_name
from cases.language import _, later
from cases.macros import Gaps, gaps
from cases.messages import reference
from cases.proposals import FlagKind, Tone
from cases.reader import Language, language_of
from views.blocks import (
    Block,
    button,
    context,
    mrkdwn,
    name,
    plain,
    section,
    sections,
    squeezed,
    words,
)
from views.card import STATUS_WORDS
from views.feedback import feedback_block
from views.forms import modal, option, text_field
from views.ledger import Listed, promise_blocks
from views.summary import model_trouble
from views.thread import Rendered

_FLAGS = {
    FlagKind.MONEY: later("💶 money: {words}"),
    FlagKind.DATE: later("📅 a time: {words}"),
    FlagKind.POLICY: later("🤝 a commitment: {words}"),
    FlagKind.LINK: later("🔗 an address that is not ours, so it goes as plain text: {words}"),
    FlagKind.INVENTED: later("❗ stands for nothing, please correct it: {words}"),
    FlagKind.GAP: later("✏️ not known, fill it in with *Edit* before you send: {words}"),
}
_LISTED = {FlagKind.MONEY, FlagKind.DATE, FlagKind.POLICY}
"""What is found anew in the words that a draft has now."""
_MOST_TEXT = 11_000
"""Characters of a message's blocks: Slack takes 12,000, and the heads, sources and buttons are among them."""
_MOST_SOURCES, _MOST_OF_SOURCES = 10, 1_700
"""Of those that a reply rests on, and characters of them, so that they fit into one line."""


def draft_card(
    row: Mapping[str, Any], places: Mapping[str, str], block_id: str, listed: Listed | None = None
) -> Rendered:
    """The card as it stands now: with its buttons while it can be sent, else in one line.

    ``listed`` is what its words bind the company to; without it that is as it was when they were made.
    """
    if row["draft"] is None:
        return Rendered(
            _("What the copilot found"),
            _marked(
                [
                    *_head(row),
                    *_found(row, _MOST_TEXT - 2_000),
                    _made(row, places),
                    *_feedback(row),
                ],
                block_id,
            ),
        )
    if row["state"] != "preview":
        line = _outcome(row)
        return Rendered(line, [context(mrkdwn(line)) | {"block_id": block_id}])
    # The reply stands there whole; the rest shares what is left.
    share = max(_MOST_TEXT - 1_500 - len(text.show_invisible(row["body"])), 900) // 3
    blocks = [
        *_head(row),
        *_body(row, share),
        *_twice(row, share, listed),
        *_found(row, share),
        _made(row, places),
        *_buttons(row),
    ]
    blocks += _feedback(row)
    return Rendered(_("A draft of the copilot, not sent"), _marked(blocks, block_id))


def _feedback(row: Mapping[str, Any]) -> list[Block]:
    return [feedback_block(row["card"])] if row["card"] else []


def _marked(blocks: list[Block], block_id: str) -> list[Block]:
    return [blocks[0] | {"block_id": block_id}, *blocks[1:]]


def _head(row: Mapping[str, Any]) -> list[Block]:
    if row["draft"] is not None:
        line = _("✍️ *A draft of the copilot for {customer}, not sent.*", customer=name(row["customer"]))
        return sections([line, model_trouble(row["note"])] if row["note"] else [line])
    lines = [_("✍️ *No draft this time: this is what the copilot found.*")]
    if row["note"] == "ungrounded":
        lines.append(_("What it would have written rests on nothing that it was shown."))
    elif row["note"]:
        lines.append(model_trouble(row["note"]))
    if not row["findings"] and not row["questions"]:
        lines.append(_("No article fits what the customer wrote."))
    return sections(lines)


def _body(row: Mapping[str, Any], share: int) -> list[Block]:
    shown = text.show_invisible(row["body"])
    blocks = [words(part) for part in text.split(shown, 2_900) if part]
    if row["back_translation"] and row["body"] == row["made"]:
        back = squeezed(row["back_translation"], min(2_000, share))
        line = _("*Translated back by machine*: {words}", words=back)
        blocks.append(section(line))
    return blocks


def _twice(row: Mapping[str, Any], share: int, listed: Listed | None) -> list[Block]:
    """What a person must look at twice."""
    found = [(FlagKind(flag["kind"]), flag["words"]) for flag in row["flags"]]
    found = [(kind, words) for kind, words in found if listed is None or kind not in _LISTED]
    found += [(FlagKind.GAP, str(Gaps([gap]))) for gap in gaps(row["body"])]
    each_may = _of(share, 200, len(found))
    flags = [_(_FLAGS[kind].message, words=squeezed(words, each_may)) for kind, words in found]
    promises = promise_blocks(listed, str(row["draft"]), "draft_promise", share) if listed else []
    head = [_("⚠️ *Please look twice*"), *flags]
    return [*sections(head), *promises] if flags or promises else []


def _found(row: Mapping[str, Any], share: int) -> list[Block]:
    each_may = _of(share, 600, len(row["findings"]) + len(row["questions"]))
    lines = [f"• {squeezed(each, each_may)}" for each in row["findings"]]
    if row["questions"]:
        lines += [_("*To be asked*"), *(f"• {squeezed(each, each_may)}" for each in row["questions"])]
    return sections(lines) if lines else []


def _made(row: Mapping[str, Any], places: Mapping[str, str]) -> Block:
    """What it rests on, and who made it."""
    parts = [_source(each, places) for each in row["sources"][:_MOST_SOURCES]]
    while sum(map(len, parts)) > _MOST_OF_SOURCES:
        parts.pop()
    said = _("Rests on: {sources}.", sources=", ".join(parts)) + " " if parts else ""
    if not row["requested_by"]:
        who = _("✨ Made by a model ({model}) as the case came in.", model=name(row["model"]))
    elif row["model"]:
        who = _("✨ Made by a model ({model}) for {person}.", model=name(row["model"]), person=_asked(row))
    else:
        who = _("Without a model, for {person}.", person=_asked(row))
    return context(mrkdwn(said + who))


def _asked(row: Mapping[str, Any]) -> str:
    return f"<@{row['requested_by']}>"


def _source(source: Mapping[str, str], places: Mapping[str, str]) -> str:
    marker, place = source["marker"], places.get(source["marker"])
    label = name(source["label"])
    if marker.startswith("m"):
        label = _("a message")
    elif marker.startswith("t:"):
        label = _("the macro “{title}”", title=label)
    return f"<{place}|{label}>" if place else label


def _of(share: int, most: int, parts: int) -> int:
    """How many characters each of so many parts may have."""
    return max(20, min(most, share // max(parts, 1)))


def _buttons(row: Mapping[str, Any]) -> list[Block]:
    draft = str(row["draft"])
    first = [
        button(_("Send"), "draft_send", draft, style="primary"),
        button(_("Edit"), "draft_edit", draft),
        button(_("Discard"), "draft_discard", draft),
        _choice(
            "draft_then", _("Afterwards"), draft, [(each.value, str(STATUS_WORDS[each])) for each in BY_HAND]
        ),
    ]
    chosen = row["then_status"] or Status.WAITING_CUSTOMER
    first[-1]["initial_option"] = option(f"{draft} {chosen}", str(STATUS_WORDS[Status(chosen)]))
    rows: list[Block] = [{"type": "actions", "block_id": "send", "elements": first}]
    if row["body"] == row["made"]:
        languages = [
            (each.value, language_name(each)) for each in Language if each is not language_of(row["language"])
        ]
        tones = [
            button(_("Shorter"), "draft_shorter", f"{draft} {Tone.SHORTER}"),
            button(_("Friendlier"), "draft_friendlier", f"{draft} {Tone.FRIENDLIER}"),
        ]
        again = [*tones] if row["model"] else []
        again.append(_choice("draft_language", _("Another language"), draft, languages))
        rows.append({"type": "actions", "block_id": "again", "elements": again})
    return rows


def _choice(action: str, title: str, draft: str, options: Sequence[tuple[str, str]]) -> Block:
    made = [option(f"{draft} {value}", label) for value, label in options]
    return {"type": "static_select", "action_id": action, "placeholder": plain(title), "options": made}


def _outcome(row: Mapping[str, Any]) -> str:
    person = f"<@{row['created_by']}>"
    if row["state"] == "sent":
        if row["body"] == row["made"]:
            return _("✍️ The copilot's draft was sent as it was by {person}.", person=person)
        return _("✍️ The copilot's draft was changed and sent by {person}.", person=person)
    if row["state"] == "approved":
        return _("✍️ The copilot's draft is being sent by {person}.", person=person)
    if row["discarded_by"]:
        return _("✍️ The copilot's draft was discarded by {person}.", person=f"<@{row['discarded_by']}>")
    if row["older"]:
        return _("✍️ A newer draft of the copilot stands below.")
    return _("✍️ The copilot's draft was taken back.")


def edit_form(number: int, body: str, metadata: str) -> Block:
    """The draft to be changed by hand."""
    field = text_field(
        "text", _("What the customer reads"), value=body, max_length=3_000, multiline=True, optional=False
    )
    return modal("draft_edit_form", reference(number), _("Save"), metadata, [field])
