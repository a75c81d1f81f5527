"""The page on which customers say how it was: what it shows, and that an answer counts once."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from uuid import UUID, uuid4

import pytest

from bot.web.context import AddressRates, WebContext
from bot.web.limits import Rate
from cases.endings import Ending
from cases.hours import Hours
from cases.promises import Plan
from cases.reader import Language
from cases.surveys import AskHours, SurveyKind
from channels.pages import case_link
from flows import survey
from flows.survey import Asking
from storage import arrivals
from storage.db import Row
from tests.support.webchat import ChatClient, web_chat


async def asked(
    web: WebContext, chat: ChatClient, kind: SurveyKind = SurveyKind.CSAT, lang: str = "en"
) -> str:
    """A customer who has been asked; the path of their link, as their screen shows it."""
    chat.http.headers["Accept-Language"] = lang
    await chat.open()
    await chat.say("Where is my parcel?")
    now, workspace = datetime.now(UTC), web.sites["shop"].workspace_id
    await web.db.fetch("UPDATE cases SET status = 'closed', closed_at = %(now)s", {"now": now})
    plan = Plan({"team": Hours(UTC, {})})
    endings = {"general": Ending(survey=kind)}
    always = AskHours(time(0), time(0))
    asking = Asking(endings, plan, timedelta(0), always, lambda _: "Shop", Language.EN)
    assert len(await survey.ask_due(web.db, workspace, asking, now)) == 1
    text = (await chat.read())["messages"][-1]["text"]
    found = re.search(r"https://chat\.example(/s/\S+)", text)
    assert found is not None, text
    return found[1]


async def get(chat: ChatClient, path: str) -> tuple[int, str]:
    answer = await chat.http.get(chat.address + path)
    return answer.status, await answer.text()


async def send(chat: ChatClient, path: str, **fields: str) -> tuple[int, str]:
    answer = await chat.http.post(chat.address + path, data=fields)
    return answer.status, await answer.text()


async def ratings(web: WebContext) -> list[Row]:
    return await web.db.fetch("SELECT kind, score, comment, first_contact FROM ratings ORDER BY id")


async def test_the_link_is_on_the_customers_screen_and_nowhere_else(
    web: WebContext, chat: ChatClient
) -> None:
    path = await asked(web, chat)
    assert "Or on this page: " in (await chat.read())["messages"][-1]["text"]
    stored = await web.db.fetch("SELECT text FROM messages")
    assert all("/s/" not in row["text"] for row in stored)
    assert path.startswith("/s/")


async def test_a_comment_is_kept_without_links_of_ours(web: WebContext, chat: ChatClient) -> None:
    path = await asked(web, chat)
    links = f"https://x{path} and {case_link('https://x', web.signer, UUID(int=1))}"
    status, _page = await send(chat, path, score="4", comment=f"I read {links}")
    assert status == 200
    assert (await ratings(web))[0]["comment"] == "I read [link to the page] and [link to the page]"


async def test_whoever_was_asked_by_mail_sees_who_asks(web: WebContext, chat: ChatClient) -> None:
    path = await asked(web, chat)
    await arrivals.introduce(web.db, web.sites["shop"].workspace_id, "mail", "support", "Lamps & more")
    await web.db.fetch("UPDATE conversations SET channel = 'mail', site = 'support'")
    assert "<h1>Lamps &amp; more</h1>" in (await get(chat, path))[1]


async def test_reading_records_nothing_and_sending_counts_once(web: WebContext, chat: ChatClient) -> None:
    path = await asked(web, chat)
    for _ in range(3):
        status, page = await get(chat, path)
        assert status == 200
    assert page.count('type="radio"') == 7
    assert "<script" not in page
    assert await ratings(web) == []
    status, page = await send(chat, path, score="4", first="yes", comment="Fast <b>& kind</b>")
    assert (status, "Thank you for your answer!" in page) == (200, True)
    assert await ratings(web) == [
        {"kind": "csat", "score": 4, "comment": "Fast <b>& kind</b>", "first_contact": True}
    ]
    for _ in range(2):
        status, page = await send(chat, path, score="1")
        assert (status, "answered this already" in page) == (409, True)
    status, page = await get(chat, path)
    assert (status, "answered this already" in page, "<form" in page) == (200, True, False)
    assert len(await ratings(web)) == 1


async def test_the_nps_form(web: WebContext, chat: ChatClient) -> None:
    path = await asked(web, chat, SurveyKind.NPS)
    assert (await get(chat, path))[1].count('name="score"') == 11
    assert (await send(chat, path, score="0"))[0] == 200
    assert (await ratings(web))[0]["score"] == 0


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({}, "Please choose one of the answers."),
        ({"score": "6"}, "Please choose one of the answers."),
        ({"score": "-1"}, "Please choose one of the answers."),
        ({"score": "x"}, "Please choose one of the answers."),
        ({"score": "٥"}, "Please choose one of the answers."),
        ({"score": "5", "comment": "x" * 2_001}, "at most 2,000 characters"),
        ({"score": "5", "comment": "a\0b"}, "characters that are not text"),
    ],
)
async def test_what_is_wrong_is_said_and_what_was_written_is_kept(
    web: WebContext, chat: ChatClient, fields: dict[str, str], sentence: str
) -> None:
    path = await asked(web, chat)
    status, page = await send(chat, path, **({"comment": "<kept>"} | fields))
    assert status == 400
    assert sentence in page
    if "comment" not in fields:
        assert "&lt;kept&gt;</textarea>" in page
    assert await ratings(web) == []


@pytest.mark.parametrize("method", ["get", "post"])
async def test_foreign_links_say_so(web: WebContext, chat: ChatClient, method: str) -> None:
    path = await asked(web, chat)
    now = datetime.now(UTC)
    other = web.signer.survey(uuid4(), now)
    wrong: list[str] = [
        "/s/nonsense",
        path[:-2] + "xx",
        f"/s/{other}",
        f"/s/{chat.token}",
        "/s/" + "a" * 3_000,
    ]
    for each in wrong:
        status, page = await (get(chat, each) if method == "get" else send(chat, each, score="5"))
        assert (status, "This link is not valid." in page) == (401, True), each
    old = web.signer.survey(uuid4(), now - timedelta(days=31))
    status, page = await (get(chat, f"/s/{old}") if method == "get" else send(chat, f"/s/{old}", score="5"))
    assert (status, "This link has expired." in page) == (401, True)
    assert await ratings(web) == []


async def test_it_is_in_the_customers_language(web: WebContext, chat: ChatClient) -> None:
    path = await asked(web, chat, lang="pl")
    chat.http.headers["Accept-Language"] = "en"
    assert '<html lang="pl">' in (await get(chat, path))[1]
    assert '<html lang="en">' in (await get(chat, "/s/nonsense"))[1]


async def test_nothing_can_frame_or_leak_it(web: WebContext, chat: ChatClient) -> None:
    async with chat.http.get(chat.address + await asked(web, chat)) as answer:
        await answer.read()
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"


async def test_one_address_sends_only_so_much(web: WebContext) -> None:
    rates = AddressRates(reads=Rate(3, 60), messages=Rate(2, 60))
    async with web_chat(replace(web, per_address=rates)) as chat:
        for _ in range(3):
            assert (await get(chat, "/s/x"))[0] == 401
        async with chat.http.get(chat.address + "/s/x") as answer:
            assert (answer.status, int(answer.headers["Retry-After"]) > 0) == (429, True)
            assert "try again" in await answer.text()
        for _ in range(2):
            assert (await send(chat, "/s/x"))[0] == 401
        assert (await send(chat, "/s/x"))[0] == 429


@pytest.mark.parametrize("body", [b"\xff\xfe", b"a=1&" * 50, b"x" * 40_000])
async def test_a_body_that_is_no_form(web: WebContext, chat: ChatClient, body: bytes) -> None:
    path = await asked(web, chat)
    async with chat.http.post(chat.address + path, data=body) as answer:
        assert answer.status in {400, 413}
        assert "<main>" in await answer.text()
    assert await ratings(web) == []
