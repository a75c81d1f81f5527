"""A model's words on their way into Slack, piece by piece: what goes out can neither ping nor link nor lie.

Words are held back until they are safe: pieces end where a blank begins and no bracket is open, or where a
line ends. Each piece is made harmless by itself, wherever the model's own pieces began and ended; and
since pieces are kept apart by white space, nothing comes into being where two of them meet.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from cases import citations, links
from cases.language import _
from cases.text import one_line, show_invisible, storable
from copilot.masking import UNFINISHED, Mask

MOST_HEARD = 8_000
"""Characters of an answer that are listened to."""
MOST_SHOWN = 9_000
"""Characters that are shown: Slack takes 12,000 of Markdown in a message."""

_SCAN = re.compile(r"[\[【［(<]|[\]】］)>]|[ \n]")
_ENDS_PIECES = re.compile(r"[ \n]")
_OPENING = "[【［(<"
_LONGEST = 500
"""Characters after which a piece ends at a blank, whatever is open."""
_HOLE = 0xE000
"""The first of the private characters that keep the place of what is ours; a model's own are spelled out."""
_HOLES = re.compile("[\ue000-\uf8ff]")
_MAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}", re.ASCII)
_ENTITY = re.compile(r"&(?=#?\w{1,31};)")
_APART = (("](", "] ("), ("][", "] ["), ("]:", "] :"), ("![", "! ["))
_ENDS = re.compile(r"[.,;:!?…]*")


class Speech:
    """The words of one answer."""

    def __init__(self, mask: Mask, known: Mapping[str, str], places: Mapping[str, str]) -> None:
        """``known``: marker → what it stands for, of all that the model was shown, also later;
        ``places``: marker → address, where one leads to it."""
        self._mask, self._known, self._places = mask, known, places
        self._held = ""
        self._heard = self._shown = 0
        self._full = False

    @property
    def silent(self) -> bool:
        """Whether nothing was said so far."""
        return not self._heard

    def feed(self, words: str) -> str:
        """Hear more of the model; what may be shown now, which is often nothing yet."""
        words = words[: MOST_HEARD - self._heard]
        self._heard += len(words)
        if not _ENDS_PIECES.search(words):
            self._held += words
            return ""
        *whole, self._held = pieces(self._held + words)
        return self._said(whole)

    def end(self) -> str:
        """The model has come to its end; what was held back."""
        held, self._held = self._held, ""
        return self._said([held])

    def _said(self, whole: Sequence[str]) -> str:
        said = []
        for piece in whole:
            shown = self._piece(piece)
            if self._full or self._shown + len(shown) > MOST_SHOWN:
                shown, self._full = "" if self._full else " …", True
            self._shown += len(shown)
            said.append(shown)
        return "".join(said)

    def _piece(self, piece: str) -> str:
        ours: list[str] = []

        def hole(words: str) -> str:
            ours.append(words)
            return chr(_HOLE + len(ours) - 1)

        text = "".join(
            hole(_value(words)) if hidden else show_invisible(storable(words))
            for words, hidden in self._mask.parts(piece)
        )
        text = citations.rewrite(text, lambda ids, behind: self._marker(ids, behind, hole))
        return _HOLES.sub(lambda found: ours[ord(found[0]) - _HOLE], inert(text))

    def _marker(self, ids: Sequence[str], behind: str, hole: Callable[[str], str]) -> str:
        kept, _lost = citations.check(ids, self._known)
        if kept:
            sources = ", ".join(self._source(each) for each in kept)
            return f" {hole(f'({sources})')}"
        return "" if _ENDS.fullmatch(behind) else " "

    def _source(self, marker: str) -> str:
        place = self._places.get(marker)
        if marker.startswith("m"):
            return f"[{_('a message')}]({place})" if place else _("a message")
        said = label(self._known[marker])
        return f"[{said}]({place})" if place else said


def pieces(text: str) -> Iterator[str]:
    """``text`` cut where blanks or lines begin and nothing is open; the last piece may still grow."""
    start = depth = 0
    for found in _SCAN.finditer(text):
        sign, at = found[0], found.start()
        if sign in _OPENING:
            depth += 1
        elif sign not in " \n":
            depth = max(0, depth - 1)
        elif sign == "\n" or (
            (not depth or at - start > _LONGEST) and not UNFINISHED.search(text, max(start, at - 60), at)
        ):
            if text[start:at].strip(" \n"):
                yield text[start:at]
                start = at
            depth = 0
    yield text[start:]


def inert(text: str) -> str:
    """``text`` without what Slack or Markdown make of signs: links, mentions, tags, entities, references."""
    text = links.defuse(text.replace("<", "‹").replace(">", "›"), ())[0]
    text = _ENTITY.sub("＆", text.replace("@", "＠"))
    for before, after in _APART:
        text = text.replace(before, after)
    return text


def label(words: str) -> str:
    """A name from outside, such as a case's subject, as plain words inside of Markdown."""
    bare = re.sub(r"[\[\]()`*_~|\\]", " ", inert(one_line(words, 200)))
    return one_line(show_invisible(bare), 80)


def _value(words: str) -> str:
    """What was hidden from the model, as code: there nothing links, whatever stands around it."""
    words = one_line(show_invisible(words).replace("`", "'"), 200)
    if not _MAIL.fullmatch(words):
        words = inert(words)
    return f"`{words}`"
