"""The two addresses of an installation by OAuth, and the plain pages that say what happens next."""

from __future__ import annotations

from html import escape

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from bot.installing import REDIRECT, STATE_SECONDS, Installed, Installer
from cases.errors import CxError, Unavailable
from cases.language import _, pgettext
from cases.reader import Reader, language_of, reader, reader_of, use

START = "/slack/install"
_COOKIE = "cx_install"
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_STYLE = (
    "body{font:17px/1.5 system-ui,sans-serif;max-width:34em;"  # not translated
    "margin:12vh auto;padding:0 1.5em;color:#1d1c1d}a{color:#1264a3}"  # not translated
)


def install_routes(installer: Installer) -> APIRouter:
    """/slack/install sends to Slack's consent page, which comes back to /slack/oauth_redirect."""
    router = APIRouter()

    @router.get(START)
    async def install() -> Response:
        begun = installer.begin()
        answer = RedirectResponse(begun.url, 302, {"Cache-Control": "no-store"})
        answer.set_cookie(
            _COOKIE,
            begun.nonce,
            max_age=STATE_SECONDS,
            path=REDIRECT,
            secure=installer.secure,
            httponly=True,
            samesite="lax",
        )
        return answer

    @router.get(REDIRECT)
    async def finish(request: Request) -> Response:
        query = request.query_params
        with use(_reader(request)):
            try:
                installed = await installer.finish(
                    state=query.get("state", ""),
                    nonce=request.cookies.get(_COOKIE, ""),
                    code=query.get("code", ""),
                    error=query.get("error", ""),
                )
            except CxError as error:
                answer = _refused(error)
            else:
                answer = HTMLResponse(_welcome(installed), headers=_HEADERS)
        answer.delete_cookie(_COOKIE, path=REDIRECT)
        return answer

    return router


def _reader(request: Request) -> Reader:
    """The first language of the browser's that we speak."""
    for wish in request.headers.get("accept-language", "").split(","):
        tag = wish.partition(";")[0]
        if language_of(tag):
            return reader_of(tag.strip())
    return reader()


def _refused(error: CxError) -> HTMLResponse:
    again = f'<p><a href="{START}">{escape(_("Start again"))}</a></p>'
    body = _page(_("CX Copilot was not installed"), f"<p>{escape(error.sentence)}</p>{again}")
    return HTMLResponse(body, 503 if isinstance(error, Unavailable) else 400, _HEADERS)


def _welcome(installed: Installed) -> str:
    if installed.channels:
        shown = ", ".join(f"#{name}" for name in installed.channels)
        where = _("Cases come to {channels} from now on.", channels=shown)
    else:
        where = _(
            "No chat site belongs to this workspace yet: whoever runs this server adds “workspace: {id}” to "
            "a site in config/sites.yml and restarts it.",
            id=installed.team,
        )
    steps = [
        where,
        _("In Slack, write /cx help to see what it can do."),
        _("You can close this page."),
    ]
    listed = "".join(f"<p>{escape(step)}</p>" for step in steps)
    link = f'<p><a href="{escape(installed.url)}">{escape(pgettext("button", "Open Slack"))}</a></p>'
    return _page(_("CX Copilot is installed in {workspace}", workspace=installed.name), listed + link)


def _page(title: str, body: str) -> str:
    language = reader().language
    return (
        f'<!doctype html><html lang="{language}"><meta charset="utf-8">'  # not translated
        '<meta name="viewport" content="width=device-width,initial-scale=1">'  # not translated
        f"<title>{escape(title)}</title><style>{_STYLE}</style><h1>{escape(title)}</h1>{body}</html>"
    )
