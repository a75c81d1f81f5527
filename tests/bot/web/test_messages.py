"""A customer's messages over HTTP: accepted once, in order, or refused with a sentence."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from uuid import uuid4

import pytest

from bot.web.context import AddressRates, WebContext
from bot.web.limits import Rate
from cases.errors import Unavailable
from cases.messages import Receipt
from tests.support.webchat import ChatClient, agent_says, ok, refusal, web_chat


async def test_a_first_message_opens_a_case(chat: ChatClient) -> None:
    await chat.open_as("anna")
    nothing = {
        "messages": [],
        "changes": [],
        "revision": 0,
        "more": False,
        "reference": None,
        "status": "new",
    }
    assert (await chat.read()) == nothing
    answer = await chat.say("Where is my order?", "m-1")
    assert answer["duplicate"] is False
    assert answer["reference"].startswith("CX-")
    message = dict(answer["message"])
    assert datetime.fromisoformat(message.pop("created_at")).utcoffset() is not None
    assert len(message.pop("id")) == 32
    assert message == {
        "seq": 1,
        "author": "customer",
        "name": "You",
        "text": "Where is my order?",
        "files": [],
        "client_message_id": "m-1",
        "edits": 0,
        "edited_at": None,
        "deleted": False,
    }
    said = {"messages": [answer["message"]], "reference": answer["reference"], "status": "open"}
    assert await chat.read() == nothing | said


async def test_a_repeated_message_has_one_effect(chat: ChatClient) -> None:
    await chat.open()
    first = await chat.say("Hello", "same")
    again = await chat.say("Hello (with another text)", "same")
    assert again == {**first, "duplicate": True}
    assert len((await chat.read())["messages"]) == 1


async def test_the_same_message_many_times_at_once_has_one_effect(chat: ChatClient) -> None:
    await chat.open()
    answers = await asyncio.gather(*(chat.say("Hello", "same") for _ in range(12)))
    assert sum(not answer["duplicate"] for answer in answers) == 1
    assert {answer["message"]["id"] for answer in answers} == {answers[0]["message"]["id"]}


async def test_the_same_id_in_two_conversations_is_two_messages(chat: ChatClient) -> None:
    await chat.open()
    first = await chat.say("Hello", "same")
    await chat.open()
    second = await chat.say("Hello", "same")
    assert not second["duplicate"]
    assert first["reference"] != second["reference"]


async def test_messages_are_numbered_without_gaps(chat: ChatClient) -> None:
    await chat.open()
    await asyncio.gather(*(chat.say(f"Line {n}") for n in range(15)))
    messages = (await chat.read())["messages"]
    assert [message["seq"] for message in messages] == list(range(1, 16))
    assert [message["seq"] for message in (await chat.read(after=12))["messages"]] == [13, 14, 15]


async def test_both_sides_are_read_in_order(chat: ChatClient, web: WebContext) -> None:
    await chat.open()
    await chat.say("Hello")
    await agent_says(web, chat, "Hi, how can I help?")
    await chat.say("My lamp is broken")
    messages = (await chat.read())["messages"]
    assert [(message["author"], message["name"], message["text"]) for message in messages] == [
        ("customer", "You", "Hello"),
        ("agent", "Maya Lind", "Hi, how can I help?"),
        ("customer", "You", "My lamp is broken"),
    ]


async def test_text_arrives_to_the_letter(chat: ChatClient) -> None:
    await chat.open()
    text = "  Żółć 漢字 👩‍👩‍👧‍👦\n\n\t<b>&amp;</b> *x* <!channel> \u202eabc\u202c  "
    await chat.say(text)
    assert (await chat.read())["messages"][0]["text"] == text


async def test_ten_thousand_characters_of_any_language_fit(chat: ChatClient) -> None:
    await chat.open()
    text = "漢" * 10_000
    body = json.dumps({"client_message_id": "long", "text": text}, ensure_ascii=False).encode()
    assert (await ok(await chat.post_raw(body)))["message"]["text"] == text


async def test_a_longer_text_is_refused(chat: ChatClient) -> None:
    await chat.open()
    status, code, sentence = await refusal(await chat.post("x" * 10_001))
    assert (status, code) == (413, "text_too_long")
    assert "10,001" in sentence
    assert (await chat.read())["status"] == "new", "nothing was half done"


@pytest.mark.parametrize("announced", [True, False])
async def test_a_message_of_a_megabyte_is_refused_early(chat: ChatClient, announced: bool) -> None:
    await chat.open()
    body = json.dumps({"client_message_id": "big", "text": "x" * 2**20}).encode()
    sent = 0

    async def in_pieces() -> AsyncIterator[bytes]:
        nonlocal sent
        for start in range(0, len(body), 16_384):
            sent += 16_384
            yield body[start : start + 16_384]
            await asyncio.sleep(0.02)

    headers = {**chat.headers, "Content-Type": "application/json"}
    if announced:
        headers["Content-Length"] = str(len(body))
    answer = await chat.http.post(chat.at("messages"), data=in_pieces(), headers=headers)
    assert (await refusal(answer))[:2] == (413, "too_large")
    assert sent < len(body) / 2, "the answer did not wait for the whole message"
    assert (await chat.read())["messages"] == []


async def test_control_characters_are_stripped_and_nul_is_refused(chat: ChatClient) -> None:
    await chat.open()
    assert (await chat.say("a\x07b\x1b[0m\r\nc"))["message"]["text"] == "ab[0m\nc"
    for text in ("a\x00b", "a\ud800b"):
        status, code, sentence = await refusal(await chat.post(text))
        assert (status, code) == (400, "bad_text")
        assert "characters that are not text" in sentence
    assert len((await chat.read())["messages"]) == 1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "bad_request"),
        (b"[]", "bad_request"),
        (b"\xff", "bad_request"),
        (b"[" * 60_000, "bad_request"),
        (b'{"client_message_id":"a","text":"\\ud800"}', "bad_text"),
        (b'{"client_message_id":"a","text":" "}', "empty_message"),
        (b'{"text":"a"}', "bad_request"),
        (b'{"client_message_id":"a","text":"x","file_ids":["x"]}', "bad_request"),
    ],
)
async def test_a_malformed_message_is_refused(chat: ChatClient, body: bytes, code: str) -> None:
    await chat.open()
    assert (await refusal(await chat.post_raw(body)))[:2] == (400, code)


async def test_without_a_session_nothing_is_told(chat: ChatClient) -> None:
    for token in ("", "nonsense", "a.b", "x" * 5_000):
        chat.token = token
        assert (await refusal(await chat.post("Hello")))[:2] == (401, "bad_token")
    assert (await refusal(await chat.http.get(chat.at("messages"))))[:2] == (401, "bad_token")


@pytest.mark.parametrize("after", ["-1", "x", "1.5", "9" * 30, "²"])
async def test_after_must_be_a_number(chat: ChatClient, after: str) -> None:
    await chat.open()
    answer = await chat.http.get(chat.at("messages"), params={"after": after}, headers=chat.headers)
    assert (await refusal(answer))[:2] == (400, "bad_request")


async def test_who_is_too_fast_is_told_when_to_come_back(web: WebContext) -> None:
    async with web_chat(replace(web, message_rate=Rate(3, 60))) as chat:
        await chat.open()
        for n in range(3):
            await chat.say(f"Line {n}")
        answer = await chat.post("One more")
        assert 1 <= int(answer.headers["Retry-After"]) <= 20
        assert (await refusal(answer))[:2] == (429, "rate_limited")
        await chat.open()
        await chat.say("Somebody else is not held up")


async def test_one_address_cannot_bury_the_team(web: WebContext) -> None:
    async with web_chat(replace(web, per_address=AddressRates(messages=Rate(3, 60)))) as chat:
        for n in range(3):
            await chat.open()
            await chat.say(f"Visitor {n}")
        await chat.open()
        status, code, sentence = await refusal(await chat.post("One more"))
        assert (status, code) == (429, "rate_limited")
        assert sentence.startswith("Too many messages at once from your network.")


async def test_one_address_opens_only_so_many_cases(web: WebContext) -> None:
    async with web_chat(replace(web, opening_rate=Rate(2, 600))) as chat:
        for n in range(2):
            await chat.open()
            await chat.say(f"Visitor {n}", "first")
        await chat.say("Goes on in their case")
        assert (await chat.say("Visitor 1", "first"))["duplicate"]
        await chat.open()
        answer = await chat.post("One more", "first")
        assert 1 <= int(answer.headers["Retry-After"]) <= 300
        status, code, sentence = await refusal(answer)
        assert (status, code) == (429, "rate_limited")
        assert sentence.startswith("Too many new conversations at once from your network.")
        assert (await chat.read())["messages"] == []


async def test_whom_the_site_signed_in_opens_cases_whatever_the_others_of_the_network_do(
    web: WebContext,
) -> None:
    async with web_chat(replace(web, opening_rate=Rate(2, 600))) as chat:
        for user in ("anna", "bela", "cyril", "dora"):
            await chat.open_as(user)
            await chat.say("Hello")
        for _ in range(2):
            await chat.open()
            await chat.say("Hello")
        await chat.open_as("anna", new=True)
        await chat.say("Another matter")
        await chat.open_as("anna", new=True)
        status, code, sentence = await refusal(await chat.post("And another"))
        assert (status, code) == (429, "rate_limited")
        assert sentence.startswith("Too many new conversations at once. ")


async def test_a_fault_shows_an_id_and_nothing_else(web: WebContext) -> None:
    async def broken(*_: object) -> Receipt:
        raise RuntimeError("password=hunter2")

    async with web_chat(replace(web, receive=broken)) as chat:
        await chat.open()
        status, code, sentence = await refusal(await chat.post("Hello"))
        assert (status, code) == (500, "internal")
        assert "hunter2" not in sentence
        assert "Nothing was lost" in sentence


async def test_a_database_that_is_away_asks_for_patience(web: WebContext) -> None:
    async def away(*_: object) -> Receipt:
        raise Unavailable

    async with web_chat(replace(web, receive=away)) as chat:
        await chat.open()
        answer = await chat.post("Hello")
        assert answer.headers["Retry-After"] == "1"
        assert (await refusal(answer))[:2] == (503, "unavailable")


async def test_unknown_addresses_answer_in_the_same_form(chat: ChatClient) -> None:
    assert (await refusal(await chat.http.get(chat.at("nothing"))))[:2] == (404, "not_found")
    assert (await refusal(await chat.http.put(chat.at("session"))))[:2] == (405, "method_not_allowed")


async def test_a_file_of_nobody_is_not_sent(chat: ChatClient) -> None:
    await chat.open()
    assert (await refusal(await chat.post("Look", file_ids=[uuid4().hex])))[:2] == (404, "unknown_file")
    assert (await chat.read())["messages"] == []
