"""Who people are: guests, people from outside, languages and zones, user groups, coming and going."""

from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from tests.sandbox.conftest import Listening
from tests.sandbox.test_posting import refusal
from tests.support.sandbox import SandboxProcess, until

SUPPORT = "C0SUPPORT"


async def test_a_locale_has_to_be_asked_for(sandbox: SandboxProcess, client: AsyncWebClient) -> None:
    await sandbox.do("set_user", user="U0TOM", locale="pl-PL", tz="Asia/Tokyo")
    plain = (await client.users_info(user="U0TOM"))["user"]
    assert "locale" not in plain
    assert (plain["tz"], plain["tz_label"], plain["tz_offset"]) == ("Asia/Tokyo", "JST", 32_400)
    assert (await client.users_info(user="U0TOM", include_locale=True))["user"]["locale"] == "pl-PL"
    listed = (await client.users_list(include_locale=True))["members"]
    assert {each["id"]: each["locale"] for each in listed}["U0TOM"] == "pl-PL"


async def test_guests_and_people_from_outside(
    sandbox: SandboxProcess, client: AsyncWebClient, listening: Listening
) -> None:
    await sandbox.do("set_user", user="U0GUS", is_ultra_restricted=True)
    guest = (await client.users_info(user="U0GUS"))["user"]
    assert (guest["is_restricted"], guest["is_ultra_restricted"]) == (True, True)
    await sandbox.do("share_channel", channel=SUPPORT, team="T0CARRIER")
    await sandbox.do("set_user", user="U0EVE", name="eve", real_name="Eve Outside", team="T0CARRIER")
    await sandbox.do("invite", channel=SUPPORT, user="U0EVE")
    stranger = (await client.users_info(user="U0EVE"))["user"]
    assert (stranger["team_id"], stranger["is_stranger"], stranger["profile"].get("email")) == (
        "T0CARRIER",
        True,
        None,
    )
    assert "U0EVE" not in {each["id"] for each in (await client.users_list())["members"]}
    channel = (await client.conversations_info(channel=SUPPORT))["channel"]
    assert (channel["is_ext_shared"], channel["shared_team_ids"]) == (True, ["T0SHOP", "T0CARRIER"])
    await sandbox.act("U0EVE", "post", channel=SUPPORT, text="from outside")
    await listening.until("message", "channel_shared", "team_join")
    await until(lambda: any(each["event"].get("text") == "from outside" for each in listening.heard))
    body = next(each for each in listening.heard if each["event"].get("text") == "from outside")
    assert body["is_ext_shared_channel"] is True
    assert (body["event"]["user_team"], body["event"]["source_team"]) == ("T0CARRIER", "T0CARRIER")
    assert listening.events("channel_shared")[0]["connected_team_id"] == "T0CARRIER"
    assert listening.events("team_join")[0]["user"]["id"] == "U0EVE"
    await sandbox.do("unshare_channel", channel=SUPPORT, team="T0CARRIER")
    await until(lambda: listening.events("channel_unshared"))
    assert (await client.conversations_info(channel=SUPPORT))["channel"]["is_ext_shared"] is False


async def test_user_groups_and_their_changes(
    sandbox: SandboxProcess, client: AsyncWebClient, listening: Listening
) -> None:
    (group,) = (await client.usergroups_list(include_users=True, include_count=True))["usergroups"]
    assert (group["id"], group["handle"], group["users"], group["user_count"]) == (
        "S0LEADS",
        "leads",
        ["U0ADA"],
        1,
    )
    assert not set((await client.usergroups_list())["usergroups"][0]) & {"users", "user_count"}
    await sandbox.do("set_usergroup", usergroup="S0LEADS", users=["U0MAYA"])
    assert (await client.usergroups_users_list(usergroup="S0LEADS"))["users"] == ["U0MAYA"]
    await listening.until("subteam_updated", "subteam_members_changed")
    (changed,) = listening.events("subteam_members_changed")
    assert (changed["added_users"], changed["removed_users"]) == (["U0MAYA"], ["U0ADA"])
    await client.usergroups_users_update(usergroup="S0LEADS", users=["U0MAYA", "U0TOM"])
    assert (await client.usergroups_users_list(usergroup="S0LEADS"))["users"] == ["U0MAYA", "U0TOM"]
    await sandbox.do("set_usergroup", usergroup="S0NIGHT", handle="night", name="Night", users=["U0TOM"])
    await until(lambda: listening.events("subteam_created"))
    await sandbox.do("set_usergroup", usergroup="S0LEADS", disabled=True)
    assert [each["id"] for each in (await client.usergroups_list())["usergroups"]] == ["S0NIGHT"]
    everything = await client.usergroups_list(include_disabled=True)
    assert [bool(each["date_delete"]) for each in everything["usergroups"]] == [True, False]


@pytest.mark.parametrize(
    ("method", "arguments", "error"),
    [
        ("usergroups.users.list", {"usergroup": "S0NO"}, "no_such_subteam"),
        ("usergroups.users.list", {}, "invalid_arguments"),
        ("usergroups.users.update", {"usergroup": "S0LEADS", "users": ""}, "no_users_provided"),
        ("usergroups.users.update", {"usergroup": "S0LEADS", "users": "U0NO"}, "invalid_users"),
    ],
)
async def test_what_user_groups_refuse(
    client: AsyncWebClient, method: str, arguments: dict[str, Any], error: str
) -> None:
    assert (await refusal(client.api_call(method, params=arguments)))["error"] == error


async def test_people_and_groups_survive_a_restart(fresh_folder: Any) -> None:
    process = SandboxProcess(fresh_folder, strict=False)
    process.start()
    await process.do("set_user", user="U0NEW", name="nia", real_name="Nia", locale="cs-CZ")
    await process.do("set_usergroup", usergroup="S0LEADS", users=["U0NEW"])
    await process.do("share_channel", channel=SUPPORT, team="T0CARRIER")
    process.kill()
    process.start()
    state = await process.state()
    assert next(each for each in state["users"] if each["id"] == "U0NEW")["locale"] == "cs-CZ"
    assert state["usergroups"][0]["users"] == ["U0NEW"]
    assert next(each for each in state["channels"] if each["id"] == SUPPORT)["is_ext_shared"] is True
    await process.close()


async def test_coming_and_going_is_told(
    sandbox: SandboxProcess, client: AsyncWebClient, listening: Listening
) -> None:
    await sandbox.do("kick", channel=SUPPORT, user="U0TOM")
    await sandbox.do("invite", channel=SUPPORT, user="U0TOM")
    await sandbox.do("rename", channel=SUPPORT, name="help")
    await sandbox.do("kick_bot", channel=SUPPORT)
    await listening.until("channel_left", "member_left_channel", "member_joined_channel", "channel_rename")
    assert listening.events("member_left_channel")[0]["user"] == "U0TOM"
    assert listening.events("member_joined_channel")[0]["inviter"] == "U0ADA"
    assert listening.events("channel_rename")[0]["channel"]["name"] == "help"
    kinds = [each["subtype"] for each in await sandbox.messages(SUPPORT)]
    assert kinds == ["channel_leave", "channel_join", "channel_name", "channel_leave"]
    assert (await refusal(client.conversations_history(channel=SUPPORT)))["error"] == "not_in_channel"
