"""usergroups.*"""

from sandbox.api.args import Args
from sandbox.box import Box
from sandbox.errors import ApiError
from sandbox.model import Json, Usergroup
from sandbox.render import usergroup_json


def list_(box: Box, args: Args) -> Json:
    users, count = args.flag("include_users"), args.flag("include_count")
    groups = [
        usergroup_json(box.workspace, group, users=users, count=count)
        for group in box.workspace.usergroups.values()
        if args.flag("include_disabled") or not group.disabled
    ]
    return {"usergroups": groups}


def users_list(box: Box, args: Args) -> Json:
    group = _group(box, args)
    if group.disabled and not args.flag("include_disabled"):
        raise ApiError("subteam_disabled")
    return {"users": group.users}


def users_update(box: Box, args: Args) -> Json:
    """Replaces the members. Raises ApiError: no_such_subteam, no_users_provided, invalid_users."""
    group, users = _group(box, args), args.several("users")
    if not users:
        raise ApiError("no_users_provided")
    if any(user not in box.workspace.users for user in users):
        raise ApiError("invalid_users")
    box.staff.set_members(group, users)
    return {"usergroup": usergroup_json(box.workspace, group, users=True)}


def _group(box: Box, args: Args) -> Usergroup:
    group = box.workspace.usergroups.get(args.needed("usergroup"))
    if group is None:
        raise ApiError("no_such_subteam")
    return group
