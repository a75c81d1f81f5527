"""Serves each path for every workspace: the request says which one it means."""

from collections.abc import Awaitable, Callable

import orjson
from aiohttp import web

from sandbox.box import Box
from sandbox.town import Town

Served = Callable[[web.Request], Awaitable[web.StreamResponse]]


def spread(town: Town, made: Callable[[Box], list[web.RouteDef]]) -> list[web.RouteDef]:
    """Routes of one workspace, made for each, under the same paths."""
    every = {team: made(box) for team, box in town.boxes.items()}
    first = town.first.workspace.team["id"]
    if len(every) == 1:
        return every[first]
    return [
        web.RouteDef(
            route.method,
            route.path,
            _chosen(town, {team: routes[number].handler for team, routes in every.items()}),
            route.kwargs,
        )
        for number, route in enumerate(every[first])
    ]


def _chosen(town: Town, handlers: dict[str, Served]) -> Served:  # the handlers of one path, by workspace
    async def serve(request: web.Request) -> web.StreamResponse:
        box = await _meant(town, request)
        return await handlers[box.workspace.team["id"]](request)

    return serve


async def _meant(town: Town, request: web.Request) -> Box:
    """By `workspace` or a person (`as`, `user`) in the query or a JSON body; files by their address."""
    team, _, _ = request.match_info.get("file", "").partition("-")
    if team in town.boxes:
        return town.boxes[team]
    secret = request.match_info.get("secret")
    for box in town.boxes.values():
        if secret and any(each["secret"] == secret for each in box.workspace.uploads.values()):
            return box
    said = dict(request.query)
    if request.content_type == "application/json" and request.body_exists:
        try:
            body = orjson.loads(await request.read())
        except orjson.JSONDecodeError:
            body = None
        said |= body if isinstance(body, dict) else {}
    elif request.content_type == "multipart/form-data":
        said |= {key: value for key, value in (await request.post()).items() if isinstance(value, str)}
    return town.named(said.get("workspace"), said.get("as") or said.get("user"))
