from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.authorization import AuthorizeResult

from bot.edge import Body, Edge
from bot.inbox import Inbox
from bot.listeners.events import concerns_us
from bot.listening import Listening
from bot.metrics import Metrics
from bot.pulse import Pulse
from bot.workspace import Workspace
from storage.db import Database
from tests.support.office import Office, open_office

FORM: Body = {
    "type": "view_submission",
    "team": {"id": "T1"},
    "user": {"id": "U1"},
    "view": {"type": "modal", "callback_id": "form", "state": {"values": {}}},
}
CLICK: Body = {
    "type": "block_actions",
    "team": {"id": "T1"},
    "user": {"id": "U1"},
    "actions": [{"action_id": "button", "type": "button", "value": "x"}],
}
MESSAGE: Body = {
    "type": "event_callback",
    "event_id": "Ev1",
    "event": {
        "type": "message",
        "channel": "C1",
        "user": "U1",
        "text": "hi",
        "ts": "2.1",
        "thread_ts": "1.1",
    },
}


@dataclass
class Served:
    """What an edge needs of a workspace."""

    bolt: AsyncApp
    inbox: Inbox
    listening: Listening


class Acks:
    """What Slack is told."""

    def __init__(self) -> None:
        self.payloads: list[Body | None] = []

    async def __call__(self, payload: Body | None) -> None:
        self.payloads.append(payload)


@pytest.fixture
async def office(database: Database) -> Office:
    """A workspace."""
    return await open_office(database)


async def authorize(**_: Any) -> AuthorizeResult:
    return AuthorizeResult(enterprise_id=None, team_id="T1", bot_token="xoxb-1")


def make_edge(office: Office, listen: Callable[[AsyncApp], object] = lambda _: None) -> Edge:
    """An edge over a real Bolt app to which ``listen`` adds listeners."""
    bolt = AsyncApp(
        name="test",
        signing_secret="s",
        authorize=authorize,
        ignoring_self_events_enabled=False,
        process_before_response=True,
        request_verification_enabled=False,
    )
    listen(bolt)
    slack = Workspace(bolt.client, "T1", "UBOT", "BBOT")

    async def keep(_inbox_id: int, _event: Body) -> None:
        return

    async def own_post(_post: object, _ts: str) -> None:
        return

    inbox = Inbox(office.db, office.workspace, slack, {"message": keep}, own_post, concerns_us)
    listening = Listening(office.db, office.workspace, Pulse(), Metrics())
    return Edge(lambda _: Served(bolt, inbox, listening))


async def fails(ack: AsyncAck) -> None:
    raise ValueError("broken")


@pytest.mark.parametrize("answer", [None, {"response_action": "errors", "errors": {"how": "No."}}])
async def test_a_form_is_acknowledged_with_its_answer(office: Office, answer: Body | None) -> None:
    async def takes(ack: AsyncAck) -> None:
        await (ack(**answer) if answer else ack())

    acks = Acks()
    await make_edge(office, lambda bolt: bolt.view("form")(takes)).act(FORM, acks)
    assert acks.payloads == [answer]


async def test_a_form_that_failed_is_not_acknowledged_as_if_it_had_worked(office: Office) -> None:
    acks = Acks()
    edge = make_edge(office, lambda bolt: bolt.view("form")(fails))
    with pytest.raises(RuntimeError, match="not taken"):
        await edge.act(FORM, acks)
    assert acks.payloads == []


async def test_a_form_that_nobody_knows_is_not_acknowledged(office: Office) -> None:
    acks = Acks()
    with pytest.raises(RuntimeError, match="not taken"):
        await make_edge(office).act(FORM, acks)
    assert acks.payloads == []


async def test_a_click_is_acknowledged_before_it_is_handled(office: Office) -> None:
    acks, seen = Acks(), asyncio.Event()

    async def clicked(ack: AsyncAck) -> None:
        assert acks.payloads == [None]
        seen.set()

    await make_edge(office, lambda bolt: bolt.action("button")(clicked)).act(CLICK, acks)
    await asyncio.wait_for(seen.wait(), 5)


async def test_an_event_is_stored_before_it_is_acknowledged(office: Office) -> None:
    stored: list[object] = []

    async def ack(_: Body | None) -> None:
        stored.extend(await office.column("SELECT event_id FROM inbox"))

    await make_edge(office).event(MESSAGE, ack)
    assert stored == ["Ev1"]


async def test_an_event_that_cannot_be_stored_is_not_acknowledged(office: Office) -> None:
    """FAULTS 2: Slack sends it again."""
    acks = Acks()
    await office.db.fetch("ALTER TABLE inbox RENAME TO away")
    with pytest.raises(Exception, match="inbox"):
        await make_edge(office).event(MESSAGE, acks)
    assert acks.payloads == []


@pytest.mark.parametrize(
    "event",
    [
        {"thread_ts": None},
        {"bot_id": "B9"},
        {"user": "UBOT"},
        {"type": "team_join"},
        {"subtype": "channel_join"},
    ],
    ids=str,
)
async def test_what_is_not_ours_is_acknowledged_but_not_stored(office: Office, event: Body) -> None:
    acks = Acks()
    await make_edge(office).event(MESSAGE | {"event": MESSAGE["event"] | event}, acks)
    assert acks.payloads == [None]
    assert await office.column("SELECT count(*) FROM inbox") == [0]


async def test_draining_waits_for_acknowledged_clicks(office: Office) -> None:
    started, goes_on, done = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def clicked(ack: AsyncAck) -> None:
        await ack()
        started.set()
        await goes_on.wait()
        done.set()

    edge = make_edge(office, lambda bolt: bolt.action("button")(clicked))
    await edge.act(CLICK, Acks())
    await asyncio.wait_for(started.wait(), 5)
    await edge.drain(0.05)
    assert not done.is_set()
    draining = asyncio.create_task(edge.drain(5))
    goes_on.set()
    await draining
    assert done.is_set()


async def test_there_may_be_nothing_to_drain(office: Office) -> None:
    async with asyncio.timeout(1):
        await make_edge(office).drain(60)
