from __future__ import annotations

import asyncio
import re
from datetime import datetime, timedelta

import pytest

from cases.errors import AlreadyDone, CaseClosed, CaseMerged, CustomerWrote, CxError, InvalidInput, NotFound
from cases.messages import Change, Receipt
from flows import close, join, mirror, opening, own, reply, switch
from flows.change import change
from storage import casefile, cases, identities, joining, links, outbox, summaries
from storage.db import Connection
from tests.support.contention import deadlocks
from tests.support.office import ANNA, BORIS, NOW, Office, post_all


async def second_case(office: Office, first: Receipt, text: str = "And my lamp?") -> tuple[Receipt, int]:
    """Another case of the same customer in another conversation, and that one's id."""
    row = await office.row(
        """INSERT INTO conversations (uuid, workspace_id, channel, site, slack_channel, identity_id,
                                      created_at)
           SELECT gen_random_uuid(), workspace_id, channel, 'other', slack_channel, identity_id, now()
           FROM conversations WHERE case_id = %(case)s RETURNING id""",
        case=first.case_id,
    )
    return await office.says(row["id"], text), row["id"]


async def events(office: Office, case: int) -> list[object]:
    return await office.column(
        "SELECT payload->>'event' FROM outbox WHERE case_id = %(case)s AND kind = 'notice' ORDER BY id",
        case=case,
    )


async def test_links_are_made_once_and_said_in_both_threads(office: Office, lease: Connection) -> None:
    first, second = await office.case(), await office.case()
    made = await asyncio.gather(
        join.link(office.db, first.case_id, second.case_id, ANNA, NOW),
        join.link(office.db, second.case_id, first.case_id, BORIS, NOW),
    )
    assert sorted(made) == [False, True]
    assert await events(office, first.case_id) == ["linked"]
    card = await cases.card(office.db, second.case_id)
    assert card is not None
    assert list(card.linked) == [first.case_number]
    with pytest.raises(InvalidInput):
        await join.link(office.db, first.case_id, first.case_id, ANNA, NOW)
    shown = []
    while rows := await outbox.claim(lease, office.workspace, {"C1": 1}, merge=True, limit=3_500):
        shown.append((await mirror.render(office.db, rows)).text)
        await outbox.complete(office.db, rows[0]["post_id"], f"1.{len(shown)}")
    assert any("archives/C1/p1" in text and text.startswith("🔗") for text in shown)


async def test_a_merged_case_sends_its_future_to_the_other(office: Office) -> None:
    first = await office.case()
    second, conversation = await second_case(office, first)
    await join.merge(office.db, second.case_id, first.case_id, ANNA, NOW)
    assert await office.status(second.case_id) == "closed"
    later = await office.says(conversation, "The lamp!")
    assert later.case_id == first.case_id
    assert await events(office, second.case_id) == ["merged"]
    assert await events(office, first.case_id) == ["absorbed"]
    assert await office.conversation_of(first.case_id) == conversation
    draft = await reply.approve(office.db, await office.preview(first.case_id), ANNA, 0, NOW)
    assert draft["conversation_id"] == conversation
    old = await office.column("SELECT id FROM conversations WHERE site = 'shop'")
    assert (await office.says(int(str(old[0])), "And the parcel")).case_id == first.case_id
    with pytest.raises(AlreadyDone):
        await join.merge(office.db, second.case_id, first.case_id, ANNA, NOW)


async def test_a_draft_follows_the_customer_to_where_they_wrote_last(office: Office) -> None:
    first = await office.case()
    draft = await office.preview(first.case_id)
    second, conversation = await second_case(office, first)
    await join.merge(office.db, second.case_id, first.case_id, ANNA, NOW)
    await office.says(conversation, "Hello?")
    with pytest.raises(CustomerWrote, match="meantime") as said:
        await reply.approve(office.db, draft, ANNA, 0, NOW)
    assert said.value.draft is not None
    again = await reply.approve(office.db, said.value.draft, ANNA, 0, NOW)
    assert again["conversation_id"] == conversation


