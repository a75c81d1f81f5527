from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from bot.delivering import Deliveries
from bot.ending import end
from bot.metrics import Metrics
from cases.arrivals import Arrival, Handle
from cases.clock import SystemClock
from cases.deliveries import MOST_ATTEMPTS, NotTaken, OutboundReply, Sent, TryLater, Unclear, wait_after
from cases.enums import Channel
from cases.errors import AlreadyDecided
from cases.messages import Receipt
from flows import arrive, deliver, intake, mirror, reply
from storage import calls, changes, deliveries, monitoring
from storage.db import Connection, Row
from tests.support.office import ANNA, NOW, Office, post_all

ASKED = Arrival(
    workspace_id=1,
    channel=Channel.MAIL,
    site="support",
    slack_channel="C1",
    who=Handle("email", "mia@x.example"),
    verified=True,
    client_message_id="1",
    text="Where is it?",
    name="Mia",
    email="mia@x.example",
)


class Post:
    """The other system: takes each reply, or does what the test says."""

    def __init__(self, *, repeatable: bool = False) -> None:
        self.repeatable = repeatable
        self.taken: list[OutboundReply] = []
        self.does: Callable[[OutboundReply], Sent] | None = None

    async def send(self, reply: OutboundReply) -> Sent:
        self.taken.append(reply)
        return self.does(reply) if self.does else Sent(f"p{len(self.taken)}")


def raising(error: Exception) -> Callable[[OutboundReply], Sent]:
    def do(_reply: OutboundReply) -> Sent:
        raise error

    return do


def worker(office: Office, post: Post) -> Deliveries:
    return Deliveries(office.db, {Channel.MAIL: post}, lambda uuid: Path(uuid.hex), SystemClock())


async def asked(office: Office, key: str = "1") -> Receipt:
    arrival = replace(ASKED, workspace_id=office.workspace, client_message_id=key)
    return await arrive.receive(office.db, arrival, NOW, intake.accept)


async def answers(office: Office, case: int, body: str = "It is on its way.") -> None:
    draft = await office.preview(case, body)
    await reply.approve_and_send(office.db, draft, ANNA, NOW)


async def delivery(office: Office) -> Row:
    return await office.row("SELECT * FROM deliveries")


async def told(office: Office) -> list[object]:
    return await office.column("SELECT payload ->> 'state' FROM outbox WHERE kind = 'delivery' ORDER BY id")


async def due_now(office: Office) -> None:
    await office.db.fetch("UPDATE deliveries SET next_at = clock_timestamp() WHERE state = 'queued'")


async def test_a_reply_is_handed_over_once(office: Office) -> None:
    post = Post()
    case = (await asked(office)).case_id
    await answers(office, case)
    workers = [worker(office, post) for _ in range(3)]
    assert sum(await asyncio.gather(*(each.work() for each in workers))) == 1
    (taken,) = post.taken
    assert (taken.text, taken.to, taken.customer, taken.attempt) == (
        "It is on its way.",
        Handle("email", "mia@x.example"),
        "Mia",
        1,
    )
    row = await delivery(office)
    assert (row["state"], row["provider_id"]) == ("sent", "p1")
    assert await worker(office, post).work() == 0


async def test_the_web_chat_has_no_deliveries(office: Office) -> None:
    case = (await office.case()).case_id
    await answers(office, case)
    assert await office.column("SELECT count(*) FROM deliveries") == [0]
    marks = await office.column("SELECT payload ->> 'name' FROM slack_calls WHERE kind = 'reaction'")
    assert marks == ["incoming_envelope"]


async def test_it_is_marked_sent_only_when_it_was_handed_over(office: Office) -> None:
    case = (await asked(office)).case_id
    await answers(office, case)
    assert await office.column("SELECT count(*) FROM slack_calls WHERE kind = 'reaction'") == [0]
    await worker(office, Post()).work()
    (call,) = await calls.claim(office.db, office.workspace, {"receipt": 9})
    state = await changes.receipt(office.db, call["message_id"])
    assert state is not None
    assert (state["delivery"], state["source_ts"]) == ("sent", "1.5")


async def test_one_exchange_keeps_its_order(office: Office) -> None:
    post = Post()
    case = (await asked(office)).case_id
    for words in ("One.", "Two."):
        await answers(office, case, words)
    post.does = raising(TryLater())
    await worker(office, post).work()
    post.does = None
    assert await worker(office, post).work() == 0
    await due_now(office)
    for _ in range(2):
        await worker(office, post).work()
    assert [each.text for each in post.taken] == ["One.", "One.", "Two."]


