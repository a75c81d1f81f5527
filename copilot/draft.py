"""A reply to propose: the model's, checked by code; without one a macro's, or what the articles say."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from cases import citations, links
from cases.errors import CxError, NotFound
from cases.formats import language_name
from cases.proposals import Flag, FlagKind, Proposal, Source
from cases.reader import Language, language_of, reader
from cases.replies import MAX_SHOWN, check_words
from cases.text import one_line, show_invisible
from copilot import skeleton
from copilot.flags import flags_of
from copilot.model import ModelFailed, Why
from copilot.summary import fold
from copilot.work import Copilot, Done, Task, do, writing
from prompts.loader import load
from storage import casefile, knowledge
from storage.db import Row

UNGROUNDED = "ungrounded"
_ARTICLES = 3
_PASSAGE = 400


@dataclass(frozen=True, slots=True)
class Wish:
    """How the reply should be, where somebody has said so; ``earlier`` is the one to put another way."""

    earlier: str = ""
    """With its markers."""
    tone: str = ""
    language: Language | None = None


async def make(copilot: Copilot, case: int, agent: str, wish: Wish, now: datetime) -> Proposal:
    """What to propose to ``agent`` (a name, empty where nobody is at it yet), in their language but for the
    reply; raises NotFound."""
    head = await casefile.head(copilot.db, case)
    if head is None:
        raise NotFound
    language = wish.language or language_of(head["language"] or "")
    if copilot.endpoint is None:
        return await _without_model(copilot, head, agent, wish, language, "")
    await fold(copilot, case, now)
    try:
        done = await do(copilot, case, _task(agent, wish, language), _form(), now)
        return checked(done, language, copilot.hosts)
    except ModelFailed as failed:
        return await _without_model(copilot, head, agent, wish, language, failed.why.value)


def _form() -> type:
    from copilot.outputs import Draft

    return Draft


def _task(agent: str, wish: Wish, language: Language | None) -> Task:
    theirs = language_name(language) if language else "the customer's language"  # not translated
    shared = {"customer_language": theirs, "language": language_name(reader().language)}
    if wish.earlier:
        prompt = load("revise")
        how = wish.tone or "in the other language"  # not translated
        return writing(prompt, prompt.fill(wish=how, **shared), {"earlier": wish.earlier})
    prompt = load("draft")
    nobody = "not known yet, so leave the name out"  # not translated
    return writing(prompt, prompt.fill(agent=agent or nobody, **shared))


def checked(done: Done, language: Language | None, hosts: Collection[str]) -> Proposal:
    """The model's reply as it may be shown: without markers, invented sources and foreign links.

    Raises ModelFailed for one that nobody could send.
    """
    form = done.form
    words, markers = citations.parse(form.reply.strip())
    kept, lost = citations.check(markers, done.known)
    words, defused = links.defuse(words, hosts)
    note = ""
    if words:
        try:
            words = check_words(words)
        except CxError:
            raise ModelFailed(Why.MALFORMED) from None
        if len(show_invisible(words)) > MAX_SHOWN:
            raise ModelFailed(Why.MALFORMED)
    if words and not kept:
        # Nothing that it was shown supports it: a person gets what there is instead.
        words, note = "", UNGROUNDED
    invented = [Flag(FlagKind.INVENTED, token) for token in done.unknown]
    return Proposal(
        reply=words,
        cited=form.reply if words else "",
        language=language or "",
        seen=done.head["last_in_seq"],
        back_translation=citations.parse(form.back_translation)[0] if words else "",
        sources=[Source(marker, done.known[marker]) for marker in kept],
        dropped=len(lost),
        flags=flags_of(words, language or "en", defused, invented),
        findings=_said(form.findings, done.known),
        questions=_said(form.questions, done.known),
        note=note,
        prompt=done.prompt,
        model=done.model,
    )


def _said(lines: Collection[str], known: Mapping[str, str]) -> list[str]:
    """Findings with the markers that hold."""
    said = []
    for line in lines:
        words, markers = citations.parse(line)
        kept, _lost = citations.check(markers, known)
        said.append(" ".join([words, *(f"({known[marker]})" for marker in kept if marker[0] != "m")]))
    return said


async def _without_model(
    copilot: Copilot, head: Row, agent: str, wish: Wish, language: Language | None, note: str
) -> Proposal:
    """A macro's reply; where none fits, or another tone is wanted, what the articles say."""
    made = None if wish.tone else await skeleton.proposal(copilot, head, agent, language, note)
    return made or await _found(copilot, head, language, note)


async def _found(copilot: Copilot, head: Row, language: Language | None, note: str) -> Proposal:
    """Without a model: what the articles say about the customer's words."""
    question = await knowledge.question_of(copilot.db, head["id"])
    rows = await knowledge.search(
        copilot.db, head["workspace_id"], question, limit=_ARTICLES, embed=copilot.embed
    )
    return Proposal(
        reply="",
        cited="",
        language=language or "",
        seen=head["last_in_seq"],
        findings=[f"{row['title']}: {one_line(row['passage_text'], _PASSAGE)}" for row in rows],
        note=note,
    )
