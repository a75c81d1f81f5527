"""The Web API: which method is served by which function, with which scope and rate tier."""

from collections.abc import Callable
from dataclasses import dataclass

from sandbox.api import (
    agents,
    auth,
    bookmarks,
    channels,
    chat,
    conversations,
    files,
    oauth,
    pins,
    reactions,
    scheduled,
    streams,
    usergroups,
    users,
    views,
)
from sandbox.api.args import Args
from sandbox.box import Box
from sandbox.model import Json

Handler = Callable[[Box, Args], Json]


@dataclass(frozen=True, slots=True)
class Method:
    """One method.

    `scopes`: any one is enough. `tier`: Slack's rate tier, None without limit. `public`: needs no token.
    """

    handler: Handler
    scopes: tuple[str, ...] = ()
    tier: int | None = None
    app_token: bool = False
    public: bool = False


METHODS: dict[str, Method] = {
    "agents.sessions.rename": Method(agents.rename_session, ("chat:write",), 3),
    "agents.sessions.setStatus": Method(agents.set_session_status, ("chat:write",), 3),
    "apps.connections.open": Method(auth.apps_connections_open, app_token=True),
    "apps.uninstall": Method(oauth.uninstall),
    "assistant.threads.setStatus": Method(agents.set_status, ("chat:write", "assistant:write")),
    "assistant.threads.setSuggestedPrompts": Method(agents.set_suggested_prompts, ("assistant:write",), 4),
    "assistant.threads.setTitle": Method(agents.set_title, ("assistant:write",), 4),
    "auth.revoke": Method(oauth.revoke),
    "auth.test": Method(auth.auth_test),
    "bookmarks.add": Method(bookmarks.add, ("bookmarks:write",), 2),
    "bookmarks.edit": Method(bookmarks.edit, ("bookmarks:write",), 2),
    "bookmarks.list": Method(bookmarks.list_, ("bookmarks:read",), 3),
    "bookmarks.remove": Method(bookmarks.remove, ("bookmarks:write",), 2),
    "chat.appendStream": Method(streams.append, ("chat:write",), 4),
    "chat.delete": Method(chat.delete, ("chat:write",), 3),
    "chat.deleteScheduledMessage": Method(scheduled.delete, ("chat:write",), 3),
    "chat.getPermalink": Method(chat.get_permalink),
    "chat.meMessage": Method(chat.me_message, ("chat:write",), 3),
    "chat.postEphemeral": Method(chat.post_ephemeral, ("chat:write",), 4),
    "chat.postMessage": Method(chat.post_message, ("chat:write",)),
    "chat.scheduleMessage": Method(scheduled.schedule, ("chat:write",), 3),
    "chat.scheduledMessages.list": Method(scheduled.list_, tier=3),
    "chat.startStream": Method(streams.start, ("chat:write",), 2),
    "chat.stopStream": Method(streams.stop, ("chat:write",), 2),
    "chat.update": Method(chat.update, ("chat:write",), 3),
    "conversations.archive": Method(channels.archive, tier=2),
    "conversations.close": Method(channels.close, ("im:write",), 2),
    "conversations.create": Method(channels.create, tier=2),
    "conversations.history": Method(conversations.history, tier=3),
    "conversations.info": Method(conversations.info, tier=3),
    "conversations.invite": Method(channels.invite, tier=3),
    "conversations.join": Method(conversations.join, ("channels:join",), 3),
    "conversations.kick": Method(channels.kick, tier=3),
    "conversations.leave": Method(channels.leave, tier=3),
    "conversations.list": Method(conversations.list_, tier=2),
    "conversations.mark": Method(channels.mark, ("channels:manage", "groups:write", "im:write"), 3),
    "conversations.members": Method(conversations.members, tier=4),
    "conversations.open": Method(conversations.open_, ("im:write",), 3),
    "conversations.rename": Method(channels.rename, tier=2),
    "conversations.replies": Method(conversations.replies, tier=3),
    "conversations.setPurpose": Method(channels.set_purpose, tier=2),
    "conversations.setTopic": Method(channels.set_topic, tier=2),
    "conversations.unarchive": Method(channels.unarchive, tier=2),
    "files.completeUploadExternal": Method(files.complete_upload, ("files:write",), 4),
    "files.delete": Method(files.delete, ("files:write",), 3),
    "files.getUploadURLExternal": Method(files.get_upload_url, ("files:write",), 4),
    "files.info": Method(files.info, ("files:read",), 4),
    "files.list": Method(files.list_, ("files:read",), 3),
    "oauth.v2.access": Method(oauth.access, tier=4, public=True),
    "pins.add": Method(pins.add, ("pins:write",), 2),
    "pins.list": Method(pins.list_, ("pins:read",), 2),
    "pins.remove": Method(pins.remove, ("pins:write",), 2),
    "reactions.add": Method(reactions.add, ("reactions:write",), 3),
    "reactions.get": Method(reactions.get, ("reactions:read",), 3),
    "reactions.remove": Method(reactions.remove, ("reactions:write",), 2),
    "team.info": Method(auth.team_info, ("team:read",), 3),
    "usergroups.list": Method(usergroups.list_, ("usergroups:read",), 2),
    "usergroups.users.list": Method(usergroups.users_list, ("usergroups:read",), 2),
    "usergroups.users.update": Method(usergroups.users_update, ("usergroups:write",), 2),
    "users.info": Method(users.info, ("users:read",), 4),
    "users.list": Method(users.list_, ("users:read",), 2),
    "users.lookupByEmail": Method(users.lookup_by_email, ("users:read.email",), 3),
    "views.open": Method(views.open_, tier=4),
    "views.publish": Method(views.publish, tier=4),
    "views.push": Method(views.push, tier=4),
    "views.update": Method(views.update, tier=4),
}
