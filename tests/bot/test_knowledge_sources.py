"""Articles over HTTP, from servers that speak as Confluence and WordPress do, and some that misbehave."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from pydantic import SecretStr

from bot.knowledge_sources import Wanted, read_confluence, read_wordpress
from bot.settings import Settings
from cases.articles import Article
from cases.errors import ConfigError, CxError, Unavailable
from storage import articles as shelf
from storage.db import Database
from tests.support.office import Office, open_office

Handler = Any
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@asynccontextmanager
async def serving(routes: dict[str, Handler]) -> AsyncIterator[str]:
    app = web.Application()
    for path, handler in routes.items():
        app.router.add_get(path, handler)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        await runner.cleanup()


def settings(**given: Any) -> Settings:
    return Settings.model_validate({}).model_copy(update=given)


CLOUD = settings(confluence_email="anna@acme.example", confluence_token=SecretStr("s3cret"))
BASIC = "Basic " + b64encode(b"anna@acme.example:s3cret").decode()


class Confluence:
    """Cloud's REST API v2 for one space of seven pages, three in an answer whatever is asked for."""

    def __init__(self) -> None:
        self.busy = 0
        self.onward = ""
        self.asked: list[dict[str, str]] = []

    def routes(self) -> dict[str, Handler]:
        return {"/wiki/api/v2/spaces": self.spaces, "/wiki/api/v2/pages": self.pages}

    async def spaces(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != BASIC:
            return web.json_response({"errors": [{"status": 401, "code": "UNAUTHORIZED"}]}, status=401)
        found = [{"id": "98", "key": "HELP", "name": "Help", "status": "current", "homepageId": "1"}]
        return web.json_response(
            {
                "results": found if request.query["keys"] == "HELP" else [],
                "_links": {"base": "https://x/wiki"},
            }
        )

    async def pages(self, request: web.Request) -> web.Response:
        self.asked.append(dict(request.query))
        assert request.query["space-id"] == "98"
        assert request.query["body-format"] == "storage"
        start = int(request.query.get("cursor", "0"))
        if self.busy and start:
            self.busy -= 1
            return web.json_response(
                {"message": "Rate limit exceeded"}, status=429, headers={"Retry-After": "0"}
            )
        links = {"base": "https://elsewhere.example/wiki"}
        if start + 3 < 7:
            links["next"] = f"{self.onward}/wiki/api/v2/pages?space-id=98&cursor={start + 3}"
        return web.json_response(
            {"results": [self.page(n) for n in range(start, min(start + 3, 7))], "_links": links}
        )

    def page(self, number: int) -> dict[str, Any]:
        return {
            "id": str(number),
            "status": "current",
            "title": f"Page {number} <b>",
            "spaceId": "98",
            "version": {"number": 2, "createdAt": "2026-01-01T10:00:00.000Z"},
            "body": {"storage": {"representation": "storage", "value": f"<h2>Part</h2><p>Text {number}</p>"}},
            "_links": {"webui": f"/spaces/HELP/pages/{number}/Page", "tinyui": "/x/1"},
        }


async def test_confluence_cloud_page_by_page() -> None:
    there = Confluence()
    there.busy = 2
    async with serving(there.routes()) as url:
        found = await read_confluence(CLOUD, f"{url}/wiki", "HELP", "en")
    assert [each.external_id for each in found] == [str(number) for number in range(7)]
    assert found[3] == Article(
        "3", "Page 3 <b>", "## Part\n\nText 3", "en", f"{url}/wiki/spaces/HELP/pages/3/Page", public=False
    )
    assert len(there.asked) == 5


async def test_a_link_that_leads_elsewhere_is_not_followed() -> None:
    there = Confluence()
    async with serving({"/wiki/api/v2/pages": stolen}) as thief:
        there.onward = thief
        async with serving(there.routes()) as url:
            found = await read_confluence(CLOUD, f"{url}/wiki", "HELP", "en")
    # The cursor was taken, and only that.
    assert len(found) == 7


async def stolen(request: web.Request) -> web.Response:
    pytest.fail(f"our credentials went to another host: {request.headers.get('Authorization')}")


async def test_confluence_data_center_by_its_token() -> None:
    async def content(request: web.Request) -> web.Response:
        assert request.headers["Authorization"] == "Bearer pat"
        assert request.query["expand"] == "body.storage"
        start = int(request.query["start"])
        links = {"base": "http://wiki", "context": "/confluence"}
        if start + 2 < 5:
            links["next"] = f"/rest/api/content?start={start + 2}&limit=2"
        pages = [
            {
                "id": str(number),
                "type": "page",
                "title": f"Page {number}",
                "body": {"storage": {"value": f"<p>Text {number}</p>", "representation": "storage"}},
                "_links": {"webui": f"/display/HELP/Page+{number}"},
            }
            for number in range(start, min(start + 2, 5))
        ]
        return web.json_response({"results": pages, "start": start, "size": len(pages), "_links": links})

    async with serving({"/confluence/rest/api/content": content}) as url:
        wanted = settings(confluence_token=SecretStr("pat"))
        found = await read_confluence(wanted, f"{url}/confluence/", "HELP", "pl")
    assert [each.body for each in found] == [f"Text {number}" for number in range(5)]
    assert found[4].url == f"{url}/confluence/display/HELP/Page+4"
    assert found[4].language == "pl"


class WordPress:
    """The REST API of a site with posts and pages."""

    def __init__(self, posts: int = 120, pages: int = 1) -> None:
        self.numbers = {"posts": list(range(1, posts + 1)), "pages": list(range(900, 900 + pages))}
        self.asked = 0
        self.on_page: dict[int, Handler] = {}

    def routes(self) -> dict[str, Handler]:
        return {"/help/wp-json/wp/v2/{kind}": self.entries}

    async def entries(self, request: web.Request) -> web.StreamResponse:
        self.asked += 1
        page, size = int(request.query["page"]), int(request.query["per_page"])
        kind = request.match_info["kind"]
        if kind == "posts" and page in self.on_page:
            answer = self.on_page[page]()
            if answer is not None:
                return answer  # type: ignore[no-any-return]
        numbers = self.numbers[kind]
        pages = -(-len(numbers) // size)
        if page > max(pages, 1):
            body = {"code": "rest_post_invalid_page_number", "message": "…", "data": {"status": 400}}
            return web.json_response(body, status=400)
        shown = numbers[(page - 1) * size : page * size]
        headers = {"X-WP-Total": str(len(numbers)), "X-WP-TotalPages": str(pages)}
        return web.json_response([self.entry(number) for number in shown], headers=headers)

    def entry(self, number: int) -> dict[str, Any]:
        content = {"rendered": f"<p>Text {number}</p>", "protected": number == 7}
        link = f"https://help.example.com/{number}"
        title = {"rendered": f"Who we&#8217;re {number}"}
        return {"id": number, "link": link, "status": "publish", "title": title, "content": content}


async def test_wordpress_page_by_page() -> None:
    async with serving(WordPress().routes()) as url:
        found = await read_wordpress(settings(), f"{url}/help/", "en")
    assert len(found) == 120  # 121, and one needs a password
    assert found[0] == Article("1", "Who we’re 1", "Text 1", "en", "https://help.example.com/1", public=True)
    assert found[-1].external_id == "900"


async def test_a_site_that_changes_while_it_is_read_is_read_anew() -> None:
    site = WordPress()
    site.on_page[2] = lambda: site.numbers["posts"].remove(3) if 3 in site.numbers["posts"] else None
    async with serving(site.routes()) as url:
        found = await read_wordpress(settings(), f"{url}/help", "en")
    assert {int(each.external_id) for each in found} == {*range(1, 121), 900} - {3, 7}


async def test_wordpress_waits_when_it_is_told_to() -> None:
    site, answers = WordPress(3), [web.Response(status=429, headers={"Retry-After": "1"})]
    site.on_page[1] = lambda: answers.pop() if answers else None
    started = asyncio.get_running_loop().time()
    async with serving(site.routes()) as url:
        assert len(await read_wordpress(settings(), f"{url}/help", "en")) == 4
    assert asyncio.get_running_loop().time() - started >= 1


def _moved(location: str) -> Handler:
    async def moved(request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": location})

    return moved


async def _large(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    response.enable_compression(web.ContentCoding.gzip)
    await response.prepare(request)
    try:
        for _ in range(40):
            await response.write(b" " * 1_000_000)
    except ConnectionError:
        pass
    return response


async def _words(request: web.Request) -> web.Response:
    return web.Response(text="<html>Just a moment …</html>", content_type="text/html")


async def _odd(request: web.Request) -> web.Response:
    return web.json_response([{"id": "x"}], headers={"X-WP-Total": "1", "X-WP-TotalPages": "1"})


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (_moved("http://127.0.0.2:1/wp-json"), "sends us to 127.0.0.2"),
        (_moved("/wp-json/wp/v2/posts"), "in circles"),
        (_large, "more than 16,000,000 bytes"),
        (_words, "something else than JSON"),
        (_odd, "an entry without"),
    ],
)
async def test_what_misbehaves_is_one_sentence(answer: Handler, sentence: str) -> None:
    async with serving({"/wp-json/wp/v2/posts": answer}) as url:
        with pytest.raises(CxError, match=sentence):
            await read_wordpress(settings(), url, "en")


async def test_what_cannot_be_read_says_why() -> None:
    async with serving(Confluence().routes()) as url:
        with pytest.raises(ConfigError, match="shows us no space NONE"):
            await read_confluence(CLOUD, f"{url}/wiki", "NONE", "en")
        wrong = settings(confluence_email="a@b.example", confluence_token=SecretStr("s3cret"))
        with pytest.raises(ConfigError, match="refuses our credentials") as refused:
            await read_confluence(wrong, f"{url}/wiki", "HELP", "en")
        assert "s3cret" not in refused.value.sentence
        with pytest.raises(ConfigError, match="status 404"):
            await read_wordpress(settings(), url, "en")
    with pytest.raises(ConfigError, match="CX_CONFLUENCE_TOKEN"):
        await read_confluence(settings(), "https://acme.atlassian.net/wiki", "HELP", "en")
    for address in ("http://help.example.com", "ftp://x", "https://u:p@x.example", "help.example.com"):
        with pytest.raises(ConfigError, match="needs an address"):
            await read_wordpress(settings(), address, "en")


@pytest.fixture
async def office(database: Database) -> Office:
    return await open_office(database)


async def test_what_vanished_is_retired_by_a_whole_import_only(office: Office) -> None:
    site = WordPress(60, 0)

    async def imported(url: str) -> shelf.Replaced:
        found = await read_wordpress(settings(), f"{url}/help", "en")
        return await shelf.replace(office.db, office.workspace, "help", found, NOW)

    async with serving(site.routes()) as url:
        await imported(url)
        site.numbers["posts"].remove(5)
        site.on_page[2] = lambda: web.Response(status=500)
        with pytest.raises(Unavailable):
            await imported(url)
        assert await shelf.count(office.db, office.workspace) == 59
        site.on_page.clear()
        assert (await imported(url)).removed == 1
        site.numbers["posts"].clear()
        with pytest.raises(ConfigError, match="no posts"):
            await imported(url)
    assert await shelf.count(office.db, office.workspace) == 58


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"path": Path("kb"), "wordpress": "https://x.example"},
        {"confluence": "https://x.example"},
        {"wordpress": "https://x.example", "space": "K"},
    ],
)
def test_one_source_at_a_time(given: dict[str, Any]) -> None:
    none: dict[str, Any] = {"path": None, "confluence": None, "space": None, "wordpress": None}
    with pytest.raises(ConfigError):
        Wanted(**none | given, language="en", public=False)


def test_sources_have_names() -> None:
    def name(**given: Any) -> str:
        none: dict[str, Any] = {"path": None, "confluence": None, "space": None, "wordpress": None}
        return Wanted(**none | given, language="en", public=False).source

    assert name(confluence="https://acme.atlassian.net/wiki", space="HELP") == "acme.atlassian.net/HELP"
    assert name(wordpress="https://help.example.com/") == "help.example.com"
    assert name(path=Path("/x/handbook")) == "handbook"
