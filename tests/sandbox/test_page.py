"""What the browser page reads and does, over the wire."""

import re
import time
from typing import Any

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from tests.support.sandbox import SandboxProcess

SUPPORT = "C0SUPPORT"


class Page:
    """A page opened as one person."""

    def __init__(self, sandbox: SandboxProcess, user: str, token: str) -> None:
        self.sandbox = sandbox
        self.user = user
        self.token = token

    async def read(self, name: str, **query: str) -> dict[str, Any]:
        url = f"{self.sandbox.page_url}client/{name}"
        params = {"as": self.user, **query}
        headers = {"X-Page-Token": self.token}
        async with self.sandbox.session.get(url, params=params, headers=headers) as response:
            answer: dict[str, Any] = await response.json()
            return answer

    async def send(self, name: str, **body: Any) -> dict[str, Any]:
        url = f"{self.sandbox.page_url}client/{name}"
        headers = {"X-Page-Token": self.token}
        async with self.sandbox.session.post(
            url, json={"as": self.user, **body}, headers=headers
        ) as response:
            answer: dict[str, Any] = await response.json()
            return answer

    def stream(self) -> Any:
        url = f"{self.sandbox.page_url}client/stream?as={self.user}&token={self.token}"
        return self.sandbox.session.ws_connect(url)


@pytest.fixture
async def token(sandbox: SandboxProcess) -> str:
    async with sandbox.session.get(sandbox.page_url) as response:
        html = await response.text()
    found = re.search(r'name="page-token" content="([0-9a-f]{64})"', html)
    assert found, html[:500]
    return found[1]


@pytest.fixture
def maya(sandbox: SandboxProcess, token: str) -> Page:
    return Page(sandbox, "U0MAYA", token)


@pytest.fixture
def tom(sandbox: SandboxProcess, token: str) -> Page:
    return Page(sandbox, "U0TOM", token)


async def frames(stream: aiohttp.ClientWebSocketResponse, count: int) -> list[dict[str, Any]]:
    """The next frames; who is here is told whenever a window opens or closes, so it is left out."""
    found: list[dict[str, Any]] = []
    while len(found) < count:
        frame = await stream.receive_json(timeout=5)
        if frame["type"] != "presence":
            found.append(frame)
    return found


async def test_the_page_starts_with_what_the_person_may_see(maya: Page) -> None:
    boot = await maya.read("boot")
    assert boot["me"]["id"] == "U0MAYA"
    assert [each["name"] for each in boot["channels"]] == ["support", "returns", "quiet", "secret"]
    assert boot["channels"][0]["topic"] == "Customers who write to us"
    app = boot["app"]
    assert (app["name"], app["bot_user_id"]) == ("CX Copilot", "U0COPILOT")
    assert app["commands"] == [{"command": "/cx", "description": "Cases", "usage_hint": "status"}]
    assert [each["type"] for each in app["shortcuts"]] == ["global", "message"]
    anybody = Page(maya.sandbox, "", maya.token)
    assert (await anybody.read("boot"))["me"]["id"] == "U0MAYA"
    stranger = Page(maya.sandbox, "U0MAYA", "guess")
    assert (await stranger.read("boot"))["error"] == "page_expired"


async def test_messages_come_in_pages_oldest_first(maya: Page, client: AsyncWebClient) -> None:
    for n in range(5):
        await client.chat_postMessage(channel=SUPPORT, text=str(n))
    await client.chat_postEphemeral(channel=SUPPORT, user="U0MAYA", text="psst")
    newest = await maya.read("messages", channel=SUPPORT, limit="2")
    assert [each["text"] for each in newest["messages"]] == ["3", "4", "psst"]
    assert newest["messages"][2]["is_ephemeral"] is True
    assert newest["has_more"] is True
    older = await maya.read("messages", channel=SUPPORT, limit="3", before=newest["messages"][0]["ts"])
    assert [each["text"] for each in older["messages"]] == ["0", "1", "2"]
    assert older["has_more"] is False


async def test_a_thread_with_the_persons_ephemerals(maya: Page, tom: Page, client: AsyncWebClient) -> None:
    root = await client.chat_postMessage(channel=SUPPORT, text="root")
    ts = root["ts"]
    assert (await maya.send("act", do="post", channel=SUPPORT, text="reply", thread_ts=ts))["ok"]
    await client.chat_postEphemeral(channel=SUPPORT, user="U0MAYA", text="preview", thread_ts=ts)
    mine = await maya.read("thread", channel=SUPPORT, thread_ts=ts)
    assert [each["text"] for each in mine["messages"]] == ["root", "reply", "preview"]
    theirs = await tom.read("thread", channel=SUPPORT, thread_ts=ts)
    assert [each["text"] for each in theirs["messages"]] == ["root", "reply"]


