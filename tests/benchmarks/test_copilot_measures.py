"""``cx bench start``, ``cx bench outage`` and ``cx eval tokens``, in a small dose."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.eval.tokens import EAGER, OURS, RESENT, RULES_FIRST, joined, measure
from benchmarks.outage import drill
from benchmarks.replay.recording import read_conversations
from copilot.model import Why
from tests.support.sandbox import ROOT
from views.summary import model_trouble


def bench(folder: Path, *words: str) -> tuple[int, dict[str, dict[str, Any]], str]:
    """Exit status, lines by their name, and what it said."""
    out = folder / "out.json"
    done = subprocess.run(
        [sys.executable, "-m", "bot.cli", "bench", *words, "--json", str(out)],
        env=os.environ | {"CX_HOME": str(folder), "PYTHONPATH": str(ROOT), "COLUMNS": "160"},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    if not out.exists():
        return done.returncode, {}, done.stdout + done.stderr
    (lines,) = json.loads(out.read_text()).values()
    return done.returncode, {line["what"]: line for line in lines}, done.stdout + done.stderr


def test_start_times_the_first_message_and_finds_no_library_of_the_model(
    tmp_path: Path, database_url: str
) -> None:
    status, lines, said = bench(
        tmp_path, "start", "--rounds", "1", "--idle", "1", "--database-url", database_url
    )
    assert status == 0, said
    assert lines["libraries of the model in the process that mirrors"]["ours"] == "none"
    mirrored = lines["start → first mirrored message (p50 / worst)"]["ours"]
    assert 0 < float(mirrored.split()[0]) < 60
    assert lines["memory of run, at rest"]["ours"].endswith(" MB")
    assert lines["memory of worker, after a draft"]["ours"].endswith(" MB")


def test_outage_sees_messages_go_on_and_cards_say_what_happened(tmp_path: Path, database_url: str) -> None:
    words = ["outage", "--seconds", "2", "--drafts", "1", "--only", "does not know us", "--only", "is down"]
    status, lines, said = bench(tmp_path, *words, "--database-url", database_url)
    assert status == 0, said
    assert lines["the model is down"]["theirs"] == "down"
    assert lines["the model does not know us"]["theirs"] == "denied"
    assert lines["the model answers"]["theirs"] == ""
    assert (lines["cards of drafts"]["ours"], lines["messages that never arrived"]["ours"]) == ("3", "0")


@pytest.mark.parametrize("why", Why)
def test_the_drill_knows_what_cards_say(why: Why) -> None:
    """It reads the cards as people do: when a sentence of ours changes, so must the drill's."""
    assert len([words for words in drill.SAYS if words in model_trouble(why.value)]) == 1


def test_an_unknown_outage_is_refused_with_those_there_are(tmp_path: Path) -> None:
    status, lines, said = bench(tmp_path, "outage", "--only", "is sad")
    assert (status, lines) == (2, {})
    assert "is sad" in said
    assert "babbles" in said


def test_a_lost_card_and_a_silent_one_fail() -> None:
    well = {drill.ANSWERS: drill.Seen([0.01], cards=1), "is down": drill.Seen([0.01], cards=1, said={"down"})}
    assert not [line.what for line in drill.lines(well, 2) if line.must and not line.held]
    silent = well | {"is down": drill.Seen([0.01], cards=1)}
    assert [line.what for line in drill.lines(silent, 2) if line.must and not line.held] == [
        "cards say what happened"
    ]
    lost = well | {"is down": drill.Seen([0.01], unseen=1, cards=0, said=set())}
    assert len([line for line in drill.lines(lost, 2) if line.must and not line.held]) == 3


def recorded(folder: Path) -> Path:
    turns = [
        {"role": "customer", "text": "Where is my parcel?"},
        {"role": "agent", "text": " ".join(["It is on its way."] * 10)},
        {"role": "customer", "text": "Thank you."},
        {"role": "agent", "text": "You are welcome."},
    ]
    path = folder / "conversations.jsonl"
    path.write_text(json.dumps({"conversation_id": "c1", "customer_id": "u1", "turns": turns}) + "\n")
    return path


def test_cases_are_joined_to_their_length(tmp_path: Path) -> None:
    conversations = read_conversations(recorded(tmp_path))
    made = joined(conversations, 5, 3)
    assert [len(each) for each in made] == [5, 5, 5]
    # The second would begin with an agent, in the middle of a conversation.
    assert {case[0].role for case in made} == {"customer"}
    assert made[0][0].text == made[0][4].text == "Where is my parcel?"
    assert made[1][0].text == "Thank you."


def test_tokens_are_counted_for_each_way(tmp_path: Path, database_url: str) -> None:
    figures = {
        (each.way, each.what): each.value for each in measure(recorded(tmp_path), database_url, {4: 1, 48: 1})
    }
    calls = "as recorded: calls per case"
    # One summary; a draft for the long reply alone, or for both; a summary for each message and both drafts.
    assert (figures[OURS, calls], figures[EAGER, calls], figures[RESENT, calls]) == (2, 3, 6)
    billed = "48 messages: billed per case"
    assert figures[OURS, billed] < figures[EAGER, billed] < figures[RESENT, billed]
    assert figures[RESENT, billed] < figures[RESENT, "48 messages: tokens per case"]
    # The rules of both forms are read at each call there, but from the cache.
    assert figures[RULES_FIRST, calls] == 6
    assert figures[OURS, billed] < figures[RULES_FIRST, billed] < figures[RESENT, billed]
