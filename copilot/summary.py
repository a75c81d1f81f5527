"""The summary of a case: the model's, extended when somebody looks; without a model the stored facts."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from cases import citations
from cases.brief import Brief
from cases.errors import NotFound
from cases.formats import language_name
from cases.reader import reader
from cases.summary import CaseSummary, Statement
from copilot import facts
from copilot.casefile import read
from copilot.desks import Desks
from copilot.masking import Mask
from copilot.model import ModelFailed
from copilot.work import Copilot, Done, do, writing
from prompts.loader import load
from storage import casefile, commitments, feedback, links, summaries
from storage.db import Row
from storage.feedback import Card
from views.brief import brief_note
from views.feedback import with_feedback
from views.summary import model_trouble, summary_note
from views.thread import Rendered


async def show(copilot: Copilot, case: int, desks: Desks | None, now: datetime) -> Rendered:
    """The summary in the reader's language, or what is known without a model and why; raises NotFound.

    Below it people say whether it was of use.
    """
    if copilot.endpoint is None:
        return await _rated(copilot, case, brief_note(await _brief(copilot, case, desks)), now)
    try:
        summary = await summarise(copilot, case, now)
    except ModelFailed as failed:
        known = await _brief(copilot, case, desks)
        shown = brief_note(known, trouble=model_trouble(failed.why.value))
        return await _rated(copilot, case, shown, now)
    head = await casefile.head(copilot.db, case)
    if head is None:
        raise NotFound
    places = await links.of_messages(copilot.db, case)
    ledger = await commitments.promised(copilot.db, case)
    shown = summary_note(head["number"], head["customer"], summary, places, copilot.endpoint.model, ledger)
    row = await summaries.newest(copilot.db, case, reader().language)
    return await _rated(copilot, case, shown, now, row)


async def _rated(
    copilot: Copilot, case: int, shown: Rendered, now: datetime, row: Row | None = None
) -> Rendered:
    """The note with its buttons; ``row`` is the stored summary, None for facts without a model."""
    if row is None:
        card = Card("summary", f"facts:{case}:{await casefile.newest(copilot.db, case)}")
    else:
        card = Card("summary", f"{row['id']}:{row['through_id']}", row["prompt"], row["model"])
    return with_feedback(shown, await feedback.card(copilot.db, case, card, now))


async def _brief(copilot: Copilot, case: int, desks: Desks | None) -> Brief:
    return await facts.brief(copilot.db, case, desks, embed=copilot.embed, customers=copilot.customers)


async def summarise(copilot: Copilot, case: int, now: datetime) -> CaseSummary:
    """The summary as of now: the stored one where nothing was said since; raises ModelFailed, NotFound."""
    language = reader().language
    stored = await summaries.current(copilot.db, case, language)
    if stored is not None:
        return CaseSummary.of(stored["body"])
    # not translated: it is for the model
    prompt = load("summary")
    task = writing(prompt, prompt.fill(language=language_name(language)))
    done = await do(copilot, case, task, _form(), now)
    checked = _checked(done)
    await summaries.save(
        copilot.db,
        case,
        language,
        checked.summary.stored(),
        done.file.through,
        fold=done.file.fold,
        summed=done.file.summed,
        prompt=done.prompt,
        model=done.model,
        dropped=checked.dropped,
        now=now,
    )
    return checked.summary


async def fold(copilot: Copilot, case: int, now: datetime) -> None:
    """Have a summary stand for what is settled in a long case, so that the next calls need not read it all.

    A model that is of no use now changes nothing.
    """
    head = await casefile.head(copilot.db, case)
    if head is None or copilot.endpoint is None:
        return
    if (await read(copilot.db, head, Mask(b"", on=False))).fold:
        with suppress(ModelFailed):
            await summarise(copilot, case, now)


def _form() -> type:
    from copilot.outputs import Summary

    return Summary


@dataclass(frozen=True, slots=True)
class _Checked:
    summary: CaseSummary
    dropped: int


def _checked(done: Done) -> _Checked:
    """The summary without citations of what the model was not shown, and how many there were."""
    dropped = 0

    def check(statement: Statement) -> Statement:
        nonlocal dropped
        words, inside = citations.parse(statement.text)
        given = [each.strip("[]() ") for each in statement.cites]
        kept, lost = citations.check([*given, *inside], done.known)
        dropped += len(lost)
        return replace(statement, text=words, cites=tuple(dict.fromkeys(kept)))

    summary = CaseSummary.of(done.form.model_dump()).checked(check)
    return _Checked(summary, dropped)
