"""A case that closes by itself: when, in which words, and that nothing else can get in between."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest

from cases.actor import Actor
from cases.endings import Ending
from cases.errors import NotAllowed
from cases.promises import Amount, Step, Timing
from cases.reader import Language
from cases.routing import Desk
from cases.undo import Undo
from flows import close, consult, mirror, own, reply, sort
from storage import arrivals, cases, triage
from storage.db import Row
from tests.flows import test_duties as duties
from tests.support.office import ANNA, BORIS, NOW, Office
from tests.support.waiting import until_blocked

MINUTE = timedelta(minutes=1)
LOGISTICS = Desk("logistics", "Logistics", "", (), "parcels")
BILLING = Desk("billing", "Billing", "", (), "money")
JON = Actor("U3JON", "Jon")
DONE = "Your return is done."
ENDINGS = {"return": Ending({Language.EN: DONE, Language.PL: "Zwrot rozliczony."}, by_itself=True)}
TIME = Amount(days=1)
TIMINGS = {
    "return": Timing(
        steps=[Step("Look", TIME), Step("Check", TIME, "logistics"), Step("Pay", TIME, "billing")]
    )
}


@pytest.fixture
async def case(office: Office) -> int:
    """A return of Anna's."""
    case = (await office.case("I want to send it back.")).case_id
    await own.take(office.db, await office.token(case), ANNA, NOW)
    await triage.choose_process(office.db, case, "return", "Return", ANNA, NOW)
    return case


async def asked(office: Office, case: int, desk: Desk = LOGISTICS) -> UUID:
    row = await cases.by_id(office.db, case)
    assert row is not None
    async with office.db.transaction() as tx:
        token = await consult.propose(tx, row, desk, "C9", "Is it back?", ANNA, uuid4().hex, NOW)
    await consult.confirm(office.db, token, "C9", ANNA, NOW)
    return token


async def answer(office: Office, token: UUID, now: datetime = NOW + MINUTE) -> None:
    async with office.db.transaction() as tx:
        await consult.answer(tx, token, "<model>Send them money.</model>", JON, uuid4().hex, now)


async def answered(office: Office, case: int) -> None:
    """Both departments have answered."""
    for desk in (LOGISTICS, BILLING):
        await answer(office, await asked(office, case, desk))


async def look(
    office: Office,
    *,
    now: datetime = NOW + 2 * MINUTE,
    undo: float | Undo = 0,
    endings: Mapping[str, Ending] = ENDINGS,
) -> list[Row]:
    """The tick."""
    return await close.by_process(
        office.db, office.workspace, endings, TIMINGS, lambda site: f"The {site}", Language.EN, undo, now
    )


async def sent(office: Office, now: datetime = NOW + 2 * MINUTE) -> list[object]:
    """Send what is due; what customers have been told."""
    await reply.send_due(office.db, office.workspace, 0, now)
    return await office.column("SELECT text FROM messages WHERE direction = 'out' ORDER BY id")


async def test_after_the_last_answer_the_customer_is_told_and_the_case_is_closed(
    office: Office, case: int
) -> None:
    await answer(office, await asked(office, case))
    assert await look(office) == [], "billing has not answered"
    await answer(office, await asked(office, case, BILLING))
    (draft,) = await look(office)
    assert draft["body"] == DONE
    assert await sent(office) == [DONE]
    assert await office.status(case) == "closed"
    row = await office.row("SELECT author_name, author_slack FROM messages WHERE direction = 'out'")
    assert row == {"author_name": "The shop", "author_slack": "app"}
    assert await look(office) == []


async def test_the_audit_names_the_file_that_approved_it(office: Office, case: int) -> None:
    await answered(office, case)
    await look(office)
    await sent(office)
    entries = await office.db.fetch(
        "SELECT action, actor, detail FROM audit WHERE actor = 'app' AND case_id = %(case)s ORDER BY id",
        {"case": case},
    )
    assert [entry["action"] for entry in entries] == ["draft.approved", "closing.sent"]
    detail = entries[0]["detail"]
    assert (detail["by"], detail["process_key"]) == ("processes.yml", "return")
    digest = await office.column("SELECT digest FROM approvals")
    assert digest == [detail["digest"]]


