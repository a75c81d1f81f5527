"""Changes among people: who they are, who belongs to which user group. The app hears of each."""

import time

from sandbox.clock import now_ts
from sandbox.errors import ActError
from sandbox.events import Events
from sandbox.model import USER_KEYS, Json, User, Usergroup
from sandbox.render import page_user, user_json, usergroup_json
from sandbox.watch import Watch
from sandbox.workspace import Workspace

GROUP_KEYS = ("handle", "name", "description")


class Staff:
    """The only way in which people and user groups change."""

    def __init__(self, workspace: Workspace, events: Events, watch: Watch, *, email: bool) -> None:
        self._workspace = workspace
        self._events = events
        self._watch = watch
        self._email = email

    def set_user(self, user_id: str, changes: Json) -> User:
        """Changes a person, or takes in a new one. Raises ActError(invalid_user)."""
        user = self._workspace.users.get(user_id)
        is_new = user is None
        if user is None:
            name = str(changes.get("name") or user_id.lower())
            email = f"{name}@{self._workspace.team['domain']}.example"
            user = User(id=user_id, name=name, real_name=name, email=email)
        unknown = set(changes) - {"name", *USER_KEYS}
        if unknown or not user_id.startswith(("U", "W")):
            raise ActError("invalid_user", detail=f"cannot set {sorted(unknown)}")
        for key, value in changes.items():
            setattr(user, key, value)
        self._workspace.save_user(user)
        shown = user_json(self._workspace, user, email=self._email, locale=True)
        type_ = "team_join" if is_new else "user_change"
        event = {"type": type_, "user": shown, "cache_ts": int(time.time()), "event_ts": now_ts()}
        self._events.anywhere(type_, event)
        self._watch.tell("user", time.monotonic(), everybody=True, person=page_user(user))
        return user

    def set_group(self, group_id: str, changes: Json) -> Usergroup:
        """Changes a user group (`handle name description users disabled`), or makes a new one."""
        group, now = self._workspace.usergroups.get(group_id), int(time.time())
        is_new = group is None
        if group is None:
            handle = str(changes.get("handle") or group_id.lower())
            group = Usergroup(group_id, handle, str(changes.get("name") or handle), created=now, updated=now)
        for key in GROUP_KEYS:
            if key in changes:
                setattr(group, key, str(changes[key]))
        if "disabled" in changes:
            group.disabled = now if changes["disabled"] else 0
        self._workspace.save_usergroup(group)
        if is_new or set(changes) - {"users"}:
            self._tell("subteam_created" if is_new else "subteam_updated", group)
        if isinstance(changes.get("users"), list):
            self.set_members(group, changes["users"])
        return group

    def set_members(self, group: Usergroup, users: list[str]) -> None:
        """Replaces the members of a group; the app hears who came and who went."""
        unknown = [user for user in users if user not in self._workspace.users]
        if unknown:
            raise ActError("user_not_found", detail=unknown[0])
        before, previous = group.users, group.updated
        group.users, group.updated = list(dict.fromkeys(users)), int(time.time())
        self._workspace.save_usergroup(group)
        added = [user for user in group.users if user not in before]
        removed = [user for user in before if user not in group.users]
        event: Json = {
            "type": "subteam_members_changed",
            "subteam_id": group.id,
            "team_id": self._workspace.team["id"],
            "date_previous_update": previous,
            "date_update": group.updated,
            "added_users": added,
            "added_users_count": len(added),
            "removed_users": removed,
            "removed_users_count": len(removed),
            "event_ts": now_ts(),
        }
        if added or removed:
            self._events.anywhere("subteam_members_changed", event)
            self._tell("subteam_updated", group)

    def _tell(self, type_: str, group: Usergroup) -> None:
        shown = usergroup_json(self._workspace, group, users=True)
        self._events.anywhere(type_, {"type": type_, "subteam": shown, "event_ts": now_ts()})
