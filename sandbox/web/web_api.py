"""Serves /api/<method>: arguments, tokens, scopes, limits, faults, the log; the work is in `sandbox.api`."""

import base64
import contextlib
import hmac
import time
from typing import Any

import orjson
from aiohttp import web

from sandbox.api import METHODS, Method
from sandbox.api.access import need_scope
from sandbox.api.args import Args
from sandbox.box import Box
from sandbox.errors import ApiError
from sandbox.model import Json
from sandbox.town import Town
from sandbox.web.answers import json_response
from sandbox.web.faulty import faulty, limited


class WebApi:
    def __init__(self, town: Town) -> None:
        self._town = town
        box = self._box = town.first
        self._scopes_header = {"x-oauth-scopes": ",".join(sorted(box.manifest.scopes))}

    async def serve(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["method"]
        at = time.monotonic()
        try:
            args = await _arguments(request)
        except ApiError as problem:
            return self._refused(name, {}, problem, at)
        token = _token(request, args)
        if not self._box.faults.rules:
            return self._serve(name, args, token, at)

        async def serve() -> web.StreamResponse:
            return self._serve(name, args, token, at)

        return await faulty(self._box, request, name, args, serve)

    def _serve(self, name: str, args: Json, token: str, at: float) -> web.Response:
        try:
            method = METHODS.get(name)
            if method is None:
                raise ApiError("unknown_method", req_method=name)
            box = self._town.of_token(token) if len(self._town.boxes) > 1 else self._box
            if not method.public:
                self._admit(box, method, token)
            wait = box.limits.wait(name, method.tier, str(args.get("channel")))
            if wait:
                return self._limited(name, args, wait, at)
            answer = method.handler(box, Args(args))
        except ApiError as problem:
            return self._refused(name, args, problem, at)
        self._box.calls.note(name, args, "ok", at)
        return json_response({"ok": True, **answer}, headers=self._scopes_header)

    def _admit(self, box: Box, method: Method, token: str) -> None:
        """Raises ApiError: not_authed, invalid_auth, token_revoked, not_allowed_token_type, missing_scope."""
        if not token:
            raise ApiError("not_authed")
        app, workspace = box.seed.app, box.workspace
        if token in workspace.old_tokens:
            raise ApiError("account_inactive")
        is_bot = hmac.compare_digest(token.encode(), (workspace.token or "").encode())
        is_app = hmac.compare_digest(token.encode(), app.app_token.encode())
        if not is_bot and not is_app:
            raise ApiError("invalid_auth")
        if is_bot and box.token_revoked:
            raise ApiError("token_revoked")
        if is_app != method.app_token:
            raise ApiError("not_allowed_token_type")
        if method.scopes:
            need_scope(box, *method.scopes)

    def _refused(self, name: str, args: Json, problem: ApiError, at: float) -> web.Response:
        self._box.calls.note(name, args, problem.code, at)
        self._box.refused.note(name, problem.code, args, problem.answer())
        return json_response(problem.answer(), headers=self._scopes_header)

    def _limited(self, name: str, args: Json, wait: int, at: float) -> web.Response:
        self._box.calls.note(name, args, "ratelimited", at)
        return limited(wait)


async def _arguments(request: web.Request) -> Json:
    """Query, form and JSON merged; the later wins. Raises ApiError(invalid_json, invalid_form_data …)."""
    args: Json = dict(request.query) if request.query_string else {}
    if not request.body_exists:
        return args
    kind = request.content_type
    if kind == "application/json":
        args.update(_json_object(await request.read()))
    elif kind in {"application/x-www-form-urlencoded", "multipart/form-data"}:
        with contextlib.suppress(ValueError):
            args.update(
                {key: value for key, value in (await request.post()).items() if isinstance(value, str)}
            )
    return args


def _json_object(raw: bytes) -> dict[str, Any]:
    if not raw:
        return {}
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise ApiError("invalid_json") from None
    if not isinstance(body, dict):
        raise ApiError("json_not_object")
    return body


def _client(basic: str) -> Json:
    """The app's own id and secret, as oauth.v2.access sends them."""
    try:
        client_id, _, secret = base64.b64decode(basic, validate=True).decode().partition(":")
    except ValueError:
        return {}
    return {"client_id": client_id, "client_secret": secret}


def _token(request: web.Request, args: Json) -> str:
    """From the Authorization header, or the argument `token`; taken out of the arguments."""
    argument = args.pop("token", None)
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme == "Bearer" and token.strip():
        return token.strip()
    if scheme == "Basic":
        args |= _client(token)
    return argument if isinstance(argument, str) else ""
