"""Files of articles: what is read, and how broken ones are refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cases.articles import Article
from cases.errors import ConfigError
from storage.article_files import read
from storage.imports import BrokenFile


def test_a_folder_of_markdown(tmp_path: Path) -> None:
    (tmp_path / "de").mkdir()
    (tmp_path / "returns.md").write_text(
        "---\npublic: true\nurl: https://shop.example/returns\n---\n# Sending it back\n\nWithin *60* days.\n"
    )
    (tmp_path / "de" / "wann-kommt-es.md").write_bytes(b"---\r\nlanguage: de\r\n---\r\nMorgen.")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "notes.md").write_text("not an article")
    (tmp_path / "image.png").write_bytes(b"\x89PNG")
    assert read(tmp_path) == [
        Article("de/wann-kommt-es.md", "wann kommt es", "Morgen.", language="de"),
        Article(
            "returns.md",
            "Sending it back",
            "Within *60* days.",
            url="https://shop.example/returns",
            public=True,
        ),
    ]


def test_json_lines_and_a_table_say_the_same(tmp_path: Path) -> None:
    line = {"article_id": "a1", "title": "Zwroty", "body": 'Po "60" dniach,\nnie.', "language": "pl"}
    (tmp_path / "a.jsonl").write_text("\ufeff" + json.dumps(line) + "\n\n")
    (tmp_path / "a.csv").write_text(
        'article_id,title,body,language\na1,Zwroty,"Po ""60"" dniach,\nnie.",pl\n'
    )
    expected = [Article("a1", "Zwroty", 'Po "60" dniach,\nnie.', language="pl", public=True)]
    assert read(tmp_path / "a.jsonl", public=True) == expected
    assert read(tmp_path / "a.csv", public=True) == expected


@pytest.mark.parametrize(
    ("name", "content", "line", "reason"),
    [
        ("a.jsonl", '{"article_id": "1", "title": "t", "body": "b"}\nnonsense', 2, "no valid JSON"),
        ("a.jsonl", "[1]", 1, "not a JSON object"),
        ("a.jsonl", '{"article_id": "1", "title": "t"}', 1, "`body` is missing"),
        ("a.jsonl", '{"article_id": "1", "title": 5, "body": "b"}', 1, "`title` must be a text"),
        ("a.jsonl", '{"article_id": "1", "title": "t", "body": "a\\u0000b"}', 1, "NUL"),
        ("a.jsonl", json.dumps({"article_id": "1", "title": "t" * 301, "body": "b"}), 1, "longer than 300"),
        ("a.jsonl", '{"article_id": "1", "title": "t", "body": "b", "language": "Polish"}', 1, "no code"),
        ("a.jsonl", '{"article_id": "1", "title": "t", "body": "b", "public": "perhaps"}', 1, "`public`"),
        ("a.csv", "id,title\n1,t\n", 1, "does not name article_id, body"),
        ("a.csv", "article_id,title,body\n1,t,b\n1,u,c\n", 3, "article_id 1 is there already"),
        ("x.md", "---\ntitle: [\n---\ntext", 1, "front matter is no YAML"),
        ("x.md", "---\n- a list\n---\ntext", 1, "front matter is no mapping"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, name: str, content: str, line: int, reason: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(BrokenFile) as broken:
        read(tmp_path if name.endswith(".md") else tmp_path / name)
    (problem,) = broken.value.problems
    assert (problem.line, problem.file) == (line, tmp_path / name if name.endswith(".md") else None)
    assert reason in problem.reason


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.txt", b"x", "no .csv or .jsonl"),
        ("a.jsonl", b"\n", "has no articles"),
        ("a.jsonl", b"\xff\xfe", "not UTF-8"),
    ],
)
def test_what_cannot_be_read_is_said(tmp_path: Path, name: str, content: bytes, sentence: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ConfigError, match=sentence):
        read(tmp_path / name)
    with pytest.raises(ConfigError, match=r"\.csv or \.jsonl"):
        read(tmp_path / "missing.txt")
    with pytest.raises(ConfigError, match="no language"):
        read(tmp_path, language="English")
