"""Customers are asked how it was: whom, when, how often, and what becomes of their answers."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from uuid import UUID, uuid4

import pytest

from cases.endings import Ending
from cases.errors import InvalidInput, NotFound
from cases.hours import Hours, Span
from cases.messages import Change
from cases.promises import Plan
from cases.reader import Language
from cases.surveys import AskHours, Rating, SurveyKind
from channels.errors import TooLateToChange
from flows import change, close, customers, mirror, opening, own, reply, sort, survey
from flows.survey import Asking, NoScore, Rated
from storage import arrivals, cases, conversations, history, outbox
from storage.db import Connection, Row
from tests.support.office import ANNA, NOW, WORKSPACE, Office, post_all
from views.history import log_lines

HOUR = timedelta(hours=1)
PLAN = Plan({"team": Hours(UTC, {0: (Span(time(9), time(17)),)})})
ASKING = Asking({}, PLAN, HOUR, AskHours(), lambda site: f"The {site}", Language.EN)
LATER = NOW + HOUR
# NOW is nine o'clock in the morning, in UTC.


async def closed(office: Office, text: str = "Where is my parcel?", *, now: datetime = NOW) -> int:
    """A new customer's case whose end they were told."""
    case = (await office.case(text)).case_id
    await solve(office, case, now)
    return case


async def solve(office: Office, case: int, now: datetime = NOW) -> None:
    draft = await close.tell(office.db, await office.token(case), "Done.", uuid4().hex, ANNA, 0, now)
    assert await reply.send(office.db, draft["uuid"], draft["body"], now) is not None
    assert await office.status(case) == "closed"


async def look(office: Office, now: datetime = LATER, asking: Asking = ASKING) -> int:
    """The tick; how many were asked."""
    return len(await survey.ask_due(office.db, office.workspace, asking, now))


async def token(office: Office, case: int) -> UUID:
    """What the link of a case's survey stands for."""
    (found,) = await office.column("SELECT token FROM surveys WHERE case_id = %(case)s", case=case)
    assert isinstance(found, UUID)
    return found


async def rate(office: Office, case: int, score: int, comment: str = "", first: bool | None = None) -> None:
    rating = Rating(score, comment, first)
    await survey.rate(office.db, await token(office, case), rating, LATER + HOUR)


async def heard(office: Office, case: int) -> list[object]:
    """What the customer of a case has been told since it was closed."""
    return await office.column(
        """SELECT text FROM messages WHERE case_id = %(case)s AND direction = 'out' AND text <> 'Done.'
           ORDER BY id""",
        case=case,
    )


async def why(office: Office) -> list[object]:
    return await office.column("SELECT coalesce(why, state) FROM surveys ORDER BY id")


async def ratings(office: Office) -> list[Row]:
    return await office.db.fetch(
        "SELECT case_id, kind, score, comment, first_contact FROM ratings ORDER BY id"
    )


async def test_an_hour_after_closing_the_customer_is_asked_once(office: Office) -> None:
    case = await closed(office)
    assert await look(office, NOW + HOUR / 2) == 0
    assert await look(office) == 1
    (words,) = await heard(office, case)
    assert "CX-1001 is closed" in str(words)
    assert "1 (not at all) to 5" in str(words)
    assert [await look(office), await look(office, LATER + 90 * 24 * HOUR)] == [0, 0]
    row = await office.row("SELECT author_name, author_slack FROM messages ORDER BY id DESC LIMIT 1")
    assert row == {"author_name": "The shop", "author_slack": None}
    assert await office.status(case) == "closed"
    lines = log_lines(await history.log(office.db, case))
    assert any("asked the customer how it was" in line for line in lines)


@pytest.mark.parametrize("public", [False, True])
async def test_where_nothing_goes_by_itself_nobody_is_asked(office: Office, *, public: bool) -> None:
    case = await closed(office)
    if public:
        await arrivals.introduce(office.db, office.workspace, "webchat", "shop", "Reviews", public=True)
    else:
        await office.db.fetch("UPDATE conversations SET automatic_ok = false")
    assert await look(office) == 0
    assert (await why(office), await heard(office, case)) == (["by_hand"], [])


async def test_fault_43_the_survey_is_sent_once_whoever_looks(office: Office) -> None:
    """FAULTS 43: six replicas look at once."""
    several = [await closed(office) for _ in range(4)]
    asked = await asyncio.gather(*(look(office) for _ in range(6)))
    asked.append(await look(office))
    assert sum(asked) == 4
    for case in several:
        assert len(await heard(office, case)) == 1


