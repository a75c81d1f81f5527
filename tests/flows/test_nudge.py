"""A silent customer is asked once more: a preview, which a person sends, or by itself, once, in their day."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from cases.endings import Ending
from cases.errors import AlreadyDone
from cases.reader import Language
from cases.surveys import AskHours
from flows import mirror, nudge, remind, reply
from flows.nudge import NotSilent
from storage import arrivals, cases, closings, drafts, triage
from tests.flows.test_duties import HOUR, MINUTE, POLICY, look, owned
from tests.support.office import ANNA, NOW, Office

LATER = NOW + timedelta(days=1)


async def ask_again(office: Office, case: int) -> None:
    """As the button of the reminder does."""
    row = await cases.by_token(office.db, await office.token(case))
    assert row is not None
    async with office.db.transaction() as tx:
        await nudge.propose(tx, row, None, Language.EN, ANNA, LATER)


async def answer(office: Office, case: int, now: datetime = NOW) -> None:
    draft = await office.preview(case)
    await reply.approve(office.db, draft, ANNA, 0, now)
    assert await reply.send(office.db, draft, "It is on its way.", now) is not None


async def test_the_button_of_the_reminder_shows_what_asks_them_once_more(office: Office) -> None:
    case = (await office.case()).case_id
    await answer(office, case)
    await ask_again(office, case)
    await ask_again(office, case)
    (draft,) = await office.column("SELECT uuid FROM drafts WHERE state = 'preview'")
    shown = await office.column("SELECT payload ->> 'draft' FROM slack_calls WHERE kind = 'preview'")
    assert set(shown) == {str(draft)}
    await office.db.fetch("UPDATE drafts SET state = 'approved' WHERE state = 'preview'")
    with pytest.raises(AlreadyDone):
        await ask_again(office, case)


async def test_nobody_is_asked_who_waits_for_us(office: Office) -> None:
    case = (await office.case()).case_id
    with pytest.raises(NotSilent):
        await ask_again(office, case)


TEXT = "Do you still need us? Then just answer here."
ENDINGS = {"return": Ending(nudge={Language.EN: TEXT, Language.PL: "Czy możemy jeszcze pomóc?"})}
ITSELF = replace(POLICY, nudges={"return"})
# NOW is Monday, 9:00; three working days later it is Wednesday, 17:00.
DUE = NOW + 56 * HOUR


@pytest.fixture
async def waiting(office: Office) -> int:
    """A return of Anna's whose customer has the next word."""
    case = await owned(office)
    await triage.choose_process(office.db, case["id"], "return", "Return", ANNA, NOW)
    await answer(office, case["id"])
    await look(office, NOW, ITSELF)
    return int(case["id"])


async def tick(
    office: Office, now: datetime, *, endings: Mapping[str, Ending] = ENDINGS, undo: float = 0
) -> list[object]:
    """Ask by itself, then send what is due; what the customer has been told besides the answer."""
    asking = nudge.Asking(endings, POLICY.plan, AskHours(), lambda site: f"The {site}", Language.EN, undo)
    await nudge.ask_due(office.db, office.workspace, asking, now)
    await reply.send_due(office.db, office.workspace, 0, now)
    return (await office.column("SELECT text FROM messages WHERE direction = 'out' ORDER BY id"))[1:]


async def test_it_goes_out_by_itself_once_and_then_the_owner_is_proposed_to_close(
    office: Office, waiting: int
) -> None:
    assert await tick(office, DUE - MINUTE) == []
    assert await tick(office, DUE) == [TEXT]
    assert await office.status(waiting) == "waiting_customer"
    said = await office.row("SELECT author_name, author_slack FROM messages WHERE text = %(text)s", text=TEXT)
    assert said == {"author_name": "The shop", "author_slack": "app"}
    offered = [row["text"] for row in await closings.replies(office.db, waiting)]
    assert offered == ["It is on its way."], "nobody was told of an end by that"
    # Three working days after that message, when work begins.
    tuesday = NOW + 8 * 24 * HOUR
    assert await look(office, tuesday - MINUTE, ITSELF) == [], "nobody is reminded before"
    assert await look(office, tuesday, ITSELF) == [("silent", [ANNA.id])]
    assert await tick(office, tuesday) == [TEXT], "they are asked once until they write"
    await office.says(await office.conversation_of(waiting), "Yes!", now=tuesday + HOUR)
    await answer(office, waiting, tuesday + 2 * HOUR)
    await look(office, tuesday + 2 * HOUR, ITSELF)
    assert await tick(office, tuesday + 10 * 24 * HOUR) == [TEXT, "It is on its way.", TEXT]


