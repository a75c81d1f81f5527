"""Customers' files on their way into a thread: the bytes first, unseen, then one post that shares them."""

from __future__ import annotations

from collections.abc import Sequence

import structlog
from slack_sdk.errors import SlackApiError

from bot import crashpoints
from bot.web.uploads import FileStore
from bot.workspace import Workspace, error_code
from storage import files
from storage.db import Database, Row

GIVE_UP_AFTER = 8
"""Attempts of one post after which its files are said to be missing."""
_HOPELESS = frozenset(
    {
        "access_denied",
        "blocked_file_type",
        "file_type_not_allowed",
        "file_upload_size_restricted",
        "file_uploads_disabled",
        "file_uploads_except_images_disabled",
        "malware_detected",
        "missing_scope",
        "no_permission",
        "not_allowed_token_type",
        "slack_connect_file_uploads_disabled",
        "storage_limit_reached",
        "team_added_to_org",
        "upload_failed",
    }
)

log = structlog.get_logger(__name__)


class NotShareable(Exception):
    """Slack will never take these files; ``error`` is its word for why."""

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


async def upload(db: Database, slack: Workspace, store: FileStore, message: int) -> list[tuple[str, str]]:
    """Bring the files of a message to Slack, where nobody sees them yet: (Slack's id, name) of each.

    Nothing comes back when the message was deleted meanwhile. Raises NotShareable when Slack will
    never take them, and what Slack's client raises when it may later.
    """
    found: list[tuple[str, str]] = []
    for row in await files.of_message(db, message):
        found.append((await _one(db, slack, store, row), row["name"]))
        crashpoints.reach("upload.after_bytes")
    return found


async def _one(db: Database, slack: Workspace, store: FileStore, row: Row) -> str:
    try:
        slack_file = await slack.upload(store.path(row["uuid"]), row["name"], row["size"])
    except FileNotFoundError:
        log.error("sharing.file_is_missing", file=row["uuid"].hex)
        raise NotShareable("file_not_found") from None
    except SlackApiError as error:
        if error_code(error) in _HOPELESS:
            raise NotShareable(error_code(error)) from None
        raise
    await files.set_slack_file(db, row["id"], slack_file)
    return slack_file


async def unshare(db: Database, slack: Workspace, message: int) -> None:
    """Delete in Slack the files of a message that the customer deleted."""
    for slack_file in await files.shared_of_deleted(db, message):
        await slack.delete_file(slack_file)


def is_hopeless(error: str, attempt: int) -> bool:
    """Whether a refused share will never be taken."""
    return error in _HOPELESS or (error == "file_not_found" and attempt >= GIVE_UP_AFTER)


def share_arguments(shared: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    """The files of a share as Slack takes them."""
    return [{"id": slack_file, "title": name} for slack_file, name in shared]