async def test_fault_43_a_rating_counts_once_and_only_for_its_case(office: Office) -> None:
    """FAULTS 43: ten answers at once by one link."""
    case, other = await closed(office), await closed(office)
    assert await look(office) == 2
    answers = [rate(office, case, 5, f"{number}") for number in range(10)]
    outcomes = await asyncio.gather(*answers, return_exceptions=True)
    assert sum(isinstance(outcome, Rated) for outcome in outcomes) == 9
    (row,) = await ratings(office)
    assert (row["case_id"], row["score"]) == (case, 5)
    posts = await office.column("SELECT case_id FROM outbox WHERE kind = 'rating'")
    assert posts == [case]
    shown = {number: await cases.card(office.db, number) for number in (case, other)}
    assert [card.rating for card in shown.values() if card] == [(SurveyKind.CSAT, 5), None]
    with pytest.raises(NotFound):
        await survey.rate(office.db, uuid4(), Rating(5), LATER)


@pytest.mark.parametrize("how", ["silently", "waiting", "reopened"])
async def test_who_is_not_asked(office: Office, how: str) -> None:
    case = (await office.case()).case_id
    if how == "silently":
        await close.silently(office.db, await office.token(case), "spam", ANNA, NOW)
    if how == "reopened":
        await solve(office, case)
        await office.says(await office.conversation_of(case), "It is broken!", now=NOW + HOUR / 2)
        assert await office.status(case) == "open"
    assert await look(office) == 0
    assert await heard(office, case) == []
    assert await why(office) == (["reopened"] if how == "reopened" else [])


async def test_a_case_that_was_closed_again_is_asked_about_after_that(office: Office) -> None:
    case = await closed(office)
    await office.says(await office.conversation_of(case), "It is broken!", now=NOW + HOUR / 2)
    assert await look(office) == 0
    await solve(office, case, NOW + 2 * HOUR)
    assert [await look(office, NOW + 2 * HOUR), await look(office, NOW + 3 * HOUR)] == [0, 1]


async def test_a_case_of_nobody_is_not_asked_about(office: Office) -> None:
    async with office.db.transaction() as tx:
        row = await opening.from_words(
            tx, office.workspace, "k", "C1", "The shelf came back", ANNA, NOW, owns=True
        )
    await office.db.fetch("UPDATE cases SET status = 'closed', closed_at = %(now)s", {"now": NOW})
    await office.db.fetch(
        """INSERT INTO audit (workspace_id, at, actor, action, case_id, detail)
           SELECT workspace_id, opened_at, 'x', 'x', id, '{"status": "closed"}' FROM cases"""
    )
    assert row is not None
    assert await look(office) == 0
    assert await why(office) == []


async def test_a_customer_is_asked_once_in_thirty_days_even_by_two_replicas(office: Office) -> None:
    """Two cases in two conversations of one person, due at the same moment."""
    several = [await closed(office) for _ in range(2)]
    ids = await office.column("SELECT customer_id FROM cases ORDER BY id")
    first, second = (int(str(each)) for each in ids)
    await customers.merge(office.db, second, first, ANNA, NOW)
    asked = await asyncio.gather(*(look(office) for _ in range(4)))
    assert sum(asked) == 1
    await look(office)
    assert sorted(map(str, await why(office))) == ["asked", "recently"]
    assert sum([len(await heard(office, case)) for case in several]) == 1
    third = await office.case("And now this")
    await office.db.fetch(
        "UPDATE cases SET customer_id = %(customer)s WHERE id = %(case)s",
        {"customer": first, "case": third.case_id},
    )
    later = NOW + 31 * 24 * HOUR
    await solve(office, third.case_id, later)
    assert await look(office, later + HOUR) == 1


@pytest.mark.parametrize(
    ("zone", "asked_at"),
    [(None, 9), ("Europe/Warsaw", 8), ("Nowhere/Land", 9)],
)
async def test_nobody_is_asked_in_their_night(office: Office, zone: str | None, asked_at: int) -> None:
    evening = NOW.replace(hour=19, minute=30)
    case = await closed(office, now=evening)
    await office.db.fetch(
        "UPDATE customers SET profile = jsonb_build_object('time_zone', %(zone)s::text)", {"zone": zone}
    )
    assert await look(office, evening + HOUR) == 0
    morning = NOW.replace(day=3, hour=asked_at)
    assert await look(office, morning - timedelta(minutes=1)) == 0
    assert await look(office, morning) == 1
    assert len(await heard(office, case)) == 1


