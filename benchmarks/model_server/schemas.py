"""Small values that fit a JSON schema. Who answers supplies the strings, numbers and ids."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

Schema = Mapping[str, Any]
_DEEPEST = 8
_FORMATS = {
    "date-time": "2026-01-15T10:00:00Z",
    "date": "2026-01-15",
    "time": "10:00:00Z",
    "email": "anna@example.org",
    "uuid": "3f2b8c1e-5d4a-4e6f-8a7b-9c0d1e2f3a4b",
    "uri": "https://example.org/",
    "duration": "PT1H",
    "ipv4": "192.0.2.1",
}
_LAST_RESORTS = ("1", "a", "A", "A1", "A-1", "m1", "en", "2026-01-15", "10:00", "+15550100", "EUR")


class Pen(Protocol):
    """Who chooses values."""

    def string(self, name: str, schema: Schema, place: int) -> str:
        """A text for the property ``name``; ``place``: of how many-th item of a list."""

    def number(self, schema: Schema) -> float:
        """A number, which is then brought inside its limits."""

    def candidates(self) -> Sequence[str]:
        """Words to look through for one that fits a pattern."""


class Filler:
    """Fills one schema, whose ``$defs`` it knows."""

    def __init__(self, schema: Schema, pen: Pen) -> None:
        self._root = schema
        self._pen = pen

    def fill(self) -> Any:
        """A value that fits the whole schema."""
        return self._value(self._root, "", 0, 0)

    def _value(self, given: Schema, name: str, place: int, depth: int) -> Any:
        schema = self._resolved(given)
        if "const" in schema:
            return schema["const"]
        if schema.get("enum"):
            return schema["enum"][0]
        for word in ("anyOf", "oneOf"):
            if schema.get(word):
                return self._value(self._preferred(schema[word], depth), name, place, depth)
        return self._typed(self._type(schema, depth), schema, name, place, depth)

    def _typed(self, kind: str, schema: Schema, name: str, place: int, depth: int) -> Any:
        if kind == "object":
            return self._object(schema, place, depth)
        if kind == "array":
            return self._array(schema, name, place, depth)
        if kind == "string":
            return self._string(schema, name, place)
        if kind in ("number", "integer"):
            return bounded(self._pen.number(schema), schema, whole=kind == "integer")
        return None if kind == "null" else False

    def _object(self, schema: Schema, place: int, depth: int) -> dict[str, Any]:
        required = schema.get("required") or ()
        return {
            name: self._value(each, name, place, depth + 1)
            for name, each in (schema.get("properties") or {}).items()
            if depth < _DEEPEST or name in required
        }

    def _array(self, schema: Schema, name: str, first: int, depth: int) -> list[Any]:
        least, most = schema.get("minItems") or 0, schema.get("maxItems")
        wanted = least if depth >= _DEEPEST else max(least, 2)
        items = [
            self._value(schema.get("items") or {"type": "string"}, name, first + place, depth + 1)
            for place in range(wanted if most is None else min(wanted, most))
        ]
        different = [each for place, each in enumerate(items) if each not in items[:place]]
        return different if len(different) >= least else items

    def _string(self, schema: Schema, name: str, place: int) -> str:
        if schema.get("format") in _FORMATS:
            return _FORMATS[schema["format"]]
        text = self._pen.string(name, schema, place)
        if pattern := schema.get("pattern"):
            text = next((each for each in self._tries(text) if re.search(pattern, each)), text)
        if (least := schema.get("minLength") or 0) > len(text):
            text = (text or "x").ljust(least, "x")
        return text[: schema.get("maxLength")]

    def _tries(self, text: str) -> Iterator[str]:
        yield text
        yield from self._pen.candidates()
        yield from _LAST_RESORTS

    def _resolved(self, given: Schema) -> Schema:
        """The schema behind ``$ref`` and ``allOf``."""
        merged: dict[str, Any] = {}
        for part in given.get("allOf") or ():
            merged |= self._resolved(part)
        if "$ref" in given:
            found: Any = self._root
            for step in given["$ref"].removeprefix("#/").split("/"):
                found = found[step] if step != "#" else found
            merged |= self._resolved(found)
        return merged | {name: value for name, value in given.items() if name not in ("$ref", "allOf")}

    def _preferred(self, choices: Sequence[Schema], depth: int) -> Schema:
        """The first that is not null; null when it would go too deep."""
        nulls = [each for each in choices if each.get("type") == "null"]
        others = [each for each in choices if each.get("type") != "null"]
        return nulls[0] if nulls and (depth >= _DEEPEST or not others) else others[0]

    @staticmethod
    def _type(schema: Schema, depth: int) -> str:
        kind = schema.get("type")
        if isinstance(kind, list):
            others = [each for each in kind if each != "null"]
            return "null" if "null" in kind and (depth >= _DEEPEST or not others) else str(others[0])
        if kind is None:
            return "object" if "properties" in schema else "string"
        return str(kind)


def bounded(number: float, schema: Schema, *, whole: bool) -> float:
    """``number`` inside the limits of ``schema``; a whole one where it must be."""
    step = 1 if whole else 0.5
    lows = [schema["minimum"]] if "minimum" in schema else []
    highs = [schema["maximum"]] if "maximum" in schema else []
    lows += [schema["exclusiveMinimum"] + step] if "exclusiveMinimum" in schema else []
    highs += [schema["exclusiveMaximum"] - step] if "exclusiveMaximum" in schema else []
    number = min([max([number, *lows]), *highs])
    return round(number + 0.25) if whole else number
