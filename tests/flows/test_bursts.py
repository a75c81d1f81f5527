"""Who is called when the customer writes, and how often."""

from __future__ import annotations

from datetime import timedelta

from flows import close, mirror, own, reply
from storage import outbox
from storage.db import Connection
from tests.support.office import ANNA, NOW, WORKSPACE, Office
from views.thread import Rendered

MINUTE = timedelta(minutes=1)


async def posts(office: Office, lease: Connection) -> list[Rendered]:
    """What stands in the thread now that was not there before, one post for each row."""
    rendered = []
    while rows := await outbox.claim(lease, WORKSPACE, {"C1": 1}, merge=False, limit=3_500):
        rendered.append(await mirror.render(office.db, rows))
        thread = await office.column("SELECT count(*) FROM posts")
        await outbox.complete(office.db, rows[0]["post_id"], f"1.{thread[0]}")
    return rendered


def calls(rendered: list[Rendered]) -> list[tuple[bool, bool]]:
    """For each post: whether it calls Anna, whether the channel sees it."""
    return [(f"👉 <@{ANNA.id}>" in str(post.blocks), post.broadcast) for post in rendered]


async def answer(office: Office, case: int) -> None:
    row = await reply.approve(office.db, await office.preview(case), ANNA, 0, NOW)
    assert await reply.send(office.db, row["uuid"], row["body"], NOW)


async def test_the_owner_is_called_once_a_burst(office: Office, lease: Connection) -> None:
    case = await office.case()
    conversation = await office.conversation_of(case.case_id)
    await answer(office, case.case_id)
    await posts(office, lease)
    for words in ("But", "it", "is late"):
        await office.says(conversation, words)
    assert calls(await posts(office, lease)) == [(True, False), (False, False), (False, False)]
    await answer(office, case.case_id)
    await posts(office, lease)
    await office.says(conversation, "Why?", now=NOW + MINUTE)
    await office.says(conversation, "Hm?", now=NOW + 29 * MINUTE)
    assert calls(await posts(office, lease)) == [(True, False), (False, False)]
    await office.says(conversation, "Hello?", now=NOW + 59 * MINUTE)
    assert calls(await posts(office, lease)) == [(True, False)]


async def test_an_unowned_case_is_shown_to_the_channel_once_a_burst(
    office: Office, lease: Connection
) -> None:
    case = await office.case()
    conversation = await office.conversation_of(case.case_id)
    await office.says(conversation, "Hello?")
    card, *rest = await posts(office, lease)
    assert not card.broadcast
    assert calls(rest) == [(False, False), (False, False)]
    await office.says(conversation, "Anybody?", now=NOW + 40 * MINUTE)
    await office.says(conversation, "Please", now=NOW + 41 * MINUTE)
    first, second = await posts(office, lease)
    assert (first.broadcast, second.broadcast) == (True, False)
    assert "Nobody looks after this case now" in str(first.blocks)


async def test_a_reopened_case_is_shown_to_the_channel_and_calls_its_owner(
    office: Office, lease: Connection
) -> None:
    case = await office.case()
    token = await office.token(case.case_id)
    await own.take(office.db, token, ANNA, NOW)
    await close.silently(office.db, token, "by phone", ANNA, NOW)
    await posts(office, lease)
    await office.says(await office.conversation_of(case.case_id), "It broke again")
    assert calls(await posts(office, lease)) == [(True, True), (False, False)]


async def test_thanks_calls_nobody(office: Office, lease: Connection) -> None:
    case = await office.case()
    await answer(office, case.case_id)
    await close.silently(office.db, await office.token(case.case_id), "by phone", ANNA, NOW)
    await posts(office, lease)
    await office.says(await office.conversation_of(case.case_id), "Thanks!")
    assert calls(await posts(office, lease)) == [(False, False)]


async def test_merged_messages_call_once(office: Office, lease: Connection) -> None:
    case = await office.case()
    await answer(office, case.case_id)
    await posts(office, lease)
    conversation = await office.conversation_of(case.case_id)
    for minutes in (0, 40, 80):
        await office.says(conversation, "Hello?", now=NOW + minutes * MINUTE)
    rows = await outbox.claim(lease, WORKSPACE, {"C1": 1}, merge=True, limit=3_500)
    assert len(rows) == 3
    assert str((await mirror.render(office.db, rows)).blocks).count("👉") == 1
