"""auth.*, apps.* and team.*"""

from sandbox.api.args import Args
from sandbox.box import Box
from sandbox.model import Json


def auth_test(box: Box, args: Args) -> Json:
    team, app = box.workspace.team, box.seed.app
    return {
        "url": f"http://{box.host}/",
        "team": team["name"],
        "user": box.workspace.users[app.bot_user_id].name,
        "team_id": team["id"],
        "user_id": app.bot_user_id,
        "bot_id": app.bot_id,
        "is_enterprise_install": False,
    }


def apps_connections_open(box: Box, args: Args) -> Json:
    return {"url": box.sockets.address()}


def team_info(box: Box, args: Args) -> Json:
    team = box.workspace.team
    return {
        "team": {
            "id": team["id"],
            "name": team["name"],
            "domain": team["domain"],
            "email_domain": "",
            "icon": {},
        }
    }
