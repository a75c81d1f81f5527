"""oauth.v2.access, auth.revoke and apps.uninstall."""

import hmac
import secrets

from sandbox.api.args import Args
from sandbox.box import Box
from sandbox.errors import ApiError
from sandbox.model import Json


def check_client(box: Box, args: Args, *, secret: bool = True) -> None:
    """Raises ApiError: invalid_client_id, bad_client_secret."""
    app = box.seed.app
    if not app.client_id or args.text("client_id") != app.client_id:
        raise ApiError("invalid_client_id")
    given = args.text("client_secret") or ""
    if secret and not hmac.compare_digest(given.encode(), app.client_secret.encode()):
        raise ApiError("bad_client_secret")


def access(box: Box, args: Args) -> Json:
    """A code for a bot token. `box` is the first workspace; the code tells which one is meant."""
    check_client(box, args)
    permission = box.shared.codes.exchange(args.needed("code"), args.text("redirect_uri"))
    there = box.shared.boxes[permission.team]
    token = there.workspace.token or f"xoxb-{secrets.token_hex(16)}"
    there.install(token)
    app = there.seed.app
    return {
        "app_id": app.app_id,
        "authed_user": {"id": permission.user},
        "scope": ",".join(permission.scopes),
        "token_type": "bot",
        "access_token": token,
        "bot_user_id": app.bot_user_id,
        "team": {"id": permission.team, "name": there.workspace.team["name"]},
        "enterprise": None,
        "is_enterprise_install": False,
    }


def revoke(box: Box, args: Args) -> Json:
    """Takes the calling token away, which uninstalls the app."""
    if args.flag("test"):
        return {"revoked": False}
    box.uninstall()
    return {"revoked": True}


def uninstall(box: Box, args: Args) -> Json:
    check_client(box, args)
    box.uninstall()
    return {}
