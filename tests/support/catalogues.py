"""The texts in the code, and the catalogues that translate them.

``make texts`` runs this file: it brings ``cases/locale/*.po`` in line with the code and says what is
left to translate. The files are kept sorted, without line numbers and dates, so that two people who
add texts seldom meet in the same place.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from bot.web.bundle import texts_in
from cases.language import LOCALE_DIR
from cases.reader import Language

ROOT = Path(__file__).parents[2]
ROOMS = ("bot", "cases", "channels", "commands", "copilot", "flows", "views")
WIDGET = ROOT / "bot" / "web" / "static" / "widget"
FOR_OPERATORS = frozenset(
    f"bot/{name}.py"
    for name in (
        "bootstrap",
        "cli",
        "console",
        "crashpoints",
        "connection",
        "copilot_report",
        "customer_data",
        "doctor",
        "doctor_channels",
        "doctor_knowledge",
        "doctor_mail",
        "doctor_oauth",
        "doctor_receipts",
        "doctor_slack",
        "health",
        "importing",
        "knowledge_sources",
        "logs",
        "mail/errors",
        "mail/imap",
        "mail/logins",
        "mail/reading",
        "mail_report",
        "masks",
        "metrics",
        "outside",
        "poster",
        "run",
        "settings",
        "settings_report",
        "slack_channels",
        "team",
        "teams",
        "vault",
        "web/api_page",
        "web/bundle",
        "web/demo",
        "web/demo_clock",
        "web/operations",
        "worker",
    )
) | {
    "channels/api.py",
    "channels/confluence.py",
    "channels/crm.py",
    "channels/fetch.py",
    "channels/wordpress.py",
    "copilot/embeddings.py",
}
"""What speaks to operators, in English: the command line and the start of processes."""
FOR_BOTH = frozenset({"storage/hours.py", "storage/processes.py", "storage/yaml_places.py"})
"""What speaks to operators, and has ``later`` texts for who changes in Slack what files say."""
FOR_MODELS = frozenset(
    f"copilot/{name}.py" for name in ("casefile", "meter", "model", "numbers", "outputs", "work")
)
"""What only a model reads, or only the copilot looks for."""
FOR_PROGRAMMERS = frozenset({"BadRequest"})
"""Errors that only a faulty client sees: what is wrong with its request stands in English."""
_PLURALS = {
    "pl": "nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2)",
    "cs": "nplurals=3; plural=(n==1 ? 0 : n>=2 && n<=4 ? 1 : 2)",
    "hu": "nplurals=2; plural=(n != 1)",
}
TRANSLATIONS = tuple(language.value for language in Language if language is not Language.EN)


@dataclass(frozen=True, slots=True)
class Text:
    """A text as catalogues know it."""

    message: str
    plural: str | None = None
    context: str | None = None

    @property
    def entry(self) -> str:
        """How it begins in a catalogue, for whoever has to find or add it."""
        lines = [f"msgctxt {quoted(self.context)}"] if self.context else []
        lines.append(f"msgid {quoted(self.message)}")
        if self.plural:
            return "\n".join([*lines, f"msgid_plural {quoted(self.plural)}", 'msgstr[0] "…"', "…"])
        return "\n".join([*lines, 'msgstr "…"'])


def quoted(text: str) -> str:
    """``text`` as a catalogue writes it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


@dataclass(frozen=True, slots=True)
class Source:
    """One file of Python, parsed."""

    name: str
    tree: ast.Module
    lines: Sequence[str]


def _files_of(room: str) -> Iterator[Path]:
    return (path for path in sorted((ROOT / room).rglob("*.py")) if path.is_file())


@cache
def sources() -> tuple[Source, ...]:
    """The code that people read texts from."""
    found = []
    for path in [*(path for room in ROOMS for path in _files_of(room)), *(ROOT / name for name in FOR_BOTH)]:
        text = path.read_text(encoding="utf-8")
        found.append(Source(path.relative_to(ROOT).as_posix(), ast.parse(text), text.splitlines()))
    return tuple(found)


def for_people(source: Source) -> bool:
    """Whether agents, departments or customers read what this file says."""
    return source.name not in FOR_OPERATORS | FOR_MODELS | FOR_BOTH and not source.name.startswith(
        "bot/demo/"
    )