async def test_what_cannot_be_merged(office: Office) -> None:
    first, stranger = await office.case(), await office.case()
    with pytest.raises(InvalidInput, match="different customers"):
        await join.merge(office.db, first.case_id, stranger.case_id, ANNA, NOW)
    second, _ = await second_case(office, first)
    await close.silently(office.db, await office.token(first.case_id), "done", ANNA, NOW)
    with pytest.raises(AlreadyDone, match="CX-1001 is closed"):
        await join.merge(office.db, second.case_id, first.case_id, ANNA, NOW)


async def test_a_case_opened_by_hand_merges_into_any(office: Office) -> None:
    first = await office.case()
    async with office.db.transaction() as tx:
        by_hand = await opening.from_words(tx, office.workspace, "k", "C1", "Phone call", ANNA, NOW)
    await join.merge(office.db, by_hand["id"], first.case_id, ANNA, NOW)
    assert await office.column(
        "SELECT v.channel FROM cases k JOIN conversations v ON v.id = k.conversation_id WHERE k.id = %(id)s",
        id=first.case_id,
    ) == ["webchat"]


async def test_a_new_matter_takes_its_message_and_the_future_along(office: Office, lease: Connection) -> None:
    first = await office.case("My parcel?")
    conversation = await office.conversation_of(first.case_id)
    await office.says(conversation, "And I want to cancel my plan")
    newest = (await joining.movable(office.db, first.case_id))[0]
    made = await join.split(office.db, first.case_id, [newest["id"]], ANNA, NOW)
    card = await cases.card(office.db, made)
    assert card is not None
    assert (card.subject, card.owner, list(card.linked)) == ("And I want to cancel my plan", ANNA.id, [1001])
    assert (await office.says(conversation, "Today, please")).case_id == made
    assert await events(office, first.case_id) == ["split"]
    posts = await post_all(office.db, lease)
    kinds = [row["kind"] for rows in posts for row in rows if row["case_id"] == made]
    assert kinds == ["root", "message", "notice", "message"]
    with pytest.raises(NotFound):
        await join.split(office.db, first.case_id, [newest["id"]], ANNA, NOW)
    with pytest.raises(InvalidInput):
        await join.split(office.db, first.case_id, [], ANNA, NOW)


async def test_a_message_alone_may_go(office: Office) -> None:
    first = await office.case()
    (only,) = await joining.movable(office.db, first.case_id)
    await join.split(office.db, first.case_id, [only["id"]], ANNA, NOW, later=False)
    assert (await office.says(await office.conversation_of(first.case_id), "Hm")).case_id == first.case_id


async def test_a_merge_is_taken_back(office: Office) -> None:
    first = await office.case()
    second, conversation = await second_case(office, first)
    await join.merge(office.db, second.case_id, first.case_id, ANNA, NOW)
    await office.says(conversation, "The lamp!")
    wrong = [
        row["id"] for row in await joining.movable(office.db, first.case_id) if row["text"] == "The lamp!"
    ]
    (back,) = await joining.merged_here(office.db, first.case_id)
    await join.split(office.db, first.case_id, wrong, ANNA, NOW, back_to=back["id"])
    assert await office.status(second.case_id) == "open"
    assert (await office.says(conversation, "Still the lamp")).case_id == second.case_id
    with pytest.raises(AlreadyDone):
        await join.split(office.db, first.case_id, [], ANNA, NOW, back_to=back["id"])


async def merged_twice(office: Office) -> tuple[tuple[Receipt, int], ...]:
    """One that was merged into two, and that into three: the cases and their conversations."""
    one = await office.case("My parcel?")
    two, three = await second_case(office, one, "The lamp"), await second_case(office, one, "The chair")
    home = await office.conversation_of(one.case_id)
    await join.merge(office.db, one.case_id, two[0].case_id, ANNA, NOW)
    await join.merge(office.db, two[0].case_id, three[0].case_id, ANNA, NOW)
    return (one, home), two, three


async def test_a_merge_that_is_taken_back_is_said_in_both_threads(office: Office, lease: Connection) -> None:
    first = await office.case()
    second, _ = await second_case(office, first)
    await join.merge(office.db, second.case_id, first.case_id, ANNA, NOW)
    await join.split(office.db, first.case_id, [], ANNA, NOW, back_to=second.case_id)
    shown = []
    while rows := await outbox.claim(lease, office.workspace, {"C1": 1}, merge=True, limit=3_500):
        shown.append((await mirror.render(office.db, rows)).text)
        await outbox.complete(office.db, rows[0]["post_id"], f"1.{len(shown)}")
    said = [line for post in shown for line in post.splitlines() if line.startswith("✂️")]
    assert len(said) == 2
    assert any(re.search(r"took <\S+\|CX-1002> out of this case again", line) for line in said), said
    assert any(re.search(r"took this case out of <\S+\|CX-1001> again", line) for line in said), said


