"""What in a proposed reply a person must look at twice, found by code."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from cases import commitments
from cases.proposals import Flag, FlagKind

_MOST = 20


def flags_of(words: str, language: str, defused: Collection[str], more: Iterable[Flag] = ()) -> list[Flag]:
    """The commitments in ``words``, the addresses that were taken apart in them, and ``more``, each once."""
    found = [Flag(FlagKind(each.kind.value), each.words) for each in commitments.find(words, language)]
    found += [Flag(FlagKind.LINK, address) for address in defused]
    return list(dict.fromkeys([*found, *more]))[:_MOST]
