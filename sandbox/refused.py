"""What the app sent in a shape that Slack does not take, kept in a file that outlives resets and kills."""

from pathlib import Path
from typing import Any

import orjson

# Errors that say the app is wrong. What depends on the moment (not_in_channel, ratelimited) is not here.
SHAPE = frozenset(
    {
        "invalid_ack",
        "invalid_arguments",
        "invalid_attachments",
        "invalid_blocks",
        "invalid_blocks_format",
        "invalid_chunks",
        "invalid_cursor",
        "invalid_json",
        "invalid_limit",
        "invalid_metadata_format",
        "invalid_name",
        "invalid_options",
        "invalid_status",
        "invalid_types",
        "json_not_object",
        "markdown_text_conflict",
        "missing_argument",
        "missing_recipient_team_id",
        "missing_recipient_user_id",
        "msg_blocks_too_long",
        "msg_blocks_too_many",
        "msg_too_long",
        "no_text",
        "push_limit_reached",
        "thread_ts_required",
        "too_many_attachments",
        "unknown_method",
        "view_too_large",
    }
)


class Refused:
    """An append-only file of JSON lines: `method`, `error`, `args`, `answer`."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "refused.jsonl"

    def note(self, method: str, error: str, args: Any, answer: Any) -> None:
        """Keeps the call if its shape was wrong; `method` may be an interaction's name."""
        if error not in SHAPE:
            return
        line = {"method": method, "error": error, "args": args, "answer": answer}
        with self._path.open("ab") as file:
            file.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE, default=str))
