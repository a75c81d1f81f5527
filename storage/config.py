"""Reading ``config/*.yml``: what a company sets up in files, with errors that say where to look."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from cases.errors import ConfigError
from cases.reader import Language

_TEAM = re.compile(r"T[A-Z0-9]{2,}")


@dataclass(frozen=True, slots=True)
class Site:
    """A web chat site: where its widget may be embedded and where its cases go."""

    key: str
    title: str
    greeting: Mapping[Language | None, str]
    """What the chat begins with, by language; None = in every other."""
    slack_channel: str
    """Name or id of the Slack channel."""
    allowed_origins: tuple[str, ...]
    workspace: str | None = None
    """Team id (T…) of the Slack workspace; None where there is only one."""
    routes: Mapping[Language, str] = field(default_factory=dict)
    """Where the cases of customers of a language go instead: the name or id of the Slack channel."""
    receipts: bool = False
    """Whether the first message of a case is answered with a receipt."""

    def channels(self) -> dict[str, str]:
        """All its Slack channels, each with who names it: the site, or its route for a language."""
        routed = {channel: f"{self.key}, {language}" for language, channel in self.routes.items()}
        return routed | {self.slack_channel: self.key}


def _site(entry: object, where: str) -> Site:
    if not isinstance(entry, dict):
        raise ConfigError(f"{where} must name key, title and slack_channel.")
    for needed in ("key", "title", "slack_channel"):
        if not isinstance(entry.get(needed), str) or not entry[needed]:
            raise ConfigError(f"{where} needs a text for `{needed}`.")
    return Site(
        key=entry["key"],
        title=entry["title"],
        greeting=_greeting(entry, where),
        slack_channel=entry["slack_channel"].lstrip("#"),
        allowed_origins=_origins(entry, where),
        workspace=_workspace(entry, where),
        routes=_routes(entry, where),
        receipts=_receipts(entry, where),
    )


def _receipts(entry: dict[str, Any], where: str) -> bool:
    receipts = entry.get("receipts", False)
    if not isinstance(receipts, bool):
        raise ConfigError(f"{where} needs true or false for `receipts`, or none.")
    return receipts


def _workspace(entry: dict[str, Any], where: str) -> str | None:
    workspace = entry.get("workspace")
    if workspace is not None and (not isinstance(workspace, str) or not _TEAM.fullmatch(workspace)):
        raise ConfigError(f"{where} needs the id of a Slack workspace (T…) for `workspace`, or none.")
    return workspace


def _greeting(entry: dict[str, Any], where: str) -> dict[Language | None, str]:
    """One text for all, or one for each language."""
    given = entry.get("greeting") or ""
    if isinstance(given, str):
        return {None: given}
    if not isinstance(given, dict) or not all(isinstance(text, str) for text in given.values()):
        raise ConfigError(f"{where} needs a text for `greeting`, one for each language, or none.")
    unknown = [str(key) for key in given if key not in set(Language)]
    if unknown:
        languages = ", ".join(Language)
        raise ConfigError(f"{where} greets in the language {unknown[0]}, but the chat speaks {languages}.")
    return {Language(key): text for key, text in given.items()}


def _routes(entry: dict[str, Any], where: str) -> dict[Language, str]:
    given = entry.get("routes") or []
    if not isinstance(given, list):
        raise ConfigError(f"{where} needs a list for `routes`, or none.")
    routes: dict[Language, str] = {}
    for place, each in enumerate(given, 1):
        language, channel = _route(each, f"{where}, route {place}")
        if language in routes:
            raise ConfigError(f"{where}, route {place} is for the language {language}, as one before it.")
        routes[language] = channel
    return routes


def _route(entry: object, where: str) -> tuple[Language, str]:
    if not isinstance(entry, dict):
        raise ConfigError(f"{where} must name language and slack_channel.")
    for unknown in entry.keys() - {"language", "slack_channel"}:
        raise ConfigError(f"{where} says `{unknown}`, but a route has only `language` and `slack_channel`.")
    language, channel = entry.get("language"), entry.get("slack_channel")
    if language is None or language not in list(Language):
        languages = ", ".join(Language)
        said = "no language" if language is None else f"the language {language}"
        raise ConfigError(f"{where} is for {said}, but the chat speaks {languages}.")
    if not isinstance(channel, str) or not channel.lstrip("#"):
        raise ConfigError(f"{where} needs a text for `slack_channel`.")
    return Language(language), channel.lstrip("#")


def _origins(entry: dict[str, Any], where: str) -> tuple[str, ...]:
    origins = entry.get("allowed_origins") or []
    if not isinstance(origins, list) or not all(isinstance(origin, str) for origin in origins):
        raise ConfigError(f"{where} needs a list of texts for `allowed_origins`, or none.")
    return tuple(origins)


def read_sites(config_dir: Path) -> dict[str, Site]:
    """The chat sites by key, from ``sites.yml``; raises ConfigError naming the file and the place."""
    path = config_dir / "sites.yml"
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"{path} is missing; CX_CONFIG_DIR must name a folder with sites.yml.") from None
    except (yaml.YAMLError, OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}") from None
    entries = content.get("sites") if isinstance(content, dict) else None
    if not isinstance(entries, list) or not entries:
        raise ConfigError(f"{path} needs a list `sites` with at least one site.")
    sites = [_site(entry, f"{path}, site {place}") for place, entry in enumerate(entries, 1)]
    if len({site.key for site in sites}) < len(sites):
        raise ConfigError(f"{path} names two sites with the same key.")
    return {site.key: site for site in sites}
