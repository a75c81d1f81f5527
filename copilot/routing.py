"""Whom a case needs, learnt on the spot from routed conversations: without a model.

Words, pieces of words (TF-IDF) and the shapes of what is written, as of a booking code, with a linear
support vector machine and naive Bayes. Both learn from conversations cut off after one, two, three turns,
for that is how they arrive. How far they can be trusted is learnt, too, from conversations that they had
not seen, cut off likewise: a greeting alone looks like nothing, and there it abstains.
`cx eval routing` measures both.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cases.errors import InvalidInput
from cases.routing import Routed, Suggestion

SURE = 0.9
"""From this probability on it answers; below it asks."""
ALIKE = 0.6
"""Cosine similarity from which a corrected conversation decides by itself."""
SIMILAR = 0.3
"""From which one is worth a hint."""
_CUTS = (1, 2, 3, 5, None)
"""After how many turns conversations are cut off for learning (None = whole)."""
_BAYES = 0.1
"""What a unit of log likelihood counts beside one of distance: their spreads are about 7 and 1."""
_FOLDS = 3
_ENOUGH = 20
"""Conversations of each department without which there is no telling how far to trust."""
_SEED = 0
_LETTERS, _DIGIT = re.compile(r"[^\W\d_]+"), re.compile(r"\d")

Texts = Sequence[str]


class TooFewExamples(InvalidInput):
    """There are too few examples of departments to learn from; two departments with two each are needed."""


@dataclass(frozen=True, slots=True)
class _Learnt:
    """What texts look like, and where the departments lie."""

    words: Any
    looks: Any
    """The words and the shapes."""
    planes: Any
    bayes: Any
    """Complement naive Bayes (Rennie et al., 2003): surer than the planes where little was said."""

    @classmethod
    def of(cls, examples: Sequence[Routed]) -> _Learnt:
        from sklearn.naive_bayes import ComplementNB
        from sklearn.pipeline import make_union
        from sklearn.svm import LinearSVC

        cut = [(text, each.label) for each in examples for text in _cut(each.turns)]
        texts, labels = [text for text, _ in cut], [label for _, label in cut]
        rare = 2 if len(examples) >= 100 else 1
        words = _words(rare)
        looks = make_union(words, _shapes(rare))
        seen = looks.fit_transform(texts)
        planes = LinearSVC(C=0.25, random_state=_SEED).fit(seen, labels)
        return cls(words, looks, planes, ComplementNB(alpha=0.5).fit(seen, labels))

    def scores(self, texts: Texts) -> Any:
        """What speaks for each department: texts x departments, in the order of ``labels``."""
        import numpy as np

        seen = self.looks.transform(texts)
        distances = self.planes.decision_function(seen)
        # Of two departments only one distance is given.
        if distances.ndim == 1:
            distances = np.stack([-distances, distances], axis=1)
        likely = self.bayes.predict_joint_log_proba(seen)
        return distances + _BAYES * (likely - likely.mean(axis=1, keepdims=True))

    @property
    def labels(self) -> list[str]:
        return [str(label) for label in self.planes.classes_]


class Router:
    """Suggests departments; made by ``train``. Not to be used by two threads at once."""

    def __init__(self, learnt: _Learnt, trust: Any | None, corrected: Sequence[Routed]) -> None:
        self._learnt = learnt
        self._trust = trust
        self._corrected = corrected
        self._corrections = (
            learnt.words.transform([_whole(each) for each in corrected]) if corrected else None
        )

    @classmethod
    def train(cls, examples: Sequence[Routed]) -> Router:
        """Learn from routed conversations; raises TooFewExamples.

        With 2,000 conversations of eight turns that takes about twenty seconds on one core, so do it in a
        worker. With fewer than 20 conversations of each department nothing it says is called sure.
        """
        usable = [each for each in examples if _whole(each).strip()]
        counts = Counter(each.label for each in usable)
        if len(counts) < 2 or min(counts.values()) < 2:
            raise TooFewExamples
        trust = _learn_trust(usable) if min(counts.values()) >= _ENOUGH else None
        return cls(_Learnt.of(usable), trust, [each for each in usable if each.corrected])

    @property
    def can_be_sure(self) -> bool:
        """Whether it may ever call something sure; while it cannot, that it is not says nothing."""
        return self._trust is not None or bool(self._corrected)

    def following(self, corrected: Sequence[Routed]) -> Router:
        """The same with other corrected conversations, which takes no new learning."""
        return Router(self._learnt, self._trust, [each for each in corrected if _whole(each).strip()])

    def alike(self, turns: Sequence[str], most: int = 3) -> list[Routed]:
        """The corrected conversations that this one resembles somewhat, the nearest first."""
        if self._corrections is None:
            return []
        (row,) = self._alike(["\n".join(turns)])
        nearest = sorted(range(len(row)), key=lambda place: -row[place])[:most]
        return [self._corrected[place] for place in nearest if row[place] >= SIMILAR]

    def suggest(self, turns: Sequence[str]) -> Suggestion:
        """Whom a conversation needs, from what the customer wrote so far."""
        (found,) = self.suggest_all([turns])
        return found

    def suggest_all(self, conversations: Sequence[Sequence[str]]) -> list[Suggestion]:
        """The same for several."""
        texts = ["\n".join(turns) for turns in conversations]
        scores = self._learnt.scores(texts)
        trusted = self._trusted(scores, texts)
        labels = self._learnt.labels
        found = [
            Suggestion(labels[int(row.argmax())], float(trust), bool(trust >= SURE))
            for row, trust in zip(scores, trusted, strict=True)
        ]
        return self._corrected_first(found, texts)

    def _trusted(self, scores: Any, texts: Texts) -> Any:
        if self._trust is not None:
            return self._trust.predict_proba(_signs(scores, texts))[:, 1]
        import numpy as np

        # Nobody has shown how far to trust: the share of the likeliest department, never sure.
        raised = np.exp(scores - scores.max(axis=1, keepdims=True))
        return np.minimum((raised / raised.sum(axis=1, keepdims=True)).max(axis=1), SURE - 0.01)

    def _corrected_first(self, found: list[Suggestion], texts: Texts) -> list[Suggestion]:
        if self._corrections is None:
            return found
        return [
            Suggestion(self._corrected[int(row.argmax())].label, max(SURE, float(row.max())), True)
            if row.max() >= ALIKE
            else each
            for row, each in zip(self._alike(texts), found, strict=True)
        ]

    def _alike(self, texts: Texts) -> Any:
        """How much each text resembles each corrected conversation: cosines, texts x conversations."""
        assert self._corrections is not None
        # Two parts of unit length each: half their product is the cosine.
        return (self._learnt.words.transform(texts) @ self._corrections.T).toarray() / 2


def _words(rare: int) -> Any:
    """Words and pieces of words, each that is in ``rare`` texts or more."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_union

    return make_union(
        TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2), min_df=rare),
        TfidfVectorizer(sublinear_tf=True, analyzer="char_wb", ngram_range=(3, 6), min_df=rare),
    )