@pytest.mark.parametrize(
    ("error", "repeatable", "state"),
    [
        (NotTaken("No such {what}.", what="box"), False, "failed"),
        (Unclear(), False, "unknown"),
        (RuntimeError("a bug"), False, "unknown"),
        (Unclear(), True, "queued"),
        (TryLater(), False, "queued"),
    ],
)
async def test_what_becomes_of_an_attempt(
    office: Office, error: Exception, repeatable: bool, state: str
) -> None:
    post = Post(repeatable=repeatable)
    post.does = raising(error)
    await answers(office, (await asked(office)).case_id)
    await worker(office, post).work()
    row = await delivery(office)
    assert row["state"] == state
    assert row["reason"]
    assert "a bug" not in row["reason"]
    assert await told(office) == ([] if state == "queued" else [state])


@pytest.mark.parametrize(("repeatable", "state"), [(False, "unknown"), (True, "queued")])
async def test_a_killed_sender_leaves_it_unknown_or_repeats_it(
    office: Office, repeatable: bool, state: str
) -> None:
    await answers(office, (await asked(office)).case_id)
    await deliveries.claim(office.db, ["mail"], 9, 9)
    post = Post(repeatable=repeatable)
    assert await worker(office, post).work() == 0
    assert (await delivery(office))["state"] == "sending"
    await office.db.fetch("UPDATE deliveries SET leased_until = clock_timestamp() - interval '1 s'")
    await deliver.give_up_lost(office.db, {"mail": repeatable}, NOW)
    assert (await delivery(office))["state"] == state


async def test_fault_41_a_poison_message_is_given_up_and_others_go_on(office: Office) -> None:
    post = Post(repeatable=True)
    poison = (await asked(office)).case_id
    await answers(office, poison, "Poison")
    post.does = lambda reply: Sent() if reply.text != "Poison" else raising(RuntimeError())(reply)
    for attempt in range(MOST_ATTEMPTS):
        await due_now(office)
        await answers(office, (await asked(office, f"other {attempt}")).case_id, "Fine")
        await worker(office, post).work()
    states = await office.column("SELECT state FROM deliveries ORDER BY id")
    assert states == ["failed", *["sent"] * MOST_ATTEMPTS]
    assert await deliveries.counts(office.db) == {"failed": 1}
    await due_now(office)
    assert await worker(office, post).work() == 0


async def test_people_decide_once(office: Office, lease: Connection) -> None:
    post = Post()
    post.does = raising(Unclear())
    case = (await asked(office)).case_id
    await answers(office, case)
    await worker(office, post).work()
    token: UUID = (await delivery(office))["token"]
    rendered = await mirror.render(office.db, (await post_all(office.db, lease))[-1])
    assert [each["text"]["text"] for each in rendered.blocks[2]["elements"]] == ["Send again", "It arrived"]
    assert "👉 <@" in str(rendered.blocks[-1])
    post.does = None
    await deliver.again(office.db, office.workspace, token, ANNA, NOW)
    for decide in (deliver.again, deliver.arrived):
        with pytest.raises(AlreadyDecided):
            await decide(office.db, office.workspace, token, ANNA, NOW)
    assert await worker(office, post).work() == 1
    assert (await delivery(office))["state"] == "sent"
    assert len({each.message_uuid for each in post.taken}) == 1
    logged = await office.column("SELECT action FROM audit WHERE action LIKE 'delivery.%%' ORDER BY id")
    assert logged == ["delivery.unknown", "delivery.queued"]


async def test_operators_see_what_waits_and_what_became_of_the_rest(office: Office) -> None:
    post, metrics = Post(), Metrics()
    case = (await asked(office)).case_id
    await answers(office, case)
    await worker(office, post).work()
    await answers(office, case, "And one more.")
    await office.db.fetch("UPDATE deliveries SET waiting_since = clock_timestamp() - interval '1 hour'")
    metrics.note_deliveries(await monitoring.deliveries(office.db))
    lines = metrics.render().decode().splitlines()
    figures = dict(line.rsplit(" ", 1) for line in lines if line.startswith("cx_deliver"))
    assert figures['cx_deliveries_waiting{channel="mail"}'] == "1.0"
    assert 3600 <= float(figures['cx_delivery_oldest_seconds{channel="mail"}']) < 3700
    assert figures['cx_deliveries_last_day{channel="mail",outcome="sent"}'] == "1.0"
    assert figures['cx_deliveries_last_day{channel="mail",outcome="failed"}'] == "0.0"
    assert figures['cx_deliveries_waiting{channel="api"}'] == "0.0"
    await office.db.fetch("UPDATE deliveries SET changed_at = clock_timestamp() - interval '2 days'")
    assert [row["state"] for row in await monitoring.deliveries(office.db)] == ["queued"]


