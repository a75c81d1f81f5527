"""Reads the workspace seed (JSON) and the app's manifest (YAML); says in one sentence what is wrong."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import orjson
import yaml

from sandbox.errors import StartError

APP_KEYS = ("app_id", "bot_id", "bot_user_id", "bot_name", "bot_token", "app_token", "signing_secret")


@dataclass(frozen=True)
class App:
    """The one app, as it is installed in a workspace; without a bot token it is not yet."""

    app_id: str
    bot_id: str
    bot_user_id: str
    bot_name: str
    bot_token: str
    app_token: str
    signing_secret: str
    client_id: str = ""
    client_secret: str = ""


@dataclass(frozen=True)
class Seed:
    """The workspace as it is before anything happened in it."""

    team: dict[str, Any]
    app: App
    users: list[dict[str, Any]]
    channels: list[dict[str, Any]]
    usergroups: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class Command:
    command: str
    description: str
    usage_hint: str
    should_escape: bool


@dataclass(frozen=True)
class Shortcut:
    name: str
    kind: str
    callback_id: str
    description: str


@dataclass(frozen=True)
class Manifest:
    """What the app may do and is told about; whatever is missing here does not work."""

    scopes: frozenset[str]
    events: frozenset[str]
    commands: dict[str, Command] = field(default_factory=dict)
    shortcuts: dict[str, Shortcut] = field(default_factory=dict)
    interactive: bool = False
    socket_mode: bool = False
    home_tab: bool = False
    messages_tab: bool = True
    agent: bool = False
    redirect_urls: tuple[str, ...] = ()
    prompts: list[dict[str, str]] = field(default_factory=list)


def read_seeds(path: Path) -> list[Seed]:
    """The workspace of the file, then those in its `workspaces`, in which the app may yet be installed.

    Raises StartError when the file is missing, not JSON or lacks a part."""
    try:
        raw = orjson.loads(path.read_bytes())
    except OSError as problem:
        raise StartError(f"The workspace file {path} cannot be read: {problem.strerror}.") from problem
    except orjson.JSONDecodeError as problem:
        raise StartError(f"The workspace file {path} is not valid JSON: {problem}.") from problem
    first = _seed(raw, path)
    others = raw.get("workspaces") or []
    if not isinstance(others, list):
        raise StartError(f'"workspaces" in the workspace file {path} must be a JSON list.')
    return [first, *(_seed(_with_app(each, first.app), path, later=True) for each in others)]


def _with_app(raw: Any, app: App) -> Any:
    """Another workspace has the same app, under a bot of its own and with a token of its own or none."""
    if not isinstance(raw, dict):
        return raw
    own: Any = raw.get("app")
    return {**raw, "app": {**asdict(app), "bot_token": "", **(own if isinstance(own, dict) else {})}}


def _seed(raw: Any, path: Path, *, later: bool = False) -> Seed:
    if not isinstance(raw, dict):
        raise StartError(f"The workspace file {path} must hold a JSON object.")
    for part, kind in (("team", dict), ("app", dict), ("users", list), ("channels", list)):
        if not isinstance(raw.get(part), kind):
            raise StartError(f'The workspace file {path} lacks "{part}" (a JSON {_word(kind)}).')
    _need(raw["team"], ("id", "name", "domain"), "team", path)
    _need(raw["app"], tuple(key for key in APP_KEYS if not later or key != "bot_token"), "app", path)
    if not raw["users"]:
        raise StartError(f'The workspace file {path} needs at least one person in "users".')
    for user in raw["users"]:
        _need(user, ("id", "name"), "users", path)
    for channel in raw["channels"]:
        _need(channel, ("id", "name"), "channels", path)
    groups = raw.get("usergroups") or []
    for group in groups:
        _need(group, ("id", "handle", "name"), "usergroups", path)
    optional = {key: raw["app"].get(key) or "" for key in ("client_id", "client_secret")}
    app = App(**{key: raw["app"][key] for key in APP_KEYS}, **optional)
    return Seed(raw["team"], app, raw["users"], raw["channels"], groups)


def _word(kind: type) -> str:
    return "object" if kind is dict else "list"


def _need(part: Any, keys: tuple[str, ...], name: str, path: Path) -> None:
    for key in keys:
        if not isinstance(part, dict) or not isinstance(part.get(key), str) or not part[key]:
            raise StartError(f'The workspace file {path} lacks the text "{key}" in "{name}".')


def read_manifest(path: Path) -> Manifest:
    """Raises StartError when the file is missing, not YAML or not a manifest."""
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise StartError(f"The app manifest {path} cannot be read: {problem.strerror}.") from problem
    except (yaml.YAMLError, UnicodeDecodeError) as problem:
        raise StartError(
            f"The app manifest {path} is not valid YAML: {str(problem).splitlines()[0]}."
        ) from problem
    if not isinstance(raw, dict):
        raise StartError(f"The app manifest {path} must hold a mapping.")
    try:
        return _manifest(raw)
    except (AttributeError, KeyError, TypeError) as problem:
        raise StartError(f"The app manifest {path} does not have the shape of a Slack manifest.") from problem


def _manifest(raw: dict[str, Any]) -> Manifest:
    features = raw.get("features") or {}
    settings = raw.get("settings") or {}
    home = features.get("app_home") or {}
    agent = features.get("agent_view")
    scopes = ((raw.get("oauth_config") or {}).get("scopes") or {}).get("bot") or []
    return Manifest(
        scopes=frozenset(scopes),
        events=frozenset((settings.get("event_subscriptions") or {}).get("bot_events") or []),
        commands={item["command"]: _command(item) for item in features.get("slash_commands") or []},
        shortcuts={item["callback_id"]: _shortcut(item) for item in features.get("shortcuts") or []},
        interactive=bool((settings.get("interactivity") or {}).get("is_enabled")),
        socket_mode=bool(settings.get("socket_mode_enabled")),
        home_tab=bool(home.get("home_tab_enabled")),
        messages_tab=bool(home.get("messages_tab_enabled", True)),
        agent=isinstance(agent, dict),
        redirect_urls=tuple((raw.get("oauth_config") or {}).get("redirect_urls") or ()),
        prompts=(agent or {}).get("suggested_prompts") or [],
    )


def _command(item: dict[str, Any]) -> Command:
    return Command(
        command=item["command"],
        description=item.get("description") or "",
        usage_hint=item.get("usage_hint") or "",
        should_escape=bool(item.get("should_escape")),
    )


def _shortcut(item: dict[str, Any]) -> Shortcut:
    return Shortcut(
        name=item["name"],
        kind=item["type"],
        callback_id=item["callback_id"],
        description=item.get("description") or "",
    )
