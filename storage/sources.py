"""Reading ``sources.yml``: the other systems that speak the channel API."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from cases.arrivals import Entrance
from cases.enums import Channel
from storage.yaml_places import Place, read

_KEY = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_ICON = re.compile(r":[a-z0-9_+'-]{1,60}:")
_TEAM = re.compile(r"T[A-Z0-9]{2,}")
_FIELDS = ("key", "title", "icon", "slack_channel", "workspace", "deliver_to", "public", "receipts")
FILE = "sources.yml"


@dataclass(frozen=True, slots=True)
class Source:
    """Another system: a help desk, a shop's marketplace, a telephone exchange."""

    entrance: Entrance
    deliver_to: str | None
    """Where replies are posted; None = it takes none."""
    receipts: bool = False
    """Whether the first message of a case is answered with a receipt."""


def read_sources(path: Path) -> dict[str, Source]:
    """The sources by key, in order; none without the file, or with an empty one.

    Raises ConfigError that names the file and the line of the mistake.
    """
    try:
        place = read(path)
    except FileNotFoundError:
        return {}
    if place is None:
        return {}
    fields = place.fields(("sources",))
    place.need(fields, ("sources",), "the file")
    found: dict[str, Source] = {}
    for each in fields["sources"].items():
        source = _source(each)
        if source.entrance.key in found:
            raise each.wrong(f"there is a source `{source.entrance.key}` already.")
        found[source.entrance.key] = source
    return found


def _source(place: Place) -> Source:
    fields = place.fields(_FIELDS)
    place.need(fields, ("key", "title", "slack_channel"), "a source")
    entrance = Entrance(
        channel=Channel.API,
        key=_matching(fields["key"], _KEY, "small letters, digits and hyphens, such as help-desk"),
        title=fields["title"].text(),
        slack_channel=fields["slack_channel"].text().lstrip("#"),
        file=FILE,
        workspace=_matching(fields["workspace"], _TEAM, "the id of a Slack workspace (T…)")
        if "workspace" in fields
        else None,
        icon=_matching(fields["icon"], _ICON, "an emoji such as :ticket:") if "icon" in fields else None,
        public="public" in fields and _flag(fields["public"]),
    )
    deliver_to = _address(fields["deliver_to"]) if "deliver_to" in fields else None
    receipts = "receipts" in fields and _receipts(fields["receipts"], entrance, deliver_to)
    return Source(entrance, deliver_to, receipts)


def _receipts(place: Place, entrance: Entrance, deliver_to: str | None) -> bool:
    """Raises ConfigError where receipts would never go, though they are wanted."""
    wanted = _flag(place)
    if wanted and deliver_to is None:
        raise place.wrong("receipts are posted to `deliver_to`; add that.")
    if wanted and entrance.public:
        raise place.wrong("there are no receipts where everybody reads: their links are for one customer.")
    return wanted


def _matching(place: Place, pattern: re.Pattern[str], what: str) -> str:
    text = place.text()
    if not pattern.fullmatch(text):
        raise place.wrong(f"here {what} is needed.")
    return text


def _flag(place: Place) -> bool:
    if place.node.value not in {"true", "false"}:
        raise place.wrong("here true or false is needed.")
    return bool(place.node.value == "true")


def _address(place: Place) -> str:
    address = place.text()
    try:
        url = urlsplit(address)
        host, _port = url.hostname or "", url.port
    except ValueError:
        raise place.wrong("here an address such as https://example.com/replies is needed.") from None
    if url.scheme not in {"http", "https"} or not host or url.username is not None or url.fragment:
        raise place.wrong("here an address such as https://example.com/replies is needed.")
    if url.scheme == "http" and not _is_here(host):
        raise place.wrong("replies go over https:// only, so that nobody reads along.")
    return address


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
