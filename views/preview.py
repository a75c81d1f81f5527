"""The private steps of sending: preview, undo window, outcome."""

from __future__ import annotations

from cases import text
from views.blocks import Block, button, context, mrkdwn, name, plain, section, words
from views.thread import Rendered


def preview(draft: str, body: str, customer: str, *, newer: bool = False, files: int = 0) -> Rendered:
    """The exact text that would go, with Send and Cancel; complete, invisible characters shown.

    ``newer`` says that the customer wrote since; ``files`` is how many stay behind.
    """
    head = f"*Send this to {name(customer)}?*"
    if newer:
        head = "⚠️ *The customer wrote in the meantime.* " + head
    blocks: list[Block] = [section(head)]
    blocks += [words(part) for part in text.split(text.show_invisible(body), 2_900)]
    if files:
        which = "The file does" if files == 1 else f"The {files} files do"
        blocks.append(section(f"⚠️ {which} not go along: this version sends text only."))
    blocks.append(
        {
            "type": "actions",
            "elements": [
                button("Send", "reply_send", draft, style="primary"),
                button("Cancel", "reply_cancel", draft),
            ],
        }
    )
    return Rendered("Send this to the customer?", blocks)


def sending(draft: str, body: str, seconds: float) -> Rendered:
    """The undo window of ``seconds``."""
    left = f"{seconds:g} second{'' if seconds == 1 else 's'}"
    line = f"⏳ Sending in {left}: {text.one_line(text.show_invisible(body), 120)}"
    blocks: list[Block] = [
        context(plain(line)),
        {"type": "actions", "elements": [button("Undo", "reply_undo", draft)]},
    ]
    return Rendered("Sending…", blocks)


def outcome(line: str) -> Rendered:
    """How it ended, in one line."""
    return Rendered(line, [context(mrkdwn(line))])
