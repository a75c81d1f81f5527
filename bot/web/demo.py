"""The demo's shop page: a host site with the widget on it, where one chooses whom to be."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from html import escape
from string import Template

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from bot.web.bundle import STATIC
from bot.web.context import ChatSite, ClockControl, Shopper, WebContext
from bot.web.demo_clock import page_token
from bot.web.demo_windows import windows_of
from channels.tokens import sign_user

DEMO_SITE = "shop"
_CLOCK = Template((STATIC / "demo" / "clock.html").read_text())


def demo_routes(web: WebContext, shoppers: Callable[[], Awaitable[Sequence[Shopper]]]) -> APIRouter:
    """/demo/: the shop as an anonymous visitor, or with ``?as=<external id>`` as that customer."""
    router = APIRouter(prefix="/demo")
    folder = STATIC / "demo"
    page = Template((folder / "index.html").read_text())
    style = (folder / "shop.css").read_text()
    site = web.sites.get(DEMO_SITE) or next(iter(web.sites.values()))

    @router.get("")
    async def bare(request: Request) -> Response:
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(f"/demo/{query}")

    @router.get("/")
    async def shop(request: Request) -> Response:
        people = await shoppers()
        wanted = request.query_params.get("as", "")
        chosen = next((person for person in people if person.external_id == wanted), None)
        html = page.substitute(
            _parts(site, people, chosen),
            clock=_clock(web.clock_control),
            windows=windows_of(web.carriers, chosen),
        )
        return HTMLResponse(html, headers={"Cache-Control": "no-store"})

    @router.get("/shop.css")
    async def sheet() -> Response:
        return Response(style, media_type="text/css")

    return router


def _parts(site: ChatSite, people: Sequence[Shopper], chosen: Shopper | None) -> dict[str, str]:
    return {
        "title": escape(site.title),
        "options": "".join(_option(person, chosen) for person in people),
        "hello": f"Signed in as {escape(chosen.name)}" if chosen else "Visiting without an account",
        "widget": _script_tag(site, chosen),
    }


def _option(person: Shopper, chosen: Shopper | None) -> str:
    selected = " selected" if person == chosen else ""
    return f'<option value="{escape(person.external_id)}"{selected}>{escape(person.name)}</option>'


def _script_tag(site: ChatSite, chosen: Shopper | None) -> str:
    """The one tag a host site needs; for a signed-in customer with the host's signature."""
    attributes = {"src": "/chat/widget.js", "data-site": site.key}
    if chosen and site.secret:
        attributes["data-user-id"] = chosen.external_id
        attributes["data-signature"] = sign_user(site.secret, chosen.external_id)
        attributes["data-name"] = chosen.name
        attributes["data-email"] = chosen.email or ""
    written = " ".join(f'{name}="{escape(value)}"' for name, value in attributes.items())
    return f"<script {written} async></script>"


def _clock(control: ClockControl | None) -> str:
    """The control of the demo's clock, where there is one."""
    if control is None:
        return ""
    return _CLOCK.substitute(token=page_token(control))