async def test_the_customer_reads_it_in_their_language(office: Office, case: int) -> None:
    await office.db.fetch("UPDATE conversations SET language = 'pl'")
    await answered(office, case)
    assert [row["body"] for row in await look(office)] == ["Zwrot rozliczony."]


async def test_clocks_that_differ_keep_nothing_back(office: Office, case: int) -> None:
    """The last answer came in at a replica whose clock is ahead of that which closes."""
    await answer(office, await asked(office, case))
    await answer(office, await asked(office, case, BILLING), NOW + 3 * MINUTE)
    await look(office)
    assert await sent(office) == [DONE]


async def test_two_replicas_tell_the_customer_once(office: Office, case: int) -> None:
    await answered(office, case)
    drafts = await asyncio.gather(*(look(office) for _ in range(6)))
    assert sum(map(len, drafts)) == 1
    assert await sent(office) == [DONE]


async def test_a_process_that_people_close(office: Office, case: int) -> None:
    await answered(office, case)
    assert await look(office, endings={"return": Ending({Language.EN: DONE})}) == []


async def test_a_department_with_two_steps_answers_twice(office: Office, case: int) -> None:
    twice = {"return": Timing(steps=[Step("Look", TIME, "logistics"), Step("Send", TIME, "logistics")])}

    async def ticked() -> int:
        found = await close.by_process(
            office.db, office.workspace, ENDINGS, twice, str, Language.EN, 0, NOW + 3 * MINUTE
        )
        return len(found)

    await answer(office, await asked(office, case))
    assert await ticked() == 0
    await answer(office, await asked(office, case))
    assert await ticked() == 1


async def test_what_keeps_a_case_open(office: Office, case: int) -> None:
    """Each of these alone: an open question, a draft, the customer's turn, what they changed since."""
    await answered(office, case)
    token = await asked(office, case)
    assert await look(office) == []
    await answer(office, token)
    await office.preview(case)
    assert await look(office) == []
    await office.db.fetch("UPDATE drafts SET state = 'cancelled'")
    row = await cases.by_token(office.db, await office.token(case))
    assert row is not None
    await sort.set_status(office.db, row, "open", "waiting_customer", ANNA, NOW)
    assert await look(office) == []
    waiting = row | {"status": "waiting_customer"}
    await sort.set_status(office.db, waiting, "waiting_customer", "open", ANNA, NOW)
    message = "UPDATE messages SET edited_at = %(at)s WHERE direction = 'in'"
    await office.db.fetch(message, {"at": NOW + 2 * MINUTE})
    assert await look(office) == []
    await office.db.fetch(message, {"at": None})
    assert len(await look(office)) == 1


async def test_what_the_customer_wrote_since_keeps_it_open(office: Office, case: int) -> None:
    await answered(office, case)
    await office.says(await office.conversation_of(case), "Oh, one more thing", now=NOW + 2 * MINUTE)
    assert await look(office) == []


async def replied(office: Office, case: int, now: datetime) -> None:
    """Anna has sent a reply after which we still owe something."""
    draft = await office.preview(case, "Your money is still to come.")
    await office.db.fetch("UPDATE drafts SET then_status = 'open' WHERE uuid = %(uuid)s", {"uuid": draft})
    await reply.approve_and_send(office.db, draft, ANNA, now)


async def test_what_people_said_since_the_last_answer_keeps_it_open(office: Office, case: int) -> None:
    await answered(office, case)
    await replied(office, case, NOW + 2 * MINUTE)
    assert await office.status(case) == "open"
    assert await look(office, now=NOW + 3 * MINUTE) == []


async def test_what_a_department_added_keeps_it_open(office: Office, case: int) -> None:
    token = await asked(office, case)
    await answer(office, token)
    await answer(office, await asked(office, case, BILLING))
    await answer(office, token, NOW + 2 * MINUTE)
    assert await look(office, now=NOW + 3 * MINUTE) == []