@cache
def error_classes() -> Mapping[str, ast.ClassDef]:
    """The errors that people can act on, by name; those for operators are not among them."""
    classes = [
        node for source in sources() for node in ast.walk(source.tree) if isinstance(node, ast.ClassDef)
    ]
    known: dict[str, ast.ClassDef] = {}
    grown = True
    while grown:
        fresh = {
            node.name: node
            for node in classes
            if node.name not in known
            and node.name != "ConfigError"
            and (node.name == "CxError" or any(_name(base) in known for base in node.bases))
        }
        known |= fresh
        grown = bool(fresh)
    return known


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _literal(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _called(call: ast.Call) -> Text | None:
    """The text that a call translates, if it does."""
    name, words = _name(call.func), [_literal(argument) for argument in call.args]
    if name in {"_", "later"} and words and words[0]:
        return Text(words[0])
    if name == "ngettext" and len(words) > 2 and words[0] and words[1]:
        return Text(words[0], words[1])
    if name == "pgettext" and len(words) > 1 and words[0] and words[1]:
        return Text(words[1], context=words[0])
    if (name in error_classes().keys() - FOR_PROGRAMMERS or _is_super(call)) and words and words[0]:
        return Text(words[0])
    return None


def _is_super(call: ast.Call) -> bool:
    """``super().__init__(…)``, by which an error of our own tells its message."""
    function = call.func
    return (
        isinstance(function, ast.Attribute)
        and function.attr == "__init__"
        and isinstance(function.value, ast.Call)
        and _name(function.value.func) == "super"
    )


def _in_widget() -> Iterator[Text]:
    for path in sorted(WIDGET.glob("*.js")):
        yield from (Text(one, many) for one, many in texts_in(path.read_text(encoding="utf-8")))


@cache
def texts() -> frozenset[Text]:
    """Every text in the code that people read."""
    found = set(_in_widget())
    for source in sources():
        if not for_people(source) and source.name not in FOR_BOTH:
            continue
        calls = (node for node in ast.walk(source.tree) if isinstance(node, ast.Call))
        found |= {text for text in map(_called, calls) if text is not None}
    for node in error_classes().values():
        sentence = ast.get_docstring(node)
        if sentence:
            found.add(Text(sentence.splitlines()[0]))
    return frozenset(found)


# ── Texts that nobody translates ─────────────────────────────────────────────────────────────────────────

_EXEMPT = "not translated"
_WORDS = re.compile(r"[^\W\d_]{2,}[,;:.!?…]?\s+[^\W\d_]{2,}")
_ONE_WORD = re.compile(r"\W*[A-Z][a-z]{2,}\W*")
_UNITS = frozenset({"kB", "MB"})
_NOT_FOR_PEOPLE = re.compile(r"^_?log(ger)?$|^re$|^os$|^sys$|^struct$")


@dataclass(frozen=True, slots=True)
class Bare:
    """A literal that looks like words for people."""

    where: str
    words: str

    def __str__(self) -> str:
        return f"{self.where}: {self.words!r}"


def bare_words(source: Source) -> list[Bare]:
    """The words in a file that go to people untranslated, as far as one can tell from the code."""
    return list(_bare(source, source.tree, translated=False))


def _bare(source: Source, node: ast.AST, *, translated: bool) -> Iterator[Bare]:
    if isinstance(node, ast.JoinedStr):
        if not translated and _wordy_pattern(node) and not _exempt(source, node):
            yield Bare(f"{source.name}:{node.lineno}", ast.unparse(node))
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                yield from _bare(source, part.value, translated=translated)
        return
    if isinstance(node, ast.Constant):
        wordy = isinstance(node.value, str) and _wordy(node.value)
        if wordy and not translated and not _exempt(source, node):
            yield Bare(f"{source.name}:{node.lineno}", repr(node.value))
        return
    yield from _inside(source, node, translated=translated)


def _inside(source: Source, node: ast.AST, *, translated: bool) -> Iterator[Bare]:
    skipped: set[ast.AST] = set()
    if isinstance(node, ast.Call):
        if _called(node) is not None:
            skipped.update(node.args[:2] if _name(node.func) in {"ngettext", "pgettext"} else node.args[:1])
        translated = translated or _for_machines(node)
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return
    elif isinstance(node, ast.AnnAssign):
        skipped.add(node.annotation)
    elif isinstance(node, ast.Assert) and node.msg is not None:
        skipped.add(node.msg)
    for child in ast.iter_child_nodes(node):
        if child not in skipped:
            yield from _bare(source, child, translated=translated)


def _for_machines(call: ast.Call) -> bool:
    """A log line, a pattern, or an exception that only programmers see."""
    name = _name(call.func)
    if isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name):
        return bool(_NOT_FOR_PEOPLE.search(call.func.value.id))
    if name in FOR_PROGRAMMERS:
        return True
    return name.endswith(("Error", "Exception")) and name not in error_classes()


