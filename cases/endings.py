"""How the cases of a process end: in which words, by themselves or not, and what the customer is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from cases.language import _
from cases.macros import fill
from cases.promises import Timing
from cases.reader import Language, reader_of, use
from cases.surveys import SurveyKind

BY_PROCESS = "app"
"""Who wrote and approved a text that goes out because a company's own file says so: nobody by a click."""
PLACEHOLDERS = ("customer", "agent", "company")
"""What can stand in a closing text that a person sends."""


@dataclass(frozen=True, slots=True)
class Ending:
    """What ``processes.yml`` says about the end of a process's cases."""

    texts: Mapping[Language, str] = field(default_factory=dict)
    """What tells the customer that it is done."""
    nudge: Mapping[Language, str] = field(default_factory=dict)
    """What asks a silent customer once more, by itself; empty where people do that."""
    by_itself: bool = False
    """Whether that goes out, and the case closes, once all its departments have answered."""
    survey: SurveyKind | None = SurveyKind.CSAT
    survey_after: timedelta | None = None
    """How long after closing the customer is asked; None where the installation's time holds."""


USUAL = Ending()


def suggested(
    ending: Ending, known: Language | None, team: Language, values: Mapping[str, str] | None = None
) -> str:
    """The closing text that a person is offered, in the customer's language (the team's where none is known).

    What is not known of ``values`` stays as a gap, with which nothing can be sent.
    """
    language = known or team
    if language in ending.texts:
        return fill(ending.texts[language], values or {})
    with use(reader_of(language.value)):
        return _("We are done with this on our side. If anything is still open, just write to us here again.")


def fixed(ending: Ending, known: Language | None, team: Language) -> str:
    """The closing text that goes out by itself: to the letter what the file says."""
    return best(ending.texts, known, team)


def best(texts: Mapping[Language, str], known: Language | None, team: Language) -> str:
    """One of ``texts``: in the customer's language, else in the team's, else the first one."""
    wished = [each for each in (known, team) if each and each in texts]
    return texts[next(iter([*wished, *texts]))]


def departments(timing: Timing) -> Sequence[str]:
    """The departments that a process needs, in order; one that has two steps, twice."""
    return [step.department for step in timing.steps if step.department]