async def test_what_was_said_before_the_last_answer_does_not(office: Office, case: int) -> None:
    token = await asked(office, case)
    await answer(office, token, NOW)
    await answer(office, token, NOW)
    await replied(office, case, NOW)
    await answer(office, await asked(office, case, BILLING))
    assert len(await look(office)) == 1


async def test_an_answer_that_comes_while_it_is_sent_keeps_it_back(office: Office, case: int) -> None:
    """Its department is quicker by a hair: whoever sends waits for it, and then sees it."""
    await answered(office, case)
    await look(office)
    token = (await office.column("SELECT token FROM asks LIMIT 1"))[0]
    assert isinstance(token, UUID)
    async with office.db.transaction() as tx:
        await consult.answer(tx, token, "Not all of it!", JON, "late", NOW + 2 * MINUTE)
        sending = asyncio.create_task(sent(office))
        await until_blocked(office.db)
    assert await sending == []
    assert await office.column("SELECT state FROM drafts") == ["cancelled"]


@pytest.mark.parametrize(("channel", "seconds"), [("mail", 200), ("webchat", 60)])
async def test_it_can_be_kept_back_as_long_as_its_channel_says(
    office: Office, case: int, channel: str, seconds: int
) -> None:
    await answered(office, case)
    await office.db.fetch("UPDATE conversations SET channel = %(channel)s", {"channel": channel})
    undo = Undo(chat=3.0, mail=10.0)
    assert len(await look(office, undo=undo.times(20))) == 1
    (left,) = await office.column(
        "SELECT extract(epoch FROM send_at - clock_timestamp())::float8 FROM drafts"
    )
    assert isinstance(left, float)
    assert seconds - 20 < left <= seconds
    assert undo.times(20).on(channel) == seconds, "so long the process that approved it waits"


@pytest.mark.parametrize("happens", ["wrote", "asked", "answered", "replied", "replying", "added", "sorted"])
async def test_what_happens_in_the_undo_window_keeps_it_back(office: Office, case: int, happens: str) -> None:
    await answered(office, case)
    assert len(await look(office, undo=60)) == 1
    told = []
    match happens:
        case "wrote":
            await office.says(await office.conversation_of(case), "Wait!", now=NOW + 2 * MINUTE)
        case "replied":
            await replied(office, case, NOW + 2 * MINUTE)
            told = ["Your money is still to come."]
        case "replying":
            await reply.approve(office.db, await office.preview(case), ANNA, 60, NOW + 2 * MINUTE)
        case "added":
            token = (await office.row("SELECT token FROM asks WHERE department = 'logistics'"))["token"]
            await answer(office, token, NOW + 2 * MINUTE)
        case "sorted":
            await triage.choose_process(office.db, case, "repair", "Repair", ANNA, NOW + 2 * MINUTE)
        case "asked":
            await asked(office, case)
        case _:
            await office.db.fetch("UPDATE cases SET status = 'waiting_customer'")
            await office.db.fetch(
                """INSERT INTO audit (workspace_id, at, actor, action, case_id, detail)
                   SELECT workspace_id, opened_at, 'x', 'reply.sent', id, '{"status": "waiting_customer"}'
                   FROM cases"""
            )
    await office.db.fetch("UPDATE drafts SET send_at = clock_timestamp() WHERE kind = 'closing'")
    assert await sent(office) == told
    assert await office.status(case) != "closed"
    assert await office.column("SELECT state FROM drafts WHERE kind = 'closing'") == ["cancelled"]
    assert await office.column("SELECT payload FROM slack_calls WHERE payload ->> 'note' = 'not_sent'") == []


async def test_its_owner_can_keep_it_back_and_then_people_close_it(office: Office, case: int) -> None:
    await answered(office, case)
    (draft,) = await look(office, undo=60)
    (note,) = await office.column("SELECT payload FROM slack_calls WHERE payload ->> 'note' = 'closing'")
    assert note == {"note": "closing", "user": ANNA.id, "draft": str(draft["uuid"])}
    shown = await mirror.undo_closing(office.db, draft["uuid"])
    assert shown is not None
    assert "closes by itself" in shown.blocks[0]["text"]["text"]
    with pytest.raises(NotAllowed):
        await reply.take_back(office.db, draft["uuid"], BORIS, NOW)
    await reply.take_back(office.db, draft["uuid"], ANNA, NOW)
    assert await look(office) == []
    assert await sent(office) == []
    assert await office.status(case) == "open"


