"""The demo's windows on what customers have at home: a mailbox and a phone, beside the shop's chat.

They belong to whoever one is on the page; what is in them lies with the carriers, a program apart.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Awaitable, Callable, Sequence
from html import escape
from string import Template
from typing import Any

import aiohttp
from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from bot.web.body import bearer, network, read_body
from bot.web.bundle import STATIC
from bot.web.context import Carriers, Shopper
from bot.web.limits import Rate, RateLimit
from cases.arrivals import phone_digits
from cases.errors import InvalidInput, NotAllowed, NotFound, Unavailable
from cases.language import later

STRANGER = Shopper("", "Robin Gale", "robin.gale@example.org", "+353 20 910 0100")  # not translated
"""Who writes for those who visit without an account: nobody whom the shop knows."""
READ_RATE, WRITE_RATE = Rate(300, 60), Rate(20, 10)
_MAX_BODY = 100_000
_PATIENCE = aiohttp.ClientTimeout(total=10)
_PAGE = Template((STATIC / "demo" / "windows.html").read_text())
_REFUSALS = {400: InvalidInput, 404: NotFound}

Shoppers = Callable[[], Awaitable[Sequence[Shopper]]]


def window_routes(carriers: Carriers, shoppers: Shoppers) -> APIRouter:
    """/demo/mail and /demo/phone of the customer ``?as=…``, and the script of both windows."""
    router = APIRouter(prefix="/demo")
    script = (STATIC / "demo" / "windows.js").read_text()
    windows = _Windows(carriers, shoppers)

    @router.get("/mail")
    async def mails(request: Request) -> Response:
        return await windows.read(request, "mail")

    @router.get("/mail/{number}")
    async def mail(number: int, request: Request) -> Response:
        return await windows.read(request, f"mail/{number}")

    @router.post("/mail")
    async def write(request: Request) -> Response:
        return await windows.write(request, "mail")

    @router.get("/phone")
    async def talk(request: Request) -> Response:
        return await windows.read(request, "phone")

    @router.post("/phone")
    async def say(request: Request) -> Response:
        return await windows.write(request, "phone")

    @router.get("/windows.js")
    async def code() -> Response:
        return Response(script, media_type="text/javascript")

    return router


def windows_of(carriers: Carriers | None, chosen: Shopper | None) -> str:
    """The two windows as a part of the page; nothing where there are no carriers."""
    if carriers is None:
        return ""
    person = chosen or STRANGER
    return _PAGE.substitute(
        token=page_token(carriers),
        key=escape(person.external_id),
        name=escape(person.name),
        address=escape(person.email or ""),
        number=escape(person.phone or ""),
    )


def page_token(carriers: Carriers) -> str:
    """What the demo's own page shows, so that no other website reads or writes for its customers."""
    return hmac.digest(carriers.token.encode(), b"customer windows", "sha256").hex()


class _Windows:
    def __init__(self, carriers: Carriers, shoppers: Shoppers) -> None:
        self._carriers = carriers
        self._shoppers = shoppers
        self._reads = RateLimit(later("Too many requests at once."), READ_RATE)
        self._writes = RateLimit(later("Too many requests at once."), WRITE_RATE)

    async def read(self, request: Request, path: str) -> Response:
        """What the window shows."""
        self._check(request, self._reads)
        return await self._ask("GET", path, await self._person(request))

    async def write(self, request: Request, path: str) -> Response:
        """What the customer typed goes out."""
        self._check(request, self._writes)
        typed = _parse(await read_body(request.scope, request.receive, _MAX_BODY))
        person = await self._person(request)
        return await self._ask("POST", path, person, json=typed | {"name": person.name})

    def _check(self, request: Request, limit: RateLimit) -> None:
        """Raises TooFast, and NotAllowed for whoever is not our page."""
        limit.take(network(request.scope))
        if not hmac.compare_digest(bearer(request.scope).encode(), page_token(self._carriers).encode()):
            raise NotAllowed

    async def _person(self, request: Request) -> Shopper:
        """Whose window it is; raises NotFound."""
        wanted = request.query_params.get("as", "")
        people = [STRANGER, *await self._shoppers()]
        found = next((person for person in people if person.external_id == wanted), None)
        if found is None:
            raise NotFound
        return found

    async def _ask(self, method: str, path: str, person: Shopper, **more: Any) -> Response:
        """Pass it on to the carriers; raises InvalidInput, NotFound or Unavailable."""
        headers = {"Authorization": f"Bearer {self._carriers.token}"}  # not translated
        mine = {"address": person.email or "", "number": f"+{phone_digits(person.phone)}"}
        address = f"{self._carriers.url}/{path}"
        try:
            async with (
                aiohttp.ClientSession(headers=headers, timeout=_PATIENCE) as session,
                session.request(method, address, params=mine, **more) as answer,
            ):
                if answer.status >= 300:
                    raise _REFUSALS.get(answer.status, Unavailable)
                return JSONResponse(await answer.json(), answer.status, headers={"Cache-Control": "no-store"})
        except (aiohttp.ClientError, TimeoutError):
            raise Unavailable from None


def _parse(body: bytes) -> dict[str, Any]:
    try:
        read = json.loads(body)
    except (ValueError, RecursionError):
        read = None
    if not isinstance(read, dict):
        raise InvalidInput
    return read
