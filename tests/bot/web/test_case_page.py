"""The page of a case: who may read it, what it says, and that what is written there arrives once."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from html import unescape
from uuid import uuid4

import pytest

from bot.web.context import AddressRates, WebContext
from bot.web.limits import Rate
from cases.hours import Hours, Span
from cases.promises import Amount, Plan, Step, Timing
from cases.reader import Language
from cases.receipts import WAIT
from flows import receipt
from flows.receipt import Receipting
from storage import receipts
from tests.bot.web.test_changes import put
from tests.support.webchat import ChatClient, agent_says, web_chat

WEEK = dict.fromkeys(range(7), (Span(time(0), time(23, 59)),))
SHOWN = {Language.EN: "We look for <it>", Language.PL: "Szukamy paczki"}
STEPS = (Step("Ask Bob", Amount(time=timedelta(hours=2)), shown=SHOWN),)
PLAN = Plan({"team": Hours(UTC, WEEK)}, {"general": Timing(steps=STEPS)})


@pytest.fixture
async def web(web: WebContext) -> WebContext:
    return replace(web, plan_of=lambda _: PLAN)


async def confirmed(
    web: WebContext, chat: ChatClient, text: str = "Where is my parcel?", lang: str = "en"
) -> str:
    """A customer whose message was confirmed; the path of their link, as their screen shows it."""
    chat.http.headers["Accept-Language"] = lang
    await chat.open()
    await chat.say(text)
    return await link(web, chat)


async def link(web: WebContext, chat: ChatClient) -> str:
    receipting = Receipting({("webchat", "shop")}, PLAN, lambda _: "Shop", Language.EN)
    workspace = web.sites["shop"].workspace_id
    assert len(await receipt.send_due(web.db, workspace, receipting, datetime.now(UTC) + WAIT)) == 1
    shown = (await chat.read())["messages"][-1]["text"]
    found = re.search(r"https://chat\.example(/c/\S+)", shown)
    assert found is not None, shown
    return found[1]


async def get(chat: ChatClient, path: str) -> tuple[int, str]:
    answer = await chat.http.get(chat.address + path)
    return answer.status, unescape(await answer.text())


async def send(chat: ChatClient, path: str, text: str, form: str | None = None) -> tuple[int, str]:
    """Fill in the page's form, or that ``form``, and follow where it leads."""
    key = form if form is not None else await form_of(chat, path)
    answer = await chat.http.post(chat.address + path, data={"form": key, "text": text})
    return answer.status, unescape(await answer.text())


async def form_of(chat: ChatClient, path: str) -> str:
    found = re.search(r'name="form" value="([^"]+)"', (await get(chat, path))[1])
    assert found is not None
    return found[1]


async def said(chat: ChatClient) -> list[str]:
    """What the customer wrote, as their chat shows it."""
    return [each["text"] for each in (await chat.read())["messages"] if each["author"] == "customer"]


async def test_it_shows_the_case_in_its_customers_words(web: WebContext, chat: ChatClient) -> None:
    path = await confirmed(web, chat, "Where is <b>my</b> parcel?")
    await agent_says(web, chat, "It left on Monday.")
    status, page = await get(chat, path)
    assert status == 200
    for words in ("Harbour & Hill · CX-", "We look for <it> <span>(now)", "It left on Monday.", "Maya Lind"):
        assert words in page
    assert "We expect to be done with it by " in page
    assert "Bob" not in page
    assert "<script" not in page
    raw = await (await chat.http.get(chat.address + path)).text()
    assert "Where is &lt;b&gt;my&lt;/b&gt; parcel?" in raw
    assert "We look for &lt;it&gt;" in raw


async def test_the_link_stands_in_the_chat_alone(web: WebContext, chat: ChatClient) -> None:
    await confirmed(web, chat)
    assert all("/c/" not in row["text"] for row in await web.db.fetch("SELECT text FROM messages"))


async def test_what_is_written_there_comes_into_the_case_once(web: WebContext, chat: ChatClient) -> None:
    path = await confirmed(web, chat)
    form = await form_of(chat, path)
    answers = await asyncio.gather(*(send(chat, path, "It came!", form) for _ in range(4)))
    assert [status for status, _ in answers] == [200] * 4
    assert all("Thank you, we have your message." in page for _, page in answers)
    assert await said(chat) == ["Where is my parcel?", "It came!"]
    rows = await web.db.fetch("SELECT case_id, text FROM messages WHERE direction = 'in'")
    assert len({row["case_id"] for row in rows}) == 1
    (waiting,) = await web.db.fetch(
        """SELECT count(*) AS posts FROM outbox o JOIN messages m ON m.id = o.message_id
           WHERE m.text = 'It came!'"""
    )
    assert waiting["posts"] == 1
    assert (await send(chat, path, "And another thing"))[0] == 200
    assert len(await said(chat)) == 3