@pytest.mark.parametrize("replicas", [4])
async def test_replicas_ask_once(office: Office, waiting: int, replicas: int) -> None:
    await asyncio.gather(*(tick(office, DUE) for _each in range(replicas)))
    assert await tick(office, DUE) == [TEXT]


async def test_not_in_their_night_and_in_their_language(office: Office, waiting: int) -> None:
    await office.db.fetch("UPDATE conversations SET language = 'pl'")
    await office.db.fetch("""UPDATE customers SET profile = '{"time_zone": "Asia/Tokyo"}'""")
    assert await tick(office, DUE) == []
    morning = DUE + 7 * HOUR  # nine there
    assert await tick(office, morning - MINUTE) == []
    assert await tick(office, morning) == ["Czy możemy jeszcze pomóc?"]


async def test_kept_back_by_the_owner_it_does_not_come_again_and_they_are_reminded(
    office: Office, waiting: int
) -> None:
    assert await tick(office, DUE, undo=60) == []
    payload = await office.row("SELECT payload FROM slack_calls WHERE payload ->> 'note' = 'closing'")
    assert payload["payload"]["user"] == ANNA.id
    offered = await mirror.undo_closing(office.db, payload["payload"]["draft"])
    assert offered is not None
    assert "asked once more" in str(offered.blocks)
    await reply.take_back(office.db, payload["payload"]["draft"], ANNA, DUE)
    assert await tick(office, DUE + HOUR) == []
    assert await look(office, DUE + 16 * HOUR, ITSELF) == [("silent", [ANNA.id])]


async def test_whoever_writes_meanwhile_is_not_asked(office: Office, waiting: int) -> None:
    assert await tick(office, DUE, undo=60) == []
    await office.says(await office.conversation_of(waiting), "I am here", now=DUE)
    await office.db.fetch("UPDATE drafts SET send_at = clock_timestamp() WHERE state = 'approved'")
    assert await tick(office, DUE + MINUTE) == []
    assert await office.column("SELECT state FROM drafts ORDER BY id") == ["sent", "cancelled"]


async def test_while_somebody_is_writing_it_waits(office: Office, waiting: int) -> None:
    draft = await office.preview(waiting, "Still there?")
    assert await tick(office, DUE) == []
    await drafts.cancel(office.db, draft, ANNA.id, DUE)
    assert await tick(office, DUE + MINUTE) == []
    await look(office, DUE + HOUR, ITSELF)
    assert await tick(office, DUE + HOUR) == [TEXT]


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("public", [False, True])
async def test_where_nothing_goes_by_itself_people_are_reminded(
    office: Office, waiting: int, *, public: bool, late: bool
) -> None:
    """Everybody reads there, or a program wrote last; ``late``: it turned out when it was planned already."""
    if public:
        await arrivals.introduce(office.db, office.workspace, "webchat", "shop", "Reviews", public=True)
    else:
        await office.db.fetch("UPDATE conversations SET automatic_ok = false")
    if not late:
        await office.db.fetch(
            "INSERT INTO rechecks (workspace_id, case_id) SELECT workspace_id, id FROM cases"
        )
        assert await look(office, NOW, ITSELF) == []
        assert await office.column("SELECT nudge_at FROM duties WHERE kind = 'silent'") == [None]
    assert await tick(office, DUE) == []
    assert await look(office, DUE + 16 * HOUR, ITSELF) == [("silent", [ANNA.id])]


async def test_they_are_asked_once_more_in_each_conversation(office: Office, waiting: int) -> None:
    """Messages are counted in each conversation anew."""
    assert await tick(office, DUE) == [TEXT]
    first = await office.row("SELECT * FROM messages WHERE direction = 'in'")
    await office.db.fetch(
        """WITH v AS (
               INSERT INTO conversations (uuid, workspace_id, channel, site, slack_channel, identity_id,
                                          case_id, last_in_seq, last_seq, created_at)
               SELECT gen_random_uuid(), workspace_id, channel, 'other', slack_channel, identity_id, case_id,
                      last_in_seq, last_seq, created_at
               FROM conversations WHERE id = %(id)s RETURNING id
           ) UPDATE cases SET conversation_id = v.id FROM v""",
        {"id": first["conversation_id"]},
    )
    await office.db.fetch("INSERT INTO rechecks (workspace_id, case_id) SELECT workspace_id, id FROM cases")
    later = DUE + 10 * 24 * HOUR
    await look(office, later, ITSELF)
    assert await tick(office, later) == [TEXT, TEXT]


async def test_where_the_process_says_nothing_a_person_asks(office: Office, waiting: int) -> None:
    assert await tick(office, DUE, endings={}) == []
    await remind.follow(office.db, office.workspace, replace(POLICY, fingerprint="other"))
    found = await look(office, DUE + 16 * HOUR, replace(POLICY, fingerprint="other"))
    assert found == [("silent", [ANNA.id])]
