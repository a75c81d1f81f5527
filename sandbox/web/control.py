"""/control: tests and drills act as people, read the state, order faults, and watch."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from sandbox import people
from sandbox.api import METHODS
from sandbox.box import Box
from sandbox.doings import DOINGS, do
from sandbox.errors import ActError
from sandbox.faults import API_KINDS, DELIVERY_KINDS
from sandbox.model import Channel, Json
from sandbox.pump import Pump
from sandbox.render import message_json, page_channel, page_user, usergroup_json
from sandbox.web.answers import json_body, json_response
from sandbox.web.guard import bearer, is_local, same

Served = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Control:
    """Everything under /control; each request needs the control secret."""

    def __init__(self, box: Box) -> None:
        self._box = box

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/control/act", self._guarded(self._act)),
            web.get("/control/state", self._guarded(self._state)),
            web.get("/control/person", self._guarded(self._person)),
            web.get("/control/surface", self._guarded(self._surface)),
            web.get("/control/calls", self._guarded(self._calls)),
            web.get("/control/faults", self._guarded(self._faults)),
            web.post("/control/faults", self._guarded(self._set_faults)),
            web.post("/control/do", self._guarded(self._do)),
            web.post("/control/request_url", self._guarded(self._request_url)),
            web.post("/control/limits", self._guarded(self._limits)),
            web.post("/control/reset", self._guarded(self._reset)),
            web.get("/control/watch", self._guarded(self._watch)),
        ]

    def _guarded(self, handler: Served) -> Served:
        async def served(request: web.Request) -> web.StreamResponse:
            if not is_local(self._box, request):
                return json_response({"ok": False, "error": "forbidden"}, 403)
            if not same(bearer(request), self._box.options.control_secret):
                return json_response({"ok": False, "error": "wrong_secret"}, 401)
            try:
                return await handler(request)
            except ActError as problem:
                return json_response({"ok": False, "error": problem.code, **problem.extra}, 400)

        return served

    async def _act(self, request: web.Request) -> web.StreamResponse:
        return json_response(await people.act(self._box, await json_body(request)))

    async def _state(self, request: web.Request) -> web.StreamResponse:
        workspace = self._box.workspace
        wanted, thread_ts = request.query.get("channel"), request.query.get("thread_ts")
        channels = [channel for channel in workspace.channels.values() if wanted in {None, channel.id}]
        state = {
            "team": workspace.team,
            "installed": self._box.installed,
            "workspaces": list(self._box.shared.boxes),
            "users": [page_user(user) for user in workspace.users.values()],
            "channels": [_channel(channel) for channel in channels],
            "messages": {channel.id: _messages(channel, thread_ts) for channel in channels},
            "usergroups": [
                usergroup_json(workspace, group, users=True) for group in workspace.usergroups.values()
            ],
            "request_url": self._box.http.url,
            "connections": self._box.sockets.connections,
            "undelivered": self._box.sockets.undelivered + self._box.http.undelivered,
        }
        return json_response(state)

    async def _person(self, request: web.Request) -> web.StreamResponse:
        user = request.query.get("user", "")
        if user not in self._box.workspace.users:
            raise ActError("user_not_found")
        modals = self._box.modals
        home = modals.home(user)
        person = {
            "ephemerals": self._box.ephemerals.of(user),
            "views": [modals.show(view) for view in modals.of(user)],
            "home": modals.show(home) if home else None,
            "agent": self._box.agents.shown(f"D{user[1:]}"),
        }
        return json_response(person)

    async def _surface(self, request: web.Request) -> web.StreamResponse:
        """What there is: methods, what people can do, what can be ordered."""
        rules = sorted(API_KINDS | DELIVERY_KINDS)
        return json_response(
            {
                "methods": sorted(METHODS),
                "acts": sorted(people.ACTS),
                "doings": sorted(DOINGS),
                "faults": rules,
            }
        )

    async def _calls(self, request: web.Request) -> web.StreamResponse:
        after = request.query.get("after", "0")
        return json_response(self._box.calls.shown(int(after) if after.isdigit() else 0))

    async def _faults(self, request: web.Request) -> web.StreamResponse:
        return json_response({"rules": [rule.shown() for rule in self._box.faults.rules]})

    async def _set_faults(self, request: web.Request) -> web.StreamResponse:
        body = await _object(request)
        self._box.faults.replace(body.get("rules"))
        return json_response({"ok": True})

    async def _limits(self, request: web.Request) -> web.StreamResponse:
        body = await _object(request)
        limits = self._box.limits
        limits.clear()
        if "on" in body:
            limits.on = bool(body["on"])
        if isinstance(body.get("file_bytes"), int):
            limits.file_bytes = body["file_bytes"]
        return json_response({"ok": True, "on": limits.on, "file_bytes": limits.file_bytes})

    async def _request_url(self, request: web.Request) -> web.StreamResponse:
        """HTTP mode with this `url`, which has to pass Slack's handshake; null goes back to sockets."""
        url = (await _object(request)).get("url")
        await self._box.use_http(str(url) if url else None)
        return json_response({"ok": True})

    async def _reset(self, request: web.Request) -> web.StreamResponse:
        for box in self._box.shared.boxes.values():
            box.reset()
        return json_response({"ok": True})

    async def _watch(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        pump = Pump(socket, request)
        self._box.watch.add(pump, lambda frame: True)
        try:
            async for _ in socket:
                pass
        finally:
            self._box.watch.remove(pump)
            await pump.close()
        return socket

    async def _do(self, request: web.Request) -> web.StreamResponse:
        body = await _object(request)
        return json_response({"ok": True, **do(self._box, body)})


async def _object(request: web.Request) -> Json:
    body = await json_body(request)
    if not isinstance(body, dict):
        raise ActError("invalid_json")
    return body


def _channel(channel: Channel) -> Json:
    return {**page_channel(channel), "members": list(channel.members)}


def _messages(channel: Channel, thread_ts: str | None) -> list[Json]:
    """Oldest first, replies among them."""
    shown = (
        message
        for message in sorted(channel.messages.values(), key=lambda each: each.ts)
        if thread_ts is None or thread_ts in {message.ts, message.thread_ts}
    )
    return [{**message_json(message), "accepted_at": message.accepted_at} for message in shown]
