"""OAuth: the app comes into a second workspace, and leaves it again."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

from benchmarks.conformance.checks import event, method
from benchmarks.conformance.verdicts import has, same, true
from benchmarks.conformance.workspace import ANN, BOT, CLIENT_ID, CLIENT_SECRET, DESK
from benchmarks.conformance.world import World

REDIRECT = "https://app.example/slack/oauth_redirect"
CLARA = "U2CLARA"


async def allow(w: World, person: str, **changed: str) -> dict[str, list[str]]:
    """Goes through the page as a person who allows it; what comes back with the redirect."""
    asked = {"client_id": CLIENT_ID, "scope": "chat:write,commands", "redirect_uri": REDIRECT, "state": "s1"}
    url = f"{w.address}oauth/v2/authorize"
    async with w.session.get(url, params=asked) as answer:
        page = await answer.text()
        same(answer.status, 200)
    fields: dict[str, str] = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))
    true(f'value="{person}"' in page, "the person is not offered")
    sent = {**fields, "user": person, "answer": "allow", **changed}
    async with w.session.post(url, data=sent, allow_redirects=False) as answer:
        same(answer.status, 302)
        return parse_qs(urlsplit(answer.headers["Location"]).query)


async def installed(w: World) -> dict[str, Any]:
    back = await allow(w, CLARA)
    secret = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    answer = await w.another_client("").oauth_v2_access(**secret, code=back["code"][0], redirect_uri=REDIRECT)
    return dict(answer.data) if isinstance(answer.data, dict) else {}


@method("oauth.v2.access", "gives a code's workspace, scopes and a token that works there only")
async def _(w: World) -> None:
    back = await allow(w, CLARA)
    same(back["state"], ["s1"])
    secret = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    client = w.another_client("")
    wrong = client.oauth_v2_access(**{**secret, "client_secret": "no"}, code=back["code"][0])
    await w.refused(wrong, "bad_client_secret")
    answer = await client.oauth_v2_access(**secret, code=back["code"][0], redirect_uri=REDIRECT)
    has(answer["team"], id="T2TEAM", name="Second")
    same(
        (answer["scope"], answer["bot_user_id"], answer["token_type"]),
        ("chat:write,commands", "U2BOT", "bot"),
    )
    await w.refused(client.oauth_v2_access(**secret, code=back["code"][0]), "code_already_used")
    there = w.another_client(answer["access_token"])
    same((await there.auth_test())["team_id"], "T2TEAM")
    await there.conversations_join(channel="C2ROOM")
    await there.chat_postMessage(channel="C2ROOM", text="hello")
    await w.refused(there.chat_postMessage(channel=DESK, text="x"), "channel_not_found")
    await w.refused(w.client.chat_postMessage(channel="C2ROOM", text="x"), "channel_not_found")


@method("oauth.v2.access", "access_denied when the person cancels")
async def _(w: World) -> None:
    same((await allow(w, CLARA, answer="cancel"))["error"], ["access_denied"])


@event("message", "from another workspace comes with its team over the same connection")
async def _(w: World) -> None:
    token = (await installed(w))["access_token"]
    await w.another_client(token).conversations_join(channel="C2ROOM")
    await w.act(CLARA, "post", channel="C2ROOM", text="from the second")
    body = await w.body("message", text="from the second")
    same((body["team_id"], body["authorizations"][0]["user_id"]), ("T2TEAM", "U2BOT"))


@method("auth.revoke", "takes the token away and the app out")
async def _(w: World) -> None:
    token = (await installed(w))["access_token"]
    there = w.another_client(token)
    same((await there.auth_revoke(test=True))["revoked"], False)
    same((await there.auth_revoke())["revoked"], True)
    await w.refused(there.auth_test(), "account_inactive")
    await w.event("app_uninstalled")
    true((await w.client.auth_test())["ok"], "the first workspace lost its token")


@method("apps.uninstall", "takes the app out by its own secret")
async def _(w: World) -> None:
    token = (await installed(w))["access_token"]
    there = w.another_client(token)
    await w.refused(there.apps_uninstall(client_id="no", client_secret="no"), "invalid_client_id")
    await there.apps_uninstall(client_id=CLIENT_ID, client_secret=CLIENT_SECRET)
    await w.refused(there.auth_test(), "account_inactive")


@event("app_uninstalled", "tells that the app was taken out, beside tokens_revoked")
async def _(w: World) -> None:
    await w.do("uninstall_app")
    await w.event("app_uninstalled")
    same((await w.event("tokens_revoked"))["tokens"]["bot"], [BOT])
    await w.refused(w.client.auth_test(), "account_inactive")
    command = {"as": ANN, "do": "command", "channel": DESK, "text": "/help-me"}
    same((await w.control("act", **command))["error"], "unknown_command")