async def test_a_new_answer_is_a_new_reason(office: Office, case: int) -> None:
    await answered(office, case)
    (draft,) = await look(office, undo=60)
    await reply.take_back(office.db, draft["uuid"], ANNA, NOW)
    await answer(office, await asked(office, case))
    assert len(await look(office)) == 1


async def test_a_reopened_case_needs_new_answers(office: Office, case: int) -> None:
    await answered(office, case)
    await look(office)
    await sent(office)
    row = await cases.by_token(office.db, await office.token(case))
    assert row is not None
    await sort.reopen(office.db, row, ANNA, NOW + 5 * MINUTE)
    assert await look(office, now=NOW + 6 * MINUTE) == []


async def test_what_does_not_go_out_does_not_close(office: Office, case: int) -> None:
    """Its bytes were changed after the rule approved them."""
    await answered(office, case)
    await look(office)
    await office.db.fetch("UPDATE drafts SET body = 'Send them money.'")
    assert await sent(office) == []
    assert await office.status(case) == "open"


async def test_the_thread_says_that_it_closed_by_itself(office: Office, case: int) -> None:
    await answered(office, case)
    await look(office)
    await sent(office)
    row = await office.row(
        """SELECT o.*, m.uuid AS message_uuid, m.text, m.author_name, m.edited_at, m.deleted_at,
                  m.delivered_at, m.read_at, NULL AS files, NULL AS place, NULL AS delivery,
                      'webchat' AS channel, NULL AS warnings
           FROM outbox o JOIN messages m ON m.id = o.message_id WHERE o.kind = 'sent'"""
    )
    shown = str((await mirror.render(office.db, [row | {"post_id": uuid4()}])).blocks)
    assert "by itself, as the process of this case says" in shown
    assert "Closed by its process" in shown
    assert "<@app>" not in shown


async def test_only_what_an_answer_was_the_last_word_in_is_looked_at(office: Office, case: int) -> None:
    await answered(office, case)
    assert await office.column("SELECT DISTINCT case_id FROM ripening") == [case]
    await office.says(await office.conversation_of(case), "Hello?", now=NOW + 2 * MINUTE)
    assert await look(office, now=NOW + 3 * MINUTE) == []
    assert await office.column("SELECT case_id FROM ripening") == []
    await answer(office, await asked(office, case), NOW + 4 * MINUTE)
    assert [row["body"] for row in await look(office, now=NOW + 5 * MINUTE)] == [DONE]
    await sent(office, NOW + 6 * MINUTE)
    assert await look(office, now=NOW + 7 * MINUTE) == []
    assert await office.column("SELECT case_id FROM ripening") == []


@pytest.mark.parametrize("public", [False, True])
async def test_where_nothing_goes_by_itself_its_owner_closes_it(
    office: Office, case: int, *, public: bool
) -> None:
    if public:
        await arrivals.introduce(office.db, office.workspace, "webchat", "shop", "Reviews", public=True)
    else:
        await office.db.fetch("UPDATE conversations SET automatic_ok = false")
    await answered(office, case)
    assert [await look(office), await look(office), await sent(office)] == [[], [], []]
    payloads = await office.column("SELECT payload FROM slack_calls WHERE payload ->> 'note' = 'by_hand'")
    assert payloads == [{"note": "by_hand", "user": ANNA.id}], "once"
    note = await mirror.note(office.db, case, {"note": "by_hand"})
    assert "All departments have answered in CX-1001." in note.text
    assert "case_close" in str(note.blocks)
    found = await duties.look(office, NOW + 24 * 60 * MINUTE)
    assert ("first_response", [ANNA.id]) in found, "nor is it forgotten"
