from __future__ import annotations

from uuid import uuid4

import pytest

from bot.workspace import post_of
from cases.errors import NotFound
from flows import close, mirror, own, reply
from storage import outbox
from storage.db import Connection, Row
from tests.support.office import ANNA, NOW, WORKSPACE, Office
from tests.views import limits
from views.thread import Rendered


async def render_all(office: Office, lease: Connection) -> list[Rendered]:
    """What the poster would post, in order."""
    rendered = []
    while rows := await outbox.claim(lease, WORKSPACE, {"C1": 1}, merge=True, limit=3_500):
        rendered.append(await shown(office, rows))
        await outbox.complete(office.db, rows[0]["post_id"], f"1.{len(rendered)}")
    return rendered


async def shown(office: Office, rows: list[Row]) -> Rendered:
    rendered = await mirror.render(office.db, rows)
    limits.check(rendered)
    assert post_of({"blocks": rendered.blocks}) == rows[0]["post_id"]
    return rendered


async def test_the_thread_of_a_whole_case(office: Office, lease: Connection) -> None:
    case = await office.case("Where is it?")
    conversation, token = await office.conversation_of(case.case_id), await office.token(case.case_id)
    await office.says(conversation, "Hello?")
    await own.take(office.db, token, ANNA, NOW)
    draft = await close.tell(office.db, token, "It is there.", "f", ANNA, 0, NOW)
    await reply.send(office.db, draft["uuid"], draft["body"], NOW)
    await office.says(conversation, "It is not!")
    card, asked, taken, sent, reopened, again = await render_all(office, lease)
    assert card.text == "CX-1001 · Maria: Where is it?"
    assert (asked.username, limits.words_of(asked.blocks)) == ("Maria", ["Where is it?", "Hello?"])
    assert taken.text == "🙋 <@U1ANNA> owns this case now."
    assert limits.words_of(sent.blocks) == ["It is there."]
    assert "Closing message" in str(sent.blocks)
    assert reopened.text == "🔁 The customer wrote again: reopened."
    assert limits.words_of(again.blocks) == ["It is not!"]


async def test_an_overtaken_closing_text_says_so(office: Office, lease: Connection) -> None:
    case = await office.case()
    draft = await close.tell(office.db, await office.token(case.case_id), "Bye.", "f", ANNA, 0, NOW)
    await office.says(await office.conversation_of(case.case_id), "Wait!")
    await reply.send(office.db, draft["uuid"], draft["body"], NOW)
    assert "stays open" in str((await render_all(office, lease))[-1].blocks)


@pytest.mark.parametrize("text", ["x" * 9_000, "Words. " * 1_400, "&" * 2_000, "😀" * 2_000])
async def test_a_long_message_arrives_whole(office: Office, lease: Connection, text: str) -> None:
    """FAULTS 19."""
    await office.case(text)
    posts = (await render_all(office, lease))[1:]
    assert len(posts) > 1
    assert "".join(words for post in posts for words in limits.words_of(post.blocks)) == text


async def test_a_card_shows_the_case_as_it_stands_now(office: Office) -> None:
    case = await office.case()
    await own.take(office.db, await office.token(case.case_id), ANNA, NOW)
    card = await mirror.card(office.db, case.case_id, "card:1")
    assert "<@U1ANNA>" in str(card.blocks)
    with pytest.raises(NotFound):
        await mirror.card(office.db, 999, "card:999")


@pytest.mark.parametrize("newer", [True, False])
async def test_a_preview_shows_what_would_go(office: Office, newer: bool) -> None:
    draft = await office.preview((await office.case()).case_id, "It is there.")
    rendered = await mirror.draft_preview(office.db, draft, newer=newer)
    assert limits.words_of(rendered.blocks) == ["It is there."]
    assert ("in the meantime" in str(rendered.blocks)) is newer


async def test_a_preview_of_what_is_gone_says_so(office: Office) -> None:
    draft = await office.preview((await office.case()).case_id)
    await reply.take_back(office.db, draft, ANNA, NOW)
    for gone in (draft, uuid4()):
        assert "no longer waiting" in (await mirror.draft_preview(office.db, gone)).text