async def test_what_was_merged_into_a_merged_case_comes_back_with_it(office: Office) -> None:
    (_, first), (two, second), (three, third) = await merged_twice(office)
    await office.says(first, "Any news of the parcel?")
    assert await office.conversation_of(three.case_id) == first
    await join.split(office.db, three.case_id, [], ANNA, NOW, back_to=two.case_id)
    said = [(await office.says(each, "Hello?")).case_id for each in (first, second, third)]
    assert said == [two.case_id, two.case_id, three.case_id]


async def test_after_a_merge_is_taken_back_the_other_case_answers_where_it_did(office: Office) -> None:
    first = await office.case()
    home = await office.conversation_of(first.case_id)
    second, other = await second_case(office, first)
    await join.merge(office.db, second.case_id, first.case_id, ANNA, NOW)
    await office.says(other, "Hello?")
    assert await office.conversation_of(first.case_id) == other
    await join.split(office.db, first.case_id, [], ANNA, NOW, back_to=second.case_id)
    places = [await office.conversation_of(each) for each in (first.case_id, second.case_id)]
    assert places == [home, other]


@pytest.mark.parametrize("newest_first", [True, False])
async def test_merges_are_taken_back_in_any_order(office: Office, newest_first: bool) -> None:
    stays = await office.case()
    home = await office.conversation_of(stays.case_id)
    merged = [await second_case(office, stays, text) for text in ("The lamp", "The chair")]
    for case, conversation in merged:
        await join.merge(office.db, case.case_id, stays.case_id, ANNA, NOW)
        await office.says(conversation, "Hello?")
        assert await office.conversation_of(stays.case_id) == conversation
    for case, _ in reversed(merged) if newest_first else merged:
        await join.split(office.db, stays.case_id, [], ANNA, NOW, back_to=case.case_id)
    places = [await office.conversation_of(case.case_id) for case in (stays, *(case for case, _ in merged))]
    assert places == [home, *(conversation for _, conversation in merged)]


async def test_what_stays_merged_goes_on_as_before(office: Office) -> None:
    """Neither a new matter nor a merge that is taken back without what is said later changes where."""
    async with office.db.transaction() as tx:
        made = await opening.from_words(tx, office.workspace, "k", "C1", "Phone call", ANNA, NOW)
    by_hand = int(made["id"])
    first = await office.case()
    chat = await office.conversation_of(first.case_id)
    await office.db.fetch("UPDATE cases SET customer_id = (SELECT max(customer_id) FROM cases)", {})
    await join.merge(office.db, first.case_id, by_hand, ANNA, NOW)
    assert await office.conversation_of(by_hand) == chat
    said = await office.says(chat, "And something else")
    matter = await join.split(office.db, by_hand, [said.message_id], ANNA, NOW)
    assert (await office.says(chat, "Hm")).case_id == matter
    assert await office.conversation_of(by_hand) == chat
    await join.split(office.db, by_hand, [], ANNA, NOW, back_to=first.case_id, later=False)
    assert await office.conversation_of(by_hand) == chat


async def test_a_message_of_a_merged_case_leaves_the_one_in_which_it_goes_on(office: Office) -> None:
    (one, first), (two, _), (three, _) = await merged_twice(office)
    with pytest.raises(AlreadyDone, match="split that one"):
        await join.split(office.db, one.case_id, [one.message_id], ANNA, NOW)
    made = await join.split(office.db, three.case_id, [one.message_id], ANNA, NOW)
    assert (await office.says(first, "Well?")).case_id == made
    # What belongs to it anyway is not shown there again.
    await join.split(office.db, three.case_id, [two.message_id], ANNA, NOW, back_to=two.case_id)
    assert await office.column(
        "SELECT count(*) FROM outbox WHERE message_id = %(message)s AND kind = 'message'",
        message=two.message_id,
    ) == [1]


