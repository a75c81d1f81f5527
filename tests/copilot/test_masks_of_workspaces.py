"""Masking is each workspace's own: what arrives at the model when one has it and another has not."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from copilot.draft import Wish, make
from copilot.embeddings import Embeddings
from copilot.summary import show
from copilot.work import Copilot
from storage import knowledge, workspaces
from tests.copilot.test_summary import called, filled, first_message
from tests.storage.test_isolation import other_office
from tests.support.model import ModelServer
from tests.support.office import NOW, Office

OURS, THEIRS = "maria.nowak@example.com", "eva.horak@example.cz"


@pytest.fixture
async def other(office: Office) -> Office:
    """A second workspace, which wants no masking."""
    other = await other_office(office.db)
    await workspaces.switch_masks(office.db, other.workspace, False, NOW)
    return other


async def arrived(model: ModelServer) -> str:
    """All that the model was sent since it was asked last."""
    said = str(await model.requests())
    await model.forget_requests()
    return said


async def summarised(copilot: Copilot, model: ModelServer, office: Office, words: str) -> str:
    """What the model is sent for the summary of a new case, and for a draft."""
    case = (await office.case(words)).case_id
    await model.rules(called("Summary", filled(await first_message(office, case))))
    await show(copilot, case, None, NOW)
    await model.rules(called("Draft", {"reply": f"Hello [m{await first_message(office, case)}]"}))
    await make(copilot, case, "Anna", Wish(), NOW)
    return await arrived(model)


async def test_one_is_masked_and_the_other_not(
    office: Office, other: Office, model: ModelServer, copilot: Copilot
) -> None:
    ours = await summarised(copilot, model, office, f"Write to {OURS}, where is my lamp?")
    assert OURS not in ours
    assert "Write to [EMAIL-" in ours
    theirs = await summarised(copilot, model, other, f"Write to {THEIRS}, where is my rug?")
    assert f"Write to {THEIRS}" in theirs
    assert "Write to [EMAIL-" not in theirs
    # It holds from the next piece of work on, and overrules the installation both ways.
    await workspaces.switch_masks(office.db, other.workspace, True, NOW)
    open_mask = replace(copilot, masks=False)
    assert THEIRS not in await summarised(open_mask, model, other, f"Mail {THEIRS}: where is it?")
    assert OURS in await summarised(open_mask, model, office, f"Mail {OURS}: where is it?")
    await workspaces.switch_masks(office.db, other.workspace, None, NOW)
    assert THEIRS in await summarised(open_mask, model, other, f"Once more {THEIRS}: where is it?")


async def test_questions_to_the_embedding_model_too(
    office: Office, other: Office, model: ModelServer
) -> None:
    embeddings = Embeddings("e", model.url, "", partial(workspaces.masked, office.db, True))
    for place, secret, hidden in ((office, OURS, True), (other, THEIRS, False)):
        question = f"where is the lamp of {secret}"
        await knowledge.search(office.db, place.workspace, question, embed=embeddings.of_question)
        said = await arrived(model)
        assert "where is the lamp of" in said
        assert (secret in said) is not hidden
    await embeddings.close()


async def test_each_switch_is_in_the_audit(office: Office, other: Office) -> None:
    await workspaces.switch_masks(office.db, other.workspace, None, NOW)
    rows: list[dict[str, Any]] = await office.db.fetch("SELECT * FROM audit WHERE action = 'masks.switched'")
    assert [(row["workspace_id"], row["actor"], row["detail"]) for row in rows] == [
        (other.workspace, "operator", {"masks": False}),
        (other.workspace, "operator", {"masks": None}),
    ]
