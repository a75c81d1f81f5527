"""users.* and usergroups.*"""

from sandbox.api.args import Args, page
from sandbox.box import Box
from sandbox.errors import ApiError
from sandbox.model import Json
from sandbox.render import user_json


def _sees_email(box: Box) -> bool:
    return "users:read.email" in box.manifest.scopes


def info(box: Box, args: Args) -> Json:
    user = box.workspace.users.get(args.text("user") or "")
    if user is None:
        raise ApiError("user_not_found")
    shown = user_json(box.workspace, user, email=_sees_email(box))
    if args.flag("include_locale"):
        shown["locale"] = user.locale
    return {"user": shown}


def list_(box: Box, args: Args) -> Json:
    everybody = list(box.workspace.users.values())
    shown, metadata = page(everybody, args, args.limit(1000, 1000))
    email = _sees_email(box)
    members = [user_json(box.workspace, user, email=email) for user in shown]
    return {"members": members, "response_metadata": metadata}


def lookup_by_email(box: Box, args: Args) -> Json:
    wanted = args.needed("email").lower()
    for user in box.workspace.users.values():
        if not user.is_bot and user.email.lower() == wanted:
            return {"user": user_json(box.workspace, user, email=True)}
    raise ApiError("users_not_found")


def groups_list(box: Box, args: Args) -> Json:
    return {"usergroups": []}


def group_users(box: Box, args: Args) -> Json:
    raise ApiError("no_such_subteam")
