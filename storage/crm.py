"""Reading ``crm.yml``: the company's CRM or shop."""

from __future__ import annotations

import re
from pathlib import Path

from cases.crm import ORDER_FIELDS, PLACEHOLDERS, Crm, Source
from storage.yaml_places import Place, read

_TOKEN = re.compile(r"CX_CRM_[A-Z0-9_]+")
_PATH = re.compile(r"[^\s.]+(\.[^\s.]+)*")


def read_crm(path: Path) -> Crm | None:
    """The CRM of the file; None without one, or with an empty one.

    Raises ConfigError that names the file and the line of the mistake.
    """
    try:
        place = read(path)
    except FileNotFoundError:
        return None
    if place is None:
        return None
    fields = place.fields(("base_url", "token", "orders", "profile"))
    if "base_url" not in fields:
        raise place.wrong("the CRM needs `base_url`.")
    if not fields.keys() & {"orders", "profile"}:
        raise place.wrong("the CRM needs `orders`, `profile` or both.")
    return Crm(
        fields["base_url"].text(),
        _token(fields["token"]) if "token" in fields else None,
        _orders(fields["orders"]) if "orders" in fields else None,
        _profile(fields["profile"]) if "profile" in fields else None,
    )


def _token(place: Place) -> str:
    name = place.text()
    if not _TOKEN.fullmatch(name):
        raise place.wrong("here the name of an environment variable is needed that begins with CX_CRM_.")
    return name


def _orders(place: Place) -> Source:
    fields = place.fields(("path", "list", "fields"))
    source = _source(place, fields, "list")
    fields["fields"].fields(ORDER_FIELDS)
    for needed in ("external_id", "status"):
        if needed not in source.fields:
            raise fields["fields"].wrong(f"an order needs `{needed}`.")
    return source


def _profile(place: Place) -> Source:
    return _source(place, place.fields(("path", "within", "fields")), "within")


def _source(place: Place, fields: dict[str, Place], within: str) -> Source:
    for needed in ("path", "fields"):
        if needed not in fields:
            raise place.wrong(f"here `{needed}` is needed.")
    return Source(
        _path(fields["path"]),
        {name: _dotted(where) for name, where in fields["fields"].entries().items()},
        _dotted(fields[within]) if within in fields else "",
    )


def _path(place: Place) -> str:
    path = place.text()
    source = Source(path, {})
    if not source.placeholders or not set(source.placeholders) <= set(PLACEHOLDERS):
        named = " or ".join(f"`{{{name}}}`" for name in PLACEHOLDERS)
        raise place.wrong(f"the path must say whose it is, with {named} and nothing else in braces.")
    if "://" in path or path.startswith("//") or "#" in path or ".." in path:
        raise place.wrong("here a path below `base_url` is needed, such as customers/{external_id}/orders.")
    return path.lstrip("/")


def _dotted(place: Place) -> str:
    path = place.text()
    if not _PATH.fullmatch(path):
        raise place.wrong("here the names of fields are needed, with dots between them, such as state.name.")
    return path