async def summed(
    office: Office, case: int, through: int, at: datetime, *, language: str = "en", on: str | None = None
) -> None:
    """Keep a summary; it stands for all that it sums up, or goes ``on`` from the one of a language."""
    await summaries.save(
        office.db,
        case,
        language,
        {},
        through,
        fold=0 if on else through,
        summed=on,
        prompt="p",
        model="m",
        dropped=0,
        now=at,
    )


async def is_summed(office: Office, case: int) -> tuple[bool, bool]:
    """Whether there is a summary for people, and one that a case file begins with."""
    current, base = await summaries.current(office.db, case, "en"), await casefile.base(office.db, case)
    return current is not None, base is not None


async def test_a_summary_ends_with_a_merge_and_when_it_is_taken_back(office: Office) -> None:
    """However old the messages are that come, and however new those that go."""
    old = await office.case("My parcel?")
    (case, _), (middle, _) = (
        await second_case(office, old, "The lamp"),
        await second_case(office, old, "Chair"),
    )
    await summed(office, case.case_id, case.message_id, NOW)
    assert await is_summed(office, case.case_id) == (True, True)
    at = NOW + timedelta(minutes=1)
    await join.merge(office.db, middle.case_id, case.case_id, ANNA, at)
    assert await is_summed(office, case.case_id) == (False, False)
    # One that was under way knows nothing of it.
    await summed(office, case.case_id, middle.message_id, at - timedelta(seconds=1))
    assert await is_summed(office, case.case_id) == (False, False)
    await summed(office, case.case_id, middle.message_id, at + timedelta(seconds=1))
    assert await is_summed(office, case.case_id) == (True, True)
    await join.split(office.db, case.case_id, [], ANNA, at + timedelta(minutes=1), back_to=middle.case_id)
    assert await is_summed(office, case.case_id) == (False, False)
    await summed(office, case.case_id, case.message_id, at + timedelta(minutes=2))
    assert await is_summed(office, case.case_id) == (True, True)
    await join.split(office.db, case.case_id, [case.message_id], ANNA, at + timedelta(minutes=3))
    assert await is_summed(office, case.case_id) == (False, False)


async def test_a_summary_that_ended_does_not_come_back_under_one_in_another_language(office: Office) -> None:
    case = await office.case()
    said = await office.says(await office.conversation_of(case.case_id), "And the lamp")
    await summed(office, case.case_id, said.message_id, NOW)
    await join.split(office.db, case.case_id, [said.message_id], ANNA, NOW + timedelta(minutes=1))
    await summed(office, case.case_id, case.message_id, NOW + timedelta(minutes=2), language="cs")
    await summed(office, case.case_id, case.message_id, NOW + timedelta(minutes=3), on="cs")
    base = await casefile.base(office.db, case.case_id)
    assert base is not None
    assert (base["language"], base["base_id"]) == ("cs", case.message_id)
    await summed(office, case.case_id, case.message_id, NOW + timedelta(minutes=4), language="cs", on="cs")
    assert await casefile.base(office.db, case.case_id) == base


async def test_a_case_is_read_with_all_that_was_merged_into_it(office: Office, lease: Connection) -> None:
    (one, _), (two, _), (three, _) = await merged_twice(office)
    await post_all(office.db, lease)
    assert [row["text"] for row in await casefile.lines(office.db, three.case_id, 0)] == [
        "My parcel?",
        "The lamp",
        "The chair",
    ]
    places = await links.of_messages(office.db, three.case_id)
    assert sorted(places) == sorted(f"m{case.message_id}" for case in (one, two, three))
    assert len({url.partition("thread_ts=")[2] for url in places.values()}) == 3


async def test_a_message_that_was_split_off_is_linked_in_its_new_thread(
    office: Office, lease: Connection
) -> None:
    first = await office.case("My parcel?")
    conversation = await office.conversation_of(first.case_id)
    moved = await office.says(conversation, "Cancel my plan")
    made = await join.split(office.db, first.case_id, [moved.message_id], ANNA, NOW)
    await post_all(office.db, lease)
    (url,) = (await links.of_messages(office.db, made)).values()
    posts = await office.column(
        """SELECT replace(p.ts, '.', '') FROM outbox o JOIN posts p ON p.id = o.post_id
           WHERE o.message_id = %(message)s ORDER BY o.id""",
        message=moved.message_id,
    )
    assert url.partition("?")[0].endswith(f"/p{posts[1]}")
    assert len(set(posts)) == 2