async def test_somebody_knows_that_it_arrived(office: Office) -> None:
    post = Post()
    post.does = raising(Unclear())
    await answers(office, (await asked(office)).case_id)
    await worker(office, post).work()
    token: UUID = (await delivery(office))["token"]
    with pytest.raises(AlreadyDecided):
        await deliver.arrived(office.db, office.workspace + 1, token, ANNA, NOW)
    await deliver.arrived(office.db, office.workspace, token, ANNA, NOW)
    assert (await delivery(office))["state"] == "sent"
    assert await worker(office, post).work() == 0


async def test_reports_only_lead_on(office: Office) -> None:
    await answers(office, (await asked(office)).case_id)
    uuid = (await office.row("SELECT uuid FROM messages WHERE direction = 'out'"))["uuid"]

    async def report(state: str, site: str = "support") -> bool:
        return await deliveries.report(office.db, office.workspace, "mail", site, uuid, state, NOW, "Full.")

    await worker(office, Post()).work()
    assert not await report("delivered", "other")
    assert [await report(state) for state in ("delivered", "delivered", "read", "delivered", "failed")] == [
        True,
        False,
        True,
        False,
        False,
    ]
    row = await office.row("SELECT delivered_at, read_at FROM messages WHERE direction = 'out'")
    assert row == {"delivered_at": NOW, "read_at": NOW}


async def test_a_bounce_after_it_was_sent_calls_people(office: Office) -> None:
    await answers(office, (await asked(office)).case_id)
    uuid = (await office.row("SELECT uuid FROM messages WHERE direction = 'out'"))["uuid"]
    await worker(office, Post()).work()
    assert await deliveries.report(
        office.db, office.workspace, "mail", "support", uuid, "failed", NOW, "The mailbox is full."
    )
    assert await told(office) == ["failed"]


@pytest.mark.parametrize("before", ["queued", "delivered"])
async def test_a_late_failure_counts(office: Office, before: str) -> None:
    post = Post()
    post.does = raising(TryLater())
    await answers(office, (await asked(office)).case_id)
    uuid = (await office.row("SELECT uuid FROM messages WHERE direction = 'out'"))["uuid"]

    async def report(state: str) -> bool:
        return await deliveries.report(
            office.db, office.workspace, "mail", "support", uuid, state, NOW, "No such box."
        )

    assert not await report("failed")  # Nothing was tried yet.
    await worker(office, post).work()
    if before == "delivered":
        assert await report("delivered")
    assert await report("failed")
    assert (await delivery(office))["state"] == "failed"
    shown = await office.column("SELECT delivered_at FROM messages WHERE direction = 'out'")
    assert shown == [None]
    assert await told(office) == ["failed"]


async def test_who_slept_through_send_again_changes_nothing(office: Office) -> None:
    await answers(office, (await asked(office)).case_id)
    (slept,) = await deliveries.claim(office.db, ["mail"], 9, 9)
    await office.db.fetch("UPDATE deliveries SET leased_until = clock_timestamp() - interval '1 s'")
    await deliver.give_up_lost(office.db, {"mail": False}, NOW)
    await deliver.again(office.db, office.workspace, (await delivery(office))["token"], ANNA, NOW)
    (second,) = await deliveries.claim(office.db, ["mail"], 9, 9)
    await deliver.failed(office.db, slept, TryLater(), NOW, repeatable=False)
    row = await delivery(office)
    assert (row["state"], row["attempts"], second["tries"]) == ("sending", 2, 1)


async def test_a_system_that_hangs_holds_up_its_own_replies_only(office: Office) -> None:
    hangs, others = asyncio.Event(), asyncio.Event()

    class Slow(Post):
        async def send(self, reply: OutboundReply) -> Sent:
            self.taken.append(reply)
            if reply.site == "support":
                await hangs.wait()
            elif [each.site for each in self.taken].count("other") == 3:
                others.set()
            return Sent()

    post = Slow()
    for number in range(6):
        site = "support" if number < 3 else "other"
        arrival = replace(
            ASKED,
            workspace_id=office.workspace,
            client_message_id=f"{number}",
            site=site,
            thread_key=f"{number}",
        )
        await answers(office, (await arrive.receive(office.db, arrival, NOW, intake.accept)).case_id)
    running = asyncio.create_task(worker(office, post).run())
    async with asyncio.timeout(10):
        await others.wait()
    assert [each.site for each in post.taken].count("support") == 2
    await end(running)


def test_waiting_grows_to_about_an_hour() -> None:
    waits = [wait_after(attempt) for attempt in range(1, MOST_ATTEMPTS)]
    assert waits == sorted(waits)
    assert timedelta(minutes=45) < sum(waits, timedelta()) < timedelta(minutes=90)
    assert wait_after(99) == waits[-1]
