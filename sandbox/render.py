"""Messages, channels and users as Slack's API shows them."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.model import Channel, Json, Message, User, Usergroup
from sandbox.workspace import Workspace


def message_json(message: Message, *, metadata: bool = True) -> Json:
    """A message with its thread counters and reactions."""
    shown = dict(message.body)
    if not metadata:
        shown.pop("metadata", None)
    if message.replies:
        authors = list(dict.fromkeys(author_of(reply) for reply in message.replies))
        shown |= {
            "thread_ts": message.ts,
            "reply_count": len(message.replies),
            "reply_users_count": len(authors),
            "latest_reply": message.replies[-1].ts,
            "reply_users": authors[:5],
            "is_locked": False,
            "subscribed": False,
        }
    if message.reactions:
        shown["reactions"] = reactions_json(message)
    return shown


def reactions_json(message: Message) -> list[Json]:
    return [
        {"name": name, "users": list(users), "count": len(users)} for name, users in message.reactions.items()
    ]


def author_of(message: Message) -> str:
    return str(message.body.get("user") or message.body.get("bot_id") or "")


def channel_json(workspace: Workspace, channel: Channel, *, members: bool = False) -> Json:
    """A conversation as conversations.info and conversations.list show it to the app."""
    bot = workspace.app.bot_user_id
    if channel.is_im:
        shown: Json = {
            "id": channel.id,
            "created": channel.created,
            "is_im": True,
            "is_org_shared": False,
            "user": channel.peer,
            "is_user_deleted": False,
            "is_archived": False,
            "is_open": True,
            "priority": 0,
        }
    else:
        shown = _shared_channel(workspace, channel, bot)
    return {**shown, "num_members": len(channel.members)} if members else shown


def _shared_channel(workspace: Workspace, channel: Channel, bot: str) -> Json:
    creator = channel.creator or next(iter(channel.members), bot)
    return {
        "id": channel.id,
        "name": channel.name,
        "name_normalized": channel.name,
        "is_channel": True,
        "is_group": False,
        "is_im": False,
        "is_mpim": False,
        "is_private": channel.is_private,
        "created": channel.created,
        "is_archived": channel.is_archived,
        "is_general": channel.name == "general",
        "unlinked": 0,
        "is_shared": channel.is_ext_shared,
        "is_org_shared": False,
        "is_pending_ext_shared": False,
        "pending_shared": [],
        "context_team_id": workspace.team["id"],
        "creator": creator,
        "is_ext_shared": channel.is_ext_shared,
        "shared_team_ids": [workspace.team["id"], *channel.partners],
        "is_member": bot in channel.members,
        "topic": {"value": channel.topic, "creator": creator if channel.topic else "", "last_set": 0},
        "purpose": {"value": channel.purpose, "creator": creator if channel.purpose else "", "last_set": 0},
        "previous_names": channel.previous_names,
    }


def user_json(workspace: Workspace, user: User, *, email: bool, locale: bool = False) -> Json:
    """A person as users.info shows them.

    The address needs the scope users:read.email, and nobody from outside shows theirs; `locale` has to be
    asked for.
    """
    team = user.team or workspace.team["id"]
    first, _, last = user.real_name.partition(" ")
    profile: dict[str, Any] = {
        "title": user.title,
        "real_name": user.real_name,
        "real_name_normalized": user.real_name,
        "display_name": user.name,
        "display_name_normalized": user.name,
        "first_name": first,
        "last_name": last,
        "team": team,
        "status_text": "",
        "status_emoji": "",
        "avatar_hash": "",
    }
    if user.is_bot:
        profile |= {"api_app_id": workspace.app.app_id, "bot_id": workspace.app.bot_id}
    elif email and not user.team:
        profile["email"] = user.email
    shown: Json = {
        "id": user.id,
        "team_id": team,
        "name": user.name,
        "deleted": user.deleted,
        "color": user.color or "3c989f",
        "real_name": user.real_name,
        **_zone(user.tz),
        "profile": profile,
        "is_admin": user.is_admin,
        "is_owner": False,
        "is_primary_owner": False,
        "is_restricted": user.is_restricted,
        "is_ultra_restricted": user.is_ultra_restricted,
        "is_bot": user.is_bot,
        "is_app_user": False,
        "is_email_confirmed": True,
        "updated": user.updated,
        "who_can_share_contact_card": "EVERYONE",
    }
    if user.team:
        shown["is_stranger"] = True
    return {**shown, "locale": user.locale} if locale else shown


def _zone(name: str) -> Json:
    """Time zone, its label, and its seconds ahead of UTC just now."""
    now = datetime.now(ZoneInfo(name))
    offset = now.utcoffset()
    return {
        "tz": name,
        "tz_label": now.tzname() or name,
        "tz_offset": int(offset.total_seconds() if offset else 0),
    }


def usergroup_json(workspace: Workspace, group: Usergroup, *, users: bool, count: bool = True) -> Json:
    """A user group as usergroups.list and the subteam events show it."""
    shown: Json = {
        "id": group.id,
        "team_id": workspace.team["id"],
        "is_usergroup": True,
        "is_subteam": True,
        "name": group.name,
        "description": group.description,
        "handle": group.handle,
        "is_external": False,
        "date_create": group.created,
        "date_update": group.updated,
        "date_delete": group.disabled,
        "auto_type": None,
        "auto_provision": False,
        "enterprise_subteam_id": "",
        "created_by": "USLACKBOT",
        "updated_by": "USLACKBOT",
        "deleted_by": "USLACKBOT" if group.disabled else None,
        "prefs": {"channels": [], "groups": []},
        "channel_count": 0,
    }
    if users:
        shown["users"] = group.users
    return {**shown, "user_count": len(group.users)} if count else shown


def page_channel(channel: Channel) -> Json:
    """A channel as the page and the control side show it."""
    fields = ("id", "name", "topic", "purpose", "is_private", "is_im", "is_archived", "is_ext_shared")
    return {field: getattr(channel, field) for field in fields}


def page_user(user: User) -> Json:
    """A person as the page and the control side show them."""
    fields = (
        "id",
        "name",
        "real_name",
        "title",
        "tz",
        "locale",
        "color",
        "is_admin",
        "is_restricted",
        "is_ultra_restricted",
        "is_bot",
        "deleted",
        "team",
    )
    return {field: getattr(user, field) for field in fields}
