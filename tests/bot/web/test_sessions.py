"""Who may open which conversation."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.web.context import AddressRates, WebContext
from bot.web.limits import Rate
from channels.tokens import Session, sign_user
from tests.support.webchat import SITE_SECRET, ChatClient, ok, refusal, web_chat


async def test_an_anonymous_visitor_is_welcomed(chat: ChatClient) -> None:
    session = await chat.open()
    assert session["title"] == "Harbour & Hill"
    assert session["greeting"].startswith("Hello!")
    assert session["limits"] == {
        "max_text": 10_000,
        "max_file_bytes": 5_000_000,
        "max_files": 10,
        "edit_seconds": 900,
    }
    assert len(session["conversation"]) == 32
    assert datetime.fromisoformat(session["expires_at"]) > datetime.now(UTC)


async def test_one_address_opens_only_so_many_chats(web: WebContext) -> None:
    async with web_chat(replace(web, per_address=AddressRates(sessions=Rate(2, 60)))) as chat:
        for _ in range(2):
            await chat.open()
        answer = await chat.http.post(chat.at("session"), json={})
        assert (await refusal(answer))[:2] == (429, "rate_limited")


async def test_a_visitor_token_leads_back_to_the_conversation(chat: ChatClient) -> None:
    first = await chat.open()
    await chat.say("Hello")
    again = await chat.open(visitor_token=first["visitor_token"])
    assert again["conversation"] == first["conversation"]
    assert [message["text"] for message in (await chat.read())["messages"]] == ["Hello"]
    stranger = await chat.open()
    assert stranger["conversation"] != first["conversation"]


async def test_a_signed_visitor_finds_their_conversation_on_any_device(chat: ChatClient) -> None:
    first = await chat.open_as("anna")
    assert first["visitor_token"] is None
    assert (await chat.open_as("anna"))["conversation"] == first["conversation"]
    assert (await chat.open_as("bela"))["conversation"] != first["conversation"]


async def test_an_unsigned_visitor_is_refused(chat: ChatClient) -> None:
    for signature in ("", "0" * 64, sign_user("another secret", "anna"), sign_user(SITE_SECRET, "bela")):
        visitor = {"user_id": "anna", "signature": signature}
        answer = await refusal(await chat.http.post(chat.at("session"), json={"visitor": visitor}))
        assert answer[:2] == (401, "bad_signature")
        assert "could not be verified" in answer[2]


async def test_an_unsigned_visitor_token_is_refused(chat: ChatClient) -> None:
    token = (await chat.open())["visitor_token"]
    for wrong in ("made up", token[:-2] + "xx", chat.token):
        answer = await refusal(await chat.http.post(chat.at("session"), json={"visitor_token": wrong}))
        assert answer[:2] == (401, "bad_signature")


async def test_a_site_without_a_secret_takes_no_signed_visitors(chat: ChatClient) -> None:
    chat.site = "other"
    visitor = {"user_id": "anna", "signature": sign_user("", "anna")}
    answer = await refusal(await chat.http.post(chat.at("session"), json={"visitor": visitor}))
    assert answer[:2] == (401, "bad_signature")
    await chat.open()


async def test_new_starts_another_conversation_once_the_last_one_is_used(chat: ChatClient) -> None:
    first = await chat.open_as("carl")
    unused = await chat.open_as("carl", new=True)
    assert unused["conversation"] == first["conversation"], "nothing was said in it yet"
    await chat.say("First matter")
    second = await chat.open_as("carl", new=True)
    assert second["conversation"] != first["conversation"]
    one = await chat.say("Second matter")
    assert (await chat.open_as("carl"))["conversation"] == second["conversation"]
    assert one["message"]["seq"] == 1


async def test_an_expired_session_says_so_and_is_renewed(web: WebContext) -> None:
    brief = replace(web, session_lifetime=timedelta(seconds=-1))
    async with web_chat(brief) as chat:
        expired = await chat.open()
        refused = await refusal(await chat.post("Hello"))
        assert refused[:2] == (401, "session_expired")
        assert "the conversation continues" in refused[2]
        assert (await refusal(await chat.http.get(chat.at("messages"), headers=chat.headers)))[
            1
        ] == "session_expired"
    async with web_chat(web) as chat:
        renewed = await chat.open(
            visitor_token=expired["visitor_token"], session_token=expired["session_token"]
        )
        assert renewed["conversation"] == expired["conversation"]
        assert (await chat.say("Hello"))["message"]["seq"] == 1


async def test_renewing_keeps_the_conversation_although_there_is_a_newer_one(chat: ChatClient) -> None:
    first = await chat.open_as("dora")
    await chat.say("First")
    await chat.open_as("dora", new=True)
    kept = await chat.open_as("dora", session_token=first["session_token"])
    assert kept["conversation"] == first["conversation"]


async def test_somebody_elses_session_does_not_open_their_conversation(chat: ChatClient) -> None:
    theirs = await chat.open_as("emil")
    mine = await chat.open_as("fay", session_token=theirs["session_token"])
    assert mine["conversation"] != theirs["conversation"]


async def test_a_session_of_another_site_or_workspace_is_refused(chat: ChatClient, web: WebContext) -> None:
    await chat.open()
    chat.site = "other"
    assert (await refusal(await chat.post("Hello")))[:2] == (401, "bad_token")
    chat.site = "shop"
    session = web.signer.read_past_session(chat.token, "shop")
    chat.token = web.signer.session(replace(session, workspace_id=session.workspace_id + 1))
    assert (await refusal(await chat.post("Hello")))[:2] == (401, "bad_token")
    assert isinstance(session, Session)


async def test_an_unknown_site_is_named_as_such(chat: ChatClient) -> None:
    chat.site = "nowhere"
    assert (await refusal(await chat.http.post(chat.at("session"))))[:2] == (404, "unknown_site")


async def test_two_tabs_that_open_at_once_are_one_visitor(chat: ChatClient) -> None:
    async def opened() -> str:
        visitor = {"user_id": "gus", "signature": sign_user(SITE_SECRET, "gus")}
        async with chat.http.post(chat.at("session"), json={"visitor": visitor}) as answer:
            assert answer.status == 200, await answer.text()
            return str((await answer.json())["conversation"])

    await asyncio.gather(*(opened() for _ in range(8)))


async def test_only_listed_websites_may_use_a_chat(chat: ChatClient) -> None:
    url = chat.at("session")
    allowed = await chat.http.post(url, json={}, headers={"Origin": "https://shop.example"})
    await ok(allowed)
    assert allowed.headers["Access-Control-Allow-Origin"] == "https://shop.example"
    assert "Origin" in allowed.headers["Vary"]
    refused = await chat.http.post(url, json={}, headers={"Origin": "https://evil.example"})
    assert (await refusal(refused))[:2] == (403, "origin_not_allowed")
    await ok(await chat.http.post(url, json={}, headers={"Origin": chat.address}))


async def test_browsers_may_ask_first(chat: ChatClient) -> None:
    asking = {
        "Origin": "https://shop.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    answer = await chat.http.options(chat.at("messages"), headers=asking)
    await answer.read()
    assert answer.status == 204
    assert "authorization" in answer.headers["Access-Control-Allow-Headers"]


async def test_errors_too_can_be_read_by_the_website(chat: ChatClient) -> None:
    answer = await chat.http.get(chat.at("messages"), headers={"Origin": "https://shop.example"})
    assert answer.headers["Access-Control-Allow-Origin"] == "https://shop.example"
    assert (await refusal(answer))[:2] == (401, "bad_token")
