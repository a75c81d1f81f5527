"""Reading ``mailboxes.yml``: the addresses to which customers write mails."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from cases.mailboxes import Grant, Mailbox, MailServer, OAuth, Security, is_here
from storage.roles import read_key
from storage.yaml_places import Place, by_key, nearest, read_fields

_NEEDED = ("key", "address", "name", "slack_channel", "imap", "smtp")
_FIELDS = (*_NEEDED, "workspace", "aliases", "authserv_ids", "plus", "receipts", "signature", "oauth")
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*/=?^_`{|}~+-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
_HOST = re.compile(r"[A-Za-z0-9.-]+|[0-9A-Fa-f:]*:[0-9A-Fa-f:.]+")
_WORD = re.compile(r"[A-Za-z0-9._-]+")
_TEAM = re.compile(r"T[A-Z0-9]{2,}")
_IMAP_PORTS = {Security.TLS: 993, Security.NONE: 143}
_SMTP_PORTS = {Security.TLS: 465, Security.STARTTLS: 587, Security.NONE: 25}
_LONGEST_SIGNATURE = 1_000


def read_mailboxes(path: Path) -> tuple[Mailbox, ...]:
    """The mailboxes of the file; without one, or with an empty one, there are none.

    Raises ConfigError that names the file and the line of the mistake.
    """
    place = read_fields(path, ("mailboxes",)).get("mailboxes")
    found = by_key(place, _mailbox, "mailbox", lambda mailbox: mailbox.key)
    _refuse_shared(place, found)
    return found


def _refuse_shared(place: Place | None, found: tuple[Mailbox, ...]) -> None:
    """Raises ConfigError for an address of two mailboxes: whose its mails are would be chance."""
    seen: dict[str, str] = {}
    for each, mailbox in zip(place.items() if place is not None else (), found, strict=True):
        for address in sorted(mailbox.addresses):
            if address in seen:
                raise each.wrong(f"{address} is an address of the mailbox `{seen[address]}` already.")
            seen[address] = mailbox.key


def _mailbox(place: Place) -> Mailbox:
    fields = place.fields(_FIELDS)
    place.need(fields, _NEEDED, "this mailbox")
    imap, folder = _imap(fields["imap"])
    return Mailbox(
        key=read_key(fields["key"]),
        address=_address(fields["address"]),
        name=_line(fields["name"]),
        slack_channel=_channel(fields["slack_channel"]),
        imap=imap,
        smtp=_smtp(fields["smtp"]),
        folder=folder,
        workspace=_team(fields["workspace"]) if "workspace" in fields else None,
        aliases=tuple(_address(each) for each in fields["aliases"].items()) if "aliases" in fields else (),
        authserv_ids=_names(fields["authserv_ids"]) if "authserv_ids" in fields else frozenset(),
        plus=_flag(fields["plus"]) if "plus" in fields else True,
        receipts=_flag(fields["receipts"]) if "receipts" in fields else False,
        signature=_signature(fields["signature"]) if "signature" in fields else "",
        oauth=_oauth(fields["oauth"]) if "oauth" in fields else None,
    )


def _imap(place: Place) -> tuple[MailServer, str]:
    fields = place.fields(("host", "port", "security", "user", "folder"))
    place.need(fields, ("host", "user"), "`imap`")
    folder = _folder(fields["folder"]) if "folder" in fields else "INBOX"
    return _server(fields, _IMAP_PORTS), folder


def _smtp(place: Place) -> MailServer:
    fields = place.fields(("host", "port", "security", "user"))
    place.need(fields, ("host",), "`smtp`")
    return _server(fields, _SMTP_PORTS)


def _server(fields: Mapping[str, Place], ports: Mapping[Security, int]) -> MailServer:
    host = _host(fields["host"])
    security = _security(fields["security"], host, ports) if "security" in fields else Security.TLS
    port = _port(fields["port"]) if "port" in fields else ports[security]
    return MailServer(host, port, security, _line(fields["user"]) if "user" in fields else None)


def _security(place: Place, host: str, ports: Mapping[Security, int]) -> Security:
    word = place.text()
    if word not in {str(each) for each in ports}:
        raise place.wrong(f"“{word}” is none of {', '.join(ports)}; {nearest(word, list(ports))}")
    if word == Security.NONE and not is_here(host):
        raise place.wrong("passwords and mails would lie open: without encryption only for this machine.")
    return Security(word)


def _host(place: Place) -> str:
    host = place.text()
    if not _HOST.fullmatch(host):
        raise place.wrong("here the name of a server is needed, such as imap.example.com.")
    return host


def _port(place: Place) -> int:
    value = str(place.node.value)
    if not re.fullmatch("[1-9][0-9]{0,4}", value) or int(value) > 65_535:
        raise place.wrong("here the number of a port is needed, such as 993.")
    return int(value)


def _folder(place: Place) -> str:
    folder = _line(place)
    if not folder.isascii():
        raise place.wrong("here the folder's name as the server writes it is needed (IMAP's UTF-7).")
    return folder


def _address(place: Place) -> str:
    address = place.text()
    if not _ADDRESS.fullmatch(address):
        raise place.wrong("here a mail address is needed, such as support@example.com.")
    return address


def _channel(place: Place) -> str:
    name = place.text().removeprefix("#")
    if not name or any(char.isspace() for char in name):
        raise place.wrong("here the name or id of a Slack channel is needed.")
    return name


def _team(place: Place) -> str:
    team = place.text()
    if not _TEAM.fullmatch(team):
        raise place.wrong("here the id of a Slack workspace (T…) is needed.")
    return team


def _names(place: Place) -> frozenset[str]:
    names = [(each, each.text()) for each in place.items()]
    for each, name in names:
        if not _WORD.fullmatch(name):
            raise each.wrong("here the name is needed that the header begins with, such as mx.example.com.")
    return frozenset(name.lower() for _, name in names)


def _flag(place: Place) -> bool:
    value = str(place.node.value)
    if place.node.tag != "tag:yaml.org,2002:bool":
        raise place.wrong("here `true` or `false` is needed.")
    return value.lower() in {"true", "yes", "on"}


def _line(place: Place) -> str:
    text = place.text()
    if not text.isprintable():
        raise place.wrong("here one line of text is needed.")
    return text


def _signature(place: Place) -> str:
    text = place.text().strip()
    if len(text) > _LONGEST_SIGNATURE:
        raise place.wrong(f"a signature has at most {_LONGEST_SIGNATURE:,} characters.")
    return text


def _oauth(place: Place) -> OAuth:
    fields = place.fields(("token_url", "client_id", "scope", "grant"))
    place.need(fields, ("token_url", "client_id"), "`oauth`")
    scope = _line(fields["scope"]) if "scope" in fields else ""
    grant = _grant(fields["grant"]) if "grant" in fields else Grant.REFRESH_TOKEN
    return OAuth(_url(fields["token_url"]), _line(fields["client_id"]), scope, grant)


def _grant(place: Place) -> Grant:
    word = place.text()
    if word not in set(Grant):
        raise place.wrong(f"“{word}” is none of {', '.join(Grant)}; {nearest(word, list(Grant))}")
    return Grant(word)


def _url(place: Place) -> str:
    url = _line(place)
    parts = urlsplit(url)
    safe = parts.scheme == "https" or (parts.scheme == "http" and is_here(parts.hostname or ""))
    if not safe or not parts.hostname or parts.username is not None:
        raise place.wrong("here an address with https:// is needed, so that nobody reads along.")
    return url
