from __future__ import annotations

from datetime import timedelta

import pytest

from cases.settings import Change, Kind, Part, Setting, Sheet, Value
from tests.views import limits, samples
from views.settings import MOST_VALUES, part_form, saved_page, settings_form, shown_values

HOSTILE = "<!channel> *x* <https://evil.example|ok> \u202eabc & " + "y" * 400
PROCESS = ("processes", "return")
FIRST = Setting("processes.yml", (*PROCESS, "first_response"))
STEP = Setting("processes.yml", (*PROCESS, "steps", HOSTILE, "time"))


def change(setting: Setting, value: object = "3h") -> Change:
    return Change(setting, value, "U1", samples.NOW - timedelta(days=1), 1)


def sheet(*values: Value) -> Sheet:
    return Sheet(Part(Kind.TIMES, "return", HOSTILE), values)


def markup(blocks: list[dict[str, object]]) -> str:
    return str([block for block in blocks if block["type"] in {"section", "context"}])


def test_a_value_says_who_changed_it_and_what_the_file_says() -> None:
    view = part_form(sheet(Value(FIRST, "3h", "30m", change(FIRST), 1), Value(STEP, "2h", "2h")), "{}")
    limits.check_blocks([each for each in view["blocks"] if each["type"] != "input"])
    fields = {each["block_id"]: each for each in view["blocks"] if each["type"] == "input"}
    assert fields["value0"]["element"]["initial_value"] == "3h"
    assert "Changed by <@U1> <!date^" in markup(view["blocks"])
    assert "The file says: 30m" in markup(view["blocks"])
    assert [option["value"] for option in fields["back"]["element"]["options"]] == ["back"]
    assert "back" not in str(part_form(sheet(Value(STEP, "2h", "2h")), "{}")["blocks"])


def test_names_of_files_cannot_ping() -> None:
    changes = [change(STEP, HOSTILE)] * 20
    views = [
        settings_form([Part(Kind.TIMES, "return", HOSTILE)], changes, changes, "{}"),
        part_form(sheet(Value(STEP, HOSTILE, HOSTILE, changes[0], 1)), "{}"),
        saved_page(sheet(), [Value(STEP, HOSTILE, "2h")], back=False),
    ]
    for view in views:
        limits.check_blocks([each for each in view["blocks"] if each["type"] != "input"])
        assert "<!channel>" not in markup(view["blocks"])
        assert "<https" not in markup(view["blocks"])
        assert "\u202e" not in str(view)


def test_a_form_has_room_for_so_many_values() -> None:
    many = [
        Value(Setting("processes.yml", (*PROCESS, "steps", str(number), "time")), "2h", "1h", change(FIRST))
        for number in range(MOST_VALUES + 5)
    ]
    long = Value(Setting("processes.yml", (*PROCESS, "promise_text", "en")), "x" * 3_001, None)
    view = part_form(sheet(long, *many), "{}")
    assert len(view["blocks"]) <= 100
    assert "too many, to be changed here" in markup(view["blocks"])
    assert "value0" not in [name for name, _value in shown_values(sheet(long, *many))]


@pytest.mark.parametrize("kind", Kind)
def test_what_can_be_changed_is_grouped(kind: Kind) -> None:
    view = settings_form([Part(each, f"key{number}") for each in Kind for number in range(120)], [], [], "{}")
    groups = view["blocks"][1]["element"]["option_groups"]
    assert [len(group["options"]) for group in groups] == [100] * len(Kind)
    assert f"{kind}:key0" in {option["value"] for group in groups for option in group["options"]}
