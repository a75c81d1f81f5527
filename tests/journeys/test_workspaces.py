"""One server, several workspaces by OAuth: installed, served apart, taken out, installed again."""

from __future__ import annotations

import copy
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import uuid4

import aiohttp
import pytest
import yaml

from bot import manifest
from storage.db import Database
from tests.support.front import front
from tests.support.ports import free_port
from tests.support.sandbox import DEFAULT_WORKSPACE, SandboxProcess, until
from tests.support.stack import CHANNEL, BotProcess

SIGNING, CLIENT, CLIENT_SECRET = "test-signing", "111.222", "a client's secret"
SITES = """
sites:
  - {key: shop, title: Shop, slack_channel: support, workspace: T0SHOP, allowed_origins: ["*"]}
  - {key: branch, title: Branch, slack_channel: support, workspace: T0BRANCH, allowed_origins: ["*"]}
"""


@dataclass
class Town:
    """Two workspaces with the same ids in them, and the server that serves both."""

    shop: SandboxProcess
    branch: SandboxProcess
    bot: BotProcess
    http: aiohttp.ClientSession

    async def begin(self) -> dict[str, str]:
        """Press “Add to Slack”: the questions that Slack's consent page gets."""
        async with self.http.get(f"{self.bot.url}/slack/install", allow_redirects=False) as sent:
            assert sent.status == 302
            return dict(parse_qsl(urlsplit(sent.headers["Location"]).query))

    async def answer(self, slack: SandboxProcess, asked: dict[str, str], answer: str = "allow") -> str:
        """Answer the consent page; returns where the browser is sent back to."""
        consent = f"{slack.page_url}oauth/v2/authorize"
        async with self.http.get(consent, params=asked) as page:
            shown = await page.text()
            assert page.status == 200, shown
            assert "chat:write" in shown
        (page_token,) = re.findall(r'name="page" value="([^"]+)"', shown)
        form = {**asked, "page": page_token, "user": "U0ADA", "answer": answer}
        async with self.http.post(consent, data=form, allow_redirects=False) as back:
            assert back.status == 302, await back.text()
            return back.headers["Location"]

    async def get(self, url: str) -> tuple[int, str]:
        async with self.http.get(url) as page:
            return page.status, await page.text()

    async def install(self, slack: SandboxProcess) -> str:
        """All of it; returns the page at the end."""
        status, page = await self.get(await self.answer(slack, await self.begin()))
        assert status == 200, page
        await slack.request_url(f"{self.bot.url}/slack/events")
        return page

    async def write(self, site: str, text: str) -> tuple[int, dict[str, Any]]:
        """A new visitor writes one message."""
        chat = f"{self.bot.url}/chat/{site}"
        async with self.http.post(f"{chat}/session", json={"new": True}) as opened:
            answer = await opened.json()
            if opened.status != 200:
                return opened.status, answer
        body = {"client_message_id": uuid4().hex, "text": text, "file_ids": []}
        bearer = {"Authorization": f"Bearer {answer['session_token']}"}
        async with self.http.post(f"{chat}/messages", json=body, headers=bearer) as sent:
            return sent.status, await sent.json()

    async def serves(self, site: str) -> None:
        """Wait until a site is there."""

        async def there() -> bool:
            async with self.http.post(f"{self.bot.url}/chat/{site}/session", json={"new": True}) as opened:
                return opened.status == 200

        await until(there, 10)


async def reads(slack: SandboxProcess, words: str) -> None:
    """Wait until a workspace shows something."""

    async def shown() -> bool:
        for message in await slack.messages(CHANNEL):
            thread = await slack.messages(CHANNEL, message["ts"])
            if any(words in str(each) for each in thread):
                return True
        return False

    await until(shown, 15)


