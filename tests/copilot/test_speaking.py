"""Answers in words: heard while they are made, limited, and with what they propose."""

from __future__ import annotations

import json
import time
from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from cases.deeds import AskWish, StatusWish
from cases.enums import Status
from cases.roles import Act
from cases.routing import Desk
from copilot import speaking
from copilot.meter import CALLS_PER_HOUR
from copilot.model import ModelFailed, Why
from copilot.speaking import Answer
from copilot.work import Copilot
from tests.support.model import ModelServer
from tests.support.office import ANNA, NOW, Office

DESK = Desk("logistics", "Logistics", "Parcels", ("Where is it?",))


class Ear:
    """Who listens, and how long."""

    def __init__(self, until: int = 1_000) -> None:
        self.heard: list[str] = []
        self._until = until

    async def __call__(self, words: str) -> bool:
        self.heard.append(words)
        return len(self.heard) < self._until


async def in_thread(
    copilot: Copilot, case: int, ear: Ear, may: Collection[Act] = frozenset(Act), question: str = "What now?"
) -> Answer:
    return await speaking.in_thread(copilot, case, ANNA.id, "Anna", question, ear, NOW, may)


async def in_pane(copilot: Copilot, office: Office, who: str = ANNA.id) -> Answer:
    place = office.workspace, "https://shop.slack.com/"
    return await speaking.in_pane(copilot, place, who, "Anna", "What now?", Ear(), NOW)


def turn(text: str | None, *calls: tuple[str, Any]) -> dict[str, Any]:
    """A rule for one turn of the model."""
    made = [{"name": name, "arguments": arguments} for name, arguments in calls]
    said = ({"text": text} if text else {}) | ({"tool_calls": made} if made else {})
    return {"when": {"times": 1}, "answer": said}


async def test_what_is_said_before_and_after_a_look_are_two_paragraphs(
    office: Office, copilot: Copilot, model: ModelServer
) -> None:
    case = (await office.case()).case_id
    await model.rules(turn("I look it up.", ("profile", {})), turn("There is nothing."))
    ear = Ear()
    answer = await in_thread(copilot, case, ear)
    assert answer.words == "".join(ear.heard) == "I look it up.\n\nThere is nothing."
    assert len(ear.heard) > 2
    (run,) = await office.db.fetch("SELECT task, member, calls, tool_calls, outcome FROM copilot_runs")
    assert tuple(run.values()) == ("answer", ANNA.id, 2, 1, "done")


async def test_who_listens_no_more_is_told_no_more(
    office: Office, copilot: Copilot, model: ModelServer
) -> None:
    case = (await office.case()).case_id
    await model.rules(turn("word " * 400))
    ear = Ear(until=2)
    await in_thread(copilot, case, ear)
    assert len("".join(ear.heard)) < 1_000


async def test_proposals_are_noted_and_those_that_cannot_be_are_refused(
    office: Office, copilot: Copilot, model: ModelServer
) -> None:
    receipt = await office.case()
    await model.rules(
        turn(
            None,
            ("propose_status", {"status": "closed"}),
            ("propose_status", {"status": "answered"}),
            ("propose_status", {"status": "answered"}),
            ("propose_ask", {"department": "nobody", "question": "Where?"}),
            ("propose_reminder", {"at": "tomorrow", "words": "Call"}),
            ("propose_draft", {"reply": f"It left [m{receipt.message_id}]."}),
            ("propose_draft", {"reply": "Another one"}),
            ("propose_ask", {"department": "logistics", "question": " Where is it [m1]? "}),
            ("propose_ask", {"department": "logistics", "question": "A fourth"}),
        ),
        turn("I propose these."),
    )
    answer = await in_thread(replace(copilot, desks=(DESK,)), receipt.case_id, Ear())
    assert answer.wishes == [
        StatusWish(Status.ANSWERED),
        AskWish("logistics", "Logistics", "Where is it?"),
    ]
    assert answer.reply is not None
    assert answer.reply.reply == "It left."
    told = await model.bodies()
    offered = {tool["function"]["name"] for tool in told[0]["tools"]}
    assert "propose_draft" in offered
    results = [each["content"] for each in told[1]["messages"] if each["role"] == "tool"]
    assert ["Refused" in each for each in results] == [
        True,
        False,
        True,
        True,
        True,
        False,
        True,
        False,
        True,
    ]


