from __future__ import annotations

from datetime import timedelta

from cases.enums import Status
from flows import own, reply, talk
from storage import cases, history
from storage.db import Connection
from tests.support.office import ANNA, BORIS, NOW, Office, post_all
from tests.views import limits
from views.history import catch_up_page, log_lines, log_page, seen_page

MINUTE = timedelta(minutes=1)


async def test_what_is_new_to_somebody_the_log_and_the_customers_view(
    office: Office, lease: Connection
) -> None:
    receipt = await office.case("Where is it? <!here>")
    case, conversation = receipt.case_id, await office.conversation_of(receipt.case_id)
    await post_all(office.db, lease)
    assert await history.look(office.db, case, BORIS.id, NOW) is None
    assert await history.look(office.db, case, BORIS.id, NOW + MINUTE) == NOW
    await own.take(office.db, await office.token(case), ANNA, NOW + 2 * MINUTE)
    draft = await reply.approve(
        office.db, await office.preview(case, "It is near."), ANNA, 0, NOW + 2 * MINUTE
    )
    await reply.send(office.db, draft["uuid"], draft["body"], NOW + 2 * MINUTE)
    async with office.db.transaction() as tx:
        note = talk.Said(office.workspace, "C1", "1.1", "1.9", ANNA.id, "He is angry &amp; right, <@U2BORIS>")
        await talk.write(tx, note, NOW + 3 * MINUTE)
    await office.says(conversation, "Where?", now=NOW + 4 * MINUTE)
    card = await cases.card(office.db, case)
    assert card is not None
    said = await history.said(office.db, case, NOW + MINUTE, BORIS.id)
    assert [row["text"] for row in said] == ["Where?", "He is angry &amp; right, <@U2BORIS>", "It is near."]
    done = await history.log(office.db, case, NOW + MINUTE)
    shown = catch_up_page(card, NOW + MINUTE, said, done)
    limits.check_blocks(shown["blocks"])
    assert "3 new messages" in str(shown)
    said_by_anna = [block["text"]["text"] for block in shown["blocks"] if "He is angry" in str(block)]
    assert [text.split(" · ")[0] for text in said_by_anna] == ["📝 <@U1ANNA>"]
    assert said_by_anna[0].endswith("\nHe is angry &amp; right, <@U2BORIS>")
    assert [row["direction"] for row in await history.seen(office.db, case)] == ["in", "out", "in"]
    seen = seen_page(card, await history.seen(office.db, case))
    limits.check_blocks(seen["blocks"])
    assert "He is angry" not in str(seen)
    assert "Where is it? <!here>" in limits.words_of(seen["blocks"])
    lines = log_lines(await history.log(office.db, case))
    assert [line.split(" · ", 1)[1] for line in lines] == [
        "the customer · wrote again → 🟢 Open: waiting for us",
        "<@U1ANNA> · answered the customer → 💤 Waiting on the customer",
        "<@U1ANNA> · took the case → 🟢 Open: waiting for us",
        "the customer · opened the case",
    ]
    limits.check_blocks(log_page(card, await history.log(office.db, case))["blocks"])
    assert card.status is Status.OPEN
    assert await history.look(office.db, case, ANNA.id, NOW + 9 * MINUTE) == NOW + 3 * MINUTE


async def test_nothing_new(office: Office) -> None:
    case = await cases.card(office.db, (await office.case()).case_id)
    assert case is not None
    assert "Nothing new." in str(catch_up_page(case, NOW, [], []))
    assert "seen nothing" in str(seen_page(case, []))
    assert "for the first time" in str(catch_up_page(case, None, [], []))


async def test_the_customers_view_fits_whatever_they_wrote(office: Office) -> None:
    receipt = await office.case("<a>&" * 400)
    card = await cases.card(office.db, receipt.case_id)
    assert card is not None
    limits.check_blocks(seen_page(card, await history.seen(office.db, receipt.case_id))["blocks"])
