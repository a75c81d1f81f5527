"""The channel API described: in OpenAPI for programs, and as a page that loads nothing, for people."""

from __future__ import annotations

from functools import cache
from html import escape
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from channels import api

_REF = "#/components/schemas/"
_ABOUT = (
    "Other systems (a help desk, a marketplace, a telephone exchange) hand in what customers write and say, "
    "and get the replies. Every request is signed as Standard Webhooks say "
    "(https://www.standardwebhooks.com), in both directions, with the secret that CX_API_SECRETS gives the "
    "source. The webhook-id is the idempotency key: repeated, a request has one effect and the same answer. "
    "Replies are posted to the source's deliver_to."
)
_ERRORS = {
    "400": "The request cannot be read.",
    "401": "It is not signed as it must be.",
    "404": "There is no such source, or it was given no such message.",
    "408": "It took too long to arrive.",
    "413": "It is too large.",
    "415": "It is of a kind that is not taken.",
    "429": "Too many requests at once; Retry-After says when to try again.",
    "500": "Something went wrong on our side; nothing was lost.",
    "503": "Not now; please try again.",
    "507": "There is no room for files.",
}
_CALLS: tuple[tuple[str, str, type[BaseModel], type[BaseModel]], ...] = (
    ("messages", "Hand in what a customer wrote", api.Message, api.Taken),
    ("deliveries", "Report how far one of our replies has come", api.DeliveryReport, api.Noted),
    ("calls", "Report that a phone call begins, or what was said in it", api.Call, api.CallTaken),
)
_HEADERS = (
    ("webhook-id", "Your id of this request: the idempotency key.", r"^[!-\-/-~]{1,128}$"),
    ("webhook-timestamp", "Now, in seconds since 1970; five minutes off are refused.", r"^[0-9]{1,12}$"),
    (
        "webhook-signature",
        "v1, and the base64 of HMAC-SHA256 over id.timestamp.body.",
        r"^v1,[A-Za-z0-9+/=]+$",
    ),
)


@cache
def _schemas() -> dict[str, Any]:
    kinds = [kind for *_, taken, given in _CALLS for kind in (taken, given)] + [api.ErrorAnswer]
    wanted = [(kind, "validation") for kind in kinds]
    _, made = models_json_schema(wanted, ref_template=_REF + "{model}")  # type: ignore[arg-type]
    schemas: dict[str, Any] = made["$defs"]
    return schemas


def _answer(text: str, kind: type[BaseModel]) -> dict[str, Any]:
    return {
        "description": text,
        "content": {"application/json": {"schema": {"$ref": _REF + kind.__name__}}},
    }


def _operation(name: str, what: str, taken: type[BaseModel], given: type[BaseModel]) -> dict[str, Any]:
    key = {
        "name": "key",
        "in": "path",
        "required": True,
        "description": "The source's key in sources.yml.",
        "schema": {"type": "string", "pattern": "^[a-z0-9][a-z0-9-]{0,39}$"},
    }
    headers = [
        {
            "name": header,
            "in": "header",
            "required": True,
            "description": text,
            "schema": {"type": "string", "pattern": pattern},
        }
        for header, text, pattern in _HEADERS
    ]
    return {
        "operationId": name,
        "summary": what,
        "description": (taken.__doc__ or "").strip(),
        "parameters": [key, *headers],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"$ref": _REF + taken.__name__}}},
        },
        "responses": {"200": _answer("Done, or done before.", given)}
        | {status: _answer(text, api.ErrorAnswer) for status, text in _ERRORS.items()},
    }


def _described() -> dict[str, Any]:
    return {
        "openapi": "3.1.0",
        "info": {"title": "CX Copilot: channel API", "version": "1", "description": _ABOUT},
        "paths": {
            f"/api/v1/sources/{{key}}/{name}": {"post": _operation(name, what, taken, given)}
            for name, what, taken, given in _CALLS
        },
        "components": {"schemas": _schemas()},
    }


DESCRIPTION = _described()
"""The description in OpenAPI."""

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem;color:#1d1c1d}"
    "code{background:#f4f4f5;padding:.1em .3em;border-radius:4px}table{border-collapse:collapse;width:100%}"
    "td,th{border:1px solid #ddd;padding:.4em .6em;text-align:left;vertical-align:top}h2{margin-top:2.5rem}"
)


@cache
def page() -> str:
    """The same for people."""
    parts = [f"<h1>{escape(DESCRIPTION['info']['title'])}</h1><p>{escape(_ABOUT)}</p>"]
    parts.append('<p>For programs: <a href="/api/v1/openapi.json"><code>openapi.json</code></a></p>')
    rows = [(name, "text", True, text) for name, text, _pattern in _HEADERS]
    parts.append(f"<h2>Headers</h2>{_table(rows)}")
    for name, what, taken, given in _CALLS:
        parts.append(f"<h2>{escape(what)}</h2><p><code>POST /api/v1/sources/{{key}}/{name}</code></p>")
        parts.append(_fields(taken) + f"<h3>Answer</h3>{_fields(given)}")
    parts += [
        f"<h2>{title}</h2>{_fields(kind)}" for title, kind in (("Person", api.Person), ("File", api.File))
    ]
    parts.append(f"<h2>Errors</h2>{_table([(code, '', True, text) for code, text in _ERRORS.items()])}")
    head = f'<meta charset="utf-8"><title>Channel API</title><style>{_STYLE}</style>'
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{"".join(parts)}</body></html>'


def _fields(kind: type[BaseModel]) -> str:
    schema = _schemas()[kind.__name__]
    needed = set(schema.get("required", ()))
    return _table(
        [
            (name, _type(field), name in needed, field.get("description", ""))
            for name, field in schema["properties"].items()
        ]
    )


def _type(field: dict[str, Any]) -> str:
    if "$ref" in field:
        return str(field["$ref"]).removeprefix(_REF)
    if "anyOf" in field:
        return " or ".join(_type(each) for each in field["anyOf"])
    if "enum" in field:
        return " or ".join(field["enum"])
    if field.get("type") == "array":
        return f"list of {_type(field['items'])}"
    return str(field.get("format") or field.get("type", ""))


def _table(rows: list[tuple[str, str, bool, str]]) -> str:
    cells = "".join(
        f"<tr><td><code>{escape(name)}</code></td><td>{escape(kind)}</td>"
        f"<td>{'' if needed else 'optional'}</td><td>{escape(text)}</td></tr>"
        for name, kind, needed, text in rows
    )
    return f"<table>{cells}</table>"