async def test_without_words_a_proposal_is_an_answer(
    office: Office, copilot: Copilot, model: ModelServer
) -> None:
    case = (await office.case()).case_id
    await model.rules(turn(None, ("propose_status", {"status": "answered"})), turn(" "))
    assert len((await in_thread(copilot, case, Ear())).wishes) == 1
    await model.rules(turn(" "))
    with pytest.raises(ModelFailed):
        await in_thread(copilot, case, Ear())


async def test_a_megabyte_of_streamed_arguments_stops_nobody(
    office: Office, copilot: Copilot, model: ModelServer
) -> None:
    case = (await office.case()).case_id
    await model.rules(
        turn(None, ("orders", '{"number": "' + "A" * 1_000_000), ("profile", {})), turn("Done.")
    )
    began = time.monotonic()
    assert (await in_thread(copilot, case, Ear())).words == "Done."
    assert time.monotonic() - began < 10
    rows = await office.db.fetch(
        "SELECT detail->>'outcome' AS outcome FROM audit WHERE action = 'copilot.tool'"
    )
    assert sorted(row["outcome"] for row in rows) == ["done", "refused"]


async def test_a_person_who_asks_over_their_cases_has_an_hours_limit_of_their_own(
    office: Office, copilot: Copilot, model: ModelServer
) -> None:
    await model.rules({"answer": {"text": "Nothing waits."}})
    assert (await in_pane(copilot, office)).words == "Nothing waits."
    await office.db.fetch(
        "UPDATE copilot_runs SET calls = %s, started_at = %s", [CALLS_PER_HOUR, NOW - timedelta(minutes=1)]
    )
    with pytest.raises(ModelFailed) as failed:
        await in_pane(copilot, office)
    assert failed.value.why is Why.SPENT
    assert (await in_pane(copilot, office, "U2BORIS")).words == "Nothing waits."
    case = (await office.case()).case_id
    assert (await in_thread(copilot, case, Ear())).words == "Nothing waits."


SECRETS = """Please look:
DE89370400440532013000
sk-abcdefghij0123456789abcdef
pin: 4821
password: "correct horse"
"""


async def test_what_a_colleague_pastes_on_a_line_of_its_own_is_hidden_from_the_model(
    office: Office, copilot: Copilot, model: ModelServer
) -> None:
    case = (await office.case()).case_id
    await model.rules({"answer": {"text": "I see."}})
    await in_thread(copilot, case, Ear(), question=SECRETS)
    sent = json.dumps(await model.bodies())
    assert [each for each in ("DE8937", "sk-abc", "4821", "horse") if each in sent] == []


async def test_nothing_is_proposed_to_whom_it_is_not_allowed(
    office: Office, copilot: Copilot, model: ModelServer
) -> None:
    receipt = await office.case()
    await model.rules({"answer": {"text": "No."}})
    await in_thread(replace(copilot, desks=(DESK,)), receipt.case_id, Ear(), {Act.LOOK})
    (body,) = await model.bodies()
    offered = {tool["function"]["name"] for tool in body["tools"]}
    assert offered & {"propose_draft", "propose_ask", "propose_status"} == set()
    assert {"propose_reminder", "orders"} <= offered


@pytest.mark.parametrize(
    ("tool", "given"),
    [
        ("propose_ask", {"department": "logistics", "question": "\u200b" * 2_000 + "x"}),
        ("propose_draft", {"reply": "\u200b" * 1_000 + "x"}),
    ],
)
async def test_what_would_not_fit_into_its_card_once_it_is_spelled_out_is_refused(
    office: Office, copilot: Copilot, model: ModelServer, tool: str, given: dict[str, str]
) -> None:
    receipt = await office.case()
    await model.rules(turn(None, (tool, given)), turn("That was too long."))
    answer = await in_thread(replace(copilot, desks=(DESK,)), receipt.case_id, Ear())
    assert (list(answer.wishes), answer.reply) == ([], None)
