"""Reading ``macros.yml``: skeletons of replies for when no model writes one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from cases.errors import CxError
from cases.macros import PLACEHOLDERS, Macro, placeholders
from cases.reader import Language
from cases.replies import check_words
from storage.choices import read_examples
from storage.roles import read_key
from storage.yaml_places import Place, by_key, nearest, read_fields


def read_macros(path: Path) -> tuple[Macro, ...]:
    """The macros of the file; without one, or with an empty one, there are none.

    Raises ConfigError that names the file and the line of the mistake.
    """
    return by_key(read_fields(path, ("macros",)).get("macros"), _macro, "macro", lambda macro: macro.key)


def _macro(place: Place) -> Macro:
    fields = place.fields(("key", "title", "when", "text"))
    place.need(fields, ("key", "title", "when", "text"), "this macro")
    when = fields["when"].fields(("description", "examples"))
    fields["when"].need(when, ("examples",), "`when`")
    described = (when["description"].text(),) if "description" in when else ()
    return Macro(
        key=read_key(fields["key"]),
        title=fields["title"].text(),
        examples=(*described, *read_examples(when["examples"])),
        texts=_texts(fields["text"]),
    )


def _texts(place: Place) -> Mapping[Language, str]:
    found = {Language(each): _text(text) for each, text in place.fields(tuple(Language)).items()}
    if not found:
        raise place.wrong("a text in one language at least is needed.")
    return found


def _text(place: Place) -> str:
    text = place.text()
    for name in placeholders(text):
        if name not in PLACEHOLDERS:
            hint = nearest(name, PLACEHOLDERS)
            raise place.wrong_at(f"{{{name}}}", f"`{{{name}}}` is no placeholder; {hint}")
    try:
        return check_words(text)
    except CxError as error:
        raise place.wrong(error.sentence) from None
