"""views.*"""

from sandbox.api.args import Args
from sandbox.box import Box
from sandbox.errors import ApiError, InvalidArguments
from sandbox.model import Json
from sandbox.validate.views import check_view


def _view(args: Args, kind: str) -> Json:
    raw = args.parsed("view", "invalid_arguments")
    if raw is None:
        raise InvalidArguments(["missing required field: view"])
    return check_view(raw, kind)


def open_(box: Box, args: Args) -> Json:
    body = _view(args, "modal")
    trigger = box.triggers.exchange(args.needed("trigger_id"))
    return {"view": box.modals.show(box.modals.open(trigger.user, body))}


def push(box: Box, args: Args) -> Json:
    body = _view(args, "modal")
    trigger = box.triggers.exchange(args.needed("trigger_id"))
    if trigger.view_id is None:
        raise ApiError("not_found")
    return {"view": box.modals.show(box.modals.open(trigger.user, body, on=trigger.view_id))}


def update(box: Box, args: Args) -> Json:
    if not args.text("view_id") and not args.text("external_id"):
        raise InvalidArguments(["missing required field: view_id"])
    view = box.modals.find(args.text("view_id"), args.text("external_id"))
    body = _view(args, view.body["type"])
    return {"view": box.modals.show(box.modals.update(view, body, args.text("hash")))}


def publish(box: Box, args: Args) -> Json:
    user = box.workspace.users.get(args.needed("user_id"))
    if user is None or user.is_bot:
        raise ApiError("user_not_found")
    if not box.manifest.home_tab:
        raise ApiError("not_enabled")
    home = box.modals.publish(user.id, _view(args, "home"), args.text("hash"))
    return {"view": box.modals.show(home)}
