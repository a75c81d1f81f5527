"""HTTP mode: unmodified Bolt behind a request URL, retries, and what people see when it fails."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient

from tests.support.sandbox import BOT_TOKEN, SandboxProcess, until

SUPPORT = "C0SUPPORT"
MAYA = "U0MAYA"


class Endpoint:
    """An app's request URL: hands requests to Bolt, or answers as told; keeps their headers."""

    def __init__(self, sandbox: SandboxProcess) -> None:
        client = AsyncWebClient(token=BOT_TOKEN, base_url=sandbox.api_url)
        self.bolt = AsyncApp(
            name="test", client=client, signing_secret="test-signing", ignoring_self_events_enabled=False
        )
        self.requests: list[dict[str, str]] = []
        self.answers: list[web.Response] = []
        self.slow = 0.0

    async def serve(self, request: web.Request) -> web.Response:
        body = await request.text()
        self.requests.append({**request.headers, "body": body})
        if self.slow:
            await asyncio.sleep(self.slow)
        if self.answers:
            return self.answers.pop(0)
        answer = await self.bolt.async_dispatch(AsyncBoltRequest(body=body, headers=dict(request.headers)))
        kind = answer.headers.get("content-type", ["text/plain"])[0]
        return web.Response(status=answer.status, text=answer.body, headers={"Content-Type": kind})

    def retries(self) -> list[tuple[str | None, str | None]]:
        return [(each.get("X-Slack-Retry-Num"), each.get("X-Slack-Retry-Reason")) for each in self.requests]


@pytest.fixture
async def endpoint(sandbox: SandboxProcess) -> AsyncIterator[Endpoint]:
    """Serves, and is the sandbox's request URL until the test is over."""
    endpoint = Endpoint(sandbox)
    app = web.Application()
    app.router.add_post("/slack/events", endpoint.serve)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    await sandbox.request_url(f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events")
    endpoint.requests.clear()
    yield endpoint
    await sandbox.request_url(None)
    await runner.cleanup()


async def test_the_handshake_is_signed_and_must_be_answered(
    sandbox: SandboxProcess, endpoint: Endpoint
) -> None:
    url = str((await sandbox.state())["request_url"])
    await sandbox.request_url(url)
    assert "url_verification" in endpoint.requests[0]["body"]
    lowered = {key.lower(): value for key, value in endpoint.requests[0].items()}
    assert SignatureVerifier("test-signing").is_valid_request(endpoint.requests[0]["body"], lowered)
    endpoint.answers = [web.Response(text="hello")]
    async with sandbox.session.post(f"{sandbox.control_url}/request_url", json={"url": url}) as answer:
        assert (answer.status, (await answer.json())["error"]) == (400, "url_not_verified")


async def test_events_clicks_forms_and_commands_reach_bolt(
    sandbox: SandboxProcess, client: AsyncWebClient, endpoint: Endpoint
) -> None:
    heard: list[str] = []

    @endpoint.bolt.event("message")
    async def message(event: dict[str, Any]) -> None:
        heard.append(event["text"])

    @endpoint.bolt.command("/cx")
    async def command(ack: Any, command: dict[str, Any]) -> None:
        await ack(f"you said {command['text']}")

    @endpoint.bolt.action("go")
    async def action(ack: Any, body: dict[str, Any]) -> None:
        await ack()
        modal = {"type": "modal", "title": {"type": "plain_text", "text": "Form"}, "blocks": [FIELD]}
        modal |= {"callback_id": "form", "submit": {"type": "plain_text", "text": "Save"}}
        await client.views_open(trigger_id=body["trigger_id"], view=modal)

    @endpoint.bolt.view("form")
    async def form(ack: Any, view: dict[str, Any]) -> None:
        value = view["state"]["values"]["name"]["name"]["value"]
        heard.append(value)
        await ack(response_action="errors", errors={"name": f"Not {value}"})

    await sandbox.act(MAYA, "post", channel=SUPPORT, text="over HTTP")
    await until(lambda: heard == ["over HTTP"])
    await sandbox.act(MAYA, "command", channel=SUPPORT, text="/cx status & more")
    assert (await sandbox.person(MAYA))["ephemerals"][0]["text"] == "you said status &amp; more"
    button = {"type": "button", "action_id": "go", "text": {"type": "plain_text", "text": "Go"}}
    blocks = [{"type": "actions", "elements": [button]}]
    posted = await client.chat_postMessage(channel=SUPPORT, text="x", blocks=blocks)
    await sandbox.act(MAYA, "click", channel=SUPPORT, ts=posted["ts"], action_id="go")

    async def opened() -> list[dict[str, Any]]:
        return list((await sandbox.person(MAYA))["views"])

    (view,) = await until(opened)
    answer = await sandbox.act(MAYA, "submit", view_id=view["id"], values={"name": {"name": "Ann"}})
    assert (answer["ack"]["errors"], answer["closed"]) == ({"name": "Not Ann"}, False)
    assert heard[-1] == "Ann"


FIELD = {
    "type": "input",
    "block_id": "name",
    "label": {"type": "plain_text", "text": "Name"},
    "element": {"type": "plain_text_input", "action_id": "name"},
}


async def test_a_failed_event_comes_again(sandbox: SandboxProcess, endpoint: Endpoint) -> None:
    endpoint.answers = [web.Response(status=500), web.Response(status=500), web.Response(status=200)]
    await sandbox.act(MAYA, "post", channel=SUPPORT, text="again")
    await until(lambda: len(endpoint.requests) == 3)
    assert endpoint.retries() == [(None, None), ("1", "http_error"), ("2", "http_error")]
    assert len({each["body"] for each in endpoint.requests}) == 1

    async def over() -> bool:
        return bool((await sandbox.state())["undelivered"] == 0)

    await until(over)


async def test_an_app_can_refuse_retries(sandbox: SandboxProcess, endpoint: Endpoint) -> None:
    endpoint.answers = [web.Response(status=500, headers={"X-Slack-No-Retry": "1"})]
    await sandbox.act(MAYA, "post", channel=SUPPORT, text="once")
    await sandbox.faults({"kind": "swallow_ack", "method": "reaction_added", "times": 1})
    ts = (await sandbox.messages(SUPPORT))[0]["ts"]
    await until(lambda: len(endpoint.requests) == 1)
    await sandbox.act(MAYA, "react", channel=SUPPORT, ts=ts, name="eyes")
    endpoint.answers = [web.Response(), web.Response()]
    await until(lambda: len(endpoint.requests) == 3)
    assert endpoint.retries() == [(None, None), (None, None), ("1", "http_timeout")]
    assert "reaction_added" in endpoint.requests[2]["body"]


async def test_people_see_that_the_app_did_not_respond(sandbox: SandboxProcess, endpoint: Endpoint) -> None:
    endpoint.answers = [web.Response(status=503)]
    broken = await sandbox.try_act(MAYA, "command", channel=SUPPORT, text="/cx")
    assert broken["error"] == "http_service_error"
    endpoint.slow = 3.5
    late = await sandbox.try_act(MAYA, "command", channel=SUPPORT, text="/cx")
    assert late["error"] == "operation_timeout"
