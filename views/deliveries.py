"""A reply that did not reach its customer, or may not have: what happened, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cases.enums import Channel, Delivery
from cases.language import _
from views.blocks import Block, button, context, mrkdwn, name, section, squeezed
from views.channels import channel_line
from views.thread import Rendered


def delivery_post(row: Mapping[str, Any], said: Mapping[str, Any], block_id: str) -> Rendered:
    """The call to whoever looks after the case; ``said`` is how it stood when it was posted.

    Once somebody decided, a line that says so.
    """
    if row["state"] != said["state"]:
        line = decided_line(row)
        return Rendered(line, [context(mrkdwn(line)) | {"block_id": block_id}])
    head = _head(row, said)
    blocks: list[Block] = [section(head) | {"block_id": block_id}]
    if row["text"]:
        blocks.append(context(mrkdwn(f"“{squeezed(row['text'], 300)}”")))
    return Rendered(head, [*blocks, _buttons(row)])


def _head(row: Mapping[str, Any], said: Mapping[str, Any]) -> str:
    channel = channel_line(Channel(row["channel"]), row["title"] or "")
    reason = name(said["reason"] or "", 500)
    if row["state"] == Delivery.FAILED:
        return _(
            "❗ *This reply did not reach the customer* ({channel}): {reason}", channel=channel, reason=reason
        )
    return _(
        "❗ *This reply may not have reached the customer* ({channel}): {reason} It is not sent again by "
        "itself, so that nobody gets it twice.",
        channel=channel,
        reason=reason,
    )


def _buttons(row: Mapping[str, Any]) -> Block:
    token = str(row["token"])
    buttons = [button(_("Send again"), "delivery_again", token)]
    if row["state"] == Delivery.UNKNOWN:
        buttons.append(button(_("It arrived"), "delivery_arrived", token))
    return {"type": "actions", "elements": buttons}


def decided_line(row: Mapping[str, Any]) -> str:
    """What became of it since."""
    words = squeezed(row["text"], 100)
    if row["decided_by"] is None:
        return _("📬 This reply has reached the customer after all: “{words}”", words=words)
    person = f"<@{row['decided_by']}>"
    if row["state"] == Delivery.SENT:
        return _("📬 {person} says that this reply arrived: “{words}”", person=person, words=words)
    return _("📨 {person} had this reply sent again: “{words}”", person=person, words=words)
