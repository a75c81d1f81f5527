"""The chat answers in its customer's language."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from bot.web.bundle import texts_in, widget_script
from bot.web.context import WebContext
from bot.web.language import reader_of_request
from cases.reader import Language, Reader, reader_of, use
from storage import cases
from tests.support.webchat import ChatClient, ok, refusal, web_chat

EMPTY = {
    "en": "There is nothing to send",
    "pl": "Nie ma czego wysłać",
    "cs": "Není co poslat",
    "hu": "Nincs mit elküldeni",
}


@pytest.mark.parametrize(
    ("accepted", "query", "language"),
    [
        ("pl-PL,pl;q=0.9,en;q=0.8", "", Language.PL),
        ("de-DE,de;q=0.9,cs;q=0.5,en;q=0.4", "", Language.CS),
        ("en;q=0.3, hu;q=0.7", "", Language.HU),
        ("pl;q=0, en", "", Language.EN),
        ("pl", "lang=hu", Language.HU),
        ("pl", "lang=fr", Language.PL),
        ("", "", Language.EN),
        ("*", "", Language.EN),
        (";;;q=,,pl;q=much,;q=1", "", Language.EN),
        ("x" * 100_000 + ",pl", "", Language.EN),
    ],
)
def test_what_a_browser_wants(accepted: str, query: str, language: Language) -> None:
    scope = {"headers": [(b"accept-language", accepted.encode())], "query_string": query.encode()}
    assert reader_of_request(scope).language == language


def test_who_wants_none_of_our_languages_reads_as_the_team_does() -> None:
    with use(reader_of("cs-CZ", "Europe/Prague")):
        assert reader_of_request({"headers": []}) == reader_of("cs-CZ", "Europe/Prague")


@pytest.mark.parametrize("language", Language)
async def test_errors_are_said_in_the_customer_s_language(chat: ChatClient, language: Language) -> None:
    await chat.open()
    chat.http.headers["Accept-Language"] = language.value
    _, code, sentence = await refusal(await chat.post(" "))
    assert code == "empty_message"
    assert sentence.startswith(EMPTY[language])


@pytest.mark.parametrize(("tag", "words"), [("hu-HU", "másodperc múlva"), ("pl", "za 1 sekundę")])
async def test_numbers_in_errors(web: WebContext, tag: str, words: str) -> None:
    from bot.web.limits import Rate

    async with web_chat(replace(web, message_rate=Rate(1, 1))) as chat:
        await chat.open()
        chat.http.headers["Accept-Language"] = tag
        await chat.say("Hello")
        _, _, sentence = await refusal(await chat.post("Hello again"))
        assert words in sentence


async def test_a_socket_is_answered_in_the_language_of_its_address(chat: ChatClient) -> None:
    await chat.open()
    async with chat.http.ws_connect(f"{chat.at('ws')}?lang=cs") as socket:
        await socket.send_json({"type": "hello", "token": "made up"})
        frame = json.loads((await socket.receive(timeout=5)).data)
    assert frame["message"] == "Tato relace chatu není platná. Otevřete prosím chat znovu."


async def test_the_greeting_is_in_the_customer_s_language(web: WebContext) -> None:
    greeting = {Language.EN: "Hello!", Language.HU: "Jó napot!", None: "Hi!"}
    async with web_chat(replace(web, sites={"shop": replace(web.sites["shop"], greeting=greeting)})) as chat:
        for tag, expected in (("en", "Hello!"), ("hu-HU", "Jó napot!"), ("pl", "Hi!")):
            chat.http.headers["Accept-Language"] = tag
            assert (await chat.open())["greeting"] == expected


async def test_the_team_sees_in_which_language_the_customer_reads(chat: ChatClient, web: WebContext) -> None:
    chat.http.headers["Accept-Language"] = "pl-PL,en;q=0.5"
    session = await chat.open()
    await chat.say("Gdzie jest moja paczka?")
    row = await web.db.one("SELECT id, customer_id FROM cases")
    assert row is not None
    card = await cases.card(web.db, row["id"])
    assert card is not None
    assert card.language is Language.PL
    chat.http.headers["Accept-Language"] = "hu"
    await chat.open(visitor_token=session["visitor_token"])
    card = await cases.card(web.db, row["id"])
    assert card is not None
    assert card.language is Language.HU


def routed(web: WebContext, **routes: str) -> WebContext:
    """The same chat, whose cases go by language."""
    by_language = {Language(language): channel for language, channel in routes.items()}
    return replace(web, sites={"shop": replace(web.sites["shop"], routes=by_language)})


async def opened_in(web: WebContext) -> list[str]:
    rows = await web.db.fetch("SELECT slack_channel FROM cases ORDER BY id")
    return [row["slack_channel"] for row in rows]


async def test_a_case_goes_to_the_channel_of_its_language(web: WebContext) -> None:
    async with web_chat(routed(web, pl="C0POLISH")) as chat:
        for tag in ("pl-PL", "hu", "en"):
            chat.http.headers["Accept-Language"] = tag
            await chat.open()
            await chat.say("Hello")
    assert await opened_in(web) == ["C0POLISH", "C0SUPPORT", "C0SUPPORT"]
    rows = await web.db.fetch("SELECT DISTINCT case_id, slack_channel FROM outbox ORDER BY case_id")
    assert [row["slack_channel"] for row in rows] == await opened_in(web)


@pytest.mark.parametrize(
    ("known", "channel"),
    [("pl-PL", "C0POLISH"), ("en", "C0SUPPORT"), ("de", "C0MAGYAR"), ("", "C0MAGYAR"), (None, "C0MAGYAR")],
)
async def test_what_is_known_of_the_customer_counts_more_than_their_browser(
    web: WebContext, known: str | None, channel: str
) -> None:
    await web.db.fetch(
        """INSERT INTO customers (workspace_id, external_id, name, language, created_at)
           VALUES (%(w)s, 'anna', 'Anna', %(known)s, now())""",
        {"w": web.sites["shop"].workspace_id, "known": known},
    )
    async with web_chat(routed(web, pl="C0POLISH", hu="C0MAGYAR")) as chat:
        chat.http.headers["Accept-Language"] = "hu"
        await chat.open_as("anna")
        await chat.say("Hello")
    assert await opened_in(web) == [channel]


async def test_an_open_case_stays_where_it_is_and_the_next_one_goes_by_the_language_of_then(
    web: WebContext,
) -> None:
    async with web_chat(routed(web, pl="C0POLISH")) as chat:
        chat.http.headers["Accept-Language"] = "en"
        visitor = (await chat.open())["visitor_token"]
        await chat.say("Hello")
        chat.http.headers["Accept-Language"] = "pl"
        await chat.open(visitor_token=visitor)
        await chat.say("Hello again")
        assert await opened_in(web) == ["C0SUPPORT"]
        await web.db.fetch("UPDATE cases SET status = 'closed', closed_at = '2020-01-01'", {})
        await chat.say("Something else")
    assert await opened_in(web) == ["C0SUPPORT", "C0POLISH"]
    rows = await web.db.fetch("SELECT o.slack_channel FROM outbox o WHERE kind = 'message' ORDER BY id")
    assert [row["slack_channel"] for row in rows] == ["C0SUPPORT", "C0SUPPORT", "C0POLISH"]


async def test_the_team_s_word_for_a_stranger_is_in_the_team_s_language(web: WebContext) -> None:
    team: Reader = reader_of("cs")
    async with web_chat(replace(web, team=team)) as chat:
        chat.http.headers["Accept-Language"] = "pl"
        await chat.open()
    row = await web.db.one("SELECT name FROM customers")
    assert row is not None
    assert re.fullmatch(r"Návštěvník \w{4}", row["name"])


async def test_a_fault_on_our_side_is_told_in_the_customer_s_language(web: WebContext) -> None:
    async def broken(*_: Any) -> Any:
        raise RuntimeError("broken")

    async with web_chat(replace(web, receive=broken)) as chat:
        await chat.open()
        chat.http.headers["Accept-Language"] = "pl"
        status, code, sentence = await refusal(await chat.post("Hello"))
    assert (status, code) == (500, "internal")
    assert sentence.startswith("Coś poszło nie tak po naszej stronie (")


async def test_the_widget_brings_its_texts_in_every_language(chat: ChatClient) -> None:
    answer = await chat.http.get(f"{chat.address}/chat/widget.js")
    script = (await answer.read()).decode()
    assert script == widget_script()[0].decode()
    made = re.search(r"^const TRANSLATIONS = (.*);$", script, re.MULTILINE)
    assert made
    translations = json.loads(made[1])
    wanted = {text for text, _ in texts_in(script)}
    assert wanted > {"Write a message…", "{name} is writing"}
    assert {language: set(texts) for language, texts in translations.items()} == dict.fromkeys(
        ("pl", "cs", "hu"), wanted
    )
    unread = translations["pl"]["Open chat, {count} unread message"]
    assert unread["few"] == "Otwórz czat, {count} nieprzeczytane wiadomości"
    assert (await ok(await chat.http.post(chat.at("session"), json={})))["title"] == "Harbour & Hill"
