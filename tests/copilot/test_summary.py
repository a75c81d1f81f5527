"""The summary by a model: extended, checked, masked; and what is shown when the model is of no use."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import orjson
import pytest

from cases.reader import reader_of, use
from copilot import summary
from copilot.casefile import FOLD_LINES, read
from copilot.masking import Mask
from copilot.model import Endpoint, trouble
from copilot.work import Copilot
from flows import reply as reply_flow
from storage import casefile
from storage.db import Connection
from tests.support.model import ModelServer
from tests.support.office import ANNA, NOW, Office, post_all
from tests.views import limits

MAIL = "maria.nowak@example.com"


def filled(first: int, *, text: str = "A lamp has not arrived.", cite: str | None = None) -> dict[str, Any]:
    """What a model fills in that cites message ``first``, and one that does not exist."""
    return {
        "problem": {"text": text, "cites": [cite or f"m{first}"]},
        "facts": [{"text": f"It was ordered in May [m{first}]", "cites": ["[m999999]"]}],
        "promised": [{"text": "A call", "cites": [], "by": "Friday"}],
        "open": [{"text": "Where it is", "cites": [], "on": "department"}],
        "mood": "worried",
        "next_step": "Ask logistics.",
        "translation": "",
    }


def called(name: str, arguments: object) -> dict[str, Any]:
    """A rule that answers with one tool call."""
    return {"answer": {"tool_calls": [{"name": name, "arguments": arguments}]}}


async def first_message(office: Office, case: int) -> int:
    row = await office.row("SELECT min(id) AS id FROM messages WHERE case_id = %(case)s", case=case)
    return int(row["id"])


async def shown(copilot: Copilot, case: int) -> str:
    rendered = await summary.show(copilot, case, None, NOW)
    limits.check(rendered)
    return orjson.dumps(rendered.blocks).decode()


async def test_statements_lead_to_their_messages_and_invented_sources_are_dropped_and_counted(
    office: Office, model: ModelServer, copilot: Copilot, lease: Connection
) -> None:
    case = (await office.case("Where is my lamp?")).case_id
    await post_all(office.db, lease)
    first = await first_message(office, case)
    await model.rules(called("Summary", filled(first)))
    text = await shown(copilot, case)
    assert "A lamp has not arrived. <https://shop.slack.com/archives/C1/p1" in text
    assert text.count("|[1]>") == 2
    assert "999999" not in text
    assert "A call" in text
    assert "by Friday" in text
    assert "waits on a department" in text
    assert "😟 worried" in text
    assert "Made by a model (test-model)" in text
    kept = await office.row("SELECT dropped, prompt, through_id FROM summaries")
    assert (kept["dropped"], kept["through_id"]) == (1, first)
    assert [part.split()[0] for part in kept["prompt"].split(", ")] == [
        *("system", "summarising", "drafting", "tone", "summary")
    ]


async def test_nothing_new_is_no_call_and_something_new_extends(
    office: Office, model: ModelServer, copilot: Copilot
) -> None:
    conversation = await office.conversation()
    case = (await office.says(conversation, "Where is my lamp?")).case_id
    first = await first_message(office, case)
    await model.rules(called("Summary", filled(first)))
    once = await shown(copilot, case)
    assert await shown(copilot, case) == once
    assert len(await model.bodies()) == 1
    await office.says(conversation, "It came, thank you")
    await shown(copilot, case)
    assert len(await model.bodies()) == 2
    runs = await office.db.fetch("SELECT task, outcome, calls, input_tokens FROM copilot_runs ORDER BY id")
    assert [(run["task"], run["outcome"], run["calls"]) for run in runs] == [("summary", "done", 1)] * 2
    assert all(run["input_tokens"] > 500 for run in runs)


async def test_a_long_case_goes_on_from_its_summary(
    office: Office, model: ModelServer, copilot: Copilot
) -> None:
    conversation = await office.conversation()
    case = (await office.says(conversation, "Where is my lamp?")).case_id
    for number in range(45):
        await office.says(conversation, f"Still nothing, day {number}")
    first = await first_message(office, case)
    await model.rules(called("Summary", filled(first, text="The lamp of the first day.")))
    await shown(copilot, case)
    await office.says(conversation, "And now?")
    await model.forget_requests()
    await shown(copilot, case)
    (request,) = await model.bodies()
    file = request["messages"][1]["content"]
    assert "EARLIER SUMMARY" in file
    assert "The lamp of the first day." in file
    assert "day 44" not in file
    assert "And now?" in file
    # Words that were changed since are not remembered.
    await office.db.fetch(
        "UPDATE messages SET text = 'Changed', edited_at = %s WHERE id = %s", [NOW.replace(hour=23), first]
    )
    await model.forget_requests()
    await shown(copilot, case)
    (request,) = await model.bodies()
    assert "EARLIER SUMMARY" not in request["messages"][1]["content"]


async def test_what_nobody_has_answered_stays_word_for_word_beside_the_summary(
    office: Office, model: ModelServer, copilot: Copilot
) -> None:
    conversation = await office.conversation()
    case = await many(office, conversation, FOLD_LINES)
    draft = await reply_flow.approve(office.db, await office.preview(case), ANNA, 0, NOW)
    assert await reply_flow.send(office.db, draft["uuid"], draft["body"], NOW)
    await office.says(conversation, "It came broken. I want another one.")
    first = await first_message(office, case)
    await model.rules(called("Summary", filled(first)))
    await shown(copilot, case)
    file = await file_of(copilot, case)
    assert "EARLIER SUMMARY" in file
    assert file.splitlines()[-1].endswith('"It came broken. I want another one."')
    assert "Still nothing" not in file
    assert "on its way" not in file
    # The summary knows these words, too.
    await office.db.fetch(
        "UPDATE messages SET text = 'It works.', edited_at = %s WHERE text LIKE 'It came%%'",
        [NOW + timedelta(hours=1)],
    )
    assert "EARLIER SUMMARY" not in await file_of(copilot, case)


async def test_much_that_nobody_has_answered_is_in_the_summary_alone(
    office: Office, model: ModelServer, copilot: Copilot
) -> None:
    conversation = await office.conversation()
    case = await many(office, conversation, FOLD_LINES)
    await model.rules(called("Summary", filled(await first_message(office, case))))
    await shown(copilot, case)
    assert len((await file_of(copilot, case)).splitlines()) == 2


async def test_a_summary_of_words_that_were_taken_back_does_not_return(
    office: Office, model: ModelServer, copilot: Copilot
) -> None:
    case = await many(office, await office.conversation(), FOLD_LINES)
    first = await first_message(office, case)
    await model.rules(called("Summary", filled(first, text="My secret.")))
    await summary.summarise(copilot, case, NOW)
    assert "My secret." in await file_of(copilot, case)
    await office.db.fetch(
        "UPDATE messages SET deleted_at = %s WHERE id = %s", [NOW + timedelta(hours=1), first]
    )
    await model.rules(called("Summary", filled(first)))
    await summary.summarise(copilot, case, NOW + timedelta(hours=2))
    file = await file_of(copilot, case)
    assert "My secret." not in file
    assert len(file.splitlines()) == FOLD_LINES


async def many(office: Office, conversation: int, count: int) -> int:
    """A case of so many messages of its customer."""
    receipts = [await office.says(conversation, f"Still nothing, day {number}") for number in range(count)]
    return receipts[0].case_id


async def file_of(copilot: Copilot, case: int) -> str:
    """What a model would read of the case now."""
    head = await casefile.head(copilot.db, case)
    assert head is not None
    return (await read(copilot.db, head, Mask(b"", on=False))).text


async def test_personal_data_stays_here_and_comes_back(
    office: Office, model: ModelServer, copilot: Copilot
) -> None:
    case = (await office.case(f"Write to {MAIL}, my password: hunter2hunter2")).case_id
    first = await first_message(office, case)
    await model.rules({**called("history_of_customer", {"words": ""}), "when": {"times": 1}})
    await shown_of(model, copilot, case, first)
    sent = orjson.dumps(await model.bodies()).decode()
    assert MAIL not in sent
    assert "hunter2" not in sent
    assert "[EMAIL-" in sent
    open_mask = replace(copilot, masks=False)
    other = (await office.case(f"Write to {MAIL}")).case_id
    await shown(open_mask, other)
    assert MAIL in orjson.dumps(await model.bodies()).decode()


async def shown_of(model: ModelServer, copilot: Copilot, case: int, first: int) -> None:
    """The model answers with the token that it was given, and the person reads the address."""
    await shown(copilot, case)
    token = next(
        part
        for body in await model.bodies()
        for part in body["messages"][1]["content"].split()
        if part.startswith("[EMAIL-")
    ).strip(',."')
    await model.rules(called("Summary", filled(first, text=f"Write to {token}.")))
    await copilot.db.fetch("DELETE FROM summaries WHERE case_id = %s", [case])
    assert f"Write to {MAIL}." in await shown(copilot, case)


async def test_each_reader_in_their_language(office: Office, model: ModelServer, copilot: Copilot) -> None:
    case = (await office.case()).case_id
    await model.rules(called("Summary", filled(await first_message(office, case))))
    with use(reader_of("pl")):
        await shown(copilot, case)
    await shown(copilot, case)
    asked = [body["messages"][2]["content"] for body in await model.bodies()]
    assert "Write in polski" in asked[0]
    assert "Write in English" in asked[1]


TROUBLE: dict[str, tuple[dict[str, Any], str]] = {
    "down": ({"status": 500}, "cannot be reached"),
    "busy": ({"status": 429}, "cannot be reached"),
    "cut": ({"close": True}, "cannot be reached"),
    "denied": ({"status": 401, "body": {"error": {"message": "sk-secret"}}}, "does not take our requests"),
    "slow": ({"hang": True}, "did not answer in time"),
    "empty": ({"empty": True}, "no usable answer"),
    "null": ({"empty": "content"}, "no usable answer"),
    "words": ({"text": "I cannot help with that."}, "no usable answer"),
    "large": ({"bytes": 1_000_000}, "no usable answer"),
    "not-json": ({"raw": "<html>sk-secret</html>"}, "no usable answer"),
    "other-json": ({"raw": '{"choices": 7}'}, "no usable answer"),
    "broken-call": ({"tool_calls": [{"name": "Summary", "arguments": "{nonsense"}]}, "no usable answer"),
    "wrong-form": ({"tool_calls": [{"name": "Summary", "arguments": {"mood": "furious"}}]}, "no end"),
    "other-form": ({"tool_calls": [{"name": "Draft", "arguments": {"reply": "x"}}]}, "no usable answer"),
    "endless": ({"tool_calls": [{"name": "orders", "arguments": {}}]}, "no end"),
    "unknown": ({"tool_calls": [{"name": "send_reply", "arguments": {}}]}, "no end"),
}


@pytest.mark.parametrize("name", TROUBLE)
async def test_without_a_usable_answer_the_facts_are_shown_and_why(
    office: Office, model: ModelServer, copilot: Copilot, name: str
) -> None:
    answer, why = TROUBLE[name]
    case = (await office.case("Where is my lamp?")).case_id
    await model.rules({"answer": answer})
    text = await shown(copilot, case)
    assert why in text
    assert "Where is my lamp?" in text
    assert "Without a model" in text
    assert "sk-secret" not in text
    (run,) = await office.db.fetch("SELECT outcome, calls FROM copilot_runs")
    assert run["outcome"] != "done"
    assert await office.column("SELECT count(*) FROM summaries") == [0]


async def test_nobody_listens_there(office: Office, copilot: Copilot) -> None:
    case = (await office.case()).case_id
    gone = replace(copilot, endpoint=Endpoint("m", "http://127.0.0.1:9/v1", "k", 1.0, 2.0))
    assert "cannot be reached" in await shown(gone, case)


async def test_a_case_that_used_up_its_hour_asks_no_more(
    office: Office, model: ModelServer, copilot: Copilot
) -> None:
    case = (await office.case()).case_id
    await office.db.fetch(
        """INSERT INTO copilot_runs (workspace_id, case_id, task, prompt, model, calls, tool_calls,
                                     input_tokens, cached_tokens, output_tokens, outcome,
                                     started_at, seconds)
           VALUES (1, %s, 'summary', '', 'm', 60, 0, 0, 0, 0, 'done', %s, 1)""",
        [case, NOW],
    )
    assert "used up" in await shown(copilot, case)
    assert len(await model.bodies()) == 0


async def test_every_tool_call_is_written_down_without_its_words(
    office: Office, model: ModelServer, copilot: Copilot
) -> None:
    case = (await office.case("Where is my lamp?")).case_id
    calls = [
        {"name": "search_knowledge", "arguments": {"query": "secret words"}},
        {"name": "orders", "arguments": {"number": 7, "customer_id": 1}},
        {"name": "close_case", "arguments": {}},
    ]
    await model.rules(
        {"when": {"times": 1}, "answer": {"tool_calls": calls}},
        called("Summary", filled(await first_message(office, case))),
    )
    await shown(copilot, case)
    rows = await office.db.fetch("SELECT detail FROM audit WHERE action = 'copilot.tool' ORDER BY id")
    said = {row["detail"]["tool"]: row["detail"]["outcome"] for row in rows}
    assert said == {"search_knowledge": "done", "orders": "refused", "close_case": "refused"}
    assert "secret words" not in orjson.dumps([row["detail"] for row in rows]).decode()


async def test_the_doctor_knows_whether_the_model_answers(copilot: Copilot, model: ModelServer) -> None:
    assert copilot.endpoint is not None
    known = replace(copilot.endpoint, model="gpt-4.1-mini")
    await model.rules({"when": {"path": "models"}, "answer": {"status": 401, "body": {"error": "sk-secret"}}})
    assert await trouble(known) == "it answers HTTP 401."
    await model.rules()
    assert "does not know the model nonsense" in str(await trouble(replace(known, model="nonsense")))
    gone = replace(known, base_url="http://127.0.0.1:9/v1")
    assert "cannot be reached" in str(await trouble(gone))
