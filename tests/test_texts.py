"""Every text that people read has its translations, and nothing goes to people untranslated."""

from __future__ import annotations

import ast
import re
import string
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.support.catalogues import (
    TRANSLATIONS,
    Source,
    Text,
    bare_words,
    bring_in_line,
    for_people,
    missing,
    path_of,
    read,
    sources,
    texts,
    written,
)

_MARKUP = re.compile(r"`[^`]*`|[*~<>@]|\\n|\n|[\U0001f300-\U0001faff\u2600-\u27bf⏳⚠]|:[a-z_]+:|/cx")


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_every_text_is_translated(language: str) -> None:
    lacking = "\n\n".join(text.entry for text in missing(language))
    name = f"cases/locale/{language}.po"
    assert not lacking, f"{name} lacks these; run `make texts`, then fill in their msgstr there:\n\n{lacking}"


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_no_translation_is_left_over(language: str) -> None:
    left_over = sorted(text.message for text in read(language).keys() - texts())
    assert not left_over, f"no code says these any more; run `make texts`: {left_over}"


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_a_catalogue_is_in_order(language: str) -> None:
    kept = path_of(language).read_text(encoding="utf-8")
    assert kept == written(language, read(language)), "run `make texts`: it sorts and formats the catalogues"


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def markup(text: str) -> Counter[str]:
    return Counter(_MARKUP.findall(text))


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_translations_hold_what_their_text_holds(language: str) -> None:
    wrong = []
    for text, translations in read(language).items():
        wanted = fields(text.plural or text.message)
        for translation in filter(None, translations):
            same = fields(translation) | ({"count"} if text.plural else set()) == wanted | (
                {"count"} if text.plural else set()
            )
            if not same or markup(translation) != markup(text.plural or text.message):
                wrong.append(f"{text.message!r} → {translation!r}")
            elif _ends(translation) != _ends(text.plural or text.message):
                wrong.append(f"blank ends: {text.message!r} → {translation!r}")
    assert not wrong, "placeholders, emoji, commands and Slack's markup must be the same:\n" + "\n".join(
        wrong
    )


def _ends(text: str) -> tuple[bool, bool]:
    return text[:1].isspace(), text[-1:].isspace()


def modal_texts() -> dict[str, str]:
    """The titles and buttons of modals: of these Slack takes 24 characters."""
    found: dict[str, str] = {}
    for source in filter(for_people, sources()):
        for call in ast.walk(source.tree):
            if not isinstance(call, ast.Call) or getattr(call.func, "id", "") not in {"modal", "page"}:
                continue
            given = call.args[1:3] if getattr(call.func, "id", "") == "modal" else call.args[:1]
            for each in [*given, *(key.value for key in call.keywords if key.arg in {"title", "submit"})]:
                if isinstance(each, ast.Call) and each.args and isinstance(each.args[0], ast.Constant):
                    found[str(each.args[0].value)] = f"{source.name}:{each.lineno}"
    return found


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_titles_and_buttons_of_modals_are_short(language: str) -> None:
    shown = modal_texts()
    assert shown
    known = {text.message: translations[0] for text, translations in read(language).items()}
    long = {
        f"{where}: {known[message]}"
        for message, where in shown.items()
        if len(re.sub(r"\{\w+\}", "CX-12345", known.get(message, ""))) > 24
    }
    assert not long, "Slack takes 24 characters here; find a shorter translation"


def test_placeholders_are_plain_names() -> None:
    named = {field for text in texts() for field in fields(text.message)}
    assert all(re.fullmatch(r"[a-z_]+", field) for field in named), named


@pytest.mark.parametrize(
    "source", [source for source in sources() if for_people(source)], ids=lambda source: source.name
)
def test_nothing_goes_to_people_untranslated(source: Source) -> None:
    bare = "\n".join(map(str, bare_words(source)))
    assert not bare, (
        "people would read these in English only: write _(…), ngettext(…) or later(…) around them "
        "(see CONTRIBUTING.md, Texts), or, if nobody reads them, end the line with  # not translated\n" + bare
    )


def at_import(node: ast.AST, inside: bool = False) -> Iterator[ast.Call]:
    """Translating calls that are made once, when the module is imported."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        inside = True
    named = isinstance(node, ast.Call) and getattr(node.func, "id", "") in {"_", "ngettext", "pgettext"}
    if named and not inside:
        assert isinstance(node, ast.Call)
        yield node
    for child in ast.iter_child_nodes(node):
        yield from at_import(child, inside)


def test_no_text_is_translated_before_its_reader_is_known() -> None:
    early = [f"{source.name}:{call.lineno}" for source in sources() for call in at_import(source.tree)]
    assert not early, f"use later(…) in tables and constants: {early}"


def test_the_code_says_something() -> None:
    assert Text("This case is closed already.") in texts()
    assert Text("Please try again in {count} second.", "Please try again in {count} seconds.") in texts()


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ('plain("Take over")', ["'Take over'"]),
        ('plain("Take")', ["'Take'"]),
        ('f"{count} open"', ["f'{count} open'"]),
        ('tell(f"Opened {when}")', ["f'Opened {when}'"]),
        ('_("Take over")', []),
        ("f\"*{_('Owner')}*\"", []),
        ('{"type": "plain_text_input"}', []),
        ('f"card:{case}"', []),
        ('log.info("a line of the log")', []),
        ('raise ValueError("only programmers see this")', []),
        ('raise NotFound("There is no such case.")', []),
        ('raise NotFound(f"There is no {case}.")', ["f'There is no {case}.'"]),
        ('x = "only a test"  # not translated', []),
        ('def f():\n    """What it does."""', []),
    ],
)
def test_what_counts_as_words_for_people(code: str, found: list[str]) -> None:
    source = Source("x.py", ast.parse(code), code.splitlines())
    assert [bare.words for bare in bare_words(source)] == found


def test_a_new_text_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.support import catalogues

    new = Text("A text of today.")
    monkeypatch.setattr(catalogues, "texts", lambda: texts() | {new})
    assert new in missing("pl")
    assert new.entry == 'msgid "A text of today."\nmsgstr "…"'


def test_bringing_in_line_keeps_translations(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    from pathlib import Path

    from tests.support import catalogues

    assert isinstance(tmp_path, Path)
    kept = read("hu")
    target = tmp_path / "hu.po"
    target.write_text(path_of("hu").read_text(encoding="utf-8"), encoding="utf-8")
    gone, new = min(kept, key=lambda text: text.message), Text("{count} owl", "{count} owls")
    monkeypatch.setattr(catalogues, "path_of", lambda language: target)
    monkeypatch.setattr(catalogues, "texts", lambda: (texts() - {gone}) | {new})
    bring_in_line("hu")
    made = catalogues.read("hu")
    assert made[new] == ("", "")
    assert gone not in made
    assert all(made[text] == kept[text] for text in kept if text in made)
