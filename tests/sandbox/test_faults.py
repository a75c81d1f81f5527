"""Faults of the Web API, as a client with its own session sees them."""

import asyncio
import time

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.support.sandbox import BOT_TOKEN, SandboxProcess, until

SUPPORT = "C0SUPPORT"


async def texts(sandbox: SandboxProcess) -> list[str]:
    return [message["text"] for message in await sandbox.messages(SUPPORT)]


def plain_client(sandbox: SandboxProcess, timeout: int = 30) -> AsyncWebClient:
    """Without the SDK's own second try."""
    return AsyncWebClient(token=BOT_TOKEN, base_url=sandbox.api_url, retry_handlers=[], timeout=timeout)


async def test_a_dropped_reply_is_an_accepted_post(sandbox: SandboxProcess) -> None:
    await sandbox.faults({"kind": "drop_reply", "method": "chat.postMessage", "times": 1})
    with pytest.raises(aiohttp.ClientError):
        await plain_client(sandbox).chat_postMessage(channel=SUPPORT, text="lost answer")
    assert await texts(sandbox) == ["lost answer"]
    assert (await plain_client(sandbox).chat_postMessage(channel=SUPPORT, text="next"))["ok"]


async def test_the_sdks_own_second_try_posts_twice(sandbox: SandboxProcess, client: AsyncWebClient) -> None:
    await sandbox.faults({"kind": "drop_reply", "method": "chat.postMessage", "times": 1})
    await client.chat_postMessage(channel=SUPPORT, text="twice")
    assert await texts(sandbox) == ["twice", "twice"]


async def test_429_and_500_are_not_accepted(sandbox: SandboxProcess) -> None:
    client = plain_client(sandbox)
    await sandbox.faults(
        {"kind": "error_429", "times": 1, "retry_after": 7}, {"kind": "error_500", "times": 1}
    )
    with pytest.raises(SlackApiError) as limited:
        await client.chat_postMessage(channel=SUPPORT, text="x")
    assert (limited.value.response.status_code, limited.value.response.headers["Retry-After"]) == (429, "7")
    with pytest.raises(SlackApiError) as broken:
        await client.chat_postMessage(channel=SUPPORT, text="x")
    assert broken.value.response.status_code == 500
    assert await texts(sandbox) == []
    counts = (await sandbox.calls())["counts"]["chat.postMessage"]
    assert counts == {"ratelimited": 1, "fault:error_500": 1}


async def test_a_call_that_is_never_answered_is_accepted(sandbox: SandboxProcess) -> None:
    await sandbox.faults({"kind": "timeout", "times": 1})
    with pytest.raises(TimeoutError):
        await plain_client(sandbox, timeout=1).chat_postMessage(channel=SUPPORT, text="silence")
    assert await texts(sandbox) == ["silence"]


async def test_a_delay_holds_the_answer_back(sandbox: SandboxProcess) -> None:
    await sandbox.faults({"kind": "delay", "method": "auth.test", "delay_ms": 300, "times": 1})
    start = time.monotonic()
    await plain_client(sandbox).auth_test()
    assert time.monotonic() - start >= 0.3


async def test_an_unreadable_post_shows_later(sandbox: SandboxProcess) -> None:
    client = plain_client(sandbox)
    root = await client.chat_postMessage(channel=SUPPORT, text="root")
    await sandbox.faults({"kind": "unreadable", "times": 2, "delay_ms": 400})
    await client.chat_postMessage(channel=SUPPORT, text="hidden root")
    await client.chat_postMessage(channel=SUPPORT, text="hidden reply", thread_ts=root["ts"])
    assert [each["text"] for each in (await client.conversations_history(channel=SUPPORT))["messages"]] == [
        "root"
    ]
    thread = await client.conversations_replies(channel=SUPPORT, ts=root["ts"])
    assert [each["text"] for each in thread["messages"]] == ["root"]
    assert len(await texts(sandbox)) == 3

    async def readable() -> bool:
        answer = await client.conversations_replies(channel=SUPPORT, ts=root["ts"])
        return len(answer["messages"]) == 2

    await until(readable)


async def test_rules_are_shown_counted_down_and_checked(sandbox: SandboxProcess) -> None:
    await sandbox.faults({"kind": "error_500", "method": "auth.test", "times": 2, "channel": None})
    with pytest.raises(SlackApiError):
        await plain_client(sandbox).auth_test()
    async with sandbox.session.get(sandbox.control_url + "/faults") as response:
        (rule,) = (await response.json())["rules"]
    assert (rule["kind"], rule["method"], rule["times"]) == ("error_500", "auth.test", 1)
    for wrong in ({"kind": "gremlin"}, {"kind": "delay", "ms": 3}, "delay"):
        async with sandbox.session.post(sandbox.control_url + "/faults", json={"rules": [wrong]}) as response:
            answer = await response.json()
        assert (response.status, answer["error"]) == (400, "invalid_rules")
    await sandbox.faults()
    assert (await plain_client(sandbox).auth_test())["ok"]


async def test_faults_by_chance(sandbox: SandboxProcess) -> None:
    client = plain_client(sandbox)
    await sandbox.faults({"kind": "error_500", "method": "auth.test", "probability": 0.5})
    results = await asyncio.gather(*(client.auth_test() for _ in range(60)), return_exceptions=True)
    failed = sum(isinstance(result, SlackApiError) for result in results)
    assert 5 < failed < 55
