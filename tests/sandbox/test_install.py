"""A second workspace: what is in it survives, and the page of OAuth keeps strangers out."""

from pathlib import Path
from typing import Any

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from tests.sandbox.test_posting import refusal
from tests.support.sandbox import DEFAULT_WORKSPACE, SandboxProcess

SECOND: dict[str, Any] = {
    "team": {"id": "T2SHOP", "name": "Southwind", "domain": "southwind"},
    "app": {"bot_id": "B2BOT", "bot_user_id": "U2BOT", "bot_token": "xoxb-second"},
    "users": [{"id": "U2CLARA", "name": "clara"}],
    "channels": [{"id": "C2ROOM", "name": "room"}],
}


def two_workspaces(folder: Path) -> SandboxProcess:
    app = {**DEFAULT_WORKSPACE["app"], "client_id": "1.2", "client_secret": "hush"}
    return SandboxProcess(
        folder, workspace={**DEFAULT_WORKSPACE, "app": app, "workspaces": [SECOND]}, strict=False
    )


async def test_two_workspaces_are_apart_and_survive(fresh_folder: Path) -> None:
    process = two_workspaces(fresh_folder)
    process.start()
    second = AsyncWebClient(token="xoxb-second", base_url=process.api_url)
    await second.chat_postMessage(channel="C2ROOM", text="ours")
    uploaded = await second.files_upload_v2(content="x", filename="x.txt", channel="C2ROOM")
    await process.act("U2CLARA", "post", channel="C2ROOM", text="theirs")
    process.kill()
    process.start()
    history = (await second.conversations_history(channel="C2ROOM"))["messages"]
    assert [each["text"] for each in history] == ["theirs", "", "ours"]
    head = {"Authorization": "Bearer xoxb-second"}
    async with aiohttp.ClientSession(headers=head) as web, web.get(uploaded["file"]["url_private"]) as answer:
        assert await answer.read() == b"x"
    assert (await process.state())["team"]["id"] == "T0SHOP"
    async with process.session.get(f"{process.control_url}/state", params={"workspace": "T2SHOP"}) as answer:
        assert (await answer.json())["team"]["id"] == "T2SHOP"
    await process.do("uninstall_app", workspace="T2SHOP")
    process.kill()
    process.start()
    assert (await refusal(second.auth_test()))["error"] == "account_inactive"
    async with process.session.get(f"{process.control_url}/state", params={"workspace": "T2SHOP"}) as answer:
        assert (await answer.json())["installed"] is False
    await process.close()


async def test_the_install_page_refuses_what_is_wrong(fresh_folder: Path) -> None:
    process = two_workspaces(fresh_folder)
    process.start()
    url = f"{process.page_url}oauth/v2/authorize"
    right = {"client_id": "1.2", "scope": "chat:write", "redirect_uri": "http://127.0.0.1:1/back"}
    for wrong, error in (
        ({"client_id": "no"}, "invalid_client_id"),
        ({"scope": "admin"}, "invalid_scope"),
        ({"redirect_uri": "nowhere"}, "bad_redirect_uri"),
    ):
        async with process.session.get(url, params={**right, **wrong}) as answer:
            assert (answer.status, error in await answer.text()) == (400, True)
    async with process.session.get(url, params=right) as answer:
        page = await answer.text()
        assert ("Gus Guest" in page, "Maya Lindqvist" in page, "clara" in page) == (False, True, True)
    forged = {**right, "user": "U0MAYA", "answer": "allow"}
    async with process.session.post(url, data=forged, allow_redirects=False) as answer:
        assert answer.status == 403
    await process.close()
