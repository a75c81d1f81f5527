"""Comparing what was said with what is there: a pure function, and how it adds up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields

Entry = tuple[str, str]
"""(customer | agent, text)."""


_MARKS = str.maketrans("", "", "`*_")


def bare(text: str) -> str:
    """An agent's words without what formats them in Slack: the customer reads them without."""
    return text.translate(_MARKS)


def _as_read(entries: Sequence[Entry]) -> list[Entry]:
    return [(role, bare(text) if role == "agent" else text) for role, text in entries]


@dataclass(frozen=True, slots=True)
class Faults:
    """What is wrong with one place, in messages. All zero = exactly what was said, in that order."""

    lost: int = 0
    doubled: int = 0
    out_of_order: int = 0
    elsewhere: int = 0
    """Said in this conversation, on another channel."""
    mixed: int = 0
    """Said in another conversation."""
    strange: int = 0
    """Said by nobody."""

    def __add__(self, other: Faults) -> Faults:
        return Faults(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(self)))

    def __bool__(self) -> bool:
        return any(getattr(self, each.name) for each in fields(self))


def compare(
    said: Sequence[Entry],
    found: Sequence[Entry],
    anywhere: Collection[Entry] = (),
    beside: Collection[Entry] = (),
) -> Faults:
    """What is wrong with ``found``, where exactly ``said`` should stand.

    The longest common subsequence is right. Of the rest, what was said and not found in its place is
    out of order; what was said fewer times than it is found is doubled; what was said on another channel
    of the conversation (``beside`` holds all that was said in it) is elsewhere, and only in another
    conversation (``anywhere`` holds what was said in all) mixed; anything else is strange. What is left
    of ``said`` is lost.
    """
    right = _common(said, found)
    missing = Counter(said) - Counter(said[i] for i, _ in right)
    own = set(said)
    placed = {j for _, j in right}
    count: Counter[str] = Counter()
    for entry in (entry for j, entry in enumerate(found) if j not in placed):
        if missing[entry]:
            missing[entry] -= 1
            count["out_of_order"] += 1
        elif entry in own:
            count["doubled"] += 1
        elif entry in beside:
            count["elsewhere"] += 1
        else:
            count["mixed" if entry in anywhere else "strange"] += 1
    return Faults(lost=missing.total(), **count)


def _common(said: Sequence[Entry], found: Sequence[Entry]) -> list[tuple[int, int]]:
    """A longest common subsequence, as pairs of positions."""
    rows, columns = len(said), len(found)
    best = [[0] * (columns + 1) for _ in range(rows + 1)]
    for i in range(rows - 1, -1, -1):
        for j in range(columns - 1, -1, -1):
            if said[i] == found[j]:
                best[i][j] = best[i + 1][j + 1] + 1
            else:
                best[i][j] = max(best[i + 1][j], best[i][j + 1])
    pairs, i, j = [], 0, 0
    while i < rows and j < columns:
        if said[i] == found[j]:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif best[i + 1][j] >= best[i][j + 1]:
            i += 1
        else:
            j += 1
    return pairs


@dataclass(frozen=True, slots=True)
class Evidence:
    """One played conversation, as read from outside when it was over."""

    id: str
    said: Sequence[Entry]
    """Every turn in the order it was said, the closing text last."""
    places: Mapping[str, Sequence[Entry]]
    """What stands in each place: transcript, screen, thread."""
    cards: int
    """Cards of this case in Slack; more than one is a doubled post."""
    unmarked: int
    """Sent messages without the app's 📨."""
    closed: bool
    """Closed for the customer, and so says the card."""
    wanted: Mapping[str, Sequence[Entry]] = field(default_factory=dict)
    """What should stand in a place where not everything should: what was said on its channel."""
    loose: int = 0
    """Cases of this conversation that do not go on in its first one."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The figures of a whole replay."""

    conversations: int
    messages: int
    closed: int
    unmarked: int
    places: Mapping[str, Faults]
    wrong: Sequence[str]
    """Conversations in which anything is wrong."""
    loose: int = 0
    """Cases that are not the one of their conversation."""

    @property
    def total(self) -> Faults:
        """All places together."""
        return sum(self.places.values(), Faults())

    @property
    def right(self) -> bool:
        """Whether every figure is as it must be."""
        return (
            not self.total and not self.unmarked and not self.loose and self.closed == self.conversations > 0
        )


def judge(evidence: Sequence[Evidence]) -> Verdict:
    """Compare every conversation's places with what was said in it, agents' words as customers read them."""
    everything = {entry for each in evidence for entry in _as_read(each.said)}
    places: dict[str, Faults] = {}
    wrong = []
    for each in evidence:
        faults = _faults(each, everything)
        for place, found_wrong in faults.items():
            places[place] = places.get(place, Faults()) + found_wrong
        if any(faults.values()) or each.unmarked or each.loose or not each.closed:
            wrong.append(each.id)
    return Verdict(
        conversations=len(evidence),
        messages=sum(len(each.said) for each in evidence),
        closed=sum(each.closed for each in evidence),
        unmarked=sum(each.unmarked for each in evidence),
        places=places,
        wrong=wrong,
        loose=sum(each.loose for each in evidence),
    )


def _faults(evidence: Evidence, everything: Collection[Entry]) -> dict[str, Faults]:
    """What is wrong in each place of one conversation."""
    said = _as_read(evidence.said)
    faults = {
        place: compare(_as_read(evidence.wanted.get(place, said)), _as_read(found), everything, said)
        for place, found in evidence.places.items()
    }
    faults["thread"] = faults.get("thread", Faults()) + Faults(doubled=max(0, evidence.cards - 1))
    return faults
