"""What is read from the environment, and under which names only."""

from __future__ import annotations

from datetime import time
from pathlib import Path

import pytest

from bot.console import read_settings
from bot.settings import PROJECT_DIR, default_home, environment
from cases.errors import ConfigError
from cases.reader import reader_of
from cases.surveys import AskHours
from storage.departments import read_departments


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No .env, and nothing of this machine."""
    monkeypatch.chdir(tmp_path)
    for name in (
        "CX_HOME",
        "CX_PORT",
        "CX_HOST",
        "CX_CHAT_SECRETS",
        "CX_API_SECRETS",
        "CX_LANGUAGE",
        "CX_TIME_ZONE",
        "SLACK_API_URL",
    ):
        monkeypatch.delenv(name, raising=False)


def test_only_the_documented_names_count(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOME", "PORT", "HOST", "DEMO", "MERGE", "LOG_LEVEL", "SECRET_KEY"):
        monkeypatch.setenv(name, "7")
    settings = read_settings()
    assert (settings.port, settings.host, settings.demo, settings.log_level) == (
        8300,
        "127.0.0.1",
        False,
        "INFO",
    )
    assert settings.home == default_home()
    assert settings.secret_key is None


def test_every_name_in_the_sample_is_a_setting() -> None:
    from bot.settings import Settings

    lines = (PROJECT_DIR / ".env.sample").read_text().splitlines()
    named = {line.lstrip("#").split("=")[0] for line in lines if "=" in line and not line.startswith("# ")}
    aliases = {
        str(choice)
        for field in Settings.model_fields.values()
        for choice in getattr(field.validation_alias, "choices", [])
    }
    assert named == aliases - {
        "SLACK_API_URL",
        "CX_DEMO",
        "CX_CARRIERS",
        "CX_CARRIERS_URL",
        "CX_CLOCK_TOKEN",
        "CX_CRASH_AT",
    }


def test_the_environment_and_what_is_given(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CX_PORT", "9000")
    monkeypatch.setenv("CX_CHAT_SECRETS", "shop=a=b, other=c")
    (tmp_path / ".env").write_text("CX_PORT=1\nSLACK_API_URL=http://127.0.0.1:8301/api\n")
    settings = read_settings(log_level="DEBUG")
    assert settings.port == 9000
    assert settings.log_level == "DEBUG"
    assert settings.slack_api_url == "http://127.0.0.1:8301/api/"
    assert settings.chat_secrets == {"shop": "a=b", "other": "c"}


def test_names_of_the_company_s_own_are_read_where_settings_are(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CX_OURS", "environment")
    (tmp_path / ".env").write_text("CX_OURS=file\nCX_CRM_TOKEN=secret\nCX_BARE\n")
    found = environment()
    assert (found["CX_OURS"], found["CX_CRM_TOKEN"]) == ("environment", "secret")
    assert "CX_BARE" not in found


def test_what_cannot_be_read_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CX_CHAT_SECRETS", "shop")
    with pytest.raises(
        ConfigError, match="CX_CHAT_SECRETS wants pairs like shop=secret, separated by commas"
    ):
        read_settings()


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("CX_LANGUAGE", "de", "CX_LANGUAGE: “de” is not a language of this version: en, pl, cs, hu."),
        (
            "CX_TIME_ZONE",
            "Warsaw",
            "CX_TIME_ZONE: “Warsaw” is not a time zone: use a name such as Europe/Warsaw.",
        ),
    ],
)
def test_the_team_s_language_and_zone_are_checked(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, sentence: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError) as caught:
        read_settings()
    assert caught.value.sentence == sentence


def test_when_customers_may_be_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_settings().ask_hours == AskHours()
    monkeypatch.setenv("CX_SURVEY_HOURS", "08:30 - 24:00")
    assert read_settings().ask_hours == AskHours(time(8, 30), time(0))
    for wrong in ("9-17", "17:00-09:00", "09:00-25:00", "24:00-24:00", "09:00"):
        monkeypatch.setenv("CX_SURVEY_HOURS", wrong)
        with pytest.raises(ConfigError, match="are no hours of a day"):
            read_settings()


def test_where_browsers_reach_this_server(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_settings(port=8300).address == "http://127.0.0.1:8300"
    assert read_settings(host="::1", port=1).address == "http://[::1]:1"
    assert read_settings(host="0.0.0.0").address is None
    assert read_settings(host="::", public_url="https://chat.example/").address == "https://chat.example"


def test_the_team_reads_in_its_language_and_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CX_LANGUAGE", "pl-PL")
    monkeypatch.setenv("CX_TIME_ZONE", "Europe/Warsaw")
    assert read_settings().team == reader_of("pl", "Europe/Warsaw")


def test_only_the_demo_has_the_shops_departments() -> None:
    """A company without a file of its own gets no suggestions, least of all those of our shop."""
    assert read_departments(read_settings(demo=False).departments_file) == ()
    shop = read_departments(read_settings(demo=True).departments_file)
    assert [desk.key for desk in shop] == ["logistics", "billing", "products"]


def test_a_company_names_people_and_departments_in_its_own_files(tmp_path: Path) -> None:
    settings = read_settings(demo=False, config_dir=tmp_path)
    assert settings.roles_file == tmp_path / "roles.yml"
    assert settings.departments_file == tmp_path / "departments.yml"


def test_the_sample_can_be_copied_as_it_is() -> None:
    desks = read_departments(PROJECT_DIR / "config" / "departments.sample.yml")
    assert [desk.name for desk in desks] == ["Shipping", "Accounts"]


def test_a_clock_that_anybody_could_turn_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CX_CLOCK_TOKEN", "")
    with pytest.raises(ConfigError, match="CX_CLOCK_TOKEN"):
        read_settings()


def test_secrets_of_the_channel_api_are_what_standard_webhooks_call_secrets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    monkeypatch.setenv("CX_API_SECRETS", f"help-desk={secret}, other={secret}==")
    assert read_settings().api_secrets == {"help-desk": secret, "other": f"{secret}=="}
    for wrong in ("help-desk", "help-desk=secret", "help-desk=whsec_AAAA", f"Help={secret}"):
        monkeypatch.setenv("CX_API_SECRETS", wrong)
        with pytest.raises(ConfigError, match="CX_API_SECRETS wants pairs like help-desk=whsec_…"):
            read_settings()
