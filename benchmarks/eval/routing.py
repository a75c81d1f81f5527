"""Is the right department suggested? From the first turn, from three, from all; and does it know when not?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks.eval.figures import BrokenTask, Figure, read_lines
from benchmarks.eval.routed_by_model import answers, endpoint, sample
from cases.routing import Routed, Suggestion
from copilot.model import Endpoint
from copilot.routing import Router, TooFewExamples

OURS = "ours"
_TURNS = {"first turn": 1, "three turns": 3, "all turns": None}
_AIMS = {"three turns": 0.975, "all turns": 0.985}
_ERROR = 0.03
"""Expected calibration error that is still good."""
_WRONG = 0.01
"""Share of wrong answers among the surest 95%."""
_COVERAGE = 0.95
_BINS = 10


def measure(train: Path, test: Path, many: int = 50) -> list[Figure]:
    """The figures; where the environment names a model, also of its answers to a sample of so ``many``.

    Raises BrokenTask.
    """
    given, asked = _read(train), _read(test)
    with Console().status("learning"):
        try:
            router = Router.train(given)
        except TooFewExamples as error:
            raise BrokenTask(f"{train}: {error.sentence}") from None
        plain = _plain(given)
    figures: list[Figure] = []
    for name, turns in _TURNS.items():
        cut = [each.turns[:turns] for each in asked]
        figures += _figures(f"{OURS}: {name}", router.suggest_all(cut), asked, name)
    for name, turns in _TURNS.items():
        cut = ["\n".join(each.turns[:turns]) for each in asked]
        chances = plain.predict_proba(cut)
        found = [
            Suggestion(str(plain.classes_[row.argmax()]), float(row.max()), bool(row.max() >= 0.9))
            for row in chances
        ]
        figures += _figures(f"TF-IDF + LR: {name}", found, asked, None)
    model = endpoint()
    return figures + (_by_model(model, router, given, sample(asked, many)) if model else [])


def _by_model(
    model: Endpoint, router: Router, given: Sequence[Routed], asked: Sequence[Routed]
) -> list[Figure]:
    """Of whole conversations: what it says, what is made of that with ours, and ours alone."""
    own, both = answers(model, router, given, asked)
    ours = router.suggest_all([each.turns for each in asked])
    many = f"{len(asked)} of all turns"
    return [
        *_figures(f"{model.model}: {many}", own, asked, None),
        *_figures(f"{model.model} and ours: {many}", both, asked, None),
        *_figures(f"{OURS}: {many}", ours, asked, None),
    ]


def _read(path: Path) -> list[Routed]:
    lines = read_lines(path, ("conversation_id", "department", "customer_turns"))
    return [Routed(tuple(each["customer_turns"]), each["department"]) for each in lines]


def _plain(given: Sequence[Routed]) -> Any:
    """What anybody would do first: TF-IDF of words and characters with logistic regression."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline, make_union

    words = make_union(
        TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2), min_df=2),
        TfidfVectorizer(sublinear_tf=True, analyzer="char_wb", ngram_range=(2, 5), min_df=2),
    )
    model = make_pipeline(words, LogisticRegression(C=10, max_iter=2000))
    return model.fit(["\n".join(each.turns) for each in given], [each.label for each in given])


def _figures(
    way: str, found: Sequence[Suggestion], asked: Sequence[Routed], aims: str | None
) -> list[Figure]:
    """What is promised holds for three turns and for all; a first turn is mostly a greeting."""
    right = [each.label == one.label for each, one in zip(found, asked, strict=True)]
    accuracy = sum(right) / len(right)
    answered = [good for good, each in zip(right, found, strict=True) if each.sure]
    sure = [good for _, good in sorted(zip((-each.confidence for each in found), right, strict=True))]
    kept = sure[: math.ceil(_COVERAGE * len(sure))]
    wrong = 1 - sum(kept) / len(kept)
    error = calibration_error([each.confidence for each in found], right)
    aim = _AIMS.get(aims or "")
    return [
        Figure(
            way,
            "accuracy",
            accuracy,
            f"≥ {aim}" if aim else "",
            accuracy >= aim if aim else None,
        ),
        Figure(way, "answers (the rest it asks)", len(answered) / len(found)),
        Figure(way, "right where it answers", sum(answered) / max(len(answered), 1)),
        Figure(
            way,
            "wrong in the surest 95%",
            wrong,
            f"≤ {_WRONG}" if aim else "",
            wrong <= _WRONG if aim else None,
            must=True,
        ),
        Figure(
            way,
            "calibration error",
            error,
            f"≤ {_ERROR}" if aim else "",
            error <= _ERROR if aim else None,
            must=True,
        ),
    ]


def calibration_error(confidence: Sequence[float], right: Sequence[bool]) -> float:
    """The expected calibration error over ten equal bins (Naeini et al., 2015): 0 is perfect."""
    total = 0.0
    for number in range(_BINS):
        low, high = number / _BINS, (number + 1) / _BINS
        inside = [
            (chance, good)
            for chance, good in zip(confidence, right, strict=True)
            if low < chance <= high or (number == 0 and chance == 0)
        ]
        if inside:
            gap = sum(chance for chance, _ in inside) - sum(good for _, good in inside)
            total += abs(gap) / len(confidence)
    return total
