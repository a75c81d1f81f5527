"""users.*"""

from sandbox.api.args import Args, page
from sandbox.box import Box
from sandbox.errors import ApiError
from sandbox.model import Json, User
from sandbox.render import user_json


def _shown(box: Box, args: Args, user: User) -> Json:
    email = "users:read.email" in box.manifest.scopes
    return user_json(box.workspace, user, email=email, locale=args.flag("include_locale"))


def info(box: Box, args: Args) -> Json:
    user = box.workspace.users.get(args.text("user") or "")
    if user is None:
        raise ApiError("user_not_found")
    return {"user": _shown(box, args, user)}


def list_(box: Box, args: Args) -> Json:
    """The members of the workspace; people from outside are not among them."""
    everybody = [user for user in box.workspace.users.values() if not user.team]
    shown, metadata = page(everybody, args, args.limit(1000, 1000))
    return {"members": [_shown(box, args, user) for user in shown], "response_metadata": metadata}


def lookup_by_email(box: Box, args: Args) -> Json:
    wanted = args.needed("email").lower()
    for user in box.workspace.users.values():
        if not user.is_bot and not user.deleted and not user.team and user.email.lower() == wanted:
            return {"user": _shown(box, args, user)}
    raise ApiError("users_not_found")