async def test_the_stream_shows_only_what_the_person_may_see(
    maya: Page, tom: Page, client: AsyncWebClient
) -> None:
    async with maya.stream() as hers, tom.stream() as his:
        start = time.monotonic()
        await client.chat_postMessage(channel="C0LOGISTICS", text="for Tom")
        await client.chat_postEphemeral(channel=SUPPORT, user="U0MAYA", text="for Maya")
        posted = await client.chat_postMessage(channel=SUPPORT, text="for both")
        await client.reactions_add(channel=SUPPORT, timestamp=posted["ts"], name="eyes")
        her_frames, his_frames = await frames(hers, 4), await frames(his, 5)
    assert [frame["type"] for frame in her_frames] == ["ephemeral", "unread", "message", "reaction_added"]
    assert her_frames[0]["message"]["text"] == "for Maya"
    assert her_frames[1] == {"type": "unread", "channel": SUPPORT, "unread": 1, "mentions": 0}
    assert start <= her_frames[2]["at"] <= time.monotonic()
    assert (her_frames[3]["reaction"], her_frames[3]["ts"]) == ("eyes", posted["ts"])
    shown = [frame["message"]["text"] for frame in his_frames if frame["type"] == "message"]
    assert shown == ["for Tom", "for both"]


async def test_unread_marks_count_messages_and_mentions(maya: Page, client: AsyncWebClient) -> None:
    await client.chat_postMessage(channel=SUPPORT, text="one")
    last = await client.chat_postMessage(channel=SUPPORT, text="<@U0MAYA> two")
    (support,) = [each for each in (await maya.read("boot"))["channels"] if each["id"] == SUPPORT]
    assert (support["unread"], support["mentions"]) == (2, 1)
    async with maya.stream() as stream:
        assert (await maya.send("mark", channel=SUPPORT, ts=last["ts"]))["unread"] == 0
        (frame,) = await frames(stream, 1)
    assert (frame["type"], frame["unread"], frame["mentions"]) == ("unread", 0, 0)


async def test_the_home_reaches_the_page(maya: Page, client: AsyncWebClient) -> None:
    assert (await maya.read("home"))["view"] is None
    async with maya.stream() as stream:
        await client.views_publish(user_id="U0MAYA", view={"type": "home", "blocks": [{"type": "divider"}]})
        (frame,) = await frames(stream, 1)
    assert (frame["type"], frame["view"]["type"]) == ("home", "home")
    assert (await maya.read("home"))["view"]["id"] == frame["view"]["id"]


async def test_onlookers_of_the_control_side_see_everything(
    sandbox: SandboxProcess, client: AsyncWebClient
) -> None:
    async with sandbox.watch() as watch:
        posted = await client.chat_postMessage(channel="C0SECRET", text="x")
        await client.chat_update(channel="C0SECRET", ts=posted["ts"], text="y")
        await client.chat_delete(channel="C0SECRET", ts=posted["ts"])
        seen = await frames(watch, 3)
    assert [frame["type"] for frame in seen] == ["message", "message_changed", "message_deleted"]
    assert [(frame["channel"], frame["ts"]) for frame in seen] == [("C0SECRET", posted["ts"])] * 3
    assert seen[0]["message"]["text"] == "x"
    assert seen[1]["message"]["text"] == "y"


async def test_the_parts_of_the_page_are_served(sandbox: SandboxProcess) -> None:
    async with sandbox.session.get(sandbox.page_url) as response:
        html = await response.text()
        assert "default-src 'self'" in response.headers["Content-Security-Policy"]
    parts = re.findall(r'(?:src|href)="(/static/[^"]+)"', html)
    assert parts
    for part in parts:
        async with sandbox.session.get(sandbox.page_url + part[1:]) as response:
            assert response.status == 200, part


async def test_an_uploaded_file_is_posted_and_can_be_fetched(
    sandbox: SandboxProcess, token: str, client: AsyncWebClient
) -> None:
    form = aiohttp.FormData({"as": "U0MAYA", "channel": SUPPORT, "text": "the receipt"}, quote_fields=False)
    form.add_field("file", b"%PDF", filename="a b/../receipt.pdf", content_type="application/pdf")
    async with sandbox.session.post(
        f"{sandbox.page_url}client/upload", data=form, headers={"X-Page-Token": token}
    ) as response:
        answer = await response.json()
    assert answer["ok"], answer
    (message,) = (await client.conversations_history(channel=SUPPORT))["messages"]
    assert (message["subtype"], message["text"]) == ("file_share", "the receipt")
    (file,) = message["files"]
    assert (file["name"], file["size"], file["mimetype"]) == ("a b/../receipt.pdf", 4, "application/pdf")
    async with sandbox.session.get(f"{file['url_private']}?token={token}") as response:
        assert (await response.read(), response.headers["Content-Disposition"]) == (b"%PDF", "attachment")
    async with sandbox.session.get(file["url_private"]) as response:
        assert response.history[0].status == 302  # to a sign-in page


async def test_an_archived_channel_is_shown_as_such(sandbox: SandboxProcess, maya: Page) -> None:
    async with maya.stream() as stream:
        await sandbox.do("archive", channel=SUPPORT)
        (frame,) = await frames(stream, 1)
    assert (frame["type"], frame["channel"]["id"], frame["channel"]["is_archived"]) == (
        "channel",
        SUPPORT,
        True,
    )
