"""The company's CRM or shop: which address has a customer's orders and profile, and what its answers mean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

from cases.brief import KnownOrder
from cases.crm import PLACEHOLDER, Source
from cases.customer_data import Known, Profile, day
from channels.fetch import Unreadable

MOST_ORDERS = 200
MAX_TEXT = 300
"""Characters of a value that are kept."""

Asked = tuple[str, Mapping[str, str]]
"""A path and a query."""


def asked(source: Source, known: Known) -> Iterator[Asked]:
    """What to ask to learn of a customer: an address for each of their ids; none where that is unknown."""
    wanted = set(source.placeholders)
    if "email" in wanted and not known.email:
        return
    for external_id in known.external_ids if "external_id" in wanted else [""]:
        values = {"external_id": external_id, "email": known.email or ""}
        # A path takes these for a way up.
        if not {values[name].strip() for name in wanted} & {"", ".", ".."}:
            yield _address(source.path, values)


def _address(path: str, values: Mapping[str, str]) -> Asked:
    parts = urlsplit(path)
    there = PLACEHOLDER.sub(lambda found: quote(values[found[1]], safe=""), parts.path)
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    return there, {name: PLACEHOLDER.sub(lambda found: values[found[1]], said) for name, said in pairs}


def orders_of(source: Source, answer: object) -> list[KnownOrder]:
    """The orders in an answer; raises Unreadable when there is no list of them."""
    found = at(answer, source.within)
    if not isinstance(found, list):
        raise Unreadable("The CRM answered no list of orders where crm.yml says that it stands.")
    return [order for each in found[:MOST_ORDERS] if (order := _order(source.fields, each))]


def _order(fields: Mapping[str, str], each: object) -> KnownOrder | None:
    said = {name: at(each, path) for name, path in fields.items()}
    number = _text(said.get("external_id"))
    if not number:
        return None
    items = said.get("items")
    listed = items if isinstance(items, list) else [items]
    placed = _text(said.get("placed"))
    return KnownOrder(
        number,
        _text(said.get("status")),
        [text for item in listed if (text := _text(item))],
        day(placed) if placed else None,
        _text(said.get("total")) or None,
    )


def profile_of(source: Source, answer: object) -> Profile:
    """The customer in an answer; raises Unreadable when there is none."""
    found = at(answer, source.within)
    if not isinstance(found, dict):
        raise Unreadable("The CRM answered no customer where crm.yml says that they stand.")
    said = {name: text for name, path in source.fields.items() if (text := _text(at(found, path)))}
    return Profile(said.pop("name", ""), said)


def at(value: Any, path: str) -> Any:
    """What stands at a dotted path, in a list that of each entry; None where nothing stands."""
    for name in path.split(".") if path else ():
        if isinstance(value, list):
            value = [found for each in value if (found := at(each, name)) is not None]
        else:
            value = value.get(name) if isinstance(value, dict) else None
    return value


def _text(value: object) -> str:
    """A value as a line of text; nothing for what is no value, such as a list."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return " ".join(str(value).replace("\0", "").split())[:MAX_TEXT]
