"""How a customer is told by when their case will be done."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, tzinfo

from cases import formats
from cases.language import _
from cases.promises import Timing
from cases.reader import Language, reader_of, use


def date_words(timing: Timing, date: datetime, language: Language, zone: tzinfo) -> str:
    """The process's text with the date, or ours, in that language and time zone."""
    with use(replace(reader_of(language.value), zone=zone)):
        shown = formats.appointment(date)
        if language in timing.texts:
            return timing.texts[language].replace("{date}", shown)
        return _("We are working on it, and expect to be done with it by {date}.", date=shown)
