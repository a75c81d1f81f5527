"""The content of messages the app sends, however it sends them."""

from typing import Any

from sandbox.errors import ApiError
from sandbox.model import Json, Message
from sandbox.text import stored
from sandbox.validate.blocks import check_message
from sandbox.workspace import Workspace

MOST_TEXT = 40_000
MOST_ATTACHMENTS = 100


def app_body(workspace: Workspace) -> Json:
    """What every message of the app carries about its author."""
    app = workspace.app
    profile = {
        "id": app.bot_id,
        "app_id": app.app_id,
        "user_id": app.bot_user_id,
        "name": app.bot_name,
        "icons": {},
        "deleted": False,
        "updated": 0,
        "team_id": workspace.team["id"],
    }
    return {
        "type": "message",
        "user": app.bot_user_id,
        "bot_id": app.bot_id,
        "app_id": app.app_id,
        "team": workspace.team["id"],
        "bot_profile": profile,
    }


def is_of_app(workspace: Workspace, message: Message) -> bool:
    """Whether the app posted it. Messages that share a file carry no bot_id."""
    body, app = message.body, workspace.app
    shares = body.get("subtype") == "file_share" and body.get("user") == app.bot_user_id
    return shares or body.get("bot_id") == app.bot_id


def content(args: Json) -> Json:
    """Text, blocks and attachments of a message, checked.

    Raises ApiError: no_text, invalid_blocks, msg_blocks_too_long, markdown_text_conflict …
    """
    text = args.get("text")
    blocks = args.get("blocks")
    markdown = args.get("markdown_text")
    attachments = args.get("attachments")
    if markdown:
        if text or blocks:
            raise ApiError("markdown_text_conflict")
        if not isinstance(markdown, str):
            raise ApiError("invalid_arguments")
        if len(markdown) > 12_000:
            raise ApiError("msg_too_long")
        return {
            "text": stored(markdown, typed=False),
            "blocks": check_message([{"type": "markdown", "text": markdown}]),
        }
    shown: Json = {"text": _text(text)}
    if blocks:
        shown["blocks"] = check_message(blocks)
    if attachments:
        shown["attachments"] = _attachments(attachments)
    if not shown["text"].strip() and len(shown) == 1:
        raise ApiError("no_text")
    return shown


def _text(text: Any) -> str:
    """Slack cuts text at 40,000 characters."""
    if text is None:
        return ""
    return stored(text if isinstance(text, str) else str(text), typed=False)[:MOST_TEXT]


def _attachments(attachments: Any) -> list[Json]:
    if not isinstance(attachments, list) or not all(isinstance(each, dict) for each in attachments):
        raise ApiError("invalid_attachments")
    if len(attachments) > MOST_ATTACHMENTS:
        raise ApiError("too_many_attachments")
    for number, attachment in enumerate(attachments, 1):
        attachment.setdefault("id", number)
        if attachment.get("blocks"):
            check_message(attachment["blocks"])
    return attachments
