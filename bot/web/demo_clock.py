"""The demo's clock over HTTP: how it stands, and turning it forward."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from datetime import datetime, timedelta, tzinfo
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from bot.web.body import bearer, read_body
from bot.web.bundle import STATIC
from bot.web.context import ClockControl, WebContext
from cases import reminding
from cases.errors import AlreadyDone, InvalidInput, NotAllowed
from storage import turned

MOST = timedelta(days=31)
"""How far it is turned at once."""
_MAX_BODY = 1_000
_ONE_DAY = timedelta(days=1)


def clock_routes(web: WebContext, control: ClockControl) -> APIRouter:
    """GET and POST of /demo/clock, and the script of the page's control."""
    router = APIRouter(prefix="/demo")
    script = (STATIC / "demo" / "clock.js").read_text()

    @router.get("/clock")
    async def read() -> Response:
        return JSONResponse(await _standing(web, control), headers={"Cache-Control": "no-store"})

    @router.post("/clock")
    async def turn(request: Request) -> Response:
        _check(control, bearer(request.scope))
        wanted = _parse(await read_body(request.scope, request.receive, _MAX_BODY))
        now = web.clock.now()
        to = _moment(wanted, now, control.zone())
        if not now < to <= now + MOST:
            raise InvalidInput("The clock is turned forward only, by 31 days at most.")
        if not await turned.wish(web.db, to, now):
            raise AlreadyDone("The clock is being turned already.")
        return JSONResponse(await _standing(web, control), HTTPStatus.ACCEPTED)

    @router.get("/clock.js")
    async def code() -> Response:
        return Response(script, media_type="text/javascript")

    return router


def page_token(control: ClockControl) -> str:
    """What the demo's own page shows, so that no other website can turn the clock."""
    return hmac.digest(control.token.encode(), b"clock page", "sha256").hex()


def _check(control: ClockControl, shown: str) -> None:
    known = (control.token, page_token(control))
    if not any(hmac.compare_digest(shown.encode(), each.encode()) for each in known):
        raise NotAllowed(
            "The clock is turned by the demo's own page, and with the control secret of demo.json."
        )


async def _standing(web: WebContext, control: ClockControl) -> dict[str, Any]:
    found = await turned.read(web.db)
    return {
        "now": web.clock.now().isoformat(),
        "zone": str(control.zone()),
        "ahead_seconds": found.ahead.total_seconds(),
        "from": found.from_at and found.from_at.isoformat(),
        "to": found.to_at and found.to_at.isoformat(),
        "waits_for": found.waits_for,
        "stopped_by": found.stopped_by,
    }


def _parse(body: bytes) -> Mapping[str, object]:
    try:
        read = json.loads(body)
    except (ValueError, RecursionError):
        read = None
    if not isinstance(read, dict) or len(read) != 1:
        raise InvalidInput('Say {"by": seconds}, {"to": "morning"} or {"to": "2027-01-31T09:00:00+01:00"}.')
    return read


def _moment(wanted: Mapping[str, object], now: datetime, zone: tzinfo) -> datetime:
    """Raises InvalidInput for what is no moment."""
    by, to = wanted.get("by"), wanted.get("to")
    if isinstance(by, int | float) and not isinstance(by, bool) and 0 < by <= MOST.total_seconds():
        return now + timedelta(seconds=by)
    if to == "morning":
        today = reminding.at(now.astimezone(zone).date(), reminding.MORNING, zone)
        return today if today > now else reminding.tomorrow(now, zone)
    try:
        moment = datetime.fromisoformat(str(to))
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise InvalidInput("The clock is turned forward only, by 31 days at most.")
    return moment