def _wordy(text: str) -> bool:
    return bool(_WORDS.search(text) or _ONE_WORD.fullmatch(text))


def _wordy_pattern(node: ast.JoinedStr) -> bool:
    parts = [part.value if isinstance(part, ast.Constant) else "\0" for part in node.values]
    tokens = "".join(map(str, parts)).split()
    words = (token.strip("*_~.,:;!?()“”…·") for token in tokens)
    return any(len(word) > 1 and word.isalpha() and word not in _UNITS for word in words)


def _exempt(source: Source, node: ast.expr) -> bool:
    last = node.end_lineno or node.lineno
    lines = source.lines[node.lineno - 1 : last + 1]
    if len(lines) > last - node.lineno + 1 and not lines[-1].lstrip().startswith(")"):
        lines = lines[:-1]  # The line after counts only where the formatter put the bracket there.
    return any(_EXEMPT in line for line in lines)


# ── The catalogues ───────────────────────────────────────────────────────────────────────────────────────


def path_of(language: str) -> Path:
    """The catalogue of a language."""
    return LOCALE_DIR / f"{language}.po"


def read(language: str) -> dict[Text, tuple[str, ...]]:
    """The texts of a catalogue with their translations, one for each plural form."""
    if not path_of(language).exists():
        return {}
    with path_of(language).open("rb") as source:
        catalogue = read_po(source, locale=language, abort_invalid=True)
    found = {}
    for message in catalogue:
        if message.id:
            ids = message.id if isinstance(message.id, tuple | list) else (message.id, None)
            forms = message.string if isinstance(message.string, tuple | list) else (message.string,)
            found[Text(ids[0], ids[1], message.context)] = tuple(str(form or "") for form in forms)
    return found


def forms(language: str) -> int:
    """How many plural forms a language has."""
    return int(_PLURALS[language].removeprefix("nplurals=")[0])


def written(language: str, entries: Mapping[Text, Sequence[str]]) -> str:
    """The catalogue's file with these translations."""
    catalogue = Catalog(locale=language, fuzzy=False)
    catalogue.mime_headers = [("Plural-Forms", f"{_PLURALS[language]};")]
    for text, translations in entries.items():
        ids = (text.message, text.plural) if text.plural else text.message
        strings = tuple(translations) if text.plural else translations[0]
        catalogue.add(ids, strings, context=text.context).flags.clear()
    body = BytesIO()
    write_po(body, catalogue, omit_header=True, no_location=True, sort_output=True, width=0)
    head = ['msgid ""', 'msgstr ""', *(f'"{line}\\n"' for line in _head(language))]
    return "\n".join(head) + "\n\n" + body.getvalue().decode().strip() + "\n"


def _head(language: str) -> tuple[str, ...]:
    return (
        f"Language: {language}",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: 8bit",
        f"Plural-Forms: {_PLURALS[language]};",
    )


def missing(language: str) -> list[Text]:
    """The texts in the code that the language has no complete translation of."""
    known = read(language)
    return sorted(
        (text for text in texts() if not _complete(text, known.get(text, ()), language)),
        key=lambda text: text.message,
    )


def _complete(text: Text, translations: Sequence[str], language: str) -> bool:
    return len(translations) == (forms(language) if text.plural else 1) and all(translations)


def bring_in_line(language: str) -> None:
    """Give the catalogue an entry for every text in the code, and take out what is not there any more."""
    known = read(language)
    entries = {}
    for text in texts():
        wanted = forms(language) if text.plural else 1
        entries[text] = (*known.get(text, ()), *[""] * wanted)[:wanted]
    path_of(language).write_text(written(language, entries), encoding="utf-8")


def main(languages: Iterable[str] = TRANSLATIONS) -> int:
    """Bring the catalogues in line; 1 when something is left to translate."""
    left = 0
    for language in languages:
        bring_in_line(language)
        lacking = missing(language)
        left += len(lacking)
        name = path_of(language).relative_to(ROOT)
        print(f"{name}: {len(texts()) - len(lacking)} of {len(texts())} texts are translated.")
        for text in lacking:
            print(f"  to translate: {quoted(text.message)}")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