async def test_everything_at_once_does_not_deadlock(office: Office) -> None:
    first = await office.case()
    second, conversation = await second_case(office, first)
    home = await office.conversation_of(first.case_id)
    for batch in range(4):
        writing = [office.says(each, f"{batch} {n}") for n in range(4) for each in (home, conversation)]
        joins = [
            join.merge(office.db, second.case_id, first.case_id, ANNA, NOW),
            join.merge(office.db, first.case_id, second.case_id, ANNA, NOW),
            join.link(office.db, first.case_id, second.case_id, ANNA, NOW),
            join.split(office.db, first.case_id, [], ANNA, NOW, back_to=second.case_id),
            join.split(office.db, second.case_id, [], ANNA, NOW, back_to=first.case_id),
        ]
        previews = [office.preview(first.case_id) for _ in range(3)]
        outcomes = await asyncio.gather(*writing, *joins, *previews, return_exceptions=True)
        assert [one for one in outcomes if isinstance(one, Exception) and not isinstance(one, CxError)] == []
    assert await deadlocks(office.db) == 0
    assert await office.column("SELECT count(*) FROM messages WHERE direction = 'in'") == [2 + 4 * 8]


async def test_a_conversation_goes_on_over_another_channel_of_the_same_customer(office: Office) -> None:
    first = await office.case()
    second, conversation = await second_case(office, first)
    (found,) = await identities.elsewhere(office.db, first.case_id)
    assert (found["id"], found["site"]) == (conversation, "other")
    await switch.switch(office.db, first.case_id, conversation, ANNA, NOW)
    assert await office.conversation_of(first.case_id) == conversation
    assert (await office.says(conversation, "Here?")).case_id == second.case_id
    with pytest.raises(AlreadyDone):
        await switch.switch(office.db, first.case_id, conversation, ANNA, NOW)
    await close.silently(office.db, await office.token(second.case_id), "done", ANNA, NOW)
    third, elsewhere = await second_case(office, second)
    await close.silently(office.db, await office.token(third.case_id), "done", ANNA, NOW)
    await switch.switch(office.db, first.case_id, elsewhere, ANNA, NOW)
    assert (await office.says(elsewhere, "There")).case_id == first.case_id
    stranger = await office.conversation()
    with pytest.raises(NotFound):
        await switch.switch(office.db, first.case_id, stranger, ANNA, NOW)
    with pytest.raises(CaseClosed):
        await switch.switch(office.db, third.case_id, conversation, ANNA, NOW)
    assert await events(office, first.case_id) == ["switched", "switched"]


async def test_a_merged_case_names_the_one_that_goes_on_at_the_end_of_its_way(office: Office) -> None:
    first = await office.case()
    second, third = (await second_case(office, first))[0], (await second_case(office, first))[0]
    await join.merge(office.db, second.case_id, first.case_id, ANNA, NOW)
    await join.merge(office.db, first.case_id, third.case_id, ANNA, NOW)
    token = await office.token(second.case_id)
    for act in (own.take(office.db, token, BORIS, NOW), close.silently(office.db, token, "x", BORIS, NOW)):
        with pytest.raises(CaseMerged, match=f"goes on in {third.reference}"):
            await act


async def test_an_edit_shows_whole_in_both_threads_of_a_split(office: Office, lease: Connection) -> None:
    first = await office.case("My parcel?")
    conversation = await office.conversation_of(first.case_id)
    moved = await office.says(conversation, "Cancel my plan", key="m2")
    await join.split(office.db, first.case_id, [moved.message_id], ANNA, NOW)
    await post_all(office.db, lease)
    await change(office.db, Change(conversation, "m2", 1, "Cancel my old plan"), timedelta(minutes=5), NOW)
    shown = [str(rendered.blocks) for _, _, rendered in await mirror.posts_of(office.db, moved.message_id)]
    assert len(shown) == 2
    assert all("Cancel my old plan" in post for post in shown)
