"""Settings as people write them into forms."""

from __future__ import annotations

import pytest

from cases.errors import SettingRefused
from cases.reader import Language, reader_of, use
from cases.settings import Setting
from cases.settings_text import understood, written

WEEK = Setting("hours.yml", ("calendars", "office", "week"))
SPECIAL = Setting("hours.yml", ("calendars", "office", "special"))
CLOSED = Setting("hours.yml", ("calendars", "office", "closed"))
FIRST = Setting("processes.yml", ("processes", "return", "first_response"))


def test_days_with_the_same_hours_are_one_line() -> None:
    week = {"monday-thursday": "09:00-17:00", "friday": ["09:00-12:00", "13:00-16:00"], "sunday": []}
    shown = "Monday–Thursday: 09:00-17:00\nFriday: 09:00-12:00, 13:00-16:00"
    assert written(WEEK, week) == shown
    one = ["09:00-17:00"]
    assert understood(WEEK, shown) == {
        "monday": one,
        "tuesday": one,
        "wednesday": one,
        "thursday": one,
        "friday": ["09:00-12:00", "13:00-16:00"],
    }
    assert written(WEEK, understood(WEEK, shown)) == shown


@pytest.mark.parametrize("language", Language)
def test_what_a_form_shows_is_understood_in_each_language(language: Language) -> None:
    week = {"monday": ["09:00-17:00"], "saturday": ["10:00-12:00"], "sunday": ["10:00-12:00"]}
    with use(reader_of(language)):
        assert understood(WEEK, written(WEEK, week)) == week
        assert understood(WEEK, "monday: 09:00-17:00") == {"monday": ["09:00-17:00"]}, "English always"


def test_days_over_the_end_of_the_week() -> None:
    found = understood(WEEK, " Sunday - monday : 22:00-24:00")
    assert found == {"monday": ["22:00-24:00"], "sunday": ["22:00-24:00"]}


@pytest.mark.parametrize(
    ("setting", "text", "words"),
    [
        (WEEK, "Monday 9-5", "such as “Monday: 09:00-17:00”"),
        (WEEK, "Mo: 09:00-17:00", "“Mo” is no day of the week"),
        (WEEK, "Monday-Friday: 09:00-17:00\nFriday: 09:00-12:00", "Friday stands here twice"),
        (SPECIAL, "2026-12-31", "a date and hours"),
        (SPECIAL, "2026-12-31: 09:00-12:00\n2026-12-31: 10:00-12:00", "2026-12-31 stands here twice"),
    ],
)
def test_what_cannot_be_understood(setting: Setting, text: str, words: str) -> None:
    with pytest.raises(SettingRefused) as refused:
        understood(setting, text)
    assert refused.value.setting == setting
    assert words in refused.value.sentence


def test_dates() -> None:
    assert understood(CLOSED, "2026-12-24\n\n 2026-12-26 \n") == ["2026-12-24", "2026-12-26"]
    assert written(CLOSED, ["2026-12-24", "2026-12-26"]) == "2026-12-24\n2026-12-26"
    special = {"2026-12-31": ["09:00-12:00", "13:00-14:00"]}
    assert written(SPECIAL, special) == "2026-12-31: 09:00-12:00, 13:00-14:00"
    assert understood(SPECIAL, written(SPECIAL, special)) == special


@pytest.mark.parametrize("text", ["", "  ", "\n"])
def test_nothing_is_nothing(text: str) -> None:
    assert understood(FIRST, text) is None
    assert understood(WEEK, text) is None
    assert written(FIRST, None) == ""


def test_people_are_groups_and_members() -> None:
    setting = Setting("roles.yml", ("supervisors",))
    people = {"groups": ["care", "@night"], "members": ["U024BE7LH"]}
    shown = "@care\n@night\nU024BE7LH"
    assert written(setting, people) == shown
    assert understood(setting, f" {shown}, @care ") == {"groups": ["care", "night"], "members": ["U024BE7LH"]}
    assert understood(setting, " ") is None
    assert written(setting, None) == ""
    with pytest.raises(SettingRefused, match="“Maya” is no user group"):
        understood(setting, "Maya")