@pytest.fixture
async def town(tmp_path: Path, database_url: str) -> AsyncIterator[Town]:
    port = free_port()
    public = f"http://127.0.0.1:{port}"
    file = tmp_path / "manifest.yml"
    file.write_text(yaml.safe_dump(manifest.for_several(manifest.read(), public)))
    (tmp_path / "sites.yml").write_text(SITES)
    sandboxes = []
    for team, token in (("T0SHOP", "xoxb-shop"), ("T0BRANCH", "xoxb-branch")):
        seed = copy.deepcopy(DEFAULT_WORKSPACE)
        seed["team"] = {"id": team, "name": team.title(), "domain": team.lower()}
        seed["app"] |= {"bot_token": token, "client_id": CLIENT, "client_secret": CLIENT_SECRET}
        sandboxes.append(SandboxProcess(tmp_path / team, workspace=seed, manifest=file))
        sandboxes[-1].start()
    async with front(*sandboxes) as slack, aiohttp.ClientSession(cookie_jar=_jar()) as http:
        bot = BotProcess(
            tmp_path / "bot",
            sandboxes[0],
            database_url,
            SLACK_API_URL=f"{slack.address}/api/",
            SLACK_BOT_TOKEN="",
            SLACK_APP_TOKEN="",
            SLACK_SIGNING_SECRET=SIGNING,
            SLACK_CLIENT_ID="what Bolt",
            SLACK_CLIENT_SECRET="must not find",
            CX_SLACK_CLIENT_ID=CLIENT,
            CX_SLACK_CLIENT_SECRET=CLIENT_SECRET,
            CX_PORT=str(port),
            CX_PUBLIC_URL=public,
            CX_CONFIG_DIR=str(tmp_path),
        )
        bot.port = port
        bot.launch("run", "--no-worker", "--http")
        try:
            await bot.until_serving()
            yield Town(sandboxes[0], sandboxes[1], bot, http)
        finally:
            bot.stop()
            for sandbox in sandboxes:
                await sandbox.close()


def _jar() -> aiohttp.CookieJar:
    """Keeps cookies of addresses without a name, too."""
    return aiohttp.CookieJar(unsafe=True)


async def test_two_workspaces_are_installed_served_apart_and_installed_again(
    town: Town, database: Database
) -> None:
    assert (await town.write("shop", "Too early"))[0] == 404

    page = await town.install(town.shop)
    assert "CX Copilot is installed in T0Shop" in page
    assert "Cases come to #support from now on." in page
    await town.serves("shop")
    assert (await town.write("branch", "Too early"))[0] == 404
    await town.install(town.branch)
    await town.serves("branch")

    (_, first), (_, second) = await town.write("shop", "A lamp"), await town.write("branch", "A chair")
    assert first["reference"] == second["reference"]  # numbers are each workspace's own
    await reads(town.shop, "A lamp")
    await reads(town.branch, "A chair")
    assert all("A chair" not in str(each) for each in await town.shop.messages(CHANNEL))
    await town.shop.act("U0MAYA", "command", channel=CHANNEL, text="/cx status")
    await _told(town.shop, "A lamp")
    assert "A chair" not in str((await town.shop.person("U0MAYA"))["ephemerals"])

    rows = await database.fetch("SELECT token, revoked_at FROM installations ORDER BY workspace_id")
    assert len(rows) == 2
    everything = str(rows) + town.bot.log() + str(await database.fetch("SELECT * FROM audit"))
    assert "xoxb-" not in everything
    assert CLIENT_SECRET not in everything

    await town.branch.do("uninstall_app")
    await until(lambda: _revoked(database), 10)
    assert (await town.write("branch", "Is anybody there?"))[0] == 200
    await town.write("shop", "Another lamp")
    await reads(town.shop, "Another lamp")
    await town.install(town.branch)
    await reads(town.branch, "Is anybody there?")
    assert not await _revoked(database)
    await _refusals(town)


async def _told(slack: SandboxProcess, words: str) -> None:
    async def told() -> bool:
        return words in str((await slack.person("U0MAYA"))["ephemerals"])

    await until(told, 10)


async def _revoked(database: Database) -> bool:
    rows = await database.fetch("SELECT 1 FROM installations WHERE revoked_at IS NOT NULL")
    return bool(rows)


async def _refusals(town: Town) -> None:
    """An installation must be this browser's, fresh, unused and wanted."""
    back = await town.answer(town.shop, await town.begin())
    async with aiohttp.ClientSession() as stranger, stranger.get(back) as page:
        assert page.status == 400
        assert "Please start it again." in await page.text()
    assert (await town.get(back))[0] == 200
    again = await town.answer(town.shop, await town.begin())
    state = dict(parse_qsl(urlsplit(back).query))["state"]
    assert (await town.get(again.replace(again.partition("state=")[2], state)))[0] == 400

    asked = await town.begin()
    status, page_text = await town.get(await town.answer(town.shop, asked, "cancel"))
    assert (status, "You cancelled the installation" in page_text) == (400, True)
    asked = await town.begin()
    forged = f"{town.bot.url}/slack/oauth_redirect?code=1&state={asked['state']}"
    assert (await town.get(forged))[0] == 400
    async with town.http.get(forged, headers={"Accept-Language": "de, pl;q=0.5"}) as polish:
        assert "CX Copilot nie został zainstalowany" in await polish.text()
    assert (await town.get(f"{town.bot.url}/slack/oauth_redirect"))[0] == 400