async def test_what_could_not_be_asked_in_time_is_not_asked(office: Office) -> None:
    await closed(office)
    assert await look(office, NOW + 49 * HOUR) == 0
    assert await why(office) == ["late"]


async def test_a_process_says_how_when_and_whether(office: Office) -> None:
    case = await closed(office)
    none, nps = Ending(survey=None), Ending(survey=SurveyKind.NPS, survey_after=2 * HOUR)
    assert await look(office, LATER, replace(ASKING, endings={"general": nps})) == 0
    assert await look(office, NOW + 2 * HOUR, replace(ASKING, endings={"general": nps})) == 1
    assert "0 (not at all) to 10" in str((await heard(office, case))[0])
    await closed(office)
    assert await look(office, LATER, replace(ASKING, endings={"general": none})) == 0
    assert await why(office) == ["asked", "none"]


async def test_the_customer_is_asked_in_their_language(office: Office) -> None:
    case = await closed(office)
    await office.db.fetch("UPDATE conversations SET language = 'pl'")
    await look(office, asking=replace(ASKING, language=Language.HU))
    assert "CX-1001" in str((await heard(office, case))[0])


async def test_the_rating_stands_in_the_thread_and_on_the_card(office: Office, lease: Connection) -> None:
    case = await closed(office)
    await look(office)
    await rate(office, case, 4, "Fast <!channel> & *kind*", first=True)
    await post_all(office.db, lease)
    (row,) = await office.db.fetch("SELECT payload, post_id FROM outbox WHERE kind = 'rating'")
    assert row["payload"]["bad"] is False
    rated = await mirror.render(office.db, [{"kind": "rating", "case_id": case, **row}])
    assert rated.blocks[0]["text"]["text"] == "⭐ The customer rates this case: *4 of 5*"
    said = rated.blocks[1]["elements"][0]["elements"]
    assert said == [{"type": "text", "text": "Fast <!channel> & *kind*"}]
    assert "first contact: yes" in str(rated.blocks[2])
    assert not rated.broadcast
    assert await office.status(case) == "closed"
    shown = await mirror.card(office.db, case, "x")
    assert "rated 4 of 5" in str(shown.blocks).lower()
    assert any("rated the case" in line for line in log_lines(await history.log(office.db, case)))


async def test_a_bad_rating_reopens_the_case_and_calls_the_supervisors(
    office: Office, lease: Connection
) -> None:
    case = (await office.case()).case_id
    await own.take(office.db, await office.token(case), ANNA, NOW)
    await solve(office, case)
    await look(office)
    await rate(office, case, 2, "Nobody called back.", first=False)
    await post_all(office.db, lease)
    row = await office.row("SELECT status, closed_at, owner FROM cases")
    assert row == {"status": "open", "closed_at": None, "owner": ANNA.id}
    (rated,) = await office.db.fetch("SELECT payload, post_id FROM outbox WHERE kind = 'rating'")

    async def supervisors() -> list[str]:
        return ["U9SUE", "U8SID"]

    post = await mirror.render(
        office.db, [{"kind": "rating", "case_id": case, **rated}], supervisors=supervisors
    )
    shown = str(post.blocks)
    assert "<@U9SUE> <@U8SID>: please look" in shown
    assert f"👉 <@{ANNA.id}>" in shown
    assert "first contact: no" in shown
    assert any("by a bad rating" in line for line in log_lines(await history.log(office.db, case)))
    await solve(office, case, LATER + 2 * HOUR)
    assert await look(office, LATER + 4 * HOUR) == 0, "asked once"


async def test_what_is_no_answer(office: Office) -> None:
    case = await closed(office)
    await look(office)
    for wrong in (0, 6, 99):
        with pytest.raises(NoScore):
            await rate(office, case, wrong)
    with pytest.raises(InvalidInput, match="at most 2,000 characters"):
        await rate(office, case, 5, "x" * 2_001)
    assert await ratings(office) == []


