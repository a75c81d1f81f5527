"""Messages only one person sees. They are in no history and do not outlive the process."""

import time

from sandbox.model import Channel, Json
from sandbox.watch import Watch


class Ephemerals:
    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._shown: dict[str, dict[tuple[str, str], Json]] = {}

    def show(self, user: str, channel: Channel, body: Json, *, ts: str | None = None) -> str:
        """Shows `body` (text, blocks, thread_ts…) to a person; with `ts` in place of an earlier one."""
        ts = ts or channel.next_ts(time.time_ns() // 1000)
        shown = {**body, "ts": ts, "channel": channel.id, "is_ephemeral": True}
        self._shown.setdefault(user, {})[channel.id, ts] = shown
        self._watch.tell(
            "ephemeral",
            time.monotonic(),
            private=True,
            channel=channel.id,
            ts=ts,
            thread_ts=body.get("thread_ts"),
            user=user,
            message=shown,
        )
        return ts

    def hide(self, user: str, channel_id: str, ts: str) -> bool:
        """False when the person no longer sees it."""
        gone = self._shown.get(user, {}).pop((channel_id, ts), None)
        if gone is None:
            return False
        fields: Json = {"channel": channel_id, "ts": ts, "thread_ts": gone.get("thread_ts"), "user": user}
        self._watch.tell("ephemeral_gone", time.monotonic(), private=True, **fields)
        return True

    def get(self, user: str, channel_id: str, ts: str) -> Json | None:
        return self._shown.get(user, {}).get((channel_id, ts))

    def of(self, user: str, channel_id: str | None = None) -> list[Json]:
        everything = self._shown.get(user, {}).values()
        return [each for each in everything if channel_id is None or each["channel"] == channel_id]

    def clear(self) -> None:
        self._shown.clear()
