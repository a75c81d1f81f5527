"""Installations by OAuth, as rows."""

from __future__ import annotations

from storage import installations
from storage.db import Database, Row
from tests.support.office import NOW


async def install(db: Database, team: str = "T1", token: str = "sealed") -> int:
    return await installations.save(
        db,
        team=team,
        name=f"The {team}",
        url="https://t1.slack.com/",
        bot_user="UBOT",
        bot="BBOT",
        token=token,
        scopes=["users:read", "chat:write"],
        installed_by="U1",
        now=NOW,
    )


async def only(db: Database) -> Row:
    (row,) = await installations.listed(db)
    return row


async def test_another_installation_takes_the_place_of_the_first(database: Database) -> None:
    first = await install(database)
    assert (await only(database))["scopes"] == "chat:write,users:read"
    async with database.transaction() as tx:
        await installations.revoke_in(tx, first, "sealed", "app_uninstalled", NOW)
    assert (await only(database))["revoked_at"] == NOW
    assert await install(database, token="sealed again") == first
    row = await only(database)
    assert (row["token"], row["revoked_at"]) == ("sealed again", None)
    actions = await database.fetch("SELECT action, detail FROM audit ORDER BY id")
    assert [row["action"] for row in actions] == [
        "workspace.installed",
        "workspace.uninstalled",
        "workspace.installed",
    ]
    assert "sealed" not in str(actions)


async def test_late_word_of_an_old_token_takes_nothing_away(database: Database) -> None:
    workspace = await install(database, token="new")
    async with database.transaction() as tx:
        await installations.revoke_in(tx, workspace, "old", "tokens_revoked", NOW)
    assert (await only(database))["revoked_at"] is None


async def test_a_token_sealed_anew_replaces_only_the_one_it_was_made_from(database: Database) -> None:
    workspace = await install(database, token="old")
    await installations.reseal(database, workspace, "older", "wrong")
    assert (await only(database))["token"] == "old"
    await installations.reseal(database, workspace, "old", "new")
    assert (await only(database))["token"] == "new"


async def test_channels_are_remembered_beside_those_known_before(database: Database) -> None:
    workspace = await install(database)
    await installations.remember_channels(database, workspace, {"support": "C1"})
    await installations.remember_channels(database, workspace, {"returns": "C2"})
    assert (await only(database))["channels"] == {"support": "C1", "returns": "C2"}


async def test_a_state_is_spent_once(database: Database) -> None:
    assert [await installations.spend(database, "state", NOW) for _ in range(2)] == [True, False]
