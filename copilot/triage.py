"""A look at a new case: whom it needs, what it is about, how urgent it is, in which language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import structlog

from cases.enums import Priority
from cases.reader import language_of
from cases.routing import Choice, Suggestion
from cases.triage import MODEL_LOOKS, By, Claim, Look
from cases.urgent_words import urgent
from copilot.desks import Choices, Desks, Opinion
from copilot.languages import spoken
from copilot.model import ModelFailed
from copilot.routing import SURE
from copilot.work import Copilot, Done, Task, do
from prompts.loader import load
from storage import triage

ALONE, TOGETHER = 0.95, 0.99
"""The most that a model's answer is trusted without, and with, words that say the same."""
ENOUGH = 12
"""Letters from the customer below which a model is not asked, nor people: a greeting says nothing yet."""
_SAYS = 0.6
"""From this probability on words say something; a model that says something else is not sure then."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Triager:
    """What looks at cases."""

    copilot: Copilot
    desks: Desks
    processes: Choices
    kinds: Sequence[Choice] = ()
    """The processes, as the model is told of them."""

    async def look(self, claim: Claim, now: datetime) -> Look:
        """What can be said of a case; without a model where there is none, it is down, or was asked enough.

        Raises NotFound for a case that is gone.
        """
        turns = await triage.turns(self.copilot.db, claim.case_id)
        found, opinion = await self._by_words(claim, turns)
        if sum(map(str.isalpha, "".join(turns))) < ENOUGH:
            return replace(found, asks=False, said=False)
        if self.copilot.endpoint is None:
            return found
        if claim.tries > MODEL_LOOKS:
            # It has looked, and nobody was sure.
            return self._asking(found)
        try:
            done = await self.ask(claim.case_id, opinion, now)
        except ModelFailed as failed:
            log.info("triage.without_model", case=claim.case_id, why=failed.why.value)
            return found
        words = opinion.suggestion if opinion else None
        return replace(self._agreed(done.form, words, found), prompt=done.prompt, model=done.model)

    async def ask(self, case: int, opinion: Opinion | None, now: datetime) -> Done:
        """The form that the model fills in; raises ModelFailed, NotFound."""
        return await do(self.copilot, case, self._task(opinion), _form(), now)

    async def _by_words(self, claim: Claim, turns: Sequence[str]) -> tuple[Look, Opinion | None]:
        opinion = await self.desks.opinion(claim.workspace_id, turns)
        process = await self.processes.opinion(claim.workspace_id, turns)
        sure = process is not None and process.suggestion.sure
        look = Look(
            By.WORDS,
            priority=Priority.HIGH if any(map(urgent, turns)) else None,
            language=await spoken(turns),
        )
        look = self._with_process(look, process.suggestion.label if process and sure else None)
        look = self._with_department(look, opinion.suggestion if opinion else None)
        return (self._asking(look) if opinion and opinion.can_be_sure else look), opinion

    def _asking(self, look: Look) -> Look:
        """With a question to people, where nobody is sure whom the case needs."""
        return replace(look, asks=not look.sure and bool(self.desks.names))

    def _with_department(self, look: Look, found: Suggestion | None) -> Look:
        if found is None or found.label not in self.desks.names:
            return replace(look, department=None, confidence=0.0, sure=False)
        return replace(
            look,
            department=found.label,
            department_name=self.desks.names[found.label],
            confidence=found.confidence,
            sure=found.sure,
        )

    def _with_process(self, look: Look, key: str | None) -> Look:
        if key is None or key not in self.processes.names:
            return look
        return replace(look, process=key, process_name=self.processes.names[key])

    def _agreed(self, form: Any, words: Suggestion | None, found: Look) -> Look:
        """The model's form and what the words say, as one; keys that nobody knows count as none."""
        look = replace(found, by=By.MODEL, language=found.language or language_of(form.language))
        if form.priority == Priority.HIGH:
            look = replace(look, priority=Priority.HIGH)
        look = self._with_process(look, form.process)
        if form.department in self.desks.names:
            suggestion = agreed(form.department, form.confidence, words)
            return self._asking(self._with_department(look, suggestion))
        # It cannot tell, so nobody is sure.
        return self._asking(replace(look, sure=False))

    def _task(self, opinion: Opinion | None) -> Task:
        prompt = load("triage")
        corrected = [
            (each.suggested, each.label)
            for each in (opinion.alike if opinion else ())
            if each.suggested in self.desks.names and each.suggested != each.label
        ]
        rules = load("routing").fill(departments=_listed(self.copilot.desks), processes=_listed(self.kinds))
        return Task(prompt, prompt.fill(corrected=_corrected(corrected)), {}, rules, ("system", "routing"))


def agreed(department: str, confidence: float, words: Suggestion | None) -> Suggestion:
    """A model's department with the probability that it may be given: the lower of its own and a rule's.

    Alone it is trusted a little less than together with the words; against them it is not sure.
    """
    if words is None or (words.label != department and words.confidence < _SAYS):
        trusted = min(confidence, ALONE)
    elif words.label == department:
        trusted = min(confidence, TOGETHER)
    else:
        trusted = min(confidence, 1 - words.confidence)
    return Suggestion(department, trusted, trusted >= SURE)


def _form() -> type:
    from copilot.outputs import Triage

    return Triage


def _listed(choices: Sequence[Choice]) -> str:
    """The company's own words, one line each."""
    if not choices:
        return "(none: leave it empty)"  # not translated
    return "\n".join(f"- `{each.key}`: {each.name}. {each.description}".strip() for each in choices)


def _corrected(pairs: Sequence[tuple[str, str]]) -> str:
    """What people corrected in cases with similar words: keys alone, never another customer's words."""
    said = "Cases with similar words were first suggested `{}` and corrected to `{}`."  # not translated
    lines = [said.format(first, then) for first, then in dict.fromkeys(pairs)]
    return "\n".join(lines)
