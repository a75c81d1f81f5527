"""What the demo is made of: its processes, and a shop whose parts fit together."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from bot.console import read_settings
from bot.demo import outside, plan
from bot.demo.plan import SHOP_CONFIG, Options
from bot.settings import Settings
from carriers.config import SERVER
from cases.errors import ConfigError
from storage.mailboxes import read_mailboxes
from storage.sources import read_sources

SECRETS = {
    "control": "c",
    "site": "s",
    "signing": "g",
    "key": "k",
    "mail": "m",
    "phone": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "bot_token": "xoxb-1",
    "app_token": "xapp-1",
}


def read(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (SHOP_CONFIG / name).read_text().splitlines()]


def test_secrets_are_made_once_for_their_owner(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    made = plan.make_secrets(path)
    assert plan.make_secrets(path) == made
    assert len(set(made.values())) == len(made)
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_text("{")
    with pytest.raises(ConfigError, match="is damaged; remove it, or start with --fresh"):
        plan.make_secrets(path)


def test_ports_are_neighbours_and_all_different() -> None:
    options = Options(home=Path("/x"), port=8300, replicas=3)
    assert (options.ports(), options.sandbox_port) == ([8300, 8302, 8303], 8301)
    assert plan.addresses(options).chat == [f"http://127.0.0.1:{port}" for port in (8300, 8302, 8303)]


def test_over_http_slack_sends_to_one_port_more() -> None:
    carriers = [8304, 8305, 8306]
    assert Options(home=Path("/x"), port=8300, replicas=2).ports_taken() == [8300, 8302, 8301, *carriers]
    options = Options(home=Path("/x"), port=8300, replicas=2, http=True)
    assert options.ports_taken() == [8300, 8302, 8301, 8303, *carriers]
    settings = plan.app_manifest(options)["settings"]
    assert settings["socket_mode_enabled"] is False
    assert settings["event_subscriptions"]["request_url"] == "http://127.0.0.1:8303/slack/events"
    assert all("--http" in spec.command for spec in plan.bots(options, {}))


def test_nothing_of_a_real_workspace_reaches_the_demo(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SLACK_BOT_TOKEN", "SLACK_CLIENT_ID", "CX_PUBLIC_URL", "CX_CHAT_SECRETS", "CX_PORT"):
        monkeypatch.setenv(name, "real")
    monkeypatch.setenv("CX_MERGE", "false")
    monkeypatch.setenv("OPENAI_API_KEY", "kept")
    made = plan.environment(Options(home=Path("/x")), SECRETS, "postgresql:///demo")
    assert "real" not in made.values()
    assert made["SLACK_BOT_TOKEN"] == "xoxb-1"
    assert made["CX_CHAT_SECRETS"] == "shop=s"
    assert (made["CX_MERGE"], made["OPENAI_API_KEY"]) == ("false", "kept")
    assert made["CX_PARENT_PID"] == str(os.getpid())


def test_links_for_customers_lead_to_the_demo_wherever_they_are_made() -> None:
    """Workers, which listen nowhere, write mails and text messages."""
    made = plan.environment(Options(home=Path("/x"), port=9300), SECRETS, "")
    assert made["CX_PUBLIC_URL"] == "http://127.0.0.1:9300"


def test_mails_and_text_messages_stay_on_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CX_MAIL_SECRETS", "real")
    options = Options(home=tmp_path, replicas=2)
    options.data.mkdir()
    outside.write(options)
    for name, value in plan.environment(options, SECRETS, "").items():
        monkeypatch.setenv(name, value)
    settings = Settings.model_validate({})
    (mailbox,) = read_mailboxes(settings.mailboxes_file)
    assert (mailbox.imap.host, mailbox.smtp.host) == ("127.0.0.1", "127.0.0.1")
    assert mailbox.authserv_ids == {SERVER}
    assert settings.mail_secrets == {mailbox.key: "m"}
    (source,) = read_sources(settings.sources_file).values()
    assert source.deliver_to == "http://127.0.0.1:8304/replies"
    assert settings.api_secrets.keys() == {source.entrance.key}
    spec = outside.carriers(options, SECRETS)
    assert not any("whsec" in word for word in spec.command)
    assert spec.command.count("--source") == 2


def test_whoever_brings_channels_has_those(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CX_CONFIG_DIR", str(tmp_path))
    monkeypatch.setenv("CX_MAIL_SECRETS", "theirs=secret")
    options = Options(home=Path("/x"))
    assert plan.environment(options, SECRETS, "")["CX_MAIL_SECRETS"] == "support=m"
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "sources.yml").touch()
    made = plan.environment(options, SECRETS, "")
    assert made["CX_MAIL_SECRETS"] == "theirs=secret"
    assert "CX_CARRIERS" not in made
    assert options.ports_taken() == [8300, 8301]


def test_a_real_company_has_its_own_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CX_CARRIERS", str(tmp_path))
    settings = read_settings(demo=False)
    assert settings.mailboxes_file == settings.config_dir / "mailboxes.yml"


def test_a_demo_of_an_older_version_gets_the_secrets_it_lacks(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    path.write_text('{"control": "kept"}')
    made = plan.make_secrets(path)
    assert made["control"] == "kept"
    assert made["phone"].startswith("whsec_")
    assert plan.make_secrets(path) == made


def test_without_limits_nothing_is_paced() -> None:
    paced = plan.environment(Options(home=Path("/x")), SECRETS, "")
    free = plan.environment(Options(home=Path("/x"), limits=False), SECRETS, "")
    assert "CX_POST_INTERVAL_SECONDS" not in paced
    assert (free["CX_POST_INTERVAL_SECONDS"], free["CX_CHAT_LIMITS"]) == ("0", "false")
    assert plan.sandbox(Options(home=Path("/x"), limits=False), SECRETS).command[-1] == "off"


def test_the_seed_of_slack_carries_this_demos_tokens() -> None:
    seed = plan.workspace(SECRETS)
    assert seed["app"]["bot_token"] == "xoxb-1"
    assert "bot_token" not in json.loads((SHOP_CONFIG / "workspace.json").read_text())["app"]


def test_customers_and_orders_belong_together() -> None:
    customers = {row["customer_id"]: row for row in read("customers.jsonl")}
    orders = {row["order_id"]: row for row in read("orders.jsonl")}
    assert len(customers) == 12
    for order in orders.values():
        assert order["order_id"] in customers[order["customer_id"]]["order_ids"]
        total = round(sum(item["price"] for item in order["items"]), 2)
        assert order["payment_history"][0]["amount"] == total
    named = {order for customer in customers.values() for order in customer["order_ids"]}
    assert named == set(orders)


def test_cases_are_told_by_people_who_exist() -> None:
    customers = {row["customer_id"] for row in read("customers.jsonl")}
    orders = {row["order_id"]: row["customer_id"] for row in read("orders.jsonl")}
    seed = plan.workspace(SECRETS)
    staff = {user["id"] for user in seed["users"] if not user["is_restricted"]}
    members = {channel["name"]: channel["members"] for channel in seed["channels"]}
    for case in read("cases.jsonl"):
        assert case.get("customer_id") in customers or "visitor" in case
        assert "bot" in members[case["channel"]]
        for turn in case["turns"]:
            assert (turn["do"] == "write") == ("who" not in turn)
            assert turn.get("who", "U0MAREN") in staff & set(members[case["channel"]])
            for order, owner in orders.items():
                assert order not in turn.get("text", "") or owner == case["customer_id"]
