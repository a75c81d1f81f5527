"""Articles in files: a folder of Markdown, a CSV table, JSON Lines. All of them, or what is wrong."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import yaml

from cases.articles import MAX_TITLE, Article
from cases.errors import ConfigError
from storage.imports import MAX_LINE_BYTES, MAX_PROBLEMS, BrokenFile, Problem, has_nul, text_of

_FRONT = re.compile(r"\A---[ \t]*\r?\n(.*?\r?\n)?---[ \t]*(?:\r?\n|\Z)", re.DOTALL)
_HEADING = re.compile(r"\A\s*#[ \t]+(.+?)[ \t#]*(?:\n|\Z)")
_LANGUAGE = re.compile(r"[a-z]{2}")
_FIELDS = {"article_id": True, "title": True, "body": True, "language": False, "url": False}
_YES, _NO = frozenset({"true", "yes", "1"}), frozenset({"false", "no", "0", ""})


@dataclass(frozen=True, slots=True)
class _Found:
    """What stands in one place of a file, not looked at yet."""

    line: int
    value: Mapping[str, Any]
    file: Path | None = None


def read(path: Path, *, language: str = "en", public: bool = False) -> list[Article]:
    """The articles of a folder (``*.md`` in it and below), a ``.csv`` or a ``.jsonl`` file.

    ``language`` and ``public`` are those of articles that do not say theirs. Raises ConfigError where
    ``path`` cannot be read, and BrokenFile naming file, line and reason of what is wrong in it.
    """
    check_language(language)
    problems: list[Problem] = []
    articles: dict[str, Article] = {}
    for found in _reader(path)(path, problems):
        try:
            article = _article(found.value, language, public)
            if article.external_id in articles:
                raise ValueError(f"article_id {article.external_id} is there already")
            articles[article.external_id] = article
        except ValueError as error:
            problems.append(Problem(found.line, str(error), found.file))
    if problems:
        raise BrokenFile(sorted(problems, key=lambda each: each.line)[:MAX_PROBLEMS], len(problems))
    if not articles:
        raise ConfigError(f"{path} has no articles.")
    return list(articles.values())


def check_language(code: str) -> None:
    """Raises ConfigError when that is not how a language is named."""
    if not _LANGUAGE.fullmatch(code):
        raise ConfigError(f"{code} is no language; codes are like en, pl, cs or hu.")


Reader = Callable[[Path, list[Problem]], Iterator[_Found]]


def _reader(path: Path) -> Reader:
    if path.is_dir():
        return _folder
    readers = {".csv": _table, ".jsonl": _lines}
    if path.suffix.lower() not in readers:
        raise ConfigError(f"{path} is no folder, and no .csv or .jsonl file.")
    return readers[path.suffix.lower()]


def _content(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8 text (byte {error.start + 1}).") from None


def _lines(path: Path, problems: list[Problem]) -> Iterator[_Found]:
    for number, line in enumerate(_content(path).split("\n"), 1):
        if not line.strip():
            continue
        try:
            value = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            problems.append(Problem(number, f"no valid JSON ({error.msg} at character {error.pos + 1})"))
            continue
        if isinstance(value, dict):
            yield _Found(number, value)
        else:
            problems.append(Problem(number, "not a JSON object"))


def _table(path: Path, problems: list[Problem]) -> Iterator[_Found]:
    csv.field_size_limit(MAX_LINE_BYTES)
    rows = csv.DictReader(io.StringIO(_content(path), newline=""))
    try:
        lacking = [name for name, needed in _FIELDS.items() if needed and name not in (rows.fieldnames or [])]
        if lacking:
            problems.append(Problem(1, f"the first row does not name {', '.join(lacking)}"))
            return
        for row in rows:
            # Cells without a heading are under None.
            yield _Found(rows.line_num, {name: cell for name, cell in row.items() if name and cell})
    except csv.Error as error:
        problems.append(Problem(rows.line_num, str(error)))


def _folder(path: Path, problems: list[Problem]) -> Iterator[_Found]:
    files = sorted(file for file in path.rglob("*") if file.suffix.lower() in {".md", ".markdown"})
    for file in files:
        if any(part.startswith(".") for part in file.relative_to(path).parts):
            continue
        try:
            yield _Found(1, _markdown(path, file), file)
        except ValueError as error:
            problems.append(Problem(1, str(error), file))


def _markdown(folder: Path, file: Path) -> dict[str, Any]:
    """An article as its Markdown file has it; raises ValueError."""
    content = _content(file).replace("\r\n", "\n")
    front = _FRONT.match(content)
    value = _front(front[1] or "") if front else {}
    body = content[front.end() :] if front else content
    heading = _HEADING.match(body)
    if heading:
        value.setdefault("title", heading[1])
        body = body[heading.end() :]
    value.setdefault("title", file.stem.replace("-", " ").replace("_", " "))
    return value | {"article_id": file.relative_to(folder).as_posix(), "body": body.strip()}


def _front(text: str) -> dict[str, Any]:
    try:
        value = yaml.safe_load(text) or {}
    except yaml.YAMLError as error:
        raise ValueError(f"the front matter is no YAML ({str(error).splitlines()[0]})") from None
    if not isinstance(value, dict):
        raise ValueError("the front matter is no mapping")
    return {str(name): content for name, content in value.items()}


def _article(value: Mapping[str, Any], language: str, public: bool) -> Article:
    if has_nul(dict(value)):
        raise ValueError("a text has a NUL character, which the database cannot keep")
    fields = {name: text_of(value, name, required=needed) for name, needed in _FIELDS.items()}
    title, own = str(fields["title"]).strip(), (fields["language"] or language).strip().lower()
    if len(title) > MAX_TITLE:
        raise ValueError(f"`title` is longer than {MAX_TITLE} characters")
    if not _LANGUAGE.fullmatch(own):
        raise ValueError(f"`language` {own} is no code like en, pl, cs or hu")
    return Article(
        external_id=str(fields["article_id"]).strip(),
        title=title,
        body=str(fields["body"]),
        language=own,
        url=fields["url"],
        public=_public(value.get("public"), public),
    )


def _public(given: object, otherwise: bool) -> bool:
    if given is None or isinstance(given, bool):
        return otherwise if given is None else given
    word = str(given).strip().lower()
    if word not in _YES | _NO:
        raise ValueError("`public` must be true or false")
    return word in _YES
