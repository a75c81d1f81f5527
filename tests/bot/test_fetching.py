"""Agents' files come from Slack only, whole and within limits, or are left out with the reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from slack_sdk.web.async_client import AsyncWebClient

from bot.fetching import fetch
from bot.web.uploads import FileStore
from bot.workspace import Workspace
from cases.files import MAX_FILES

TOKEN = "xoxb-secret"


def workspace(base_url: str, url: str = "https://shop.slack.com/", session: Any = None) -> Workspace:
    slack = Workspace(AsyncWebClient(TOKEN, base_url=base_url, session=session), "T1", "UBOT", "BBOT")
    slack.url = url
    return slack


@pytest.mark.parametrize(
    ("url", "own"),
    [
        ("https://files.slack.com/files-pri/T1-F1/a.pdf", True),
        ("https://shop.slack.com/files/a.pdf", True),
        ("https://slack.com/a.pdf", True),
        ("http://files.slack.com/a.pdf", False),
        ("https://evilslack.com/a.pdf", False),
        ("https://slack.com.evil.example/a.pdf", False),
        ("https://slack.com@evil.example/a.pdf", False),
        ("https://user@files.slack.com/a.pdf", False),
        ("https://169.254.169.254/latest", False),
        ("file:///etc/passwd", False),
        ("", False),
    ],
)
def test_the_token_goes_to_slack_only(url: str, own: bool) -> None:
    assert workspace("https://slack.com/api/").is_own_address(url) is own


def test_another_slack_is_another_slack() -> None:
    local = workspace("http://127.0.0.1:9100/api/", "http://127.0.0.1:9100/")
    assert local.is_own_address("http://127.0.0.1:9100/files-pri/a")
    assert not local.is_own_address("http://127.0.0.1:9101/files-pri/a")
    assert not local.is_own_address("https://files.slack.com/a")


async def test_each_file_is_fetched_or_left_out_with_its_reason(tmp_path: Path) -> None:
    asked: list[str] = []

    async def give(request: web.Request) -> web.StreamResponse:
        asked.append(request.path)
        assert request.headers["Authorization"] == f"Bearer {TOKEN}"
        if request.path == "/moved":
            raise web.HTTPFound("/good")
        return web.Response(body=b"x" * (5_000 if request.path == "/grown" else 100))

    app = web.Application()
    app.router.add_get("/{name}", give)
    async with TestServer(app) as server, ClientSession() as session:
        base = str(server.make_url("/"))
        slack = workspace(f"{base}api/", base, session)

        def file(key: str, **more: Any) -> dict[str, Any]:
            return {
                "id": f"F{key}",
                "name": key,
                "size": 100,
                "url_private_download": f"{base}{key}",
            } | more

        files = [
            file("good", name="good.txt"),
            file("moved"),
            file("grown"),
            file("big", size=5_000),
            file("setup", name="setup.exe"),
            file("drive", is_external=True),
            file("old", mode="hidden_by_limit"),
            file("gone", mode="tombstone"),
            file("evil", url_private_download="http://evil.example/a"),
        ]
        store = FileStore(tmp_path, 1_000)
        found = await fetch(slack, store, {}, {"files": files})
        got = [(each.name, each.size, each.slack_file) for each in found.attached]
        assert got == [("good.txt", 100, "Fgood")]
        assert [(each.name, each.why) for each in found.left_out] == [
            ("moved", "failed"),
            ("grown", "large"),
            ("big", "large"),
            ("setup.exe", "type"),
            ("drive", "elsewhere"),
            ("old", "elsewhere"),
            ("evil", "failed"),
        ]
        assert asked == ["/good", "/moved", "/grown"]
        assert await store.names(-1) == [found.attached[0].uuid]
        known = {each.slack_file: each for each in found.attached}
        again = await fetch(slack, store, known, {"files": [files[0]] * (MAX_FILES + 1)})
        assert [each.why for each in again.left_out] == ["many"]
        assert len(asked) == 3, "what is here already is not fetched again"