def _shapes(rare: int) -> Any:
    """The same of how things are written, also across words and turns."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(
        sublinear_tf=True, preprocessor=_shape, analyzer="char", ngram_range=(3, 6), min_df=rare
    )


def _shape(text: str) -> str:
    """How it is written, whatever it says: two booking codes look the same, a telephone number does not."""
    shape = _LETTERS.sub(lambda found: "a" * len(found.group()), _DIGIT.sub("0", text))
    # So that the first and the last turn end where the others do.
    return f"\n{shape}\n"


def _learn_trust(examples: Sequence[Routed]) -> Any:
    """How often it is right, by what its answer looks like, on conversations that it had not seen."""
    import numpy as np
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    signs, right = [], []
    labels = [each.label for each in examples]
    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=_SEED)
    for seen, unseen in folds.split(labels, labels):
        learnt = _Learnt.of([examples[place] for place in seen])
        tried = [(text, labels[place]) for place in unseen for text in _cut(examples[place].turns)]
        texts = [text for text, _ in tried]
        scores = learnt.scores(texts)
        signs.append(_signs(scores, texts))
        answers = [learnt.labels[place] for place in scores.argmax(axis=1)]
        right += [answer == label for answer, (_, label) in zip(answers, tried, strict=True)]
    if all(right):
        return None
    return make_pipeline(StandardScaler(), LogisticRegression(C=10)).fit(np.vstack(signs), right)


def _signs(scores: Any, texts: Texts) -> Any:
    """What tells how far an answer can be trusted: how clear it is, and how much was said."""
    import numpy as np

    ranked = np.sort(scores, axis=1)
    best, lead = ranked[:, -1], ranked[:, -1] - ranked[:, -2]
    length = np.log1p([len(text) for text in texts])
    words = np.log1p([len(set(text.lower().split())) for text in texts])
    return np.column_stack([lead, best, lead * words, length, words])


def _cut(turns: Sequence[str]) -> list[str]:
    """The conversation as it was after so many turns as are in _CUTS, each length once."""
    lengths = sorted({len(turns) if turn is None else min(turn, len(turns)) for turn in _CUTS})
    return ["\n".join(turns[:length]) for length in lengths]


def _whole(routed: Routed) -> str:
    return "\n".join(routed.turns)
