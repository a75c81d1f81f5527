"""The carriers over HTTP: windows on what customers see, and where the shop's replies are posted."""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from http import HTTPStatus
from typing import Any

import aiosmtplib
from aiohttp import web
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from carriers import letters
from carriers.config import HOST, Options
from carriers.letters import Letter
from carriers.store import Store, mailbox_of
from carriers.telephone import Telephone

_LARGEST = 2_000_000
_NUMBER = re.compile(r"\+[0-9]{6,15}")
_KEY = re.compile(r"[A-Za-z0-9-]{8,64}")
_SHOWN = 60
_LONGEST = {"text": 20_000, "subject": 300, "name": 100}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Windows:
    """The routes. Whoever has the control secret sees and writes for every customer."""

    def __init__(self, options: Options, store: Store, telephone: Telephone) -> None:
        self._options = options
        self._store = store
        self._telephone = telephone
        self._webhook = Webhook(options.phone_secret)

    def app(self) -> web.Application:
        """The application."""
        app = web.Application(client_max_size=_LARGEST, middlewares=[self._guard])
        app.router.add_get("/healthz", self.well)
        app.router.add_get("/mail", self.mails)
        app.router.add_get("/mail/{number:[0-9]{1,8}}", self.mail)
        app.router.add_post("/mail", self.write)
        app.router.add_get("/phone", self.talk)
        app.router.add_post("/phone", self.say)
        app.router.add_post("/replies", self.hear)
        return app

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path not in {"/healthz", "/replies"}:
            shown = request.headers.get("Authorization", "")
            if not hmac.compare_digest(shown.encode(), f"Bearer {self._options.control}".encode()):
                raise web.HTTPForbidden
        return await handler(request)

    async def well(self, _request: web.Request) -> web.Response:
        """GET /healthz."""
        return web.json_response({"status": "ok"})

    async def mails(self, request: web.Request) -> web.Response:
        """GET /mail?address=…: the newest mails, newest first."""
        kept = self._store.of(_mailbox(request))[-_SHOWN:]
        return web.json_response({"mails": [letters.summary(each) for each in reversed(kept)]})

    async def mail(self, request: web.Request) -> web.Response:
        """GET /mail/NUMBER?address=…: one mail."""
        kept = self._store.one(_mailbox(request), int(request.match_info["number"]))
        if kept is None:
            raise web.HTTPNotFound
        return web.json_response(letters.whole(kept))

    async def write(self, request: web.Request) -> web.Response:
        """POST /mail?address=…: the customer sends a mail to the shop, or an answer to one of the shop's."""
        mailbox, wanted = _mailbox(request), await _body(request)
        letter = Letter(
            _key(wanted), _text(wanted, "name"), mailbox, _text(wanted, "subject"), _text(wanted, "text")
        )
        kept = self._store.of(mailbox)
        answered = next((each for each in kept if each.number == wanted.get("answers")), None)
        if not letters.was_sent(kept, letter):
            raw = letters.compose(letter, self._options.shop, answered)
            await self._send(mailbox, raw)
            self._store.keep(mailbox, raw, mine=True)
        return web.json_response({}, status=HTTPStatus.ACCEPTED)

    async def _send(self, mailbox: str, raw: bytes) -> None:
        try:
            await aiosmtplib.send(
                raw,
                sender=mailbox,
                recipients=[letters.recipient(raw)],
                hostname=HOST,
                port=self._options.smtp_port,
                username=mailbox,
                password=self._options.control,
                start_tls=False,
            )
        except aiosmtplib.SMTPException as error:
            raise web.HTTPBadGateway from error

    async def talk(self, request: web.Request) -> web.Response:
        """GET /phone?number=…: the text messages of one phone, oldest first."""
        lines = self._telephone.talk(_number(request))[-_SHOWN:]
        return web.json_response({"messages": [asdict(line) for line in lines]})

    async def say(self, request: web.Request) -> web.Response:
        """POST /phone?number=…: the customer writes a text message."""
        number, wanted = _number(request), await _body(request)
        self._telephone.add(_key(wanted), number, _text(wanted, "text"), mine=True)
        return web.json_response({}, status=HTTPStatus.ACCEPTED)

    async def hear(self, request: web.Request) -> web.Response:
        """POST /replies: a reply of the shop, signed; the same one may come again."""
        body = await request.text()
        try:
            said = self._webhook.verify(body, dict(request.headers))["data"]
            number, text = str(said["to"]), str(said["text"])
        except (WebhookVerificationError, ValueError, KeyError, TypeError):
            raise web.HTTPUnauthorized from None
        links = [file["url"] for file in said.get("files") or []] + [said.get("survey")]
        shown = "\n".join([text, *(link for link in links if link)])
        self._telephone.add(str(said["message"]), number, shown, mine=False)
        return web.json_response({"id": str(said["message"])})


def _mailbox(request: web.Request) -> str:
    found = mailbox_of(request.query.get("address", ""))
    if found is None:
        raise web.HTTPBadRequest
    return found


def _number(request: web.Request) -> str:
    number = request.query.get("number", "")
    if not _NUMBER.fullmatch(number):
        raise web.HTTPBadRequest
    return number


async def _body(request: web.Request) -> dict[str, Any]:
    try:
        read = json.loads(await request.text())
    except (ValueError, RecursionError):
        read = None
    if not isinstance(read, dict):
        raise web.HTTPBadRequest
    return read


def _key(wanted: dict[str, Any]) -> str:
    key = wanted.get("key")
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        raise web.HTTPBadRequest
    return key


def _text(wanted: dict[str, Any], name: str) -> str:
    text = wanted.get(name)
    if not isinstance(text, str) or not text.strip() or len(text) > _LONGEST[name] or "\0" in text:
        raise web.HTTPBadRequest
    return text
