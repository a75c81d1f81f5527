"""/client: what the browser page reads and does, and the page itself."""

import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import quote

import orjson
from aiohttp import web

from sandbox import files, people
from sandbox.box import Box
from sandbox.errors import ActError
from sandbox.lookup import needed, visible_channel
from sandbox.model import Channel, Json, Message, User
from sandbox.pump import Pump
from sandbox.render import message_json, page_channel, page_user, usergroup_json
from sandbox.text import mentions
from sandbox.watch import Frame
from sandbox.web.answers import json_body, json_response
from sandbox.web.guard import is_local, same

PAGE = Path(__file__).parent.parent / "page"
MOST_UNREAD = 100
SAFETY = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; "
        "connect-src 'self' ws:; frame-ancestors 'none'"
    ),
}

Served = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Client:
    """Everything the page needs; each request carries the token that is in the page."""

    def __init__(self, box: Box) -> None:
        self._box = box

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/", self._page),
            web.get(r"/archives/{channel}/p{digits:\d{16}}", self._permalink),
            web.get("/client/boot", self._guarded(self._boot)),
            web.get("/client/messages", self._guarded(self._messages)),
            web.get("/client/thread", self._guarded(self._thread)),
            web.get("/client/home", self._guarded(self._home)),
            web.get("/client/agent", self._guarded(self._agent)),
            web.post("/client/act", self._guarded(self._act)),
            web.post("/client/mark", self._guarded(self._mark)),
            web.post("/client/upload", self._guarded(self._upload)),
            web.get("/client/stream", self._guarded(self._stream)),
        ]

    def _guarded(self, handler: Served) -> Served:
        async def served(request: web.Request) -> web.StreamResponse:
            given = request.headers.get("X-Page-Token") or request.query.get("token")
            if not is_local(self._box, request) or not same(given, self._box.page_token):
                return json_response({"ok": False, "error": "page_expired"}, 403)
            try:
                return await handler(request)
            except ActError as problem:
                return json_response({"ok": False, "error": problem.code, **problem.extra}, 400)

        return served

    async def _page(self, request: web.Request) -> web.StreamResponse:
        if not is_local(self._box, request):
            return web.Response(status=403, text="This page is only for this machine.")
        index = PAGE / "index.html"
        if not index.exists():
            return web.Response(status=404, text="The page is not installed.")
        html = index.read_text(encoding="utf-8").replace("{{PAGE_TOKEN}}", self._box.page_token)
        return web.Response(text=html, content_type="text/html", headers=SAFETY)

    async def _permalink(self, request: web.Request) -> web.StreamResponse:
        """Where chat.getPermalink leads: the page, with that message's thread open."""
        digits = request.match_info["digits"]
        ts = request.query.get("thread_ts") or f"{digits[:10]}.{digits[10:]}"
        raise web.HTTPFound(f"/#/{quote(request.match_info['channel'])}/{quote(ts)}")

    def _me(self, wanted: object) -> User:
        """The person the page acts as; without a name the first full member."""
        users = self._box.workspace.users
        if not wanted:
            return next(user for user in users.values() if not user.is_bot)
        user = users.get(str(wanted))
        if user is None or user.is_bot:
            raise ActError("user_not_found")
        return user

    async def _boot(self, request: web.Request) -> web.StreamResponse:
        workspace, manifest, app = self._box.workspace, self._box.manifest, self._box.seed.app
        me = self._me(request.query.get("as"))
        commands = [
            {"command": each.command, "description": each.description, "usage_hint": each.usage_hint}
            for each in manifest.commands.values()
        ]
        shortcuts = [
            {
                "name": each.name,
                "type": each.kind,
                "callback_id": each.callback_id,
                "description": each.description,
            }
            for each in manifest.shortcuts.values()
        ]
        shown = {
            "team": workspace.team,
            "me": page_user(me),
            "users": [page_user(user) for user in workspace.users.values()],
            "channels": [
                self._channel(me, each) for each in workspace.channels.values() if me.id in each.members
            ],
            "usergroups": [
                usergroup_json(workspace, group, users=True) for group in workspace.usergroups.values()
            ],
            "app": {
                "name": app.bot_name,
                "bot_user_id": app.bot_user_id,
                "home_tab": manifest.home_tab,
                "messages_tab": manifest.messages_tab,
                "agent": manifest.agent,
                "commands": commands,
                "shortcuts": shortcuts,
            },
        }
        return json_response(shown)

    def _channel(self, me: User, channel: Channel) -> Json:
        return {**page_channel(channel), **self._unread(me, channel)}

    def _unread(self, me: User, channel: Channel) -> Json:
        """Messages of others in the channel's list since the person last looked; counted up to 100."""
        seen = self._box.workspace.marks.get((me.id, channel.id), "")
        unread = mentioned = 0
        for message in reversed(channel.top):
            if message.ts <= seen or unread >= MOST_UNREAD:
                break
            if message.user != me.id:
                unread += 1
                mentioned += mentions(message.body.get("text", ""), me.id)
        return {"unread": unread, "mentions": mentioned}

    async def _messages(self, request: web.Request) -> web.StreamResponse:
        """One page of a channel, oldest first, with the person's ephemeral messages of that span."""
        me = self._me(request.query.get("as"))
        channel = visible_channel(self._box, me, request.query.get("channel"))
        limit = request.query.get("limit", "50")
        most = min(int(limit), 200) if limit.isdigit() else 50
        before = request.query.get("before")
        older = [message for message in channel.top if not before or message.ts < before]
        shown = older[-most:]
        private = [
            each
            for each in self._box.ephemerals.of(me.id, channel.id)
            if not each.get("thread_ts") and (not before or each["ts"] < before)
        ]
        return json_response({"messages": _together(shown, private), "has_more": len(older) > most})

    async def _thread(self, request: web.Request) -> web.StreamResponse:
        me = self._me(request.query.get("as"))
        channel = visible_channel(self._box, me, request.query.get("channel"))
        thread_ts = request.query.get("thread_ts", "")
        root = channel.messages.get(thread_ts)
        if root is None:
            raise ActError("thread_not_found")
        private = [
            each for each in self._box.ephemerals.of(me.id, channel.id) if each.get("thread_ts") == thread_ts
        ]
        return json_response({"messages": _together([root, *root.replies], private)})

    async def _home(self, request: web.Request) -> web.StreamResponse:
        home = self._box.modals.home(self._me(request.query.get("as")).id)
        return json_response({"view": self._box.modals.show(home) if home else None})

    async def _agent(self, request: web.Request) -> web.StreamResponse:
        """Suggested prompts, and the status lines and sessions of a conversation's threads."""
        me = self._me(request.query.get("as"))
        channel = visible_channel(self._box, me, request.query.get("channel"))
        shown = self._box.agents.shown(channel.id)
        if channel.is_im and not shown["prompts"]:
            shown["prompts"] = self._box.manifest.prompts
        return json_response(shown)

    async def _act(self, request: web.Request) -> web.StreamResponse:
        return json_response(await people.act(self._box, await json_body(request)))

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        """Form fields as, channel, thread_ts and text, and one or more files in `file`."""
        form = await request.post()
        parts = [
            files.Part(part.filename, part.file.read())
            for part in form.getall("file", [])
            if isinstance(part, web.FileField)
        ]
        body = {key: value for key, value in form.items() if isinstance(value, str)}
        return json_response(files.upload(self._box, self._me(body.get("as")), body, parts))

    async def _mark(self, request: web.Request) -> web.StreamResponse:
        body = await json_body(request)
        if not isinstance(body, dict):
            raise ActError("invalid_json")
        me = self._me(body.get("as"))
        channel = visible_channel(self._box, me, body.get("channel"))
        ts = needed(body, "ts")
        if ts > self._box.workspace.marks.get((me.id, channel.id), ""):
            self._box.workspace.mark(me.id, channel.id, ts)
        unread = self._unread(me, channel)
        self._box.watch.tell(
            "unread", time.monotonic(), private=True, user=me.id, channel=channel.id, **unread
        )
        return json_response({"ok": True, **unread})

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        me = self._me(request.query.get("as"))
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        pump = Pump(socket, request)
        self._box.watch.add(pump, lambda frame: self._sees(me, pump, frame))
        try:
            for view in self._box.modals.of(me.id):
                opened = {
                    "type": "view_opened",
                    "at": time.monotonic(),
                    "user": me.id,
                    "view": self._box.modals.show(view),
                }
                pump.send(orjson.dumps(opened))
            async for _ in socket:
                pass
        finally:
            self._box.watch.remove(pump)
            await pump.close()
        return socket

    def _sees(self, me: User, pump: Pump, frame: Frame) -> bool:
        if frame.everybody:
            return True
        if frame.private:
            return frame.user == me.id
        channel = self._box.workspace.channels.get(frame.channel or "")
        if channel is None or me.id not in channel.members:
            return False
        if frame.new and frame.user != me.id:
            shown = {"type": "unread", "channel": channel.id, **self._unread(me, channel)}
            pump.send(orjson.dumps(shown))
        return True


def _together(messages: list[Message], private: list[Json]) -> list[Json]:
    return sorted(
        [*(message_json(message) for message in messages), *private], key=lambda each: str(each["ts"])
    )
