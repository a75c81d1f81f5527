"""/oauth/v2/authorize: the page on which a person allows the app into a workspace."""

from html import escape
from urllib.parse import urlencode

from aiohttp import web

from sandbox.api.args import Args
from sandbox.api.oauth import check_client
from sandbox.errors import ApiError
from sandbox.town import Town
from sandbox.web.guard import is_local, same

PASSED_ON = ("client_id", "scope", "redirect_uri", "state")
SAFETY = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
}
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Install {app}</title><style>
body{{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:4rem auto;padding:0 1rem}}
fieldset{{border:1px solid #8886;border-radius:.5rem;margin:1rem 0}} label{{display:block;padding:.2rem 0}}
button{{font:inherit;padding:.5rem 1.2rem;border-radius:.4rem;border:1px solid #8888;cursor:pointer}}
button[value=allow]{{background:#1f6f43;color:#fff;border-color:#1f6f43}}
</style><h1>{app} wants to be installed</h1>
<p>It would be able to use: {scopes}.</p>
<form method="post">{hidden}{choices}
<button name="answer" value="allow">Allow</button>
<button name="answer" value="cancel" formnovalidate>Cancel</button></form></html>"""


class Install:
    def __init__(self, town: Town) -> None:
        self._town = town

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/oauth/v2/authorize", self._ask),
            web.post("/oauth/v2/authorize", self._answer),
        ]

    def _check(self, args: Args) -> list[str]:
        """The scopes asked for. Raises ApiError: invalid_client_id, bad_redirect_uri, invalid_scope."""
        first = self._town.first
        check_client(first, args, secret=False)
        allowed, wanted = first.manifest.redirect_urls, args.text("redirect_uri")
        if wanted is None or not any(wanted.startswith(each) for each in allowed or ["http"]):
            raise ApiError("bad_redirect_uri")
        scopes = args.several("scope")
        if not scopes or set(scopes) - first.manifest.scopes:
            raise ApiError("invalid_scope")
        return scopes

    async def _ask(self, request: web.Request) -> web.StreamResponse:
        if not is_local(self._town.first, request):
            return web.Response(status=403, text="This page is only for this machine.")
        args = Args(dict(request.query))
        try:
            scopes = self._check(args)
        except ApiError as problem:
            return web.Response(status=400, text=f"The app cannot be installed: {problem.code}.")
        first = self._town.first
        passed = {"page": first.page_token, **{key: args.text(key) or "" for key in PASSED_ON}}
        hidden = "".join(
            f'<input type="hidden" name="{key}" value="{escape(value)}">' for key, value in passed.items()
        )
        html = PAGE.format(
            app=escape(first.seed.app.bot_name),
            scopes=escape(", ".join(scopes)),
            hidden=hidden,
            choices="".join(self._choices(args.text("team"))),
        )
        return web.Response(text=html, content_type="text/html", headers=SAFETY)

    def _choices(self, team: str | None) -> list[str]:
        """One group of people per workspace; guests cannot install apps."""
        groups = []
        for box in self._town.boxes.values():
            workspace = box.workspace
            if team in {None, workspace.team["id"]}:
                people = "".join(
                    f'<label><input type="radio" name="user" required value="{escape(user.id)}"> '
                    f"{escape(user.real_name)}</label>"
                    for user in workspace.users.values()
                    if not (user.is_bot or user.is_restricted or user.is_ultra_restricted or user.team)
                )
                groups.append(
                    f"<fieldset><legend>{escape(workspace.team['name'])}</legend>{people}</fieldset>"
                )
        return groups

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        form = {key: value for key, value in (await request.post()).items() if isinstance(value, str)}
        args, first = Args(form), self._town.first
        if not is_local(first, request) or not same(form.get("page"), first.page_token):
            return web.Response(status=403, text="This page is too old: open it again.")
        try:
            scopes = self._check(args)
        except ApiError as problem:
            return web.Response(status=400, text=f"The app cannot be installed: {problem.code}.")
        target = args.needed("redirect_uri")
        back = {"state": form.get("state", "")}
        box = self._town.named(None, form.get("user"))
        if form.get("answer") != "allow" or form.get("user") not in box.workspace.users:
            return _back(target, {"error": "access_denied", **back})
        code = first.shared.codes.give(box.workspace.team["id"], form["user"], target, scopes)
        return _back(target, {"code": code, **back})


def _back(target: str, query: dict[str, str]) -> web.StreamResponse:
    separator = "&" if "?" in target else "?"
    return web.Response(status=302, headers={"Location": f"{target}{separator}{urlencode(query)}"})
