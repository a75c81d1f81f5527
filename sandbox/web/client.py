"""/client: what the browser page reads and does, and the page itself."""

import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import quote

from aiohttp import web

from sandbox import files, people, reading
from sandbox.box import Box
from sandbox.errors import ActError
from sandbox.lookup import needed, visible_channel
from sandbox.model import Channel, Json, Message, User
from sandbox.render import message_json, page_channel, page_user, usergroup_json
from sandbox.web.answers import json_body, json_response
from sandbox.web.guard import is_local, same
from sandbox.web.live import Live, thread_unread, unread

PAGE = Path(__file__).parent.parent / "page"
REPLIES_SHOWN = 3
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
        self._live = Live(box)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/", self._page),
            web.get(r"/archives/{channel}/p{digits:\d{16}}", self._permalink),
            web.get("/client/boot", self._guarded(self._boot)),
            web.get("/client/messages", self._guarded(self._messages)),
            web.get("/client/thread", self._guarded(self._thread)),
            web.get("/client/threads", self._guarded(self._threads)),
            web.get("/client/search", self._guarded(self._search)),
            web.get("/client/home", self._guarded(self._home)),
            web.get("/client/agent", self._guarded(self._agent)),
            web.post("/client/act", self._guarded(self._act)),
            web.post("/client/mark", self._guarded(self._mark)),
            web.post("/client/typing", self._guarded(self._typing)),
            web.post("/client/upload", self._guarded(self._upload)),
            web.post("/client/keep", self._guarded(self._keep)),
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
            "online": self._live.online(),
            "threads": reading.waiting_threads(workspace, me),
        }
        return json_response(shown)

    def _channel(self, me: User, channel: Channel) -> Json:
        counters = unread(self._box, me, channel.id)
        return {**page_channel(channel), "members": list(channel.members), **counters}

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

    async def _threads(self, request: web.Request) -> web.StreamResponse:
        """The threads a person follows, each with its first message and its newest replies."""
        me = self._me(request.query.get("as"))
        shown = [
            {
                **thread_unread(self._box, me, channel.id, root.ts),
                "root": message_json(root),
                "replies": [message_json(reply) for reply in root.replies[-REPLIES_SHOWN:]],
            }
            for channel, root in reading.newest_threads(self._box.workspace, me)
        ]
        return json_response({"threads": shown})

    async def _search(self, request: web.Request) -> web.StreamResponse:
        """Messages that hold the words `q`; `words` is what their blocks and text say."""
        me = self._me(request.query.get("as"))
        found = [
            {"channel": each.channel, "words": reading.searched_text(each), "message": message_json(each)}
            for each in reading.search(self._box.workspace, me, request.query.get("q", ""))
        ]
        return json_response({"found": found})

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
        body, parts = await _parts(request)
        return json_response(files.upload(self._box, self._me(body.get("as")), body, parts))

    async def _keep(self, request: web.Request) -> web.StreamResponse:
        """Files for a form: as above, without a channel; answers their ids in order."""
        body, parts = await _parts(request)
        me = self._me(body.get("as"))
        return json_response({"ok": True, "files": [files.keep(self._box, me, part)["id"] for part in parts]})

    async def _mark(self, request: web.Request) -> web.StreamResponse:
        body = await json_body(request)
        if not isinstance(body, dict):
            raise ActError("invalid_json")
        me = self._me(body.get("as"))
        channel = visible_channel(self._box, me, body.get("channel"))
        thread_ts = body.get("thread_ts")
        ts = needed(body, "ts")
        key = f"{channel.id}/{thread_ts}" if thread_ts else channel.id
        if ts > self._box.workspace.marks.get((me.id, key), ""):
            self._box.workspace.mark(me.id, key, ts)
        if thread_ts:
            type_, shown = "thread_unread", thread_unread(self._box, me, channel.id, str(thread_ts))
        else:
            type_, shown = "unread", unread(self._box, me, channel.id)
        self._box.watch.tell(type_, time.monotonic(), private=True, user=me.id, **shown)
        return json_response({"ok": True, **shown})

    async def _typing(self, request: web.Request) -> web.StreamResponse:
        body = await json_body(request)
        if not isinstance(body, dict):
            raise ActError("invalid_json")
        me = self._me(body.get("as"))
        channel = visible_channel(self._box, me, body.get("channel"))
        self._live.tell_typing(me, channel.id, body.get("thread_ts"))
        return json_response({"ok": True})

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        return await self._live.serve(self._me(request.query.get("as")), request)


async def _parts(request: web.Request) -> tuple[Json, list[files.Part]]:
    """The fields of a form, and the files in its field `file`."""
    form = await request.post()
    parts = [
        files.Part(part.filename, part.file.read())
        for part in form.getall("file", [])
        if isinstance(part, web.FileField)
    ]
    return {key: value for key, value in form.items() if isinstance(value, str)}, parts


def _together(messages: list[Message], private: list[Json]) -> list[Json]:
    return sorted(
        [*(message_json(message) for message in messages), *private], key=lambda each: str(each["ts"])
    )
