"""What a look at a new case says: by words, by a model, and by both."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson
import pytest

from cases.enums import Priority
from cases.reader import Language
from cases.routing import Desk, Process, Suggestion
from cases.triage import NOBODY_ELSE, By, Claim, Look
from copilot.desks import Choices, Desks
from copilot.languages import spoken
from copilot.model import Endpoint
from copilot.triage import Triager, agreed
from copilot.work import Copilot
from storage import triage
from tests.support.model import ModelServer
from tests.support.office import ANNA, NOW, WORKSPACE, Office

DESKS = (
    Desk("shipping", "Shipping", "Parcels.", ("Where is my parcel?", "The courier lost it")),
    Desk("billing", "Billing", "Money.", ("I was charged twice", "Send me an invoice")),
)
KINDS = (
    Process("return", "Return", "Sent back.", ("I want to send it back", "It does not fit")),
    Process("delivery", "Delivery", "Comes late.", ("It has not come", "It is late")),
)
ODD = "The quokka lantern flickers whenever it rains outside"


@pytest.fixture
def triager(copilot: Copilot) -> Triager:
    return made(copilot)


def made(copilot: Copilot) -> Triager:
    copilot = replace(copilot, desks=DESKS)
    return Triager(copilot, Desks(DESKS, copilot.db), Choices(KINDS), KINDS)


async def claimed(office: Office, text: str, tries: int = 1) -> Claim:
    return Claim((await office.case(text)).case_id, WORKSPACE, tries, 1, NOW)


async def corrected(office: Office, text: str, to: str, suggested: str = "shipping") -> None:
    """An earlier case, whose department a person chose."""
    case = (await office.case(text)).case_id
    async with office.db.transaction() as tx:
        await triage.choose(tx, case, to, ANNA, NOW)
    await office.db.fetch("UPDATE triage SET department = %s WHERE case_id = %s", [suggested, case])


def answer(**fields: Any) -> dict[str, Any]:
    return {"answer": {"tool_calls": [{"name": "Triage", "arguments": fields}]}}


async def look(triager: Triager, office: Office, text: str = ODD, tries: int = 1) -> Look:
    return await triager.look(await claimed(office, text, tries), NOW)


async def test_words_alone_ask_once_they_could_be_sure(office: Office, copilot: Copilot) -> None:
    words = made(replace(copilot, endpoint=None))
    found = await look(words, office, "Where is my parcel now?")
    assert (found.department, found.sure, found.asks) == ("shipping", False, False)
    assert (found.by, found.model, found.priority, found.language) == (By.WORDS, "", None, Language.EN)
    await corrected(office, ODD, "billing")
    found = await look(words, office, "Where is my parcel now?")
    assert (found.department, found.sure, found.asks) == ("shipping", False, True)


async def test_that_a_case_needs_nobody_else_teaches_no_department(office: Office, copilot: Copilot) -> None:
    words = made(replace(copilot, endpoint=None))
    await corrected(office, ODD, NOBODY_ELSE)
    found = await look(words, office, f"{ODD}!")
    assert (found.department in {"shipping", "billing"}, found.sure, found.asks) == (True, False, False)
    assert (await triage.newest(office.db, WORKSPACE)).count == 0
    assert await triage.routed(office.db, WORKSPACE) == []


async def test_what_was_corrected_is_suggested_to_cases_alike_in_the_same_workspace(
    office: Office, copilot: Copilot
) -> None:
    words = made(replace(copilot, endpoint=None))
    assert not (await look(words, office)).sure
    await corrected(office, f"{ODD}!", "billing")
    found = await look(words, office)
    assert (found.department, found.department_name, found.sure) == ("billing", "Billing", True)
    case = await claimed(office, ODD)
    elsewhere = await words.look(replace(case, workspace_id=WORKSPACE + 1), NOW)
    assert not elsewhere.sure


async def test_a_correction_counts_before_everything_is_learnt_anew(office: Office) -> None:
    for number in range(12):
        await corrected(office, f"My parcel number {number} was lost by the courier", "shipping")
    desks = Desks(DESKS, office.db)
    assert await desks.suggest(WORKSPACE, [ODD])
    learnt = desks._known[WORKSPACE]
    await corrected(office, f"{ODD}!", "billing")
    found = await desks.suggest(WORKSPACE, [ODD])
    assert found is not None
    assert (found.name, found.sure) == ("Billing", True)
    assert desks._known[WORKSPACE].learnt == learnt.learnt


async def test_without_departments_nobody_is_asked(office: Office, copilot: Copilot) -> None:
    bare = replace(copilot, endpoint=None)
    found = await Triager(bare, Desks((), office.db), Choices(())).look(await claimed(office, ODD), NOW)
    assert (found.department, found.asks, found.sure) == (None, False, False)


@pytest.mark.parametrize(
    ("text", "high"),
    [
        ("Somebody hacked my account and ordered a phone", True),
        ("The lamp caught fire last night", True),
        ("Moja karta została obciążona dwa razy", True),
        ("Z trouby je cítit plyn", True),
        ("Kétszer vontak le pénzt a kártyámról", True),
        ("This is URGENT!!! I want my parcel NOW", False),
        ("Do you sell electric kettles and fireplaces?", False),
    ],
)
async def test_priority_by_words(office: Office, copilot: Copilot, text: str, high: bool) -> None:
    found = await look(made(replace(copilot, endpoint=None)), office, text)
    assert found.priority == (Priority.HIGH if high else None)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Gdzie jest moja paczka? Czekam już tydzień.", Language.PL),
        ("Objednal jsem si lampu a přišla mi rozbitá", Language.CS),
        ("Hol van a csomagom? Már egy hete várok.", Language.HU),
        ("Where is my parcel? https://shop.example/track/12345", Language.EN),
        ("Wo ist mein Paket? Ich warte schon eine Woche.", None),
        ("Objednal som si lampu a prišla mi rozbitá", None),
        ("Ahoj", None),
        ("ok 12345 12345 12345 12345", None),
        ("", None),
    ],
)
async def test_language(text: str, language: Language | None) -> None:
    assert await spoken([text]) is language


@pytest.mark.parametrize("text", ["Hello!", "Good morning", "Hi 👋", "?", "77 12345 99 12345"])
async def test_a_greeting_troubles_neither_the_model_nor_people(
    office: Office, model: ModelServer, triager: Triager, text: str
) -> None:
    found = await look(triager, office, text)
    assert (found.sure, found.asks) == (False, False)
    assert await model.bodies() == []


async def test_a_model_that_is_sure(office: Office, model: ModelServer, triager: Triager) -> None:
    filled = {"department": "billing", "confidence": 0.93, "process": "return", "priority": "high"}
    await model.rules(answer(**filled, language="pl"))
    found = await look(triager, office, "Lorem ipsum dolor 77")
    assert (found.department, found.confidence, found.sure, found.asks) == ("billing", 0.93, True, False)
    assert (found.process, found.process_name, found.priority) == ("return", "Return", Priority.HIGH)
    assert (found.by, found.model, found.language) == (By.MODEL, "test-model", Language.PL)
    assert [part.split("-")[0] for part in found.prompt.split(", ")] == [
        *("system 3", "routing 1", "tone 1", "triage 2")
    ]
    (body,) = await model.bodies()
    assert "- `billing`: Billing. Money." in body["messages"][0]["content"]
    assert [each["function"]["name"] for each in body["tools"]][-1] == "Triage"
    assert not {"Summary", "Draft"} & {each["function"]["name"] for each in body["tools"]}


async def test_what_a_model_is_told_of_departments_is_in_the_providers_cache_for_the_next_case(
    office: Office, model: ModelServer, triager: Triager
) -> None:
    await model.rules(answer(department="billing", confidence=0.93))
    await look(triager, office, "Lorem ipsum dolor 77")
    await look(triager, office, "Dolor sit amet 78")
    first, second = [body["messages"] for body in await model.bodies()]
    assert first[0] == second[0]
    assert "Lorem" in first[1]["content"]
    (row,) = await office.db.fetch(
        "SELECT input_tokens, cached_tokens FROM copilot_runs ORDER BY id DESC LIMIT 1"
    )
    assert row["input_tokens"] - row["cached_tokens"] < 200


@pytest.mark.parametrize(
    "nonsense",
    [
        {"department": "erase", "confidence": 1.0, "process": "../../etc/passwd", "language": "xx"},
        {"department": "Shipping", "confidence": 1.0, "process": "general", "language": "<!channel>"},
        {"department": "", "confidence": 1.0},
        {"department": "shipping\u0000", "confidence": 1.0},
    ],
)
async def test_keys_that_nobody_knows_count_as_none(
    office: Office, model: ModelServer, triager: Triager, nonsense: dict[str, Any]
) -> None:
    await model.rules(answer(**nonsense))
    found = await look(triager, office, "Lorem ipsum dolor 77")
    assert (found.sure, found.asks, found.process, found.language) == (False, True, None, None)
    assert found.department in {None, "shipping", "billing"}


async def test_one_that_is_against_the_words_is_not_sure(
    office: Office, model: ModelServer, triager: Triager
) -> None:
    await corrected(office, f"{ODD}!", "billing")
    await model.rules(answer(department="shipping", confidence=1.0))
    found = await look(triager, office)
    assert (found.department, found.sure, found.asks) == ("shipping", False, True)
    assert found.confidence <= 0.1


def test_the_lower_of_its_own_confidence_and_a_rules() -> None:
    def words(label: str, confidence: float) -> Suggestion:
        return Suggestion(label, confidence, sure=confidence >= 0.9)

    assert agreed("a", 1.0, None) == Suggestion("a", 0.95, sure=True)
    assert agreed("a", 1.0, words("a", 0.97)) == Suggestion("a", 0.99, sure=True)
    assert agreed("a", 0.7, words("a", 0.97)) == Suggestion("a", 0.7, sure=False)
    assert agreed("a", 1.0, words("b", 0.59)) == Suggestion("a", 0.95, sure=True)
    assert agreed("a", 1.0, words("b", 0.6)) == Suggestion("a", 0.4, sure=False)


async def test_of_cases_alike_a_model_reads_keys_and_no_words(
    office: Office, model: ModelServer, triager: Triager
) -> None:
    await corrected(office, "A wombat chewed the quokka lantern whenever it rained", "billing")
    await model.rules(answer(department="billing", confidence=0.9))
    await look(triager, office)
    sent = orjson.dumps(await model.bodies()).decode()
    assert "were first suggested `shipping` and corrected to `billing`" in sent
    assert "wombat" not in sent


async def test_a_model_is_asked_twice_at_most(office: Office, model: ModelServer, triager: Triager) -> None:
    await model.rules(answer(department="billing", confidence=0.2))
    for tries in (1, 2, 3):
        found = await look(triager, office, tries=tries)
        assert found.by == (By.MODEL if tries < 3 else By.WORDS)
        assert found.asks
    assert len(await model.bodies()) == 2


async def test_a_model_that_is_down_leaves_it_to_the_words(
    office: Office, model: ModelServer, copilot: Copilot
) -> None:
    await corrected(office, f"{ODD}!", "billing")
    down = Endpoint("m", "http://127.0.0.1:9/v1", "key", call_seconds=1.0, seconds=3.0)
    found = await look(made(replace(copilot, endpoint=down)), office)
    assert (found.department, found.sure, found.by, found.model) == ("billing", True, By.WORDS, "")
