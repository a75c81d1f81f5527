"""HTTP mode: an unmodified Bolt app behind a request URL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.signature import SignatureVerifier

from benchmarks.conformance.checks import check
from benchmarks.conformance.verdicts import same, true
from benchmarks.conformance.workspace import ANN, DESK, SIGNING_SECRET
from benchmarks.conformance.world import World


class Endpoint:
    """A request URL that hands everything to Bolt, or answers with the `statuses` a check wants first."""

    def __init__(self, w: World) -> None:
        self._app = w.app
        self.requests: list[tuple[dict[str, str], str]] = []
        self.statuses: list[int] = []
        self.headers: dict[str, str] = {}
        self.slow = 0.0

    async def serve(self, request: web.Request) -> web.Response:
        body = await request.text()
        self.requests.append((dict(request.headers), body))
        if self.slow:
            await asyncio.sleep(self.slow)
        if self.statuses:
            return web.Response(status=self.statuses.pop(0), headers=self.headers)
        answer = await self._app.async_dispatch(AsyncBoltRequest(body=body, headers=dict(request.headers)))
        kind = answer.headers.get("content-type", ["text/plain"])[0]
        return web.Response(status=answer.status, text=answer.body, headers={"Content-Type": kind})


@asynccontextmanager
async def endpoint(w: World) -> AsyncIterator[Endpoint]:
    """Is the workspace's request URL for a while."""
    there = Endpoint(w)
    served = web.Application()
    served.router.add_post("/slack/events", there.serve)
    runner = web.AppRunner(served, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
    try:
        same(await w.control("request_url", url=url), {"ok": True})
        yield there
    finally:
        await w.control("request_url", url=None)
        await runner.cleanup()


@check("delivery", "HTTP: url_verification", "is signed, and Bolt answers the challenge")
async def _(w: World) -> None:
    async with endpoint(w) as there:
        headers, body = there.requests[0]
        lowered = {key.lower(): value for key, value in headers.items()}
        true("url_verification" in body, "no handshake")
        true(SignatureVerifier(SIGNING_SECRET).is_valid_request(body, lowered), "the signature is wrong")
        there.statuses = [500]
        again = f"http://{headers['Host']}/slack/events"
        same((await w.control("request_url", url=again))["error"], "url_not_verified")


@check("delivery", "HTTP: events, clicks, commands", "reach Bolt, signed, as JSON and forms")
async def _(w: World) -> None:
    async with endpoint(w) as there:
        await w.act(ANN, "post", channel=DESK, text="over HTTP")
        await w.event("message", text="over HTTP")
        w.answers["command"] = {"text": "Here"}
        await w.act(ANN, "command", channel=DESK, text="/help-me now")
        same((await w.person(ANN))["ephemerals"][0]["text"], "Here")
        await w.act(ANN, "shortcut", callback_id="new")
        same([kind for kind, _ in w.acted], ["command", "shortcut"])
        kinds = [headers["Content-Type"] for headers, _ in there.requests[1:]]
        same(kinds, ["application/json", *["application/x-www-form-urlencoded"] * 2])


@check("delivery", "HTTP: retries", "three more, numbered, with the reason; the same event_id")
async def _(w: World) -> None:
    async with endpoint(w) as there:
        there.statuses = [500, 503, 404, 200]
        await w.act(ANN, "post", channel=DESK, text="again")
        await w.until(lambda: len(there.requests) == 5, "the third retry")
        tries = [(h.get("X-Slack-Retry-Num"), h.get("X-Slack-Retry-Reason")) for h, _ in there.requests[1:]]
        same(tries, [(None, None), *((str(number), "http_error") for number in (1, 2, 3))])
        same(len({body for _, body in there.requests[1:]}), 1)


@check("delivery", "HTTP: X-Slack-No-Retry", "is honoured")
async def _(w: World) -> None:
    async with endpoint(w) as there:
        there.statuses, there.headers = [500], {"X-Slack-No-Retry": "1"}
        await w.act(ANN, "post", channel=DESK, text="once")

        async def over() -> bool:
            return len(there.requests) == 2 and (await w.look("state"))["undelivered"] == 0

        await w.until(over, "the end of it")
        await asyncio.sleep(0.3)
        same(len(there.requests), 2)


@check("delivery", "HTTP: no answer", "is shown to the person who acted")
async def _(w: World) -> None:
    async with endpoint(w) as there:
        command = {"as": ANN, "do": "command", "channel": DESK, "text": "/help-me"}
        there.statuses = [500]
        same((await w.control("act", **command))["error"], "http_service_error")
        there.slow = w.ack_seconds + 0.2
        same((await w.control("act", **command))["error"], "operation_timeout")
