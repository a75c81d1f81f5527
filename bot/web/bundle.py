"""The widget as one script: its parts joined, its style sheet inside."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from pathlib import Path

from cases.language import catalogue
from cases.reader import Language

STATIC = Path(__file__).parent / "static"
PARTS = (
    "language",
    "texts",
    "dom",
    "store",
    "api",
    "queue",
    "socket",
    "log",
    "articles",
    "composer",
    "panel",
    "main",
)


_STRING = r'"((?:[^"\\]|\\.)*)"'
_ONE = re.compile(rf"\b_\(\s*{_STRING}")
_MANY = re.compile(rf"\bngettext\(\s*{_STRING},\s*{_STRING}")
_COUNTS = {"one": 1, "few": 2, "other": 5}
"""A number for each kind that browsers tell apart (CLDR) and our languages need."""


def texts_in(script: str) -> Iterator[tuple[str, str | None]]:
    """The texts that a script says, each with its plural if it has one."""
    for text in _ONE.findall(script):
        yield ast.literal_eval(f'"{text}"'), None
    for one, many in _MANY.findall(script):
        yield ast.literal_eval(f'"{one}"'), ast.literal_eval(f'"{many}"')


def _translations(script: str) -> dict[str, dict[str, object]]:
    """For each language its texts; those that count by the kind of the number."""
    found: dict[str, dict[str, object]] = {}
    for language in Language:
        if language is Language.EN:
            continue
        known = catalogue(language)
        found[language.value] = {
            one: {kind: known.ngettext(one, many, count) for kind, count in _COUNTS.items()}
            if many
            else known.gettext(one)
            for one, many in texts_in(script)
        }
    return found


@cache
def widget_script() -> tuple[bytes, str]:
    """The script and its ETag. The parts share one function, so the host page sees none of their names."""
    folder = STATIC / "widget"
    style = json.dumps((folder / "widget.css").read_text())
    parts = "\n".join((folder / f"{name}.js").read_text() for name in PARTS)
    texts = json.dumps(_translations(parts), ensure_ascii=False, separators=(",", ":"))
    constants = f"const CSS_TEXT = {style};\nconst TRANSLATIONS = {texts};\n"
    script = f'(() => {{\n"use strict";\n{constants}{parts}}})();\n'.encode()
    return script, f'"{sha256(script).hexdigest()[:16]}"'
