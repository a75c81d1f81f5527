"""Slack over HTTP: signed requests are stored or acknowledged, everything else is refused."""

from __future__ import annotations

import io
import json
import time
from pathlib import Path
from typing import Any

import aiohttp
from slack_sdk.signature import SignatureVerifier

from tests.support.stack import AGENT, CHANNEL, BotProcess, company

SIGNING = "test-signing"


def signed(body: str, **changed: str) -> dict[str, str]:
    """The headers with which Slack sends ``body``."""
    timestamp = str(int(time.time()))
    signature = SignatureVerifier(SIGNING).generate_signature(timestamp=timestamp, body=body) or ""
    headers = {"x-slack-request-timestamp": timestamp, "x-slack-signature": signature}
    return {"content-type": "application/json", **headers, **changed}


def event(number: int, inner: dict[str, Any]) -> str:
    return json.dumps(
        {"type": "event_callback", "team_id": "T0SHOP", "event_id": f"Ev{number}", "event": inner}
    )


async def test_events_and_commands_over_http(database_url: str, tmp_path: Path) -> None:
    async with company(tmp_path, database_url) as shop:
        bot = BotProcess(tmp_path / "http", shop.sandbox, database_url, SLACK_SIGNING_SECRET=SIGNING)
        bot.launch("run", "--no-worker", "--http")
        try:
            await bot.until_serving()
            first = await (await shop.visit("http", "Hed")).write("Over HTTP?")
            root = (await shop.card(first["reference"]))["ts"]
            shop.bots[0].stop()  # its socket is gone: what follows comes over HTTP only
            url = f"{bot.url}/slack/events"
            async with aiohttp.ClientSession() as slack:

                async def send(body: str, **changed: str) -> tuple[int, str]:
                    async with slack.post(
                        url, data=io.BytesIO(body.encode()), headers=signed(body, **changed)
                    ) as answer:
                        return answer.status, await answer.text()

                challenge = json.dumps({"type": "url_verification", "challenge": "xyz"})
                assert await send(challenge) == (200, '{"challenge": "xyz"}')
                assert (await send(challenge, **{"x-slack-signature": "v0=0"}))[0] == 401
                assert (await send(challenge, **{"x-slack-request-timestamp": "soon"}))[0] == 401
                assert (await send("{"))[0] == 400
                assert (await send(json.dumps({"long": "x" * 1_100_000})))[0] == 413
                async with slack.get(url) as answer:
                    assert answer.status == 405
                form = "command=%2Fcx&text=status&user_id=U0MAYA&response_url=http%3A%2F%2F127.0.0.1%3A9%2F"
                assert await send(form, **{"content-type": "application/x-www-form-urlencoded"}) == (200, "")

                posted = await shop.sandbox.act(AGENT, "post", channel=CHANNEL, text="Yes", thread_ts=root)
                item = {"type": "message", "channel": CHANNEL, "ts": posted["ts"]}
                reaction = {"type": "reaction_added", "user": AGENT, "reaction": "outbox_tray", "item": item}
                assert await send(event(1, reaction)) == (200, "")
                assert await send(event(1, reaction)) == (200, "")
                limited = {"type": "app_rate_limited", "minute_rate_limited": int(time.time())}
                assert await send(json.dumps(limited)) == (200, "")
                async with slack.get(f"{bot.url}/metrics") as answer:
                    assert "cx_slack_rate_limited_total 1.0" in await answer.text()
            await shop.preview(AGENT, root, "Yes")
        finally:
            bot.stop()
