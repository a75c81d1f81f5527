"""The page's live side: the stream of each open window, who is here, and who is typing."""

import time

import orjson
from aiohttp import web

from sandbox import reading
from sandbox.box import Box
from sandbox.model import Json, User
from sandbox.pump import Pump
from sandbox.watch import Frame


class Live:
    """The open windows, each of one person."""

    def __init__(self, box: Box) -> None:
        self._box = box
        self._windows: dict[Pump, str] = {}

    def online(self) -> list[str]:
        """People with an open window."""
        return sorted(set(self._windows.values()))

    async def serve(self, me: User, request: web.Request) -> web.StreamResponse:
        """Streams frames until the window closes; forms that are open are shown first."""
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        pump = Pump(socket, request)
        self._box.watch.add(pump, lambda frame: self._sees(me, pump, frame))
        self._windows[pump] = me.id
        self._tell_presence()
        try:
            for view in self._box.modals.of(me.id):
                shown = self._box.modals.show(view)
                _send(pump, "view_opened", at=time.monotonic(), user=me.id, view=shown)
            async for _ in socket:
                pass
        finally:
            self._box.watch.remove(pump)
            del self._windows[pump]
            self._tell_presence()
            await pump.close()
        return socket

    def _tell_presence(self) -> None:
        online = self.online()
        for pump in list(self._windows):
            _send(pump, "presence", online=online)

    def tell_typing(self, me: User, channel_id: str, thread_ts: str | None) -> None:
        """Shows the others in a channel that a person is writing."""
        members = self._box.workspace.channels[channel_id].members
        for pump, user in list(self._windows.items()):
            if user != me.id and user in members:
                _send(pump, "typing", channel=channel_id, thread_ts=thread_ts, user=me.id)

    def _sees(self, me: User, pump: Pump, frame: Frame) -> bool:
        if frame.everybody:
            return True
        if frame.private:
            return frame.user == me.id
        channel = self._box.workspace.channels.get(frame.channel or "")
        if channel is None or me.id not in channel.members:
            return False
        if frame.new and frame.user != me.id:
            _send(pump, "unread", **unread(self._box, me, channel.id))
            if b'"thread_ts":' in frame.raw:
                self._tell_thread(me, pump, orjson.loads(frame.raw))
        return True

    def _tell_thread(self, me: User, pump: Pump, frame: Json) -> None:
        thread_ts = frame.get("thread_ts")
        if thread_ts and thread_ts != frame["ts"]:
            shown = thread_unread(self._box, me, frame["channel"], thread_ts)
            if shown["unread"]:
                _send(pump, "thread_unread", **shown)


def unread(box: Box, me: User, channel_id: str) -> Json:
    """A channel's counters as the page keeps them."""
    waiting = reading.in_channel(box.workspace, me, box.workspace.channels[channel_id])
    return {"channel": channel_id, "unread": waiting.unread, "mentions": waiting.mentions}


def thread_unread(box: Box, me: User, channel_id: str, thread_ts: str) -> Json:
    """A thread's counters as the page keeps them; nothing when the thread is gone."""
    channel = box.workspace.channels[channel_id]
    root = channel.messages.get(thread_ts)
    waiting = reading.in_thread(box.workspace, me, channel, root) if root else reading.Waiting(0, 0)
    where = {"channel": channel_id, "thread_ts": thread_ts}
    return {**where, "unread": waiting.unread, "mentions": waiting.mentions}


def _send(pump: Pump, type_: str, **fields: object) -> None:
    pump.send(orjson.dumps({"type": type_, **fields}))