async def test_a_number_in_the_chat_is_the_answer_and_no_message_of_the_case(office: Office) -> None:
    case = await closed(office)
    conversation = await office.conversation_of(case)
    await look(office)
    waiting = await office.column("SELECT count(*) FROM outbox WHERE kind = 'message'")
    receipt = await office.says(conversation, " 5 ", key="answer", now=LATER + HOUR)
    assert (receipt.case_id, receipt.duplicate) == (case, False)
    again = await office.says(conversation, " 5 ", key="answer", now=LATER + HOUR)
    assert (again.seq, again.duplicate) == (receipt.seq, True)
    assert [(row["case_id"], row["score"]) for row in await ratings(office)] == [(case, 5)]
    assert await office.column("SELECT count(*) FROM outbox WHERE kind = 'message'") == waiting
    assert await office.status(case) == "closed"
    screen = await conversations.transcript(office.db, conversation)
    assert [row["text"] for row in screen[-2:]] == [" 5 ", "Thank you for your answer!"]
    assert [row["seq"] for row in screen] == list(range(1, len(screen) + 1))
    with pytest.raises(TooLateToChange, match="your answer to our question"):
        await change.change(office.db, Change(conversation, "answer", 1, "1"), HOUR, LATER + HOUR)
    with pytest.raises(Rated):
        await rate(office, case, 1)


async def test_a_bad_number_reopens_the_case(office: Office) -> None:
    case = await closed(office)
    await look(office)
    await office.says(await office.conversation_of(case), "1", now=LATER + HOUR)
    assert await office.status(case) == "open"
    assert "look at it once more" in str((await heard(office, case))[-1])


@pytest.mark.parametrize(
    ("words", "late"),
    [("7", HOUR), ("5 are missing", HOUR), ("5", timedelta(days=8))],
)
async def test_other_words_and_late_numbers_are_messages(office: Office, words: str, late: timedelta) -> None:
    case = await closed(office)
    await look(office)
    await office.says(await office.conversation_of(case), words, now=LATER + late)
    assert await ratings(office) == []
    said = await office.column("SELECT text FROM messages WHERE direction = 'in' ORDER BY id DESC LIMIT 1")
    assert said == [words]
    posts = "SELECT count(*) FROM outbox o JOIN messages m ON m.id = o.message_id WHERE m.text = %(words)s"
    assert await office.column(posts, words=words) == [1]


async def test_only_the_very_next_message_is_an_answer(office: Office) -> None:
    case = await closed(office)
    conversation = await office.conversation_of(case)
    await look(office)
    await office.says(conversation, "How many pieces are there?", now=LATER + HOUR)
    await office.says(conversation, "5", now=LATER + HOUR)
    assert await ratings(office) == []


async def test_a_number_after_an_agents_question_answers_that(office: Office) -> None:
    case = await closed(office)
    await look(office)
    draft = await office.preview(case, "How many pieces are there?")
    await reply.approve(office.db, draft, ANNA, 0, LATER)
    assert await reply.send(office.db, draft, "How many pieces are there?", LATER) is not None
    await office.says(await office.conversation_of(case), "5", now=LATER + HOUR)
    assert await ratings(office) == []
    assert await office.column(
        "SELECT text FROM messages WHERE direction = 'in' ORDER BY id DESC LIMIT 1"
    ) == ["5"]


async def test_a_number_before_anybody_asked_is_a_message(office: Office) -> None:
    case = (await office.case("How many?")).case_id
    await office.says(await office.conversation_of(case), "5")
    assert await office.column("SELECT count(*) FROM outbox WHERE kind = 'message'") == [2]


async def test_a_case_reopened_by_hand_keeps_its_survey_open(office: Office) -> None:
    case = await closed(office)
    await look(office)
    row = await cases.by_token(office.db, await office.token(case))
    assert row is not None
    await sort.reopen(office.db, row, ANNA, LATER + HOUR)
    await rate(office, case, 5)
    assert await office.status(case) == "open"


async def test_two_workspaces_ask_for_themselves(office: Office) -> None:
    await closed(office)
    assert await survey.ask_due(office.db, WORKSPACE + 1, ASKING, LATER) == []
    assert await look(office) == 1


async def test_what_asks_is_shown_in_the_thread_without_the_link(office: Office, lease: Connection) -> None:
    await closed(office)
    await post_all(office.db, lease)
    await look(office)
    (row,) = await outbox.claim(lease, WORKSPACE, {"C1": 9}, merge=True, limit=3_500)
    shown = await mirror.render(office.db, [row])
    assert "by itself" in str(shown.blocks)
    assert "http" not in str(shown.blocks)
