"""How alike a customer's sentences are to given ones, by the words that carry them: without a model.

Each clause of what was said is compared with each example by Dice's coefficient over the beginnings of
words, and words that belong to many labels weigh less (inverse document frequency). Words without a meaning
of their own do not count: by these "Where is my refund?" is like "Where is my parcel?". What denies is like
nothing that does not.

``copilot/routing.py`` is no help here: it learns which of some labels fits best, and most of what customers
write fits none.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set

ALIKE = 0.6
"""From here on two sentences say the same."""
LEAD = 0.15
"""How much more the best label must be alike than the second: who asks for two things gets neither."""
_MOST = 300
"""Clauses of what was said; what somebody wrote last counts most."""
_STEM = 6
"""After so many letters English, Polish, Czech and Hungarian words inflect, mostly."""
_CLAUSE = re.compile(r"[.!?…,;:()\n]+|\s[-–—]\s|\b(?:and|but|oraz|ale|és)\b", re.IGNORECASE)
_WORD = re.compile(r"\b[^\W\d_]+\b")
_DENIES = re.compile(
    r"n['’]t\b|\b(?:not|no|never|nothing|nie|nic|nigdy|ne|neni|nikdy|nem|nincs|semmi|soha)\b"
)
_NOT = "¬"
_ENGLISH = (
    "a about already also am an and any are as at be been but by can could did do does for from get got "
    "had has have hello hey hi his i if in is it its just know let like long me mine my need now of on "
    "one or our please s she so some still t that the their them then there they thing things this to "
    "too until up us very want was we were will with would yet you your"  # not translated
)
_POLISH = (
    "a ale bardzo bo by byc bym czy da dla do dzien dobry go i ich ja jak jest jestem juz ktory ma mam "
    "mi mnie moge mozna moj moja moje moze mozecie na o od on ona oto po pan pani prosze sa sie swoj ta "
    "tak tam te ten to tu w we wam was wciaz witam z za ze chce chcialbym chcialabym"  # not translated
)
_CZECH = (
    "a aby ale ani az bych byl byla chci dobry den do i ja jak je jeho jsem jsme jsou k ke ktery ma mam "
    "me mi mne mohu moje muj muzete na nam nas o od on ona po pod prosim se si su ta tak te tento to u "
    "uz v ve vas z za ze"  # not translated
)
_HUNGARIAN = (
    "a az be csak de e egy el en ez hogy igen is itt jo kerem kerni ki kivanok le lenne ma meg mar mert "
    "mi mit nagyon nekem on onok szeretnek szeretnem ugy van vagy vagyok volt"  # not translated
)
_EMPTY = frozenset(" ".join([_ENGLISH, _POLISH, _CZECH, _HUNGARIAN]).split())
"""Words without a meaning of their own, without accents."""

Words = Set[str]


def content(said: str) -> Words:
    """The beginnings of the words that carry a sentence, without accents, and whether it denies.

    Numbers, such as those of orders, do not carry it.
    """
    parts = unicodedata.normalize("NFKD", said.casefold())
    bare = "".join(char for char in parts if not unicodedata.combining(char)).translate(_PLAIN)
    said, denials = _DENIES.subn(" ", bare)
    words = {word[:_STEM] for word in _WORD.findall(said) if word not in _EMPTY}
    return words | {_NOT} if words and denials else words


_PLAIN = str.maketrans("łđø", "ldo")


class Likeness:
    """Knows sentences by their labels; ``best`` says to which label what was said belongs."""

    def __init__(self, examples: Mapping[str, Iterable[str]]) -> None:
        self._examples = {label: [content(each) for each in said] for label, said in examples.items()}
        labels = Counter(word for sets in self._examples.values() for word in frozenset().union(*sets))
        self._weights = {word: self._weight(count) for word, count in labels.items()}

    def _weight(self, labels: int) -> float:
        return math.log(1 + len(self._examples) / labels)

    def best(self, said: Sequence[str]) -> str | None:
        """The label that some clause of ``said`` is like; None where none is, or two nearly as much."""
        clauses = [content(part) for text in said for part in _CLAUSE.split(text)]
        scores = self._scores([words for words in clauses if words][-_MOST:])
        (first, label), second = scores[0], scores[1][0]
        return label if first >= ALIKE and first - second >= LEAD else None

    def _scores(self, clauses: Sequence[Words]) -> list[tuple[float, str | None]]:
        """How alike each label is, the most first; at the end two that are not at all, for want of others."""
        found: list[tuple[float, str | None]] = [
            (max((self._alike(clause, each) for clause in clauses for each in examples), default=0.0), label)
            for label, examples in self._examples.items()
        ]
        return [*sorted(found, key=lambda score: -score[0]), (0.0, None), (0.0, None)]

    def _alike(self, one: Words, other: Words) -> float:
        both = one & other
        if (_NOT in one) is not (_NOT in other) or (len(both - {_NOT}) < 2 and one != other):
            return 0.0
        return 2 * self._sum(both) / (self._sum(one) + self._sum(other))

    def _sum(self, words: Words) -> float:
        return sum(self._weights.get(word, self._weight(1)) for word in words)
