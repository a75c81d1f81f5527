"""The texts that people read, in their language.

Sentences stand in the code in English, their translations in ``cases/locale/*.po``. Whoever knows the
reader wraps the work in ``cases.reader.use``; the functions here then pick the language by themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from cases.formats import shown
from cases.reader import Language, reader

LOCALE_DIR = Path(__file__).parent / "locale"


@cache
def catalogue(language: Language) -> NullTranslations:
    """The translations of one language, read from its file once.

    There is no compiled copy that could differ from what translators wrote.
    """
    if language is Language.EN:
        return NullTranslations()
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    compiled = BytesIO()
    with (LOCALE_DIR / f"{language}.po").open("rb") as source:
        write_mo(compiled, read_po(source, locale=language.value))
    compiled.seek(0)
    return GNUTranslations(compiled)


def _(message: str, /, **values: object) -> str:
    """``message`` in the reader's language, with ``{name}`` replaced by ``values``.

    Texts stay as they are; numbers, times and ``later`` texts are written as the reader is used to
    (``cases.formats.shown``).
    """
    return _filled(catalogue(reader().language).gettext(message), values)


def pgettext(context: str, message: str, /, **values: object) -> str:
    """As ``_``, for a word that means different things: ``context`` tells translators which."""
    return _filled(catalogue(reader().language).pgettext(context, message), values)


def ngettext(one: str, many: str, count: int, /, **values: object) -> str:
    """As ``_``, in the form that fits ``count``, which ``{count}`` stands for."""
    form = catalogue(reader().language).ngettext(one, many, count)
    return _filled(form, {"count": count, **values})


def _filled(text: str, values: dict[str, object]) -> str:
    if not values:
        return text
    return text.format(**{name: shown(value) for name, value in values.items()})


@dataclass(frozen=True, slots=True)
class later:
    """A text of a table or constant: translated when it is shown (``str`` or an f-string)."""

    message: str

    def __str__(self) -> str:
        return _(self.message)
