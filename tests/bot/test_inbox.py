from __future__ import annotations

from typing import Any
from uuid import UUID

import aiohttp
import psycopg
import pytest
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse
from structlog.testing import capture_logs

from bot.inbox import Event, Inbox
from bot.listeners.events import concerns_us
from bot.workspace import Workspace
from cases.errors import Unavailable
from storage import inbox
from storage.db import Database
from tests.support.office import Office, open_office

SECRET = "my PIN is 1234"


def refusal(data: dict[str, Any]) -> SlackApiError:
    """Slack's refusal as its SDK raises it."""
    answer = AsyncSlackResponse(
        client=None, http_verb="POST", api_url="", req_args={}, data=data, headers={}, status_code=200
    )
    return SlackApiError(SECRET, answer)


@pytest.fixture
async def office(database: Database) -> Office:
    return await open_office(database)


async def handle(office: Office, error: Exception, times: int) -> tuple[dict[str, Any], list[Any]]:
    """The stored event after ``times`` attempts that end with ``error``, and what was logged."""

    async def fail(inbox_id: int, event: Event) -> None:
        raise error

    async def own_post(post: UUID, ts: str) -> None:
        pass

    slack = Workspace(AsyncWebClient("xoxb-1"), "T1", "UBOT", "BBOT")
    event = {"type": "message", "text": SECRET}
    stored = await inbox.store(office.db, office.workspace, "Ev1", "message", "C1", "1.1", event)
    assert stored is not None
    taker = Inbox(office.db, office.workspace, slack, {"message": fail}, own_post, concerns_us)
    with capture_logs() as logs:
        for _ in range(times):
            await taker.handle(stored, "message", event)
    return await office.row("SELECT * FROM inbox"), logs


@pytest.mark.parametrize(
    "error",
    [
        refusal({"ok": False, "error": "ratelimited"}),
        refusal({"ok": False, "error": "token_revoked"}),
        refusal({"ok": False, "error": "not_in_channel"}),
        refusal({}),
        SlackClientError(SECRET),
        aiohttp.ServerDisconnectedError(SECRET),
        TimeoutError(SECRET),
        ConnectionResetError(SECRET),
        Unavailable(SECRET),
        psycopg.OperationalError(SECRET),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_trouble_with_slack_network_or_database_never_sets_an_event_aside(
    office: Office, error: Exception
) -> None:
    row, _ = await handle(office, error, inbox.MAX_ATTEMPTS + 2)
    assert (row["attempts"], row["dead_at"], row["done_at"]) == (0, None, None)
    assert row["retry_at"] is not None


@pytest.mark.parametrize(
    "error",
    [
        KeyError(SECRET),
        psycopg.DataError(SECRET),
        refusal({"ok": False, "error": "invalid_blocks"}),
    ],
    ids=["bug", "unstorable", "refused for good"],
)
async def test_what_fails_each_time_for_its_own_sake_is_set_aside(office: Office, error: Exception) -> None:
    row, logs = await handle(office, error, inbox.MAX_ATTEMPTS)
    assert row["attempts"] == inbox.MAX_ATTEMPTS
    assert row["dead_at"] is not None
    assert "inbox.set_aside" in [line["event"] for line in logs]


@pytest.mark.parametrize("error", [KeyError(SECRET), TimeoutError(SECRET)], ids=["bug", "trouble"])
async def test_the_row_holds_the_kind_of_error_and_where_to_find_it_in_the_log(
    office: Office, error: Exception
) -> None:
    row, (line,) = await handle(office, error, 1)
    assert row["last_error"] == f"{type(error).__name__} {line['incident']}"
    assert len(line["incident"]) == 8


@pytest.mark.parametrize(
    ("by", "of", "channel", "expected"),
    [
        ("U1", "U1", "C1", True),
        ("U1", "U2", "C1", False),
        ("U1", "U1", "C2", False),
        ("U1", "UBOT", "C1", True),
        ("U1", "UBOT", "C2", True),
    ],
)
def test_a_check_mark_counts_on_cards_and_on_ones_own_words_to_a_department(
    by: str, of: str, channel: str, expected: bool
) -> None:
    event = {
        "type": "reaction_added",
        "reaction": "white_check_mark",
        "user": by,
        "item_user": of,
        "item": {"type": "message", "channel": channel, "ts": "1.1"},
    }
    assert concerns_us(event, "UBOT", "BBOT", {"C1"}) is expected


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ({"type": "message", "thread_ts": "1.1", "user": "U1"}, True),
        ({"type": "message", "user": "U1"}, False),
        ({"type": "message", "thread_ts": "1.1", "bot_id": "B9"}, False),
        ({"type": "message", "subtype": "message_changed", "message": {"thread_ts": "1.1"}}, True),
        ({"type": "reaction_added", "reaction": "outbox_tray"}, True),
        ({"type": "reaction_removed", "reaction": "outbox_tray"}, True),
        ({"type": "reaction_added", "reaction": "incoming_envelope"}, False),
        ({"type": "subteam_updated", "subteam": {"id": "S1"}}, True),
    ],
)
def test_only_what_concerns_cases_is_written_down(event: dict[str, str], expected: bool) -> None:
    assert concerns_us(event) is expected