async def test_the_link_is_not_kept_where_customers_write_it(web: WebContext, chat: ChatClient) -> None:
    path = await confirmed(web, chat)
    key = (await chat.say(f"I read https://chat.example{path}"))["message"]["client_message_id"]
    await put(chat, key, f"I have read https://chat.example{path}")
    assert (await send(chat, path, f"See https://chat.example{path}"))[0] == 200
    kept = await web.db.fetch("SELECT text FROM messages WHERE direction = 'in' ORDER BY id")
    said = [row["text"] for row in kept]
    assert said[1:] == ["I have read [link to the page]", "See [link to the page]"]


async def test_a_form_of_elsewhere_is_not_taken(web: WebContext, chat: ChatClient) -> None:
    """Another website can neither make nor borrow one: it is signed, for this page."""
    path = await confirmed(web, chat)
    foreign = web.signer.form(uuid4(), "x")
    for form in ("", "x", foreign, web.signer.page(uuid4())):
        status, page = await send(chat, path, "<kept>", form)
        assert (status, "This form is out of date." in page) == (403, True)
        assert "<kept></textarea>" in page
    assert await said(chat) == ["Where is my parcel?"]


@pytest.mark.parametrize(
    ("text", "sentence", "code"),
    [
        (" \n ", "There is nothing to send", 400),
        ("a\0b", "characters that are not text", 400),
        ("x" * 10_001, "10,000 fit into one", 413),
        ("ł" * 10_000, "Thank you, we have your message.", 200),
    ],
)
async def test_what_is_wrong_is_said(
    web: WebContext, chat: ChatClient, text: str, sentence: str, code: int
) -> None:
    path = await confirmed(web, chat)
    status, page = await send(chat, path, text)
    assert (status, sentence in page) == (code, True)
    assert len(await said(chat)) == 1 + (code == 200)


@pytest.mark.parametrize("method", ["get", "post"])
async def test_foreign_links_say_so(web: WebContext, chat: ChatClient, method: str) -> None:
    path = await confirmed(web, chat)
    survey = web.signer.survey(uuid4(), datetime.now(UTC))
    wrong = ["/c/x", path[:-2] + "xx", f"/c/{web.signer.page(uuid4())}", f"/c/{survey}", f"/c/{chat.token}"]
    for each in [*wrong, "/c/" + "a" * 3_000]:
        status, page = await (get(chat, each) if method == "get" else send(chat, each, "x", "x"))
        assert (status, "This link is not valid." in page) == (404, True), each


async def test_a_withdrawn_link_is_dead_and_the_chat_has_the_new_one(
    web: WebContext, chat: ChatClient
) -> None:
    path = await confirmed(web, chat)
    (case,) = await web.db.fetch("SELECT case_id FROM receipts")
    assert await receipts.withdraw(web.db, case["case_id"], "U1", datetime.now(UTC))
    assert (await get(chat, path))[0] == 404
    shown = (await chat.read())["messages"][-1]["text"]
    assert (await get(chat, shown.rpartition("https://chat.example")[2]))[0] == 200


async def test_it_is_in_the_customers_language_and_time_zone(web: WebContext, chat: ChatClient) -> None:
    path = await confirmed(web, chat, lang="pl")
    await web.db.fetch("""UPDATE customers SET profile = '{"time_zone": "Europe/Warsaw"}'""")
    chat.http.headers["Accept-Language"] = "en"
    page = (await get(chat, path))[1]
    assert '<html lang="pl">' in page
    assert "Szukamy paczki" in page
    assert re.search(r"\d\d:\d\d CES?T", page)


async def test_nothing_can_frame_keep_or_leak_it(web: WebContext, chat: ChatClient) -> None:
    async with chat.http.get(chat.address + await confirmed(web, chat)) as answer:
        await answer.read()
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Robots-Tag"] == "noindex"


async def test_one_page_and_one_address_send_only_so_much(web: WebContext) -> None:
    rates = AddressRates(reads=Rate(3, 60))
    async with web_chat(replace(web, per_address=rates)) as chat:
        for _ in range(3):
            assert (await get(chat, "/c/x"))[0] == 404
        assert (await get(chat, "/c/x"))[0] == 429
    async with web_chat(replace(web, page_rate=Rate(2, 60))) as chat:
        path = await confirmed(web, chat)
        assert [(await send(chat, path, f"{n}"))[0] for n in range(3)] == [200, 200, 429]
