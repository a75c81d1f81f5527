"""Articles in the chat: only public ones, the best first, counted when they answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.web.context import AddressRates, WebContext
from bot.web.limits import Rate
from cases.articles import Article
from storage import articles, workspaces
from tests.support.webchat import ChatClient, ok, refusal, web_chat

BACK = Article(
    "back", "Sending something <b>back</b>", "Within **sixty** days. The label is in the parcel.", public=True
)
OURS = Article("ours", "Refusing a parcel label", "Refuse whoever asks for a second label.")
ARTICLES = (
    BACK,
    OURS,
    Article(
        "label", "Printing a label", "Print the label at home.", url="https://shop.example/label", public=True
    ),
    Article("lamp", "Hanging a lamp", "Switch the current off first.", public=True),
    *(Article(f"label{n}", f"Label number {n}", "A label for a parcel.", public=True) for n in range(5)),
)


@pytest.fixture
async def chat(web: WebContext, chat: ChatClient) -> ChatClient:
    """A customer's program at a company with articles."""
    await put(web, *ARTICLES)
    return chat


async def put(web: WebContext, *given: Article) -> None:
    await articles.replace(web.db, web.sites["shop"].workspace_id, "handbook", given, datetime.now(UTC))


async def look(chat: ChatClient, text: str) -> list[dict[str, Any]]:
    answer = await ok(await chat.http.post(chat.at("articles"), json={"text": text}))
    found: list[dict[str, Any]] = answer["articles"]
    return found


async def id_of(chat: ChatClient, question: str) -> str:
    return str((await look(chat, question))[0]["id"])


async def token_of(web: WebContext, external: str) -> str:
    (row,) = await web.db.fetch("SELECT token FROM articles WHERE external_id = %(id)s", {"id": external})
    return str(row["token"].hex)


async def test_three_public_articles_at_most_are_suggested(chat: ChatClient) -> None:
    found = await look(chat, "Hello, where is the label for the parcel?")
    assert len(found) == 3
    assert "Refusing" not in str(found)


async def test_what_fits_is_suggested_without_its_markup(chat: ChatClient) -> None:
    (found,) = await look(chat, "I want to send the parcel back, please.")
    assert found == {
        "id": found["id"],
        "title": "Sending something <b>back</b>",
        "excerpt": "Within sixty days. The label is in the parcel.",
    }


@pytest.mark.parametrize("text", ["", "  ", "Hi!", "xyzzy plugh", "…………"])
async def test_what_says_nothing_finds_nothing(chat: ChatClient, text: str) -> None:
    assert await look(chat, text) == []


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "bad_request"),
        (b"[]", "bad_request"),
        (b'{"text": 1}', "bad_request"),
        (b'{"text": "a\\u0000"}', "bad_text"),
        (b"\xff", "bad_request"),
        (b"x" * 70_000, "too_large"),
    ],
)
async def test_odd_requests_are_refused(chat: ChatClient, body: bytes, code: str) -> None:
    assert (await refusal(await chat.http.post(chat.at("articles"), data=body)))[1] == code


async def test_an_article_is_read_in_plain_paragraphs(chat: ChatClient) -> None:
    answer = await ok(await chat.http.get(chat.at(f"articles/{await id_of(chat, 'print at home')}")))
    assert answer["url"] == "https://shop.example/label"
    assert answer["parts"] == [{"kind": "text", "text": "Print the label at home."}]


async def test_what_is_for_us_only_is_not_there(web: WebContext, chat: ChatClient) -> None:
    await chat.open()
    hidden = await token_of(web, "ours")
    await web.db.fetch(
        "UPDATE articles SET workspace_id = %(other)s WHERE external_id = 'lamp'",
        {
            "other": await workspaces.register(
                web.db,
                team="TOTHER",
                name="x",
                url="https://x.example",
                bot_user="U",
                bot="B",
                now=datetime.now(UTC),
            )
        },
    )
    for article in (hidden, await token_of(web, "lamp"), "0" * 32, "x"):
        for answer in (
            await chat.http.get(chat.at(f"articles/{article}")),
            await chat.http.post(chat.at(f"articles/{article}/answered"), headers=chat.headers),
        ):
            assert (await refusal(answer))[:2] == (404, "unknown_article")


async def test_an_answer_is_counted_once_in_a_conversation(web: WebContext, chat: ChatClient) -> None:
    article = await id_of(chat, "send back")
    path = chat.at(f"articles/{article}/answered")
    assert (await refusal(await chat.http.post(path)))[1] == "bad_token"
    await chat.open()
    for _ in range(3):
        await ok(await chat.http.post(path, headers=chat.headers))
    await chat.open(new=True)
    row = await web.db.one("SELECT id, token, workspace_id FROM articles WHERE external_id = 'back'")
    assert row is not None
    shown = await articles.one(web.db, row["workspace_id"], row["token"])
    assert shown is not None
    assert shown["answered"] == 1
    assert b"cx_articles_answered_total 1.0" in web.metrics.render()


async def test_the_session_says_whether_there_are_any(web: WebContext, chat: ChatClient) -> None:
    assert (await chat.open())["articles"] is True
    await put(web, OURS)
    assert (await chat.open())["articles"] is False


async def test_one_address_looks_only_so_often(web: WebContext) -> None:
    rates = AddressRates(articles=Rate(2, 60))
    async with web_chat(replace(web, per_address=rates)) as chat:
        for _ in range(2):
            assert await look(chat, "label") == []
        answer = await chat.http.post(chat.at("articles"), json={"text": "label"})
        assert (await refusal(answer))[:2] == (429, "rate_limited")
